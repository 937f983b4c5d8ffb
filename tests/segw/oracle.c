// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle.h"

#include <string.h>

char oracle(char rule, const char *outcomes)
{
	const char *definite = strpbrk(outcomes, "gru");

	if (strchr(outcomes, 'r'))
		return 'B';
	switch (rule) {
	case 'f':
		return definite && *definite == 'g' ? 'G' : 'I';
	case 'a':
		return strchr(outcomes, 'g') ? 'G' : 'I';
	case 'r':
		return outcomes[strspn(outcomes, "g")] ? 'I' : 'G';
	}
	return '?';
}
