// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HNB-OCSP-11: the status of every certificate of a path, asked of a real responder
 * over the one socket that a gate would know: same address, same port.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/ocsp.h>

#include "../lib/tap.h"
#include "../pki/ca.h"
#include "agent/worker.h"
#include "pki/profile.h"

#define LEVELS	3	/* of the path: leaf, ca2, ca1 */

static struct entity root, ca1, ca2, leaf, other[LEVELS], evil;
static const struct entity *const certs[LEVELS + 1] = { &leaf, &ca2, &ca1, &root };
static struct config_ocsp conf;
static struct pki_result result;
static unsigned int asked;

enum say { GOOD, REVOKED, SILENT, OTHER, FORGED, UNKNOWN };

int64_t job_now(const struct job_pki *job)
{
	return job->wall_ms / 1000;
}

static void make_pki(void)
{
	ca_issue(&root, &(struct ca_spec){ .cn = "Root", .ext = { CA_EXT_CA } });
	ca_issue(&ca1, &(struct ca_spec){ .cn = "CA one", .issuer = &root, .ext = { CA_EXT_CA } });
	ca_issue(&ca2, &(struct ca_spec){ .cn = "CA two", .issuer = &ca1, .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .issuer = &ca2, .ext = { CA_EXT_END } });
	for (int i = 0; i < LEVELS; i++)
		ca_issue(&other[i], &(struct ca_spec){ .cn = "other", .issuer = certs[i + 1],
						       .ext = { CA_EXT_CA } });
	ca_issue(&evil, &(struct ca_spec){ .cn = "Root", .ext = { CA_EXT_CA } });
}

/* The level that a request is about. */
static int level_of(OCSP_REQUEST *request)
{
	OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
	ASN1_INTEGER *serial = NULL;

	OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
	for (int i = 0; i < LEVELS; i++)
		if (!ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certs[i]->cert)))
			return i;
	return -1;
}

static OCSP_RESPONSE *answer(OCSP_REQUEST *request, int level, enum say say)
{
	const struct entity *about = say == OTHER ? &other[level] : certs[level];
	const struct entity *signer = say == FORGED ? &evil : certs[level + 1];
	int status = say == REVOKED ? V_OCSP_CERTSTATUS_REVOKED :
		     say == UNKNOWN ? V_OCSP_CERTSTATUS_UNKNOWN : V_OCSP_CERTSTATUS_GOOD;
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), about->cert, certs[level + 1]->cert);
	ASN1_TIME *from = ASN1_TIME_set(NULL, CA_NOW - 60);
	/* The higher, the sooner it ends. */
	ASN1_TIME *to = ASN1_TIME_set(NULL, CA_NOW + (LEVELS - level) * CA_HOUR);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();

	if (!basic || !OCSP_basic_add1_status(basic, id, status, 0, say == REVOKED ? from : NULL,
					      from, to))
		ca_die("response");
	OCSP_copy_nonce(basic, request);
	ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic), CA_NOW);
	if (!OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL,
			     OCSP_NOCERTS | OCSP_NOTIME))
		ca_die("signature");
	return OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
}

static size_t read_request(int fd, uint8_t *buf, size_t room, const uint8_t **body)
{
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, buf + have, room - have)) > 0) {
		const char *end, *length;
		size_t want;

		have += (size_t)n;
		end = memmem(buf, have, "\r\n\r\n", 4);
		length = memmem(buf, have, "Content-Length: ", 16);
		if (!end || !length)
			continue;
		want = strtoul(length + 16, NULL, 10);
		*body = (const uint8_t *)end + 4;
		if (have - (size_t)(*body - buf) >= want)
			return want;
	}
	return 0;
}

static void converse(int fd, const enum say *says, const char *ca_path)
{
	static uint8_t buf[8192];
	const uint8_t *body = NULL;
	size_t len = read_request(fd, buf, sizeof(buf), &body);
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &body, (long)len);
	int level = request ? level_of(request) : -1;
	const char *path = level > 0 ? ca_path : "/leaf";
	unsigned char *der = NULL;
	char head[128];
	int der_len;

	if (level < 0 || strncmp((char *)buf + 5, path, strlen(path)))
		_exit(2);
	if (says[level] == SILENT)
		return;
	der_len = i2d_OCSP_RESPONSE(answer(request, level, says[level]), &der);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"
		 "Content-Length: %d\r\nConnection: close\r\n\r\n", der_len);
	if (write(fd, head, strlen(head)) < 0 || write(fd, der, (size_t)der_len) != der_len)
		_exit(3);
}

/* Answers until it is ended; says over @out of each request that it came. */
static void __attribute__((noreturn))
serve(int listener, const enum say *says, const char *ca_path, int out)
{
	in_port_t first = 0;

	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		int fd = accept(listener, (struct sockaddr *)&from, &len);

		/* Another port is another flow: the gate would hold it. */
		if (!first)
			first = from.sin_port;
		if (fd < 0 || from.sin_port != first || write(out, ".", 1) != 1)
			_exit(1);
		converse(fd, says, ca_path);
		close(fd);
	}
}

static uint16_t listen_at(int *listener)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	*listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(*listener, (struct sockaddr *)&sin, sizeof(sin)) || listen(*listener, 4) ||
	    getsockname(*listener, (struct sockaddr *)&sin, &len))
		ca_die("listen");
	return ntohs(sin.sin_port);
}

/* What job_ocsp() makes of a responder that says @says of each level. */
static void judge(uint32_t scope, bool ca_uri, const enum say *says)
{
	static const struct pki_profile profile = { .signer[PKI_SIGNER_NOCHECK].level = PKI_ERROR };
	static const struct pki_signers nobody;
	const struct pki_path path = { .n = LEVELS, .index = { 0, 2, 1 } };
	/* In another order than the path's. */
	const struct pki_der sent[LEVELS] = { leaf.der, ca1.der, ca2.der };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct job_pki job = {
		.certs = sent, .ncerts = LEVELS, .policy.anchor = root.der, .ocsp = &conf,
		.mode = CONFIG_OCSP_INTUNNEL, .wall_ms = CA_NOW * 1000ll, .synced = true,
		.nonce = { 1, 2, 3 }, .policy.profile = &profile, .signers = &nobody,
		 .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
	};
	int listener, dots[2], status;
	uint16_t port = listen_at(&listener);
	int64_t produced = 0;
	char buf[16];
	ssize_t n;
	pid_t pid;

	conf.scope = scope;
	conf.nonce_length = PKI_NONCE_LEN;
	snprintf(conf.uri.text, sizeof(conf.uri.text), "http://127.0.0.1:%u/leaf", port);
	snprintf(conf.ca_uri.text, sizeof(conf.ca_uri.text), "http://127.0.0.1:%u/above", port);
	if (!ca_uri)
		conf.ca_uri.text[0] = '\0';
	if (pipe(dots) || bind(job.fd, (struct sockaddr *)&from, sizeof(from)))
		ca_die("sockets");
	pid = fork();
	if (!pid)
		serve(listener, says, ca_uri ? "/above" : "/leaf", dots[1]);
	close(listener);
	close(dots[1]);
	memset(&result, 0, sizeof(result));
	job_ocsp(&job, &path, &result, &produced);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	n = read(dots[0], buf, sizeof(buf));
	asked = n > 0 ? (unsigned int)n : 0;
	if (WIFEXITED(status)) {
		printf("# the responder gave up: %d\n", WEXITSTATUS(status));
		asked = 99;
	}
	close(dots[0]);
	close(job.fd);
}

static bool about_leaf(void)
{
	uint8_t digest[PKI_DIGEST_LEN];

	return EVP_Digest(leaf.der.data, leaf.der.len, digest, NULL, EVP_sha256(), NULL) == 1 &&
	       !memcmp(digest, result.cert_digest, sizeof(digest));
}

static bool is(enum pki_verdict verdict, const char *rule, unsigned int n, const char *names)
{
	bool ok = result.verdict == verdict && !strncmp(result.rule, rule, strlen(rule)) &&
		  asked == n && (verdict == PKI_INDETERMINATE || about_leaf()) &&
		  (!names || strstr(result.detail, names));

	if (!ok)
		printf("# %d %s after %u: %s\n", result.verdict, result.rule, asked, result.detail);
	return ok;
}

#define AVAILABLE	CONFIG_SCOPE_AVAILABLE
#define CHAIN		CONFIG_SCOPE_CHAIN
#define SAYS(...)	((const enum say[LEVELS]){ __VA_ARGS__ })

static void test_good(void)
{
	uint8_t alone[PKI_DIGEST_LEN];

	judge(AVAILABLE, false, SAYS(GOOD, REVOKED, REVOKED));
	tap_ok(is(PKI_GOOD, "ocsp.good", 1, NULL) && result.expires == CA_NOW + 3 * CA_HOUR,
	       "HNB-OCSP-11: leaf+available, nobody to ask of CAs: the leaf decides");
	memcpy(alone, result.proof_digest, sizeof(alone));
	judge(AVAILABLE, true, SAYS(GOOD, GOOD, GOOD));
	tap_ok(is(PKI_GOOD, "ocsp.good", 3, NULL),
	       "HNB-OCSP-11: leaf+available, all good, over one flow");
	tap_ok(result.expires == CA_NOW + CA_HOUR, "HNB-OCSP-11: until the first of them ends");
	tap_ok(memcmp(alone, result.proof_digest, sizeof(alone)),
	       "HNB-OCSP-11: which is another proof than the leaf's");
	judge(CHAIN, true, SAYS(GOOD, GOOD, GOOD));
	tap_ok(is(PKI_GOOD, "ocsp.good", 3, NULL) && result.expires == CA_NOW + CA_HOUR,
	       "HNB-OCSP-11: chain, all good");
	judge(CHAIN, false, SAYS(GOOD, GOOD, GOOD));
	tap_ok(is(PKI_GOOD, "ocsp.good", 3, NULL),
	       "HNB-OCSP-11: chain, one responder for all: it is asked of all");
}

static void test_revoked(void)
{
	judge(AVAILABLE, true, SAYS(GOOD, REVOKED, GOOD));
	tap_ok(is(PKI_BAD, "ocsp.revoked", 2, "CN=CA two, CA 1 above"),
	       "HNB-OCSP-11: leaf+available, a CA revoked, the leaf good: bad, and which is said");
	judge(CHAIN, true, SAYS(GOOD, GOOD, REVOKED));
	tap_ok(is(PKI_BAD, "ocsp.revoked", 3, "CN=CA one, CA 2 above"),
	       "HNB-OCSP-11: chain, the CA below the root revoked: bad");
	judge(AVAILABLE, true, SAYS(GOOD, SILENT, REVOKED));
	tap_ok(is(PKI_BAD, "ocsp.revoked", 3, "CN=CA one"),
	       "HNB-OCSP-11: leaf+available, no answer of one CA hides no revocation of another");
	judge(CHAIN, true, SAYS(REVOKED, GOOD, GOOD));
	tap_ok(is(PKI_BAD, "ocsp.revoked", 1, NULL), "HNB-OCSP-11: the leaf revoked: bad at once");
}

static void test_not_good(void)
{
	static const struct {
		enum say say;
		const char *rule, *what;
	} cases[] = {
		{ SILENT, "ocsp.http", "no answer of a CA" },
		{ OTHER, "ocsp.certid", "the right answer for another CA" },
		{ FORGED, "ocsp.sign", "an answer that its issuer did not sign" },
		{ UNKNOWN, "ocsp.unknown", "an answer that knows nothing of it" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		judge(CHAIN, true, SAYS(GOOD, cases[i].say, GOOD));
		tap_ok(is(PKI_INDETERMINATE, cases[i].rule, 2, "CN=CA two"),
		       "HNB-OCSP-11: chain, %s: not good", cases[i].what);
		judge(AVAILABLE, true, SAYS(GOOD, cases[i].say, GOOD));
		tap_ok(is(PKI_GOOD, "ocsp.good", 3, NULL) && result.expires == CA_NOW + CA_HOUR,
		       "HNB-OCSP-11: leaf+available, %s: the others decide", cases[i].what);
		judge(AVAILABLE, true, SAYS(cases[i].say, GOOD, GOOD));
		tap_ok(is(PKI_INDETERMINATE, cases[i].rule, 1, NULL),
		       "HNB-OCSP-11: the same of the leaf, CAs good: not good");
	}
}

int main(void)
{
	conf.skew_ms = 300000;
	conf.age_max_ms = 86400000;
	conf.age_no_next_ms = 300000;
	conf.try_ms = 5000;
	conf.response_max = 65536;
	make_pki();
	tap_start();
	test_good();
	test_revoked();
	test_not_good();
	return tap_end();
}
