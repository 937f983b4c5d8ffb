/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of trustgated.conf that role = segw adds: [segw], [authz],
 * [vendor NAME] and [source NAME]. The agent's parser leaves them to this one, which
 * in turn looks at nothing else in the file.
 */
#ifndef TRUSTGATE_SEGW_CONFIG_H
#define TRUSTGATE_SEGW_CONFIG_H

#include "segw/authz.h"
#include "segw/pointers.h"
#include "segw/revocation.h"
#include "segw/uri.h"

#define SEGW_VENDORS_MAX	16
#define SEGW_SOURCES_MAX	32
#define SEGW_URIS_MAX		4
#define SEGW_NAME_MAX		31
#define SEGW_TEXT_MAX		255
#define SEGW_IFNAME_MAX		15
#define SEGW_CRL_DIR		"/var/lib/trustgate/crl"

struct segw_source {
	char name[SEGW_NAME_MAX + 1];
	int line;			/* of its section */
	uint32_t class;			/* enum rev_class */
	struct uri uris[SEGW_URIS_MAX];	/* tried in this order */
	size_t nuris;
	char signer[SEGW_TEXT_MAX + 1];	/* file of responders' certificates, or empty */
	bool carries_authz;
	char interface[SEGW_IFNAME_MAX + 1];	/* device or VRF to send through, or empty */
	uint32_t nonce, nonce_length;	/* enum pki_nonce; octets sent */
};

struct segw_vendor {
	char name[SEGW_NAME_MAX + 1];
	int line;
	char anchor[SEGW_TEXT_MAX + 1];	/* root certificate, PEM or DER */
	bool check;
	uint32_t rule;			/* enum rev_rule */
	char listed[SEGW_TEXT_MAX + 1];	/* "sources" as given */
	/* Made of it: indices in segw_config.sources, in the order given. */
	uint8_t sources[REV_CLASSES];
	size_t nsources;
};

struct segw_authz {
	uint32_t mode;			/* enum authz_mode */
	char allowlist[SEGW_TEXT_MAX + 1];
	struct uri_addr server;
	uint16_t port;
	char secret[SEGW_TEXT_MAX + 1];	/* file that holds it */
	char nas[SEGW_TEXT_MAX + 1];
	uint32_t try_ms, tries;
	uint32_t life_ms;
};

struct segw_main {
	char crl_dir[SEGW_TEXT_MAX + 1];
	uint32_t deadline_ms;		/* for all sources of one check together */
	bool refuse_in_ike;		/* IKE waits for the first answers */
	char combined[SEGW_TEXT_MAX + 1];	/* who has to do both rounds: see rounds.h */
	struct pointer_policy pointers;
	/* Its own certificate's status, for H(e)NBs that ask in IKE; empty: none. */
	char certificate[SEGW_TEXT_MAX + 1];
	char issuer[SEGW_TEXT_MAX + 1];
	struct uri status_uri;
	char status_signer[SEGW_TEXT_MAX + 1];
	uint32_t status_nonce, status_nonce_length;	/* as of a source */
};

struct segw_config {
	struct segw_main segw;
	struct segw_authz authz;
	struct segw_vendor vendors[SEGW_VENDORS_MAX];
	size_t nvendors;
	struct segw_source sources[SEGW_SOURCES_MAX];
	size_t nsources;
};

/* As config_report_fn of the agent. */
typedef void segw_report_fn(void *arg, const char *file, int line, const char *key,
			    const char *value, const char *rule, const char *remedy);

/* Whether [@name], of @len octets, is a section of ours, well-formed or not. */
bool segw_config_section(const char *name, size_t len);

/*
 * Read @len octets of @text into @out, defaults included. 0, or the number of errors,
 * each of which was reported; @out is then not to be used. @file is only for the
 * reports; files that are named are not looked at.
 */
int segw_config_parse(const char *file, const char *text, size_t len, struct segw_config *out,
		      segw_report_fn *report, void *arg);

/* The engine's policy of @vendor; which sources are local is the caller's to add. */
void segw_config_policy(const struct segw_config *config, const struct segw_vendor *vendor,
			struct rev_policy *policy);

/* The source of @vendor that is of @class, or NULL. */
const struct segw_source *segw_config_source(const struct segw_config *config,
					     const struct segw_vendor *vendor,
					     enum rev_class class);

#endif /* TRUSTGATE_SEGW_CONFIG_H */
