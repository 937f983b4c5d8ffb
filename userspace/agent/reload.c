// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SIGHUP: the configuration anew, as a whole or not at all. What can't change while
 * the agent runs makes the file wait for a restart, so that what is in effect is always
 * one file's. Whatever is open stays so while all is proven again.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>

#include "agent/log.h"
#include "agent/profile.h"
#include "agent/segw.h"

#define ANCHOR_MAX	65536
#define BUSY_MS		100	/* while a peer is let in or not by the old files */
#define BUSY_MAX	50

/* All that a reload puts in place at once. */
struct fresh {
	struct config config;
	struct pki_profile profile;
	struct pki_der anchor;
	struct pki_signers signers;
	struct segw_world *world;
};

/* What was set up from the configuration at the start, and is not set up again. */
static const struct fixed {
	const char *key;
	size_t offset, size;
} fixed[] = {
#define FIXED(key, member) \
	{ key, offsetof(struct config, member), sizeof(((struct config *)0)->member) }
	FIXED("[agent]", agent),
	FIXED("charon.vici", charon.vici),
	FIXED("charon.heartbeat", charon.heartbeat_ms),
	FIXED("gate.mode", gate.mode),
	FIXED("gate.authentication", gate.authentication),
	FIXED("clock.state", clock.state),
	FIXED("tre.tcti", tre.tcti),
	/* The plugin was told. */
	FIXED("tre.sign_auth", tre.sign_auth),
	FIXED("[integrity]", integrity),
	FIXED("[devid]", devid),
	FIXED("segw.crl_dir", segw.segw.crl_dir),
	FIXED("segw.certificate", segw.segw.certificate),
	FIXED("segw.issuer", segw.segw.issuer),
	FIXED("segw.status_uri", segw.segw.status_uri),
	FIXED("segw.status_signer", segw.segw.status_signer),
#undef FIXED
};

static const char *path;
static struct timer busy;
static unsigned int waited;

static void report(void *arg, const char *file, int line, const char *key, const char *value,
		   const char *rule, const char *remedy)
{
	struct log l;

	(void)arg;
	log_begin(&l, LOG_ERR, "not-reloaded");
	log_str(&l, "file", file);
	if (line)
		log_num(&l, "line", (uint64_t)line);
	log_str(&l, "key", key);
	log_str(&l, "rule", rule);
	log_str(&l, "value", value);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}

/* The whole of @name into memory of its own. */
static uint8_t *read_all(const char *name, size_t *len)
{
	uint8_t *buf = malloc(ANCHOR_MAX);
	FILE *f = fopen(name, "re");

	*len = f && buf ? fread(buf, 1, ANCHOR_MAX, f) : 0;
	if (f)
		fclose(f);
	if (*len)
		return buf;
	free(buf);
	return NULL;
}

int anchor_load(const struct config *c, struct pki_der *out, config_report_fn *tell, void *arg)
{
	size_t len;
	uint8_t *buf;
	unsigned char *der = NULL;
	long der_len = 0;
	BIO *bio;

	errno = 0;
	buf = read_all(c->peer.anchor, &len);
	if (!buf) {
		tell(arg, c->peer.anchor, 0, "peer.anchor", "", errno ? strerror(errno) : "is empty",
		     "put the operator's root certificate there");
		return -1;
	}
	bio = BIO_new_mem_buf(buf, (int)len);
	if (bio && PEM_bytes_read_bio(&der, &der_len, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1) {
		/* DER is shorter than its PEM. */
		memcpy(buf, der, (size_t)der_len);
		len = (size_t)der_len;
	}
	BIO_free(bio);
	OPENSSL_free(der);
	if (len < 2 || buf[0] != 0x30) {
		tell(arg, c->peer.anchor, 0, "peer.anchor", "", "is not a certificate",
		     "give PEM or DER");
		free(buf);
		return -1;
	}
	*out = (struct pki_der){ buf, len };
	return 0;
}

int signers_load(const struct config *c, struct pki_signers *out, config_report_fn *tell,
		 void *arg)
{
	const char *file = c->ocsp.signer, *why;
	uint8_t *buf;
	size_t len;

	out->n = 0;
	if (!*file)
		return 0;
	errno = 0;
	buf = read_all(file, &len);
	why = buf ? pki_signers_read(buf, len, out) : errno ? strerror(errno) : "is empty";
	free(buf);
	if (why)
		tell(arg, file, 0, "ocsp.signer", "", why,
		     "put the responders' certificates there, PEM or DER");
	return why ? -1 : 0;
}

static void refuse(const char *key)
{
	report(NULL, path, 0, key, "", "can't change while the agent runs",
	       "restart it, or take the change back; the file before is in effect");
}

static bool may_change(const struct config *new)
{
	size_t limits = offsetof(struct config_gate, set);
	bool ok = true;

	/* The module was told, with the lease. */
	if (memcmp((const char *)&new->gate + limits, (const char *)&conf.gate + limits,
		   sizeof(conf.gate) - limits)) {
		refuse("[gate], but for required");
		ok = false;
	}
	/* More may be asked of those that are here. To ask for less takes a restart. */
	if (conf.gate.required & ~new->gate.required) {
		refuse("[gate] required, to less, or what it follows from (ocsp.mode, vendor.check, "
		       "authz.mode)");
		ok = false;
	}
	/* The plugin was told whether a tunnel may come up that nobody has looked at. */
	if (config_has_mode(&conf.ocsp, CONFIG_OCSP_INTUNNEL) !=
	    config_has_mode(&new->ocsp, CONFIG_OCSP_INTUNNEL)) {
		refuse("ocsp.mode, as to intunnel");
		ok = false;
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		const struct fixed *f = &fixed[i];

		if (!memcmp((const char *)new + f->offset, (const char *)&conf + f->offset, f->size))
			continue;
		refuse(f->key);
		ok = false;
	}
	return ok;
}

static bool load(struct fresh *f)
{
	if (config_load(path, &f->config, report, NULL) || !may_change(&f->config))
		return false;
	if (profile_load(f->config.peer.profile, &f->profile, report, NULL))
		return false;
	if (f->config.agent.role == CONFIG_ROLE_HENB)
		return !anchor_load(&f->config, &f->anchor, report, NULL) &&
		       !signers_load(&f->config, &f->signers, report, NULL);
	f->world = segw_load(&f->config, &f->profile, report, NULL);
	return f->world;
}

/* Where the vendors of @old are in @new, by their names. */
static void map_vendors(const struct segw_config *old, const struct segw_config *new,
			uint32_t map[SEGW_VENDORS_MAX])
{
	for (size_t i = 0; i < SEGW_VENDORS_MAX; i++) {
		map[i] = UINT32_MAX;
		for (size_t j = 0; i < old->nvendors && j < new->nvendors; j++)
			if (!strcmp(old->vendors[i].name, new->vendors[j].name))
				map[i] = (uint32_t)j;
	}
}

static void take(struct fresh *f)
{
	uint32_t vendors[SEGW_VENDORS_MAX];
	bool more = f->config.gate.required != conf.gate.required;

	map_vendors(&conf.segw, &f->config.segw, vendors);
	free((void *)anchor.data);
	anchor = f->anchor;
	pki_signers_free(&signers);
	signers = f->signers;
	conf = f->config;
	profile = f->profile;
	if (f->world)
		segw_replace(f->world);
	log_say(LOG_NOTICE, "reload", path, NULL);
	/* By the new rules; what is open stays open until one of them says no, or asks more. */
	context_rules_changed(vendors, SEGW_VENDORS_MAX);
	/* It was told whether an IKE SA may come up before a response was good. */
	if (more)
		plugin_again();
}

/*
 * A peer that is being let in is judged by the files before: what that comes to must
 * not be read by the numbers of the new ones.
 */
static void reload_now(struct timer *t)
{
	struct fresh *f;

	if (context_authorizing() && waited++ < BUSY_MAX) {
		timer_start(t, BUSY_MS, reload_now);
		return;
	}
	f = context_authorizing() ? NULL : calloc(1, sizeof(*f));
	if (!f)
		report(NULL, path, 0, "", "", "no memory, or no moment without a peer being let in",
		       "send SIGHUP again");
	else if (load(f))
		take(f);
	free(f);
	notify_ready();
}

void reload_begin(const char *file)
{
	path = file;
}

void reload(void)
{
	waited = 0;
	notify_reloading();
	reload_now(&busy);
}
