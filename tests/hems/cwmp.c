// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A CWMP client of the smallest kind: one session, an Inform and its InformResponse
 * (TR-069 3.7.1.5), over libcurl and the library that an H(e)NB's own client would use.
 *
 *	cwmp URL NAME ANCHOR PROFILE REVOCATION [CERT KEY]
 *
 * Exit 0: the H(e)MS answered; 1: refused by the rule on stderr; 2: else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include "hems/hems.h"
#include "pki/profile.h"

#define FILE_MAX	65536
#define CERTS_MAX	4

struct text {
	char data[FILE_MAX + 1];
	size_t len;
};

static struct hems *hems;
static struct pki_der own[CERTS_MAX], anchors[CERTS_MAX];
static size_t nown, nanchors;
static const char *key;
static struct pki_profile profile;

static void die(const char *what)
{
	fprintf(stderr, "cwmp: %s\n", what);
	exit(2);
}

static size_t read_certs(const char *path, struct pki_der *out)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	X509 *cert;

	if (!f)
		die(path);
	while (n < CERTS_MAX && (cert = PEM_read_X509(f, NULL, NULL, NULL))) {
		unsigned char *der = NULL;
		int len = i2d_X509(cert, &der);

		out[n++] = (struct pki_der){ der, (size_t)len };
		X509_free(cert);
	}
	fclose(f);
	return n;
}

static void on_profile(void *arg, const char *file, int line, const char *name, const char *value,
		       const char *rule, const char *remedy)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s = %s: %s (%s)\n", file, line, name, value, rule, remedy);
}

static void read_profile(const char *path)
{
	static struct text t;
	FILE *f = fopen(path, "re");

	if (!f)
		die(path);
	t.len = fread(t.data, 1, FILE_MAX, f);
	fclose(f);
	if (pki_profile_parse(path, t.data, t.len, &profile, on_profile, NULL))
		die(path);
}

static CURLcode on_ctx(CURL *curl, void *ctx, void *arg)
{
	char why[256];
	const char *rule = hems_attach(hems, ctx, why, sizeof(why));

	(void)curl;
	(void)arg;
	if (!rule && key)
		rule = hems_own(ctx, own, nown, key, why, sizeof(why));
	if (rule)
		fprintf(stderr, "cwmp: %s: %s\n", rule, why);
	return rule ? CURLE_SSL_CERTPROBLEM : CURLE_OK;
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
	struct text *t = arg;

	n *= size;
	if (n > FILE_MAX - t->len)
		return 0;
	memcpy(t->data + t->len, data, n);
	t->len += n;
	t->data[t->len] = '\0';
	return n;
}

static const char inform[] =
"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
" xmlns:enc=\"http://schemas.xmlsoap.org/soap/encoding/\""
" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
" xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\">\n"
"<soap:Header><cwmp:ID soap:mustUnderstand=\"1\">1</cwmp:ID></soap:Header>\n"
"<soap:Body><cwmp:Inform>\n"
"<DeviceId><Manufacturer>Test</Manufacturer><OUI>0005B9</OUI>"
"<ProductClass>HNB</ProductClass><SerialNumber>000001</SerialNumber></DeviceId>\n"
"<Event enc:arrayType=\"cwmp:EventStruct[1]\"><EventStruct><EventCode>1 BOOT</EventCode>"
"<CommandKey></CommandKey></EventStruct></Event>\n"
"<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>0001-01-01T00:00:00Z</CurrentTime>"
"<RetryCount>0</RetryCount>\n"
"<ParameterList enc:arrayType=\"cwmp:ParameterValueStruct[1]\"><ParameterValueStruct>"
"<Name>Device.DeviceInfo.SoftwareVersion</Name><Value xsi:type=\"xsd:string\">1</Value>"
"</ParameterValueStruct></ParameterList>\n"
"</cwmp:Inform></soap:Body></soap:Envelope>\n";

static CURLcode post(CURL *curl, const char *body, struct text *answer, long *status)
{
	CURLcode code;

	answer->len = 0;
	answer->data[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	return code;
}

static CURL *make_curl(const char *url, struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		die("memory");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	/* The library judges, name included; nothing is resumed. */
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_ctx);
	return curl;
}

int main(int argc, char **argv)
{
	struct hems_policy policy = { .peer = PKI_HEMS, .now = time(NULL), .profile = &profile,
				      .anchors = anchors };
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: text/xml; charset=utf-8");
	static struct text answer;
	struct hems_report report;
	bool answered;
	long status = 0;
	CURLcode code;
	CURL *curl;

	if ((argc != 6 && argc != 8) || hems_revocation_parse(argv[5], &policy.revocation))
		die("usage: cwmp URL NAME ANCHOR PROFILE REVOCATION [CERT KEY]");
	policy.name = argv[2];
	policy.nanchors = nanchors = read_certs(argv[3], anchors);
	read_profile(argv[4]);
	if (argc == 8) {
		nown = read_certs(argv[6], own);
		key = argv[7];
	}
	hems = hems_new(&policy);
	curl = make_curl(argv[1], headers);
	code = post(curl, inform, &answer, &status);
	hems_end(hems, NULL, code == CURLE_OK, &report);
	answered = code == CURLE_OK && status == 200 && report.result.verdict == PKI_GOOD &&
		   strstr(answer.data, "InformResponse");
	if (answered)
		printf("InformResponse, HTTP %ld\n", status);
	else
		fprintf(stderr, "cwmp: %s: %s; HTTP %ld, %s\n", report.result.rule,
			report.result.detail, status, curl_easy_strerror(code));
	/* The session ends with an empty POST and 204. */
	if (answered && post(curl, "", &answer, &status) == CURLE_OK)
		printf("end of session, HTTP %ld\n", status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	hems_free(hems);
	for (size_t i = 0; i < nown; i++)
		OPENSSL_free((void *)own[i].data);
	for (size_t i = 0; i < nanchors; i++)
		OPENSSL_free((void *)anchors[i].data);
	return answered ? 0 : report.result.verdict == PKI_BAD ? 1 : 2;
}
