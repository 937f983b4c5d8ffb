// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which reference policy a device goes by: the one of all, or its own by the name it was
 * enrolled with, and then no other, whatever becomes of the file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "agent/agent.h"
#include "agent/references.h"
#include "lib/tap.h"
#include "segw/reference.h"

struct config conf;

static char dir[] = "/tmp/trustgate-references.XXXXXX";

/* A policy that allows PCR 0 to be 32 times @value. */
static void write_policy(const char *name, unsigned char value)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	/* Of another length for each: clocks of files are coarse. */
	fprintf(f, "policy 1\nname lab-%.*s\npcr 0 ", value, "xxxxxxxxxxxxxxxx");
	for (int i = 0; i < 32; i++)
		fprintf(f, "%02x", value);
	fprintf(f, "\n");
	fclose(f);
}

static void write_text(const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static bool allows(const struct appraise_reference *r, unsigned char value)
{
	uint8_t pcr[TRE_DIGEST_LEN], digest[TRE_DIGEST_LEN];

	memset(pcr, value, sizeof(pcr));
	EVP_Digest(pcr, sizeof(pcr), digest, NULL, EVP_sha256(), NULL);
	return r && appraise_reference_has(r, digest);
}

static const struct appraise_reference *of(const char *name)
{
	static struct appraise_device d;

	snprintf(d.reference, sizeof(d.reference), "%s", name);
	return references_for(&d);
}

static void test_own(void)
{
	tap_ok(allows(references_for(NULL), 1) && allows(of(""), 1) && !allows(of(""), 2),
	       "FFS-04: a device without a reference of its own goes by the one of all");
	tap_ok(!of("lab-2"), "FFS-04: one whose own is not there goes by none, not by that");
	write_policy("lab-2.policy", 2);
	tap_ok(allows(of("lab-2"), 2) && !allows(of("lab-2"), 1),
	       "FFS-04: once it is there it goes by it, and what is allowed to all is not to it");
	tap_ok(allows(of(""), 1) && !allows(of(""), 2), "FFS-04: nor is what it may allowed to all");
	write_policy("lab-3.policy", 3);
	tap_ok(allows(of("lab-3"), 3) && allows(of("lab-2"), 2), "FFS-04: two have two");
	tap_ok(!of("../references/lab-2") && !of("/etc/passwd") && !of(".") && !of("..") && !of(".lab-2") &&
	       !of("lab-2\n") && !of("lab 2"), "FFS-04: no name leads out of the directory");
	write_text("broken.policy", "policy 1\nname x\npcr 0 zz\n");
	tap_ok(!of("broken"), "FFS-04: one that can't be read is none");
	write_text("other.policy", "policy 1\nname x\npcr 7 "
		   "0000000000000000000000000000000000000000000000000000000000000000\n");
	tap_ok(!of("other"), "FFS-04: nor is one without the PCRs that are quoted");
}

static void test_changes(void)
{
	tap_ok(!references_refresh(), "FFS-05: nothing has changed");
	write_policy("lab-2.policy", 4);
	tap_ok(references_refresh() && allows(of("lab-2"), 4) && !allows(of("lab-2"), 2) &&
	       allows(of("lab-3"), 3), "FFS-05: one of them changed, and that one alone");
	write_text("lab-2.policy", "policy 1\nname x\n");
	tap_ok(!references_refresh() && allows(of("lab-2"), 4), "FFS-05: half a file changes nothing");
	write_policy("common.policy", 5);
	tap_ok(references_refresh() && allows(of(""), 5) && !allows(of(""), 1), "FFS-05: nor is that of all forgotten");
}

static void test_many(void)
{
	char name[32];
	int there = 0;

	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "n%d.policy", i);
		write_policy(name, 9);
		snprintf(name, sizeof(name), "n%d", i);
		there += of(name) != NULL;
	}
	tap_ok(there == 62, "FFS-04: 64 of them, and no more");
	*conf.integrity.references = '\0';
	tap_ok(!of("lab-3"), "FFS-04: without a directory a device with a name goes by none");
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		return 1;
	conf.integrity.pcrs = 1;
	snprintf(conf.integrity.references, sizeof(conf.integrity.references), "%s", dir);
	snprintf(conf.integrity.reference, sizeof(conf.integrity.reference), "%s/common.policy", dir);
	tap_start();
	tap_ok(references_start(), "FFS-05: a reference that is named and not there is an error");
	write_policy("common.policy", 1);
	tap_ok(!references_start(), "FFS-05: and is read when it is");
	test_own();
	test_changes();
	test_many();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) ? 1 : tap_end();
}
