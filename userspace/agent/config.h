/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trustgated's configuration: an INI file in which everything unknown, given
 * twice, out of range or contradictory is an error. Shared with "trustgate
 * check config", so it depends on no other part of the agent.
 */
#ifndef TRUSTGATE_CONFIG_H
#define TRUSTGATE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segw/config.h"
#include "segw/decide.h"

#define CONFIG_PATH		"/etc/trustgate/trustgated.conf"
#define CONFIG_CONTROL_PATH	"/run/trustgate/control.sock"
#define CONFIG_FILE_MAX		65536u
#define CONFIG_TEXT_MAX		255
/* Room for a path of a Unix socket, see unix(7). */
#define CONFIG_SOCKET_MAX	107

enum config_role { CONFIG_ROLE_HENB, CONFIG_ROLE_SEGW };
/* How the peer's revocation status is learnt: from IKE itself (RFC 4806), by a
 * query outside of the tunnel, or by one through it (TS 33.320 NOTE 2).
 */
enum config_ocsp_mode {
	CONFIG_OCSP_INBAND, CONFIG_OCSP_DIRECT, CONFIG_OCSP_INTUNNEL, CONFIG_OCSP_MODES,
};
/* Who has to authenticate: the device alone, or the hosting party as well (RFC 4739). */
enum config_authentication { CONFIG_AUTH_DEVICE, CONFIG_AUTH_COMBINED };
enum config_on_invalid { CONFIG_TERMINATE, CONFIG_HOLD };
enum config_aia { CONFIG_AIA_IGNORE, CONFIG_AIA_ALLOW };
/* Which certificates of the path must be good: the leaf, and none above it revoked as
 * far as there is somebody to ask; or all of them (HNB-OCSP-11).
 */
enum config_scope { CONFIG_SCOPE_AVAILABLE, CONFIG_SCOPE_CHAIN };
enum config_unsynced { CONFIG_UNSYNCED_PROVISIONAL, CONFIG_UNSYNCED_ACCEPT_INBAND };

struct config_addr {
	uint16_t family;		/* AF_INET, AF_INET6; 0: not given */
	uint8_t addr[16];
};

/* http://HOST[:PORT][/PATH] */
struct config_uri {
	char text[CONFIG_TEXT_MAX + 1];	/* as given; empty: none */
	char host[CONFIG_TEXT_MAX + 1];
	struct config_addr addr;	/* of the host; family 0: it is a name */
	uint16_t port;			/* host byte order */
};

struct config_agent {
	uint32_t role;			/* enum config_role */
	uint32_t lease_ms, renew_ms;
	char plugin_socket[CONFIG_SOCKET_MAX + 1];
	char control_socket[CONFIG_SOCKET_MAX + 1];
	char user[CONFIG_TEXT_MAX + 1];	/* whom the workers run as */
};

struct config_charon {
	char vici[CONFIG_SOCKET_MAX + 1];
	char ike[CONFIG_TEXT_MAX + 1];	/* empty: any connection that has the child */
	char child[CONFIG_TEXT_MAX + 1];
	bool start;
	uint32_t backoff_min_ms, backoff_max_ms;
	uint32_t heartbeat_ms;
};

struct config_peer {
	char name[CONFIG_TEXT_MAX + 1];
	char anchor[CONFIG_TEXT_MAX + 1];
	char profile[CONFIG_TEXT_MAX + 1];	/* agent/profile.h */
	uint32_t max_chain;
	uint32_t on_invalid;		/* enum config_on_invalid */
	uint32_t quarantine_ms;
};

/* Limits whose bit in @set is clear keep the kernel's value. */
struct config_gate {
	uint32_t mode;			/* enum trustgate_mode */
	uint32_t required;		/* mask of 1 << trustgate_evidence_kind */
	uint32_t authentication;	/* enum config_authentication; role henb */
	uint32_t set;			/* mask of 1 << TRUSTGATE_A_CONFIG_* given */
	uint32_t t_bind_ms, t_verify_ms, grace_ms;
	uint32_t boot_bytes, boot_packets, boot_attempts;
	uint32_t max_contexts, max_sas;
};

struct config_ocsp {
	bool any;			/* mode = any; modes below is what it means */
	uint32_t nmodes;		/* 0: off */
	uint8_t modes[CONFIG_OCSP_MODES];	/* enum config_ocsp_mode, as tried */
	struct config_uri uri;		/* through the tunnel: an address, no name */
	struct config_uri direct_uri;	/* outside of it */
	uint32_t scope;			/* enum config_scope */
	/* Of the CAs below the root; text empty: none of their own. */
	struct config_uri ca_uri, direct_ca_uri;
	uint32_t direct_try_ms;
	uint32_t aia;			/* enum config_aia */
	char allow[CONFIG_TEXT_MAX + 1];	/* see config_allows_addr() */
	struct config_addr source;	/* inner address to send from; else the VIP */
	uint32_t nonce, nonce_length;	/* enum pki_nonce; octets sent */
	char signer[CONFIG_TEXT_MAX + 1];	/* file of responders' certificates, or empty */
	uint32_t try_ms, retries;
	uint32_t skew_ms, age_max_ms, age_no_next_ms, recheck_max_ms;
	uint32_t response_max, inband_max;
	uint32_t inband_age_max_ms;	/* of a response in IKE, where no other mode is asked */
	char revoked[CONFIG_TEXT_MAX + 1];	/* file of what is known revoked */
};

struct config_clock {
	char state[CONFIG_TEXT_MAX + 1];
	uint32_t save_ms, step_max_ms;
	uint32_t unsynced;		/* enum config_unsynced */
};

/* Where root, identity and IKE key are; the first of each is what any file says. */
enum config_tre_anchor { CONFIG_TRE_ANCHOR_FILE, CONFIG_TRE_ANCHOR_NV };
enum config_tre_identity { CONFIG_TRE_IDENTITY_ANY, CONFIG_TRE_IDENTITY_NV };
enum config_tre_key { CONFIG_TRE_KEY_ANY, CONFIG_TRE_KEY_TPM, CONFIG_TRE_KEY_BOUND };

/* HNB-AUTH-07: whose identity the box authenticates with. */
enum config_profile { CONFIG_PROFILE_VENDOR, CONFIG_PROFILE_OPERATOR };

struct config_credential {
	uint32_t profile;		/* enum config_profile */
};

struct config_tre {
	char tcti[CONFIG_TEXT_MAX + 1];
	uint32_t pcrs;			/* bit n: PCR n */
	char policy[CONFIG_TEXT_MAX + 1];
	char policy_key[CONFIG_TEXT_MAX + 1];	/* empty: policies need no signature */
	char eventlog[CONFIG_TEXT_MAX + 1], ima[CONFIG_TEXT_MAX + 1];
	uint32_t max_age_ms, retry_ms, watch_ms;
	uint32_t anchor, identity, key;		/* enum config_tre_* */
	char anchor_key[CONFIG_TEXT_MAX + 1];	/* of the vendor, who writes the root */
	bool sign_auth;			/* AUTH is signed by us, not by charon */
	char approval[CONFIG_TEXT_MAX + 1], approval_key[CONFIG_TEXT_MAX + 1];
	uint32_t sign_deadline_ms;
};

/* INTEGRITY_INFO, at either end. */
struct config_integrity {
	uint32_t notify_type;
	/* Role henb. */
	uint32_t mode;			/* enum tg_wire_mode */
	uint32_t deadline_ms;		/* for the TPM; IKE waits */
	/* Role segw. */
	uint32_t policy;		/* enum integrity_policy */
	uint32_t on_fail;		/* enum integrity_on_fail */
	uint32_t validate;		/* enum integrity_validate */
	char validate_uri[CONFIG_TEXT_MAX + 1];	/* of the validation entity, or empty */
	/* PEM files: who issued its certificate, and what we show it; or empty. */
	char validate_ca[CONFIG_TEXT_MAX + 1];
	char validate_cert[CONFIG_TEXT_MAX + 1], validate_key[CONFIG_TEXT_MAX + 1];
	uint32_t validate_try_ms;
	char reference[CONFIG_TEXT_MAX + 1];	/* reference policy, or empty */
	char references[CONFIG_TEXT_MAX + 1];	/* directory of devices' own, or empty */
	char enrolment[CONFIG_TEXT_MAX + 1];	/* the devices' attestation keys, or empty */
	char sinks[CONFIG_TEXT_MAX + 1];	/* what became of reports, or empty */
	bool figs;			/* put it into the outbox as well */
	uint32_t pcrs;			/* that a quote has to be of: bit n: PCR n */
	bool accept_degraded;
	uint32_t max_age_ms;		/* of a report; then IKE has to bring another */
};

/* A device identifier (TR 33.899), proven by one end and asked for by the other. */
enum config_devid_transport { CONFIG_DEVID_IKE, CONFIG_DEVID_TCP };
enum config_devid_after { CONFIG_DEVID_OPEN, CONFIG_DEVID_AUTHENTICATED };
enum config_devid_on_bad { CONFIG_DEVID_LOG, CONFIG_DEVID_CLOSE };

struct config_endpoint {
	struct config_addr addr;
	uint16_t port;			/* host byte order */
};

struct config_devid {
	uint32_t solutions;		/* mask of 1 << enum devid_solution; 0: off */
	uint32_t transport, after;	/* enum config_devid_* */
	struct config_endpoint verifier;	/* role henb, transport tcp */
	/* Role segw. */
	uint32_t ask;			/* enum devid_solution: the one of @solutions */
	uint32_t on_bad;		/* enum config_devid_on_bad */
	uint32_t every_ms;		/* 0: of each IKE SA once */
	char aaa[CONFIG_SOCKET_MAX + 1];
	char ca[CONFIG_TEXT_MAX + 1], profile[CONFIG_TEXT_MAX + 1], crl[CONFIG_TEXT_MAX + 1];
	struct config_endpoint listen;	/* transport tcp */
};

/* The link to the H(e)MS (TS 33.320 8.3). */
enum config_hems_mode {
	CONFIG_HEMS_NONE, CONFIG_HEMS_IPSEC, CONFIG_HEMS_IPSEC_TLS, CONFIG_HEMS_TLS,
};

struct config_hems {
	uint32_t mode;			/* enum config_hems_mode */
	char url[CONFIG_TEXT_MAX + 1];
	char name[CONFIG_TEXT_MAX + 1];	/* in its certificate; empty: the URL's host */
	struct config_addr address;	/* of a mode outside of the tunnel */
	char anchor[CONFIG_TEXT_MAX + 1];
	char profile[CONFIG_TEXT_MAX + 1];
	uint32_t revocation;		/* enum hems_revocation of hems/hems.h */
	struct config_uri ocsp_uri;
	uint32_t nonce, nonce_length;	/* as of struct config_ocsp */
	char signer[CONFIG_TEXT_MAX + 1];
	char ciphers[CONFIG_TEXT_MAX + 1];
	char certificate[CONFIG_TEXT_MAX + 1], key[CONFIG_TEXT_MAX + 1];
};

struct config {
	struct config_agent agent;
	struct config_charon charon;
	struct config_peer peer;
	struct config_gate gate;
	struct config_ocsp ocsp;
	struct config_clock clock;
	struct config_credential credential;
	struct config_tre tre;
	struct config_integrity integrity;
	struct config_hems hems;
	struct config_devid devid;
	struct segw_config segw;	/* of role segw only */
};

/*
 * Called once for each error. @line is 0 when none fits, @key is "section.key",
 * "[section]" or empty, @value what was read, @rule why it is refused and
 * @remedy what to do.
 */
typedef void config_report_fn(void *arg, const char *file, int line, const char *key,
			      const char *value, const char *rule, const char *remedy);

/*
 * Read @path into @out, defaults included. Returns 0, or the number of errors,
 * each of which was reported; @out is then not to be used. Files that the
 * configuration names are not looked at.
 */
int config_load(const char *path, struct config *out, config_report_fn *report, void *arg);

/* The same for @len octets of @text; @file is only for the reports. */
int config_parse(const char *file, const char *text, size_t len, struct config *out,
		 config_report_fn *report, void *arg);

/*
 * Read @value, an http URI whose host is an address or, with @names, a name. Where
 * it comes from does not matter: a certificate's is read with it as well. Returns
 * NULL, or the rule that it breaks.
 */
const char *config_uri_parse(const char *value, bool names, struct config_uri *out);

/* Is @mode of the H(e)MS link one with TLS? */
bool config_hems_tls(uint32_t mode);
/* "none", "intranet-ipsec", ... */
const char *config_hems_name(uint32_t mode);

/*
 * Take the H(e)MS's URL apart: http or https, a host that may be in brackets, a port.
 * NULL, or the rule that it breaks. @port is the scheme's when there is none.
 */
const char *config_hems_url(const char *url, bool *tls, char host[CONFIG_TEXT_MAX + 1],
			    uint16_t *port);

/* Whether a mode is configured whose answers are asked for now (direct, intunnel). */
bool config_shows_freshness(const struct config_ocsp *o);
/* "inband", "direct", "intunnel" */
const char *config_mode_name(uint32_t mode);

/* Is @mode among those that are tried? */
bool config_has_mode(const struct config_ocsp *o, uint32_t mode);

/*
 * May a responder at @addr be asked? Never at an address that is this box's own,
 * or nobody's; and when ocsp.allow has prefixes, only within them. To be asked of
 * each address that a name was resolved to.
 */
bool config_allows_addr(const struct config_ocsp *o, const struct config_addr *addr);

/* May a certificate's pointer lead to @uri? Only to what ocsp.allow lists. */
bool config_allows_pointer(const struct config_ocsp *o, const struct config_uri *uri);

#endif /* TRUSTGATE_CONFIG_H */
