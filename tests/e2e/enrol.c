// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * enrol STORE IDENTITY CERTIFICATE DIRECTORY: enrol a box by what "trustgate tre provision"
 * wrote into that directory, in place of what is enrolled of that name. The certificate is
 * DER.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "segw/devices.h"

struct file {
	uint8_t data[4096];
	size_t len;
};

static void get(const char *dir, const char *name, struct file *f)
{
	char path[4096];
	FILE *in;

	snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name);
	in = fopen(path, "re");
	f->len = in ? fread(f->data, 1, sizeof(f->data), in) : 0;
	if (!f->len) {
		perror(path);
		exit(1);
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	static struct file ak, ike, attest, sig, cert;
	struct tre_certification c;
	struct appraise_device device;
	struct tre_result result;
	struct devices *store;
	char err[256];
	int rc;

	if (argc != 5)
		return 64;
	get("", argv[3], &cert);
	get(argv[4], "ak.pub", &ak);
	get(argv[4], "ike.pub", &ike);
	get(argv[4], "ike.attest", &attest);
	get(argv[4], "ike.attest.sig", &sig);
	c = (struct tre_certification){
		.ak_public = ak.data, .ak_public_len = ak.len,
		.ike_public = ike.data, .ike_public_len = ike.len,
		.attest = attest.data, .attest_len = attest.len, .sig = sig.data, .sig_len = sig.len,
	};
	if (!devices_prepare(argv[2], (struct pki_der){ cert.data, cert.len }, &c, "", &device,
			     &result)) {
		fprintf(stderr, "%s: %s\n", result.rule, result.detail);
		return 1;
	}
	store = devices_open(argv[1], true, 2000, err, sizeof(err));
	if (!store) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	rc = devices_enrol(store, &device, &c, time(NULL), true);
	if (rc)
		fprintf(stderr, "%s\n", devices_error(store));
	devices_close(store);
	return rc != 0;
}
