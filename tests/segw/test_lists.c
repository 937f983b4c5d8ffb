// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists that certificates point to: which are wanted, from whom they are fetched, and
 * which may take the place of one that is here. Servers are real, on loopback.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "segw/crl_get.h"
#include "segw/crlstore_dir.h"
#include "segw/fetch.h"
#include "segw/job.h"

#define IDENTITY	"hnb1.femto.example.org"
#define FETCH_MS	3000

static struct entity root, sub, leaf, stranger;
static struct segw_world *world;
static struct crl_got *got;
static struct pki_result result;
static struct pki_crl_policy policy;

/* A list of @issuer with @number, made @age seconds ago, good for @life. */
static struct pki_der make_crl(const struct entity *issuer, long number, int age, int life)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, CA_NOW - age);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	unsigned char *der = NULL;
	struct pki_der made;
	int len;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_TIME_set(t, CA_NOW - age + life);
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_INTEGER_set(n, number);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0);
	if (!X509_CRL_sign(crl, issuer->key, EVP_sha256()))
		ca_die("signing a CRL");
	len = i2d_X509_CRL(crl, &der);
	made = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	ASN1_INTEGER_free(n);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
	return made;
}

enum deed { GIVE, REDIRECT, STATUS, ENDLESS, DRIP, HANG };

static void serve_one(int fd, enum deed deed, struct pki_der body)
{
	static const uint8_t zeros[65536];
	char request[4096];

	if (read(fd, request, sizeof(request)) <= 0)
		_exit(1);
	if (strncmp(request, "GET /list.crl ", 14))
		_exit(2);
	if (deed == GIVE) {
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.len);
		if (write(fd, body.data, body.len) < 0)
			_exit(1);
	} else if (deed == REDIRECT) {
		dprintf(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
	} else if (deed == STATUS) {
		dprintf(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	} else if (deed == HANG) {
		sleep(60);
	} else {
		dprintf(fd, "HTTP/1.1 200 OK\r\n\r\n");
		while (write(fd, zeros, deed == DRIP ? 1 : sizeof(zeros)) > 0)
			usleep(deed == DRIP ? 20000 : 0);
	}
}

static pid_t serve(enum deed deed, struct pki_der body, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 4) ||
	    getsockname(listener, (struct sockaddr *)&a, &len))
		ca_die("a server");
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid) {
		close(listener);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		serve_one(fd, deed, body);
		close(fd);
	}
}

/* The operator allows this host, port and range. */
static void allow(struct pointer_policy *p, uint16_t port)
{
	char host[64];

	memset(p, 0, sizeof(*p));
	p->use = true;
	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	if (pointer_host_parse(host, &p->hosts[p->nhosts++]) ||
	    uri_prefix_parse("127.0.0.0/8", &p->nets[p->nnets++]))
		ca_die(host);
}

/* Fetch from a server that does @deed; @bend may take back what is allowed. */
static void fetch(enum deed deed, struct pki_der body, uint32_t ms,
		  void (*bend)(struct pointer_policy *p))
{
	struct crl_want want = { .class = REV_OPERATOR_CRL, .issuer = 1 };
	struct pointer_policy p;
	uint16_t port;
	pid_t pid = serve(deed, body, &port);

	allow(&p, port);
	if (bend)
		bend(&p);
	snprintf(want.uri, sizeof(want.uri), "http://127.0.0.1:%u/list.crl", port);
	got->len = 0;
	crl_get_fetch(&want, &p, NULL, ms, got, &result);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool is(enum pki_verdict verdict, const char *rule)
{
	bool ok = result.verdict == verdict && !strncmp(result.rule, rule, strlen(rule));

	if (!ok)
		printf("# %d %s: %s\n", result.verdict, result.rule, result.detail);
	return ok;
}

static void no_hosts(struct pointer_policy *p) { p->nhosts = 0; }
static void no_nets(struct pointer_policy *p) { p->nnets = 0; }
static void other_port(struct pointer_policy *p) { p->hosts[0].port ^= 1; }
static void not_used(struct pointer_policy *p) { p->use = false; }

static void fetching(void)
{
	struct pki_der list = make_crl(&sub, 1, 60, CA_DAY);
	int64_t begun;

	fetch(GIVE, list, FETCH_MS, NULL);
	tap_ok(is(PKI_GOOD, "") && got->len == list.len && !memcmp(got->data, list.data, list.len),
	       "SGW-REV-06: a list from a host that is allowed");
	fetch(GIVE, list, FETCH_MS, no_hosts);
	tap_ok(is(PKI_INDETERMINATE, "crl.pointer") && !got->len, "SGW-REV-06: not from any other");
	fetch(GIVE, list, FETCH_MS, other_port);
	tap_ok(is(PKI_INDETERMINATE, "crl.pointer") && !got->len, "SGW-REV-06: nor from another port");
	fetch(GIVE, list, FETCH_MS, no_nets);
	tap_ok(is(PKI_INDETERMINATE, "crl.pointer") && !got->len,
	       "SGW-REV-06, PIT-34: nor from an address that is not of the Internet, unless listed");
	fetch(GIVE, list, FETCH_MS, not_used);
	tap_ok(is(PKI_INDETERMINATE, "crl.pointer") && !got->len,
	       "SGW-REV-06: nor at all unless that is configured");
	fetch(REDIRECT, list, FETCH_MS, NULL);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.status") && !got->len,
	       "SGW-REV-06: no redirect is followed");
	fetch(STATUS, list, FETCH_MS, NULL);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.status") && !got->len, "SGW-REV-06: an error is no list");
	fetch(HANG, list, 500, NULL);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.timeout") && !got->len, "SGW-REV-06: a server that hangs");
	begun = fetch_now();
	fetch(DRIP, list, 500, NULL);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.timeout") && !got->len && fetch_now() - begun < 2500,
	       "SGW-REV-06, PIT-38: one that drips without end, in time");
	fetch(ENDLESS, list, 60000, NULL);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.size") && !got->len,
	       "SGW-REV-06, PIT-38: one that sends without end, by its size");
}

/* By name: what it resolves to is looked at when it is connected to. */
static void by_name(void)
{
	struct crl_want want = { 0 };
	struct pointer_policy p = { .use = true };
	uint16_t port;
	pid_t pid = serve(GIVE, make_crl(&sub, 1, 60, CA_DAY), &port);
	char host[64];

	snprintf(host, sizeof(host), "localhost:%u", port);
	pointer_host_parse(host, &p.hosts[p.nhosts++]);
	snprintf(want.uri, sizeof(want.uri), "http://localhost:%u/list.crl", port);
	got->len = 0;
	crl_get_fetch(&want, &p, NULL, FETCH_MS, got, &result);
	tap_ok(is(PKI_INDETERMINATE, "crl.http.address") && !got->len,
	       "SGW-REV-06, PIT-34: a name that is allowed, an address that is not");
	uri_prefix_parse("127.0.0.0/8", &p.nets[p.nnets++]);
	uri_prefix_parse("::1", &p.nets[p.nnets++]);
	crl_get_fetch(&want, &p, NULL, FETCH_MS, got, &result);
	tap_ok(is(PKI_GOOD, "") && got->len, "SGW-REV-06: with its range listed it is asked");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void judge(struct pki_der new, struct pki_der issuer, struct pki_der old)
{
	static struct segw_world w;
	struct crl_want want = { .class = REV_MANUFACTURER_CRL };

	w.ncrls = old.len ? 1 : 0;
	crlstore_name(REV_MANUFACTURER_CRL, issuer, NULL, w.crls[0].name);
	w.crls[0].file.crl = old;
	crl_get_judge(&w, &want, new, issuer, &policy, CA_NOW, &result);
	if (result.verdict == PKI_GOOD && strcmp(want.name, w.crls[0].name) != 0)
		ca_die("the name of a complete list");
}

static void judging(void)
{
	struct pki_der here = make_crl(&sub, 5, 3600, CA_DAY), none = { 0 };

	judge(here, sub.der, none);
	tap_ok(is(PKI_GOOD, "crl.import.new"), "SGW-REV-05: the first list of a CA is taken");
	judge(make_crl(&sub, 6, 60, CA_DAY), sub.der, here);
	tap_ok(is(PKI_GOOD, "crl.import.new"), "SGW-REV-05: a newer one is taken");
	judge(make_crl(&sub, 4, 60, CA_DAY), sub.der, here);
	tap_ok(is(PKI_BAD, "crl.import.number.older"), "SGW-REV-05: a smaller crlNumber is not");
	judge(make_crl(&sub, 5, 60, CA_DAY), sub.der, here);
	tap_ok(is(PKI_BAD, "crl.import.number.same"), "SGW-REV-05: nor the same number on another list");
	judge(here, sub.der, here);
	tap_ok(is(PKI_GOOD, "crl.import.same"), "SGW-REV-05: the very same is nothing new");
	judge(make_crl(&sub, 6, 7200, CA_DAY), sub.der, here);
	tap_ok(is(PKI_BAD, "crl.import.thisupdate"), "SGW-REV-05: nor an earlier thisUpdate");
	judge(make_crl(&sub, 6, -CA_DAY, 2 * CA_DAY), sub.der, here);
	tap_ok(is(PKI_BAD, "crl.import.future"), "SGW-REV-05: nor one of the future");
	judge(make_crl(&stranger, 6, 60, CA_DAY), sub.der, here);
	tap_ok(is(PKI_INDETERMINATE, "crl.issuer"), "SGW-REV-06: nor another CA's");
	judge(ca_flip(make_crl(&sub, 6, 60, CA_DAY), -3), sub.der, here);
	tap_ok(is(PKI_INDETERMINATE, "crl."), "SGW-REV-06: nor one that its issuer did not sign");
	judge((struct pki_der){ (const uint8_t *)"<html>", 6 }, sub.der, here);
	tap_ok(is(PKI_INDETERMINATE, "crl.encoding"), "SGW-REV-06: nor what is no list");
}

static struct segw_job_result check(const struct entity *e)
{
	struct pki_der certs[] = { e->der, sub.der };
	struct segw_job job = {
		.world = world, .certs = certs, .ncerts = 2, .identity = IDENTITY,
		.extent = SEGW_JOB_ALL, .now = CA_NOW, .deadline_ms = 1000, .skew_s = 300,
		.crl_age_max_s = CA_DAY,
	};
	struct segw_job_result r;

	pki_ocsp_policy_default(&job.ocsp);
	segw_job(&job, &r);
	return r;
}

static void here(struct pki_der crl)
{
	world->ncrls = 0;
	if (!crl.data)
		return;
	if (crlstore_name(REV_MANUFACTURER_CRL, sub.der, NULL, world->crls[0].name))
		ca_die("name");
	world->crls[0].file.issuer = sub.der;
	world->crls[0].file.crl = crl;
	world->ncrls = 1;
}

static bool wants(const struct segw_job_result *r, bool yes)
{
	char name[CRLSTORE_NAME_ROOM];

	crlstore_name(REV_MANUFACTURER_CRL, sub.der, NULL, name);
	if (!yes)
		return !*r->want.uri;
	return !strcmp(r->want.uri, "http://crl.acme.example/list.crl") && r->want.issuer == 1 &&
	       r->want.class == REV_MANUFACTURER_CRL && !strcmp(r->want.name, name);
}

/* What a check asks for. */
static void wanting(void)
{
	struct segw_config *c = &world->config;
	struct pki_der none = { 0 };
	struct segw_job_result r;

	c->nvendors = c->nsources = 1;
	c->vendors[0].check = true;
	c->vendors[0].nsources = 1;
	c->vendors[0].rule = REV_ALL_REQUIRED;
	c->sources[0].class = REV_MANUFACTURER_CRL;
	world->anchors[0] = root.der;
	c->segw.pointers.use = true;
	pointer_host_parse("crl.acme.example", &c->segw.pointers.hosts[0]);
	c->segw.pointers.nhosts = 1;
	here(none);
	r = check(&leaf);
	if (!tap_ok(r.chain.verdict == PKI_GOOD && wants(&r, true),
		    "SGW-REV-06: no list is here: the certificate's is wanted"))
		printf("# %s %s, %s\n", r.chain.rule, r.revocation.rule, r.want.uri);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE,
	       "SGW-REV-06: and proves nothing until it is here");
	here(make_crl(&sub, 1, CA_HOUR, CA_DAY));
	r = check(&leaf);
	tap_ok(r.revocation.verdict == PKI_GOOD && wants(&r, false),
	       "SGW-REV-06: a list that is young is all that is wanted");
	here(make_crl(&sub, 1, 13 * CA_HOUR, CA_DAY));
	r = check(&leaf);
	tap_ok(r.revocation.verdict == PKI_GOOD && wants(&r, true),
	       "SGW-REV-06: half of its life is over: the next is wanted, and nobody waits for it");
	here(make_crl(&sub, 1, 2 * CA_DAY, CA_DAY));
	r = check(&leaf);
	tap_ok(r.revocation.verdict == PKI_INDETERMINATE && wants(&r, true),
	       "SGW-REV-06: likewise when it is stale");
	here(none);
	c->segw.pointers.nhosts = 0;
	r = check(&leaf);
	tap_ok(wants(&r, false), "SGW-REV-06: a host that is not allowed is not wanted");
	c->segw.pointers.nhosts = 1;
	c->segw.pointers.use = false;
	r = check(&leaf);
	tap_ok(wants(&r, false), "SGW-REV-06: nor any when pointers are not used");
	c->segw.pointers.use = true;
	uri_parse("http://10.0.0.1/x", 17, &c->sources[0].uris[0]);
	c->sources[0].nuris = 1;
	r = check(&leaf);
	tap_ok(wants(&r, false), "SGW-REV-09: nor when the operator has a place of his own");
	c->sources[0].nuris = 0;
	world->anchors[0] = stranger.der;
	r = check(&leaf);
	tap_ok(r.chain.verdict == PKI_BAD && wants(&r, false),
	       "SGW-REV-06, PIT-34: nor before the path is good");
}

/* The store takes no name that is not its own. */
static void naming(void)
{
	char dir[] = "/tmp/lists-XXXXXX", name[CRLSTORE_NAME_ROOM], cmd[64];
	struct pki_der list = make_crl(&sub, 1, 60, CA_DAY);
	struct crlstore_file file;
	int lock;

	if (!mkdtemp(dir) || crlstore_name(REV_OPERATOR_CRL, sub.der, NULL, name))
		ca_die(dir);
	tap_ok(crlstore_dir_put(dir, "x", sub.der, list) &&
	       crlstore_dir_put(dir, "../x", sub.der, list) &&
	       crlstore_dir_put(dir, "operator-crl-../../../../../../../../../../../../../../../../"
				"../../../../etc/x", sub.der, list),
	       "SGW-REV-06: a name that is none of the store's is refused");
	tap_ok(!crlstore_dir_put(dir, name, sub.der, list) &&
	       !crlstore_open(dir, REV_OPERATOR_CRL, sub.der, NULL, &file) && file.crl.len == list.len,
	       "SGW-REV-06: one that is, is found by its issuer");
	crlstore_close(&file);
	lock = crlstore_dir_lock(dir);
	tap_ok(lock >= 0 && crlstore_dir_trylock(dir) == -EWOULDBLOCK,
	       "SGW-REV-05: an importer keeps the others out");
	crlstore_dir_unlock(lock);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		ca_die(cmd);
}

int main(void)
{
	world = calloc(1, sizeof(*world));
	got = mmap(NULL, sizeof(*got), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!world || got == MAP_FAILED)
		ca_die("memory");
	ca_issue(&root, &(struct ca_spec){ .cn = "vendor", .ext = { CA_EXT_CA } });
	ca_issue(&sub, &(struct ca_spec){ .cn = "factory", .issuer = &root, .ext = { CA_EXT_CA } });
	ca_issue(&stranger, &(struct ca_spec){ .cn = "stranger", .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "hnb", .issuer = &sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:" IDENTITY,
			  "crlDistributionPoints=URI:http://crl.acme.example/list.crl" } });
	pki_crl_policy_default(&policy, &world->profile);
	policy.number_required = false;
	tap_start();
	fetching();
	by_name();
	judging();
	wanting();
	naming();
	free(world);
	return tap_end();
}
