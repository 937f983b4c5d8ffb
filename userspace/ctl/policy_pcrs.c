// SPDX-License-Identifier: GPL-2.0-or-later
/* PCR values from a file, as tpm2_pcrread prints them, of one bank after the other. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "tre/imalog.h"
#include "tre/reset.h"

#define PCRS_MAX	65536

struct reading {
	struct policy_state *state;
	const char *path;
	char bank[24];		/* whose values follow; "": SHA-256's, as nobody said */
};

static int nibble(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

static int bad_line(const struct reading *rd, const char *line)
{
	char what[96];

	snprintf(what, sizeof(what), "%.90s", line);
	complain(rd->path, what, "write 'N HEX' with 64 hex digits a line, as tpm2_pcrread sha256 does");
	return EXIT_USAGE;
}

/* "sha256:" and, around all of them, "pcrs:". False: it is no such line. */
static bool take_header(struct reading *rd, const char *line)
{
	size_t len = strcspn(line, " \t:"), end = len + strspn(line + len, " \t");

	if (line[end] != ':' || line[end + 1 + strspn(line + end + 1, " \t")])
		return false;
	if (len == 4 && !strncmp(line, "pcrs", 4))
		return true;
	if (!len || len >= sizeof(rd->bank))
		return false;
	snprintf(rd->bank, sizeof(rd->bank), "%.*s", (int)len, line);
	return true;
}

/* Not used, but told of, when ours has nothing. */
static void note_elsewhere(struct reading *rd, unsigned int pcr, const uint8_t *value, size_t len)
{
	char *all = rd->state->elsewhere;
	size_t used = strlen(all);

	if (pcr != TRE_IMA_PCR && !tre_pcr_is_reset(pcr, value, len) && !strstr(all, rd->bank))
		snprintf(all + used, sizeof(rd->state->elsewhere) - used, "%s%s", used ? ", " : "",
			 rd->bank);
}

static int store(struct reading *rd, unsigned int pcr, const uint8_t *value)
{
	struct policy_state *s = rd->state;

	if (s->mask & 1u << pcr && s->from_file & 1u << pcr &&
	    memcmp(s->pcrs[pcr], value, TRE_DIGEST_LEN) != 0) {
		complain(rd->path, "has two values of one PCR", "give the state of one box");
		return EXIT_USAGE;
	}
	memcpy(s->pcrs[pcr], value, TRE_DIGEST_LEN);
	s->mask |= 1u << pcr;
	s->from_file |= 1u << pcr;
	return 0;
}

/* "N : 0xHEX" as tpm2_pcrread prints it, "pcr N HEX" or "N HEX". */
static int take_value(struct reading *rd, const char *whole)
{
	bool ours = !*rd->bank || !strcmp(rd->bank, "sha256");
	const char *line = whole;
	uint8_t value[64];
	unsigned long n;
	size_t digits;
	char *end;

	if (!strncmp(line, "pcr", 3))
		line += 3 + strspn(line + 3, " \t");
	n = strtoul(line, &end, 10);
	if (end == line || !isdigit((unsigned char)*line) || n >= TRE_PCRS)
		return bad_line(rd, whole);
	line = end + strspn(end, " \t:=");
	if (line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
		line += 2;
	digits = strspn(line, "0123456789abcdefABCDEF");
	if (!digits || digits % 2 || digits > 2 * sizeof(value) || line[digits] ||
	    (ours && digits != (size_t)2 * TRE_DIGEST_LEN))
		return bad_line(rd, whole);
	for (size_t i = 0; i < digits / 2; i++)
		value[i] = (uint8_t)(nibble(line[2 * i]) << 4 | nibble(line[2 * i + 1]));
	if (ours)
		return store(rd, (unsigned int)n, value);
	note_elsewhere(rd, (unsigned int)n, value, digits / 2);
	return 0;
}

/* Without its blanks, comment and carriage return. */
static char *trim(char *line)
{
	size_t len;

	line[strcspn(line, "#\r")] = '\0';
	line += strspn(line, " \t");
	for (len = strlen(line); len && strchr(" \t", line[len - 1]); len--)
		line[len - 1] = '\0';
	return line;
}

static int no_values(const struct reading *rd)
{
	char why[80] = "has no PCR value";

	if (*rd->bank)
		snprintf(why, sizeof(why), "has no value of the bank sha256, the last ones are of %s",
			 rd->bank);
	complain(rd->path, why, *rd->bank ? "enable the SHA-256 bank, and give what tpm2_pcrread sha256 prints" :
		 "give what tpm2_pcrread sha256 prints");
	return EXIT_USAGE;
}

int state_pcrs(struct policy_state *s, const char *path)
{
	struct reading rd = { .state = s, .path = path };
	struct policy_text t;
	char *line, *next;
	int rc = 0;

	if (policy_need(path, PCRS_MAX, &t))
		return EXIT_USAGE;
	for (line = t.data; line && !rc; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (*line && !take_header(&rd, line))
			rc = take_value(&rd, line);
	}
	if (!rc && !s->from_file) {
		rc = no_values(&rd);
	}
	free(t.data);
	return rc;
}
