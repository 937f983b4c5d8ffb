// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devices: whose INTEGRITY_INFO a security gateway believes. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "report.h"
#include "segw/devices.h"

#define BUSY_MS		5000	/* the agent writes for milliseconds */

enum { OPT_CERT = 256, OPT_DIR, OPT_REFERENCE, OPT_STORE, OPT_REPLACE };

static const struct option options[] = {
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "reference", required_argument, NULL, OPT_REFERENCE },
	{ "devices", required_argument, NULL, OPT_STORE },
	{ "replace", no_argument, NULL, OPT_REPLACE },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct devices_args {
	struct ctl *ctl;
	const char *cert, *dir, *reference, *store;
	bool replace;
	int argc;
	char **argv;
};

/* What "trustgate tre provision" writes. */
struct files {
	struct check_items cert;
	uint8_t ak[TRE_STRUCT_MAX], ike[TRE_STRUCT_MAX], attest[TRE_STRUCT_MAX], sig[TRE_STRUCT_MAX];
	struct tre_certification c;
};

static int usage(void)
{
	puts("usage: trustgate devices enrol --cert FILE --dir DIR [OPTIONS] NAME\n"
	     "       trustgate devices list [OPTIONS]\n"
	     "       trustgate devices remove [OPTIONS] NAME...\n\n"
	     "The H(e)NBs whose attestation keys are known. NAME is the FQDN in the device's\n"
	     "certificate. What is enrolled counts from the device's next IKE SA on.\n\n"
	     "  --cert FILE       the device's certificate, PEM or DER\n"
	     "  --dir DIR         ak.pub, ike.pub, ike.attest and ike.attest.sig of the device, as\n"
	     "                    'trustgate tre provision' wrote them there\n"
	     "  --reference NAME  kept beside it: which reference policy it goes by\n"
	     "  --replace         in the place of what is enrolled by that name\n"
	     "  --devices FILE    the store: " DEVICES_PATH " unless given\n"
	     "  -j, --json        print one JSON document\n\n"
	     "exit status: 0 done, 1 not, 64 usage");
	return EXIT_GOOD;
}

static struct devices *open_store(const struct devices_args *a, bool write)
{
	const char *path = a->store ? a->store : DEVICES_PATH;
	char err[256];
	struct devices *d = devices_open(path, write, BUSY_MS, err, sizeof(err));

	if (!d)
		complain(path, err, NULL);
	return d;
}

static int load_part(const char *dir, const char *name, uint8_t to[TRE_STRUCT_MAX],
		     const uint8_t **data, size_t *len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*data = to;
	return report_read(path, to, TRE_STRUCT_MAX, len) ? EXIT_FAILED : 0;
}

static int load(const struct devices_args *a, struct files *f)
{
	struct tre_certification *c = &f->c;
	int rc = check_load_one(a->cert, "CERTIFICATE", &f->cert) ? EXIT_FAILED : 0;

	rc = rc ? rc : load_part(a->dir, "ak.pub", f->ak, &c->ak_public, &c->ak_public_len);
	rc = rc ? rc : load_part(a->dir, "ike.pub", f->ike, &c->ike_public, &c->ike_public_len);
	rc = rc ? rc : load_part(a->dir, "ike.attest", f->attest, &c->attest, &c->attest_len);
	return rc ? rc : load_part(a->dir, "ike.attest.sig", f->sig, &c->sig, &c->sig_len);
}

static int store(const struct devices_args *a, const struct files *f,
		 const struct appraise_device *device)
{
	struct devices *d = open_store(a, true);
	char hex[2 * TRE_NAME_LEN + 1];
	int rc;

	if (!d)
		return EXIT_FAILED;
	rc = devices_enrol(d, device, &f->c, time(NULL), a->replace);
	if (rc == -EEXIST)
		complain(device->identity, a->replace ? "one of its keys is another device's" :
			 "it, or one of its keys, is enrolled already",
			 a->replace ? "enrol each box with its own files" : "use --replace for a box that was provisioned anew");
	else if (rc)
		complain(device->identity, devices_error(d), NULL);
	devices_close(d);
	if (rc)
		return EXIT_FAILED;
	hex_text(hex, sizeof(hex), device->ak_name, TRE_NAME_LEN);
	if (a->ctl->json)
		return json_emit(json_pack("{s:s, s:s}", "identity", device->identity, "ak_name", hex),
				 "trustgate.devices-enrol/1", true, EXIT_GOOD);
	printf("%s is enrolled, attestation key %s\n", device->identity, hex);
	return EXIT_GOOD;
}

static int enrol(const struct devices_args *a)
{
	char text[TEXT_ROOM], why[TEXT_ROOM + 80];
	static struct files f;
	struct appraise_device device;
	struct tre_result r;
	int rc;

	if (a->argc != 1 || !a->cert || !a->dir)
		return usage_error("devices enrol", "needs a name, --cert and --dir");
	rc = load(a, &f);
	if (!rc && !devices_prepare(a->argv[0], f.cert.item[0], &f.c, a->reference ? a->reference : "",
				    &device, &r)) {
		snprintf(why, sizeof(why), "%s: %s", r.rule, clean(text, sizeof(text), r.detail));
		complain(a->argv[0], why, NULL);
		rc = EXIT_FAILED;
	}
	rc = rc ? rc : store(a, &f, &device);
	check_items_free(&f.cert);
	return rc;
}

struct listing {
	struct table table;
	json_t *list;
};

static int list_one(void *arg, const struct devices_entry *e)
{
	const struct appraise_counters *last = &e->device.last;
	char hex[2 * TRE_NAME_LEN + 1], when[32];
	struct listing *l = arg;

	hex_text(hex, sizeof(hex), e->device.ak_name, TRE_NAME_LEN);
	if (l->list)
		return json_array_append_new(l->list, json_pack("{s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o}",
			"identity", json_text(e->device.identity), "ak_name", hex,
			"reference", json_text(e->device.reference),
			"enrolled_s", (json_int_t)e->enrolled_s, "seen_s", (json_int_t)e->seen_s,
			"reset_count", last->seen ? json_integer(last->reset) : json_null(),
			"restart_count", last->seen ? json_integer(last->restart) : json_null(),
			"firmware_version", last->seen ? json_sprintf("%016" PRIx64, last->firmware) :
			json_null()));
	table_add(&l->table, "%s", e->device.identity);
	table_add(&l->table, "%.16s", hex + 4);
	table_add(&l->table, "%s", *e->device.reference ? e->device.reference : "-");
	table_add(&l->table, "%s", e->seen_s ? check_time_text(when, sizeof(when), e->seen_s) : "-");
	table_add(&l->table, last->seen ? "%" PRIu32 ".%" PRIu32 : "-", last->reset, last->restart);
	return 0;
}

static int list(const struct devices_args *a)
{
	static const char *const head[] = { "IDENTITY", "AK", "REFERENCE", "SEEN", "RESETS" };
	struct listing l = { 0 };
	struct devices *d;
	int rc;

	if (a->argc)
		return usage_error("devices list", "takes no name");
	d = open_store(a, false);
	if (!d)
		return EXIT_FAILED;
	if (a->ctl->json)
		l.list = json_array();
	table_init(&l.table, head, ARRAY_SIZE(head));
	rc = devices_each(d, list_one, &l);
	if (rc)
		complain("devices", devices_error(d), NULL);
	devices_close(d);
	if (l.list)
		return json_emit(json_pack("{s:o}", "devices", l.list), "trustgate.devices/1", true,
				 rc ? EXIT_FAILED : EXIT_GOOD);
	return table_print(&l.table, a->ctl) || rc ? EXIT_FAILED : EXIT_GOOD;
}

static int remove_all(const struct devices_args *a)
{
	char name[AUTHZ_IDENTITY_MAX + 1];
	int status = EXIT_GOOD;
	struct devices *d;

	if (!a->argc)
		return usage_error("devices remove", "needs a name");
	d = open_store(a, true);
	if (!d)
		return EXIT_FAILED;
	for (int i = 0; i < a->argc; i++) {
		bool fqdn = authz_canonical(a->argv[i], strlen(a->argv[i]), name);

		if (fqdn && !devices_remove(d, name))
			continue;
		complain(a->argv[i], fqdn ? devices_error(d) : "is no FQDN", NULL);
		status = EXIT_FAILED;
	}
	devices_close(d);
	return status;
}

static int parse(struct devices_args *a, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		const char **const to[] = { &a->cert, &a->dir, &a->reference, &a->store };

		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h')
			exit(usage());
		if (opt == 'j')
			a->ctl->json = true;
		else if (opt == OPT_REPLACE)
			a->replace = true;
		else if (*to[opt - OPT_CERT])
			return usage_error(options[opt - OPT_CERT].name, "given twice");
		else
			*to[opt - OPT_CERT] = optarg;
	}
	a->argc = argc - optind;
	a->argv = argv + optind;
	return 0;
}

int verb_devices(struct ctl *ctl, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct devices_args *a);
	} verbs[] = { { "enrol", enrol }, { "list", list }, { "remove", remove_all } };
	struct devices_args a = { .ctl = ctl };
	int rc;

	if (argc && (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help")))
		return usage();
	for (size_t i = 0; argc && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		rc = parse(&a, argc, argv);
		return rc ? rc : verbs[i].run(&a);
	}
	return usage_error(argc ? argv[0] : "devices", "enrol, list or remove");
}
