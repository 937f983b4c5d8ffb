// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole check of one H(e)NB against servers on the loopback address that answer,
 * lie, hang or drip: every outcome made for real, each rule, the deadline, pointers,
 * lists at hand, and the three kinds of authorisation that need no RADIUS server.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/ocsp.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "segw/fetch.h"
#include "segw/job.h"
#include "segw/own.h"

#define IDENTITY	"hnb1.femto.example.org"
#define DEADLINE_MS	1200

/* What a server does. */
enum deed {
	GOOD = 'g', REVOKED = 'r', UNKNOWN = 'u', STALE = 's', FORGED = 'b', REPLAY = 'o',
	CLOSE = 'n', HANG = 'h', DRIP = 'd', ENDLESS = 'e', REDIRECT = 'R', TYPE = 't',
	STATUS = '5', ABSENT = '-',
};

static struct entity root, sub, leaf, revoked_leaf, pointed, stranger;
static struct segw_world *world;
static pid_t servers[16];
static size_t nservers;

static OCSP_BASICRESP *respond(OCSP_REQUEST *req, enum deed deed)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	int status = deed == REVOKED ? V_OCSP_CERTSTATUS_REVOKED :
		     deed == UNKNOWN ? V_OCSP_CERTSTATUS_UNKNOWN : V_OCSP_CERTSTATUS_GOOD;
	ASN1_TIME *now = ASN1_TIME_set(NULL, CA_NOW - (deed == STALE ? 3 * CA_DAY : 60));
	ASN1_TIME *next = ASN1_TIME_set(NULL, CA_NOW + (deed == STALE ? -2 * CA_DAY : CA_HOUR));
	OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, 0));
	const struct entity *signer = deed == FORGED ? &stranger : &sub;

	OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_NOSTATUS,
			       deed == REVOKED ? now : NULL, now, next);
	if (deed != REPLAY)
		OCSP_copy_nonce(basic, req);
	/* The time of the tests is not the time of this machine. */
	ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic),
				 CA_NOW - (deed == STALE ? 3 * CA_DAY : 60));
	OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL, OCSP_NOTIME);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return basic;
}

static void reply(int fd, const uint8_t *body, size_t len, enum deed deed)
{
	OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &body, (long)len);
	unsigned char *der = NULL;
	OCSP_RESPONSE *resp;
	int n;

	if (!req)
		return;
	resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, respond(req, deed));
	n = i2d_OCSP_RESPONSE(resp, &der);
	if (deed == REDIRECT)
		dprintf(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
	else
		dprintf(fd, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
			deed == STATUS ? "500 No" : "200 OK",
			deed == TYPE ? "text/html" : "application/ocsp-response",
			deed == ENDLESS ? 1 << 30 : n);
	for (int i = 0; deed == DRIP && i < n; i++, usleep(100000))
		if (write(fd, der + i, 1) != 1)
			return;
	while (deed == ENDLESS)
		if (write(fd, der, (size_t)n) != n)
			return;
	if (write(fd, der, (size_t)n) != n)
		return;
}

/* One request a connection. */
static void serve(int fd, enum deed deed)
{
	static uint8_t buf[65536];
	size_t have = 0;

	while (deed == HANG)
		pause();
	for (;;) {
		ssize_t n = read(fd, buf + have, sizeof(buf) - 1 - have);
		uint8_t *body;
		const char *length;

		if (n <= 0)
			return;
		have += (size_t)n;
		buf[have] = '\0';
		body = (uint8_t *)strstr((char *)buf, "\r\n\r\n");
		length = strcasestr((char *)buf, "content-length:");
		if (!body || !length)
			continue;
		body += 4;
		if (have - (size_t)(body - buf) < strtoul(length + 15, NULL, 10))
			continue;
		if (deed != CLOSE)
			reply(fd, body, have - (size_t)(body - buf), deed);
		return;
	}
}

/* A server in a process of its own; the port it listens on. */
static uint16_t start(enum deed deed)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(a);
	pid_t pid;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		ca_die("a server");
	if (deed == ABSENT) {
		close(fd);
		return ntohs(a.sin_port);
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int c = accept(fd, NULL, NULL);

			if (c < 0)
				_exit(1);
			serve(c, deed);
			close(c);
		}
	}
	servers[nservers++] = pid;
	close(fd);
	return ntohs(a.sin_port);
}

static void stop_servers(void)
{
	for (; nservers; nservers--) {
		kill(servers[nservers - 1], SIGKILL);
		waitpid(servers[nservers - 1], NULL, 0);
	}
}

static struct segw_source *add_source(enum rev_class class, enum deed deed)
{
	struct segw_config *c = &world->config;
	struct segw_source *s = &c->sources[c->nsources];
	char text[64];

	memset(s, 0, sizeof(*s));
	s->class = class;
	s->nonce_length = PKI_NONCE_LEN;
	if (deed) {
		snprintf(text, sizeof(text), "http://127.0.0.1:%u/", start(deed));
		if (uri_parse(text, strlen(text), &s->uris[s->nuris++]))
			ca_die(text);
	}
	c->vendors[0].sources[c->vendors[0].nsources++] = (uint8_t)c->nsources++;
	return s;
}

/* An empty world with the one vendor. */
static void begin(enum rev_rule rule)
{
	struct segw_config *c = &world->config;

	stop_servers();
	memset(c, 0, sizeof(*c));
	c->nvendors = 1;
	c->vendors[0].check = true;
	c->vendors[0].rule = rule;
	c->authz.life_ms = 3600000;
	world->anchors[0] = root.der;
}

static struct segw_job_result run(const struct entity *who, const char *identity, int extent)
{
	const struct pki_der certs[] = { who->der, sub.der };
	struct segw_job job = {
		.world = world, .certs = certs, .ncerts = 2, .identity = identity, .now = CA_NOW,
		.deadline_ms = DEADLINE_MS, .skew_s = 300, .crl_age_max_s = CA_DAY,
	};
	struct segw_job_result out;

	job.extent = extent;
	pki_ocsp_policy_default(&job.ocsp);
	segw_job(&job, &out);
	return out;
}

static char letter(const struct pki_result *r)
{
	return r->verdict == PKI_GOOD ? 'G' : r->verdict == PKI_BAD ? 'B' : 'I';
}

static const struct {
	const char *row, *what;
	enum rev_rule rule;
	enum deed op, mf;
	char want;
	const char *seen;	/* in the detail */
} cases[] = {
	{ "SGW-REV-01", "good", REV_ALL_REQUIRED, GOOD, 0, 'G', "operator-ocsp good" },
	{ "SGW-REV-01", "revoked", REV_ALL_REQUIRED, REVOKED, 0, 'B', "operator-ocsp revoked" },
	{ "SGW-REV-01", "unknown", REV_ALL_REQUIRED, UNKNOWN, 0, 'I', "operator-ocsp unknown" },
	{ "SGW-REV-01", "nobody listens", REV_ALL_REQUIRED, ABSENT, 0, 'I', "unreachable" },
	{ "SGW-REV-01", "closes without an answer", REV_ALL_REQUIRED, CLOSE, 0, 'I', "unreachable" },
	{ "SGW-REV-01", "stale", REV_ALL_REQUIRED, STALE, 0, 'I', "stale" },
	{ "SGW-REV-01", "an old good without our nonce", REV_ALL_REQUIRED, REPLAY, 0, 'I', "stale" },
	{ "SGW-REV-01", "signed by a stranger", REV_ALL_REQUIRED, FORGED, 0, 'I', "bad-signature" },
	{ "SGW-REV-01", "hangs", REV_ALL_REQUIRED, HANG, 0, 'I', "unreachable" },
	{ "SGW-REV-01", "drips an octet at a time", REV_ALL_REQUIRED, DRIP, 0, 'I', "unreachable" },
	{ "SGW-REV-01", "does not end", REV_ALL_REQUIRED, ENDLESS, 0, 'I', "ocsp.http.size" },
	{ "SGW-REV-06", "redirects", REV_ALL_REQUIRED, REDIRECT, 0, 'I', "ocsp.http.status" },
	{ "SGW-REV-01", "HTTP 500", REV_ALL_REQUIRED, STATUS, 0, 'I', "ocsp.http.status" },
	{ "SGW-REV-01", "another content type", REV_ALL_REQUIRED, TYPE, 0, 'I', "ocsp.http.type" },
	{ "SGW-REV-08", "all-required, both good", REV_ALL_REQUIRED, GOOD, GOOD, 'G', "" },
	{ "SGW-REV-08", "all-required, one hangs", REV_ALL_REQUIRED, GOOD, HANG, 'I', "unreachable" },
	{ "SGW-REV-08", "any-good, one hangs", REV_ANY_GOOD, HANG, GOOD, 'G', "unreachable" },
	{ "PIT-36", "any-good, one revoked", REV_ANY_GOOD, GOOD, REVOKED, 'B', "revoked" },
	{ "SGW-REV-08", "any-good, one unknown", REV_ANY_GOOD, UNKNOWN, GOOD, 'G', "unknown" },
	{ "SGW-REV-08", "first-definite, the first hangs", REV_FIRST_DEFINITE, HANG, GOOD, 'G', "" },
	{ "SGW-REV-08", "first-definite, the first is unknown", REV_FIRST_DEFINITE, UNKNOWN, GOOD,
	  'I', "unknown" },
	{ "PIT-36", "first-definite, unknown, then revoked", REV_FIRST_DEFINITE, UNKNOWN, REVOKED,
	  'B', "revoked" },
	{ "PIT-36", "first-definite, the first lies, then revoked", REV_FIRST_DEFINITE, FORGED,
	  REVOKED, 'B', "revoked" },
};

static void outcomes(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct segw_job_result r;
		int64_t took = fetch_now();

		begin(cases[i].rule);
		add_source(REV_OPERATOR_OCSP, cases[i].op);
		if (cases[i].mf)
			add_source(REV_MANUFACTURER_OCSP, cases[i].mf);
		r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
		took = fetch_now() - took;
		if (!tap_ok(r.chain.verdict == PKI_GOOD && letter(&r.revocation) == cases[i].want &&
			    strstr(r.revocation.detail, cases[i].seen) && took < 3 * DEADLINE_MS,
			    "%s: %s", cases[i].row, cases[i].what))
			printf("# %c in %lld ms: %s: %s (chain %s: %s)\n", letter(&r.revocation),
			       (long long)took, r.revocation.rule, r.revocation.detail,
			       r.chain.rule, r.chain.detail);
	}
}

static void follow(void)
{
	struct segw_job_result r;

	begin(REV_FIRST_DEFINITE);
	add_source(REV_OPERATOR_OCSP, GOOD);
	add_source(REV_MANUFACTURER_OCSP, REVOKED);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD && r.follow,
	       "SGW-REV-08: first-definite opens by the first, and says that there are others");
	r = run(&leaf, IDENTITY, SEGW_JOB_FOLLOW);
	tap_ok(r.revocation.verdict == PKI_BAD, "PIT-36: the others are asked then, and close");
	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, ABSENT);
	{
		struct segw_source *s = &world->config.sources[0];
		char text[64];

		snprintf(text, sizeof(text), "http://127.0.0.1:%u/", start(GOOD));
		uri_parse(text, strlen(text), &s->uris[s->nuris++]);
	}
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD, "SGW-REV-03: the second URI of a source, when the first fails");
}

static void paths(void)
{
	struct segw_job_result r;

	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, GOOD);
	r = run(&leaf, "hnb2.femto.example.org", SEGW_JOB_ALL);
	tap_ok(r.chain.verdict == PKI_BAD && r.revocation.verdict == PKI_INDETERMINATE,
	       "SGW-AUTH-01: IDi is not the SAN: %s, and nobody is asked", r.chain.rule);
	r = run(&leaf, IDENTITY, SEGW_JOB_PATH);
	tap_ok(r.chain.verdict == PKI_GOOD && r.revocation.verdict == PKI_INDETERMINATE,
	       "SGW-PATH-05: the path alone, against the vendor's anchor");
	world->anchors[0] = stranger.der;
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.chain.verdict != PKI_GOOD && r.revocation.verdict == PKI_INDETERMINATE,
	       "SGW-PATH-05: a vendor that is not configured: %s", r.chain.rule);
	begin(REV_ALL_REQUIRED);
	world->config.vendors[0].check = false;
	add_source(REV_OPERATOR_OCSP, REVOKED);
	r = run(&pointed, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.chain.verdict == PKI_GOOD && !strcmp(r.revocation.rule, "revocation.off"),
	       "SGW-PATH-08: check = off, nobody is asked");
}

static void pointers(void)
{
	struct pointer_policy *p = &world->config.segw.pointers;
	struct segw_job_result r;
	char uri[128];
	uint16_t port;

	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, 0);
	port = start(GOOD);
	snprintf(uri, sizeof(uri), "authorityInfoAccess=OCSP;URI:http://127.0.0.1:%u/", port);
	ca_issue(&pointed, &(struct ca_spec){ .cn = "hnb", .issuer = &sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY, uri } });
	r = run(&pointed, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE && strstr(r.revocation.detail, "source.none"),
	       "SGW-REV-06: a pointer is not followed unless that is configured");
	p->use = true;
	snprintf(uri, sizeof(uri), "127.0.0.1:%u", port);
	pointer_host_parse(uri, &p->hosts[p->nhosts++]);
	r = run(&pointed, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE,
	       "PIT-34: nor into a private range, though its host is listed");
	uri_prefix_parse("127.0.0.0/8", &p->nets[p->nnets++]);
	r = run(&pointed, IDENTITY, SEGW_JOB_ALL);
	if (!tap_ok(r.revocation.verdict == PKI_GOOD, "SGW-REV-06: it is, to a listed host and range"))
		printf("# %s: %s\n", r.revocation.rule, r.revocation.detail);
	p->hosts[0].port++;
	r = run(&pointed, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE, "SGW-REV-06: not to another port");
}

/* SGW-PATH-06: whatever the responder says of it. */
static void validity(void)
{
	static const struct { const char *what; int from, to; enum pki_verdict want; } table[] = {
		{ "valid until the next second", 0, 1, PKI_GOOD },
		{ "over since this second", 0, -1, PKI_BAD },
		{ "not begun", 60, 0, PKI_BAD },
	};
	static struct entity made[3], old_sub, of_old;

	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, GOOD);
	for (size_t i = 0; i < 3; i++) {
		struct segw_job_result r;

		ca_issue(&made[i], &(struct ca_spec){ .cn = "hnb", .issuer = &sub,
			 .from = table[i].from, .to = table[i].to,
			 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY } });
		r = run(&made[i], IDENTITY, SEGW_JOB_ALL);
		tap_ok(r.chain.verdict == table[i].want &&
		       (r.chain.verdict == PKI_GOOD || r.revocation.verdict == PKI_INDETERMINATE),
		       "SGW-PATH-06: a H(e)NB certificate that is %s: %s", table[i].what, r.chain.rule);
	}
	ca_issue(&old_sub, &(struct ca_spec){ .cn = "old factory", .issuer = &root, .to = -1,
		 .ext = { CA_EXT_CA } });
	ca_issue(&of_old, &(struct ca_spec){ .cn = "hnb", .issuer = &old_sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY } });
	{
		struct pki_der kept = sub.der;
		struct segw_job_result r;

		sub.der = old_sub.der;
		r = run(&of_old, IDENTITY, SEGW_JOB_ALL);
		sub.der = kept;
		tap_ok(r.chain.verdict == PKI_BAD, "SGW-PATH-06: the CA above it is over: %s", r.chain.rule);
	}
}

/* A list of @issuer that has @serial on it. */
static struct pki_der make_part(const struct entity *issuer, const ASN1_INTEGER *serial,
				const char *scope)
{
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, CA_NOW - 60);
	unsigned char *der = NULL;
	struct pki_der made;
	int len;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, t);
	X509_REVOKED_set_revocationDate(rev, t);
	X509_REVOKED_set_serialNumber(rev, (ASN1_INTEGER *)serial);
	X509_CRL_add0_revoked(crl, rev);
	ASN1_TIME_set(t, CA_NOW + CA_DAY);
	X509_CRL_set1_nextUpdate(crl, t);
	{
		ASN1_INTEGER *one = ASN1_INTEGER_new();
		AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

		ASN1_INTEGER_set(one, 1);
		aki->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(issuer->cert));
		X509_CRL_add1_ext_i2d(crl, NID_crl_number, one, 0, 0);
		X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0);
		AUTHORITY_KEYID_free(aki);
		ASN1_INTEGER_free(one);
	}
	if (scope) {
		X509_EXTENSION *ext = ca_extension(scope);

		X509_CRL_add_ext(crl, ext, -1);
		X509_EXTENSION_free(ext);
	}
	if (!X509_CRL_sign(crl, issuer->key, EVP_sha256()))
		ca_die("signing a CRL");
	len = i2d_X509_CRL(crl, &der);
	made = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(t);
	return made;
}

static struct pki_der make_crl(const struct entity *issuer, const ASN1_INTEGER *serial)
{
	return make_part(issuer, serial, NULL);
}

static void put_crl(enum rev_class class, const struct entity *issuer, struct pki_der crl)
{
	struct world_crl *w = &world->crls[world->ncrls++];

	if (crlstore_name(class, issuer->der, NULL, w->name))
		ca_die("name");
	w->file.issuer = issuer->der;
	w->file.crl = crl;
}

static const struct world_crl *found_crl(enum rev_class class, const struct entity *issuer)
{
	char base[CRLSTORE_NAME_ROOM];

	return crlstore_name(class, issuer->der, NULL, base) ? NULL : world_crl(world, base, NULL);
}

/* As the agent does, but for the process. */
static void index_crl(struct world_crl *crl, bool expected)
{
	struct pki_der room;
	struct pki_result r;

	if (crl->index.data)
		munmap((void *)crl->index.data, crl->index.len);
	crl->index = (struct pki_der){ 0 };
	if (world_index_begin(crl, &room))
		ca_die("room for an index");
	world_index_make(crl, room, &world->profile, &r);
	if ((r.verdict == PKI_GOOD) != expected)
		ca_die(r.detail);
	world_index_end(crl, room, r.verdict == PKI_GOOD);
}

static void lists(void)
{
	struct pki_der of_sub = make_crl(&sub, X509_get0_serialNumber(revoked_leaf.cert));
	struct pki_der of_root = make_crl(&root, X509_get0_serialNumber(sub.cert));
	struct segw_job_result r;

	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_CRL, 0);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE && strstr(r.revocation.detail, "crl.missing"),
	       "SGW-REV-04: a list that is not here proves nothing");
	put_crl(REV_OPERATOR_CRL, &sub, of_sub);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	if (!tap_ok(r.revocation.verdict == PKI_GOOD && r.revocation.expires == CA_NOW + CA_DAY,
		    "SGW-REV-01: not on the list: good until its nextUpdate"))
		printf("# %s: %s, %lld\n", r.revocation.rule, r.revocation.detail,
		       (long long)r.revocation.expires - CA_NOW);
	r = run(&revoked_leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_BAD, "SGW-REV-14: on the list: revoked");
	index_crl(&world->crls[0], true);
	r = run(&revoked_leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(world->crls[0].index.data && r.revocation.verdict == PKI_BAD &&
	       run(&leaf, IDENTITY, SEGW_JOB_ALL).revocation.verdict == PKI_GOOD,
	       "SGW-REV-15: the same by the index that a worker left");
	/* What decides is the index: the list's entries are not read again. */
	memset((uint8_t *)of_sub.data + of_sub.len - 20, 0, 10);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD, "SGW-REV-15: nor is its signature verified again");
	index_crl(&world->crls[0], false);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(!world->crls[0].index.data && r.revocation.verdict == PKI_INDETERMINATE &&
	       strstr(r.revocation.detail, "crl.signature"),
	       "SGW-REV-15: a list whose signature is bad gets no index, and proves nothing");
	world->ncrls = 0;
	put_crl(REV_OPERATOR_CRL, &sub, make_crl(&sub, X509_get0_serialNumber(revoked_leaf.cert)));
	begin(REV_FIRST_DEFINITE);
	add_source(REV_OPERATOR_OCSP, GOOD);
	add_source(REV_OPERATOR_CRL, 0);
	r = run(&revoked_leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_BAD,
	       "SGW-REV-13, PIT-36: OCSP first and good, the list at hand says revoked");
	put_crl(REV_OPERATOR_CRL, &root, of_root);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_BAD, "SGW-PATH-07: the CA between is on its anchor's list");
	world->ncrls = 0;
}

/* A CA that splits its list (RFC 5280 5.2.5): the parts lie in the store side by side. */
static void parts(void)
{
	const ASN1_INTEGER *bad = X509_get0_serialNumber(revoked_leaf.cert);
	const ASN1_INTEGER *nobody = X509_get0_serialNumber(sub.cert);
	static const char of_cas[] = "2.5.29.28=critical,DER:30038201FF";
	static const char of_users[] = "2.5.29.28=critical,DER:30038101FF";
	static const char elsewhere[] = "2.5.29.28=critical,DER:3010A00EA00C860A687474703A2F2F632F32";
	struct segw_job_result r;

	begin(REV_FIRST_DEFINITE);
	add_source(REV_OPERATOR_OCSP, GOOD);
	add_source(REV_OPERATOR_CRL, 0);
	put_crl(REV_OPERATOR_CRL, &sub, make_part(&sub, bad, elsewhere));
	r = run(&revoked_leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_BAD,
	       "SGW-REV-14, PIT-36: listed on a part of another point, and OCSP says good: revoked");
	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_CRL, 0);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE && strstr(r.revocation.detail, "crl.partitioned"),
	       "SGW-REV-12: not on a part of another point: nothing is proven");
	put_crl(REV_OPERATOR_CRL, &sub, make_part(&sub, nobody, of_cas));
	tap_ok(run(&leaf, IDENTITY, SEGW_JOB_ALL).revocation.verdict == PKI_INDETERMINATE,
	       "SGW-REV-12: nor by the part of CAs");
	put_crl(REV_OPERATOR_CRL, &sub, make_part(&sub, nobody, of_users));
	tap_ok(run(&leaf, IDENTITY, SEGW_JOB_ALL).revocation.verdict == PKI_GOOD,
	       "SGW-REV-12: the part of users proves it good, whichever part is first");
	tap_ok(run(&revoked_leaf, IDENTITY, SEGW_JOB_ALL).revocation.verdict == PKI_BAD,
	       "SGW-REV-14: and one that any part lists stays revoked");
	world->ncrls = 0;
}

static void authorisation(void)
{
	static const char text[] = IDENTITY "\n";
	struct authz_error e;
	struct segw_job_result r;

	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, GOOD);
	world->config.authz.mode = AUTHZ_ALLOWLIST;
	world->list = authz_list_parse(text, strlen(text), &e);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD && r.authz.verdict == PKI_GOOD,
	       "SGW-AAA-02: not revoked, and on the list");
	authz_list_free(world->list);
	world->list = authz_list_parse("", 0, &e);
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD && r.authz.verdict == PKI_BAD,
	       "SGW-AAA-02: not revoked, and denied");
	authz_list_free(world->list);
	world->list = NULL;
	begin(REV_FIRST_DEFINITE);
	add_source(REV_MANUFACTURER_OCSP, GOOD);
	add_source(REV_OPERATOR_OCSP, GOOD)->carries_authz = true;
	world->config.authz.mode = AUTHZ_OCSP;
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD && r.authz.verdict == PKI_GOOD,
	       "SGW-AAA-03: both, by the operator's responder, though another decides first");
	begin(REV_ANY_GOOD);
	add_source(REV_OPERATOR_OCSP, REVOKED)->carries_authz = true;
	world->config.authz.mode = AUTHZ_OCSP;
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_BAD && r.authz.verdict == PKI_BAD &&
	       r.revocation.expires > CA_NOW && r.revocation.expires <= CA_NOW + 65,
	       "SGW-AAA-04, PIT-35: a folded revoked, which ends within 60 s");
	begin(REV_ANY_GOOD);
	add_source(REV_OPERATOR_OCSP, UNKNOWN)->carries_authz = true;
	add_source(REV_MANUFACTURER_OCSP, GOOD);
	world->config.authz.mode = AUTHZ_OCSP;
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	tap_ok(r.revocation.verdict == PKI_GOOD && r.authz.verdict == PKI_BAD,
	       "SGW-AAA-05: a folded unknown is a denial, whatever the manufacturer says");
}

static void ignore(void *arg, const char *file, int line, const char *key, const char *value,
		   const char *rule, const char *remedy)
{
	(void)arg, (void)file, (void)line, (void)key, (void)value, (void)rule, (void)remedy;
}

static void put_list(const char *path, const char *text, int age_s)
{
	const struct timespec when[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) - age_s } };
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) || utimensat(AT_FDCWD, path, when, 0))
		ca_die(path);
}

/* The files that change while the agent runs. */
static void files(void)
{
	struct segw_config *c = &world->config;
	char dir[] = "/tmp/world-XXXXXX";

	begin(REV_ALL_REQUIRED);
	if (!mkdtemp(dir))
		ca_die(dir);
	snprintf(c->segw.crl_dir, sizeof(c->segw.crl_dir), "%s/crl", dir);
	snprintf(c->authz.allowlist, sizeof(c->authz.allowlist), "%s/list", dir);
	c->authz.mode = AUTHZ_ALLOWLIST;
	put_list(c->authz.allowlist, "a.example.org\n", 100);
	tap_ok(world_refresh(world, ignore, NULL) && world->list && authz_list_count(world->list) == 1,
	       "SGW-F1-08: the allow-list is read");
	tap_ok(!world_refresh(world, ignore, NULL), "SGW-F1-08: once, while it stays as it is");
	put_list(c->authz.allowlist, "", 0);
	tap_ok(!world_refresh(world, ignore, NULL) && authz_list_count(world->list) == 1,
	       "SGW-F1-08: a list that is being written does not count yet");
	put_list(c->authz.allowlist, "a.example.org\nb.example.org\n", 50);
	tap_ok(world_refresh(world, ignore, NULL) && authz_list_count(world->list) == 2,
	       "SGW-F1-08: a new one is read without a restart");
	put_list(c->authz.allowlist, "nonsense\n", 40);
	tap_ok(world_refresh(world, ignore, NULL) && !world->list,
	       "SGW-F1-08: one that is no list allows nobody new");
	put_list(c->authz.allowlist, "a.example.org\n", 30);
	tap_ok(world_refresh(world, ignore, NULL) && world->list, "SGW-F1-08: until it is mended");
	unlink(c->authz.allowlist);
	tap_ok(world_refresh(world, ignore, NULL) && !world->list, "SGW-F1-08: one that is gone neither");
	{
		struct pki_der crl = make_crl(&sub, X509_get0_serialNumber(revoked_leaf.cert));
		struct pki_crl_policy policy;
		struct pki_result r;
		char cmd[64];

		pki_crl_policy_default(&policy, &world->profile);
		policy.number_required = false;
		crlstore_import(c->segw.crl_dir, REV_OPERATOR_CRL, crl, sub.der, &policy, CA_NOW, &r);
		tap_ok(r.verdict == PKI_GOOD && world_refresh(world, ignore, NULL) && world->ncrls == 1 &&
		       found_crl(REV_OPERATOR_CRL, &sub) && !found_crl(REV_OPERATOR_CRL, &root) &&
		       !found_crl(REV_MANUFACTURER_CRL, &sub),
		       "SGW-REV-05: a list that was imported is found, by its issuer and class");
		tap_ok(!world_refresh(world, ignore, NULL), "SGW-REV-05: once");
		index_crl(&world->crls[0], true);
		crlstore_import(c->segw.crl_dir, REV_OPERATOR_CRL,
				make_crl(&root, X509_get0_serialNumber(sub.cert)), root.der, &policy,
				CA_NOW, &r);
		tap_ok(r.verdict == PKI_GOOD && world_refresh(world, ignore, NULL) && world->ncrls == 2 &&
		       found_crl(REV_OPERATOR_CRL, &sub)->index.data &&
		       world_unindexed(world) == found_crl(REV_OPERATOR_CRL, &root),
		       "SGW-REV-15: another import leaves the index of a list that stays");
		snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
		if (system(cmd))
			ca_die(cmd);
		tap_ok(world_refresh(world, ignore, NULL) && !world->ncrls, "SGW-REV-05: a store that is gone is empty");
	}
}

/* A server that takes packets and never answers. */
static void radius(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct segw_authz *z = &world->config.authz;
	socklen_t len = sizeof(a);
	struct segw_job_result r;
	int64_t took;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		ca_die("a socket");
	begin(REV_ALL_REQUIRED);
	add_source(REV_OPERATOR_OCSP, HANG);
	z->mode = AUTHZ_AAA;
	z->server.family = AF_INET;
	memcpy(z->server.addr, &a.sin_addr, sizeof(a.sin_addr));
	z->port = ntohs(a.sin_port);
	z->try_ms = 5000;
	z->tries = 10;
	snprintf(z->nas, sizeof(z->nas), "segw");
	world->secret_len = 20;
	took = fetch_now();
	r = run(&leaf, IDENTITY, SEGW_JOB_ALL);
	took = fetch_now() - took;
	tap_ok(r.authz.verdict == PKI_INDETERMINATE && !strcmp(r.authz.rule, "authz.radius.timeout") &&
	       took < DEADLINE_MS + SEGW_AUTHZ_MS + 400,
	       "SGW-AAA-01: a RADIUS server that hangs allows nobody, and all ends in time");
	close(fd);
}

/* The gateway's own status: @leaf stands for it, as any certificate does. */
static void own(void)
{
	static const struct { enum deed deed; char want; const char *what; } table[] = {
		{ GOOD, 'G', "good: kept to be sent" },
		{ REVOKED, 'B', "revoked: not sent" },
		{ REPLAY, 'I', "an old one without our nonce: not sent" },
		{ FORGED, 'I', "a stranger's: not sent" },
		{ HANG, 'I', "a responder that hangs: nothing to send" },
		{ ABSENT, 'I', "no responder: nothing to send" },
	};
	static const struct pki_signers nobody;
	static struct own_response response;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct own_job job = {
			.cert = leaf.der, .issuer = sub.der, .now = CA_NOW, .deadline_ms = 600,
			.response = &response, .signers = &nobody, .nonce_len = PKI_NONCE_LEN,
		};
		struct pki_result r;
		struct uri uri;
		char text[64];

		snprintf(text, sizeof(text), "http://127.0.0.1:%u/", start(table[i].deed));
		uri_parse(text, strlen(text), &uri);
		job.uri = &uri;
		pki_ocsp_policy_default(&job.policy);
		own_job(&job, &r);
		tap_ok(letter(&r) == table[i].want && !response.len == (table[i].want != 'G'),
		       "SGW-F2-10: own status, %s", table[i].what);
		stop_servers();
	}
}

int main(void)
{
	world = calloc(1, sizeof(*world));
	ca_issue(&root, &(struct ca_spec){ .cn = "vendor",
		 .ext = { CA_EXT_CA, "subjectKeyIdentifier=01020304" } });
	ca_issue(&sub, &(struct ca_spec){ .cn = "vendor factory", .issuer = &root,
		 .ext = { CA_EXT_CA, "subjectKeyIdentifier=01020305" } });
	ca_issue(&stranger, &(struct ca_spec){ .cn = "stranger", .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "hnb", .issuer = &sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY } });
	ca_issue(&revoked_leaf, &(struct ca_spec){ .cn = "hnb", .issuer = &sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY } });
	tap_start();
	outcomes();
	follow();
	pointers();
	paths();
	validity();
	lists();
	parts();
	authorisation();
	files();
	radius();
	own();
	stop_servers();
	free(world);
	return tap_end();
}
