// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify_tpm TCTI ROOT LEAF [CA...]: tre_verify_chain() once over files in DER, for
 * test_verify.sh. Prints verdict, rule, signatures verified in the TPM and in software,
 * the fallback's rule and detail; exits with 0 pass, 1 fail, 2 unavailable.
 */
#include <stdio.h>
#include <stdlib.h>
#include "tre/verify.h"

#define CERTS_MAX	20
#define FILE_MAX	16384

static uint8_t files[CERTS_MAX][FILE_MAX];

static struct tre_der load(const char *path, size_t i)
{
	FILE *f = fopen(path, "re");
	struct tre_der der = { .data = files[i] };

	if (!f)
		exit(64);
	der.len = fread(files[i], 1, FILE_MAX, f);
	fclose(f);
	return der;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "unavailable", "pass", "fail" };
	struct tre_links links = { .in_tpm = 0 };
	struct tre_der certs[CERTS_MAX], root;
	struct tre_session s;
	struct tre_result r;
	size_t n = 0;

	if (argc < 3 || argc > CERTS_MAX + 1)
		return 64;
	root = load(argv[2], CERTS_MAX - 1);
	for (int i = 3; i < argc; i++, n++)
		certs[n] = load(argv[i], n);
	if (tre_session_open(&s, argv[1], &r))
		tre_verify_chain(&s, certs, n, root, &links, &r);
	tre_session_close(&s);
	printf("%s %s %u %u %s %s\n", names[r.verdict], r.rule, links.in_tpm, links.in_software,
	       *links.fallback ? links.fallback : "-", r.detail);
	return r.verdict == TRE_PASS ? 0 : r.verdict == TRE_FAIL ? 1 : 2;
}
