// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known revoked stays so: the list, its file, and what answers may undo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "../pki/ca.h"
#include "agent/worker.h"

static struct entity root, ca, leaf, sibling;
static struct config_ocsp conf;
static struct known known;

int64_t job_now(const struct job_pki *job)
{
	return job->wall_ms / 1000;
}

static struct known_cert numbered(unsigned int i, int64_t not_after)
{
	struct known_cert c = { .since = 5, .not_after = not_after, .name = "/CN=some one" };

	memcpy(c.digest, &i, sizeof(i));
	memcpy(c.id, &i, sizeof(i));
	return c;
}

static void test_list(void)
{
	static char text[KNOWN_FILE_MAX];
	static struct known k, back;
	struct known_cert a = numbered(1, 100), other = a, found;
	bool none = true;
	size_t len;

	tap_ok(known_add(&k, &a, 0) && !known_add(&k, &a, 0) && k.n == 1,
	       "HNB-OCSP-10: a revoked certificate is remembered, once");
	memset(other.digest, 9, sizeof(other.digest));
	tap_ok(known_find(&k, &other, &found) && found.since == 5,
	       "HNB-OCSP-10: by issuer and serial, whatever its encoding");
	other = a;
	memset(other.id, 9, sizeof(other.id));
	tap_ok(known_find(&k, &other, &found), "HNB-OCSP-10: and by its digest");
	memset(other.digest, 9, sizeof(other.digest));
	tap_ok(!known_find(&k, &other, &found), "HNB-OCSP-10: another certificate is none of them");
	for (unsigned int i = 2; i <= KNOWN_MAX; i++) {
		a = numbered(i, 100 + i);
		known_add(&k, &a, 0);
	}
	len = known_write(&k, text);
	tap_ok(k.n == KNOWN_MAX && known_read(&back, text, len) && back.n == k.n &&
	       !memcmp(back.list, k.list, sizeof(k.list)),
	       "HNB-OCSP-10: a full list is read as it was written");
	for (size_t cut = 0; cut < len; cut += cut < 400 || cut > len - 300 ? 1 : 97)
		none = none && !known_read(&back, text, cut) && back.lost;
	tap_ok(none, "HNB-OCSP-10: a file that was cut off anywhere is damaged, not shorter");
	text[len / 2] ^= 0x80;
	tap_ok(!known_read(&back, text, len) && known_find(&back, &other, &found),
	       "HNB-OCSP-10: of a damaged one any certificate may be: fails closed");
	a = numbered(999, 5000);
	known_add(&k, &a, 0);
	tap_ok(k.lost, "HNB-OCSP-10: no room by what is known of the time: fails closed");
	k.lost = false;
	known_add(&k, &a, 150);
	tap_ok(!k.lost && known_find(&k, &a, &found), "HNB-OCSP-10: those that surely ended make room");
	tap_ok(known_del(&k, a.id) && !known_find(&k, &a, &found) && !known_del(&k, a.id),
	       "HNB-OCSP-10: good again: forgotten");
}

static struct worker_result out;

/* What job_known() makes of @verdict by @mode, of what @seen was seen. */
static void judge(uint32_t mode, enum pki_verdict verdict, const struct job_seen *seen)
{
	const struct pki_path path = { .n = 2, .index = { 0, 1 } };
	struct pki_der certs[] = { leaf.der, ca.der };
	struct job_pki job = {
		.certs = certs, .ncerts = 2, .policy.anchor = root.der, .ocsp = &conf, .mode = mode,
		.wall_ms = CA_NOW * 1000ll, .known = &known,
	};

	memset(&out, 0, sizeof(out));
	out.ocsp.verdict = verdict;
	snprintf(out.ocsp.rule, sizeof(out.ocsp.rule), "as.it.was");
	job_known(&job, &path, seen, &out);
}

static bool is(enum pki_verdict verdict, const char *rule)
{
	bool ok = out.ocsp.verdict == verdict && !strcmp(out.ocsp.rule, rule);

	if (!ok)
		printf("# %d %s: %s\n", out.ocsp.verdict, out.ocsp.rule, out.ocsp.detail);
	return ok;
}

static void modes(bool intunnel, uint32_t nonce)
{
	memset(&conf, 0, sizeof(conf));
	conf.modes[conf.nmodes++] = CONFIG_OCSP_INBAND;
	if (intunnel)
		conf.modes[conf.nmodes++] = CONFIG_OCSP_INTUNNEL;
	conf.nonce = nonce;
}

static void test_answers(void)
{
	static const struct job_seen nothing, revoked = { .revoked = { true } };
	static const struct job_seen fresh = { .fresh = { true } }, ca_revoked = { .revoked = { false, true } };
	static const struct job_seen all_fresh = { .fresh = { true, true } };

	memset(&known, 0, sizeof(known));
	modes(true, PKI_NONCE_REQUIRED);
	judge(CONFIG_OCSP_INBAND, PKI_GOOD, &nothing);
	tap_ok(is(PKI_GOOD, "as.it.was") && !out.known, "HNB-OCSP-04: nothing is known: good stays good");
	judge(CONFIG_OCSP_INTUNNEL, PKI_BAD, &revoked);
	tap_ok(out.is_revoked && known_add(&known, &out.revoked, 0) && strstr(out.revoked.name, "segw") &&
	       out.revoked.not_after > CA_NOW, "HNB-OCSP-10: revoked: the agent is told to remember whose it is");
	judge(CONFIG_OCSP_INBAND, PKI_GOOD, &nothing);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.known") && out.absent && out.known,
	       "FFS-15: a good staple after that proves nothing, and the responder is asked");
	judge(CONFIG_OCSP_INTUNNEL, PKI_INDETERMINATE, &nothing);
	tap_ok(is(PKI_INDETERMINATE, "as.it.was") && out.known,
	       "FFS-15: the responder silent: not good, and known to be revoked");
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &nothing);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.known"), "FFS-15: nor does a good answer without our nonce");
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &fresh);
	tap_ok(is(PKI_GOOD, "as.it.was") && out.ncleared == 1 && !memcmp(out.cleared[0], known.list[0].id, 32),
	       "FFS-15: one that is bound to it does, and it is forgotten");
	modes(false, PKI_NONCE_REQUIRED);
	judge(CONFIG_OCSP_INBAND, PKI_GOOD, &nothing);
	tap_ok(is(PKI_BAD, "ocsp.known"), "HNB-OCSP-10: inband alone: nobody can say otherwise, bad");
	modes(true, PKI_NONCE_PREFERRED);
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &nothing);
	tap_ok(is(PKI_BAD, "ocsp.known"), "FFS-15: nor where no nonce is required");
	known.n = 0;
	modes(true, PKI_NONCE_REQUIRED);
	judge(CONFIG_OCSP_INTUNNEL, PKI_BAD, &ca_revoked);
	tap_ok(out.is_revoked && known_add(&known, &out.revoked, 0) && strstr(out.revoked.name, "CN=CA"),
	       "HNB-OCSP-11: a CA of the path: it is the CA that is remembered");
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &fresh);
	tap_ok(is(PKI_BAD, "ocsp.known"), "HNB-OCSP-11: whose leaf does not speak for it");
	known.n = 0;
	known.lost = true;
	judge(CONFIG_OCSP_INBAND, PKI_GOOD, &nothing);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.known.lost"), "HNB-OCSP-10: a damaged memory: a staple is not enough");
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &fresh);
	tap_ok(is(PKI_INDETERMINATE, "ocsp.known.lost"), "HNB-OCSP-11: nor is a fresh answer about the leaf alone");
	judge(CONFIG_OCSP_INTUNNEL, PKI_GOOD, &all_fresh);
	tap_ok(is(PKI_GOOD, "as.it.was"), "HNB-OCSP-10: those about each certificate of the path are");
	known.lost = false;
	ca_issue(&sibling, &(struct ca_spec){ .cn = "other", .issuer = &ca, .ext = { CA_EXT_END } });
	known_cert_of(sibling.der, &out.revoked);
	known_add(&known, &out.revoked, 0);
	judge(CONFIG_OCSP_INBAND, PKI_GOOD, &nothing);
	tap_ok(is(PKI_GOOD, "as.it.was"), "HNB-OCSP-10: another certificate of this CA is known: no matter");
}

int main(void)
{
	tap_start();
	ca_issue(&root, &(struct ca_spec){ .cn = "Root", .ext = { CA_EXT_CA } });
	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .issuer = &root, .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .issuer = &ca, .ext = { CA_EXT_END } });
	test_list();
	test_answers();
	return tap_end();
}
