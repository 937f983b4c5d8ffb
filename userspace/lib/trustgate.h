/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libtrustgate: the netlink client that every program shares.
 *
 * Functions return 0 or a negative errno; tg_error() then says why in one line,
 * the kernel's extended ack included, and what to do. A struct tg is for one
 * thread. Requests block until the kernel has answered.
 */
#ifndef TRUSTGATE_LIB_H
#define TRUSTGATE_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/trustgate.h>

#define TG_VERSION	"0.1"

#define TG_KINDS	(TRUSTGATE_EVIDENCE_KIND_AUTHZ + 1)
#define TG_REASONS	(TRUSTGATE_REASON_DELETED + 1)
#define TG_SCOPES_MAX	16
#define TG_COUNTERS_MAX	(2 * (TG_REASONS + 1))

struct tg;

/*
 * A range of SAs. An SA is in it when all three match. Any: minimum 0 and
 * maximum UINT32_MAX, and for the mark a mask of 0; start from TG_SCOPE_ANY.
 */
#define TG_SCOPE_ANY	{ .if_id_max = UINT32_MAX, .reqid_max = UINT32_MAX }

struct tg_scope {
	uint32_t if_id_min, if_id_max;
	uint32_t mark, mark_mask;
	uint32_t reqid_min, reqid_max;
};

/* Bits of tg_config.set: which members a tg_config_set() changes. */
#define TG_CONFIG_SET(member_attr)	(1u << (member_attr))

struct tg_config {
	uint32_t set;		/* of TG_CONFIG_SET(TRUSTGATE_A_CONFIG_*) */
	uint32_t mode;
	bool scope_all;
	unsigned int nscopes;
	struct tg_scope scopes[TG_SCOPES_MAX];
	uint32_t t_bind_ms, t_verify_ms, grace_ms;
	uint32_t boot_bytes, boot_packets, boot_attempts;
	uint32_t max_contexts, max_sas;
};

struct tg_agent {
	uint64_t session;
	uint32_t portid, lease_ms, lease_left_ms;
	char name[64];
};

struct tg_evidence {
	bool present;
	uint32_t kind, result;
	uint8_t cert_digest[TRUSTGATE_DIGEST_LEN];
	uint8_t proof_digest[TRUSTGATE_DIGEST_LEN];
	uint32_t expires_ms;	/* 0 in a dump: expired, or never good */
	uint32_t age_ms;
	bool provisional;
	char detail[TRUSTGATE_TEXT_MAX + 1];
};

struct tg_context {
	uint32_t id;
	uint64_t ike_instance;
	uint32_t ike_id, role;
	uint8_t cert_digest[TRUSTGATE_DIGEST_LEN];
	char peer[TRUSTGATE_TEXT_MAX + 1];
	uint32_t required, satisfied;	/* masks of 1 << kind */
	uint64_t generation;
	uint32_t state, reason, since_ms, expires_ms, deadline_ms, sas;
	struct tg_evidence evidence[TG_KINDS];
	char detail[TRUSTGATE_TEXT_MAX + 1];
	uint64_t held_packets;
};

struct tg_sa_key {
	uint32_t spi;		/* network byte order */
	uint8_t protocol;
	uint16_t family;
	uint8_t daddr[16];
};

struct tg_sa {
	uint32_t id, context_id;	/* context_id 0: unbound */
	struct tg_sa_key key;
	uint8_t saddr[16];
	uint32_t if_id, mark, mark_mask, reqid;
	uint8_t xfrm_mode;
	uint32_t state, reason, since_ms;
	uint64_t held_packets, held_bytes;
};

struct tg_bootstrap {
	uint32_t context_id;
	uint16_t family, local_port, remote_port;	/* ports: host byte order */
	uint8_t local_addr[16], remote_addr[16];
	uint32_t out_packets, out_bytes, in_packets, in_bytes, attempt;
	bool exhausted;
	bool forward;		/* the peer's flow; local is what its SYN said, or 0 */
};

struct tg_counter {
	uint32_t direction, reason;
	uint64_t packets, bytes;
	bool bootstrap;
};

struct tg_stats {
	unsigned int ncounters;
	struct tg_counter counters[TG_COUNTERS_MAX];
	uint32_t contexts, sas;
	uint64_t refused;
};

struct tg_note {		/* an event; absent members are zero */
	uint32_t event;
	uint64_t seq, time_ns;
	uint32_t old_state, state, reason, context_id, ike_id, sa_id;
	uint64_t ike_instance, generation, session;
	char peer[TRUSTGATE_TEXT_MAX + 1];
	struct tg_sa_key key;
	uint32_t kind, result, portid, mode;
	bool rescoped;		/* of the event config: all SAs and contexts were forgotten */
	char detail[TRUSTGATE_TEXT_MAX + 1];
};

/*
 * Connect to the gate of the calling thread's network namespace.
 * -ENOENT: the module is not loaded. -EPERM: CAP_NET_ADMIN is missing. The
 * reason is written to @err when @err is not NULL.
 */
int tg_open(struct tg **out, char *err, size_t errlen);
void tg_close(struct tg *tg);
/* How often the module was found replaced by another since tg_open(): that one knows of
 * nothing that was said to the one before. tg_events_read() says -ENOBUFS of it.
 */
unsigned int tg_modules(const struct tg *tg);
const char *tg_error(const struct tg *tg);

int tg_config_get(struct tg *tg, struct tg_config *out);
int tg_config_set(struct tg *tg, const struct tg_config *config);
int tg_agent_register(struct tg *tg, uint32_t lease_ms, const char *name, uint64_t *session);
int tg_agent_renew(struct tg *tg, uint64_t session);
int tg_agent_get(struct tg *tg, struct tg_agent *out);
/* Uses ike_instance, ike_id, role, cert_digest, peer and required of @context;
 * fills its id, generation and state.
 */
int tg_context_announce(struct tg *tg, struct tg_context *context);
int tg_context_del(struct tg *tg, uint32_t id, uint32_t reason);
int tg_context_get(struct tg *tg, uint32_t id, struct tg_context *out);
/* @id 0: all contexts of the namespace. @detail may be NULL. */
int tg_context_close(struct tg *tg, uint32_t id, uint32_t reason, const char *detail);
int tg_context_quarantine(struct tg *tg, uint32_t id, const char *detail);
int tg_context_reverify(struct tg *tg, uint32_t id, uint64_t generation);
int tg_context_require(struct tg *tg, struct tg_context *context);
/* Uses id and generation of @context, fills generation, state and satisfied. */
int tg_evidence_set(struct tg *tg, struct tg_context *context, const struct tg_evidence *evidence);
int tg_sa_bind(struct tg *tg, const struct tg_context *context, const struct tg_sa_key *keys, unsigned int n);
int tg_sa_get(struct tg *tg, uint32_t id, struct tg_sa *out);
/* @fd: TCP socket, bound to the inner address and not connected.
 * @port: host byte order.
 */
int tg_bootstrap_set(struct tg *tg, const struct tg_context *context, int fd,
		     const uint8_t *remote, uint16_t family, uint16_t port);
/* On a SeGW: the peer's connection to that address and port, forwarded. */
int tg_bootstrap_forward(struct tg *tg, const struct tg_context *context,
			 const uint8_t *remote, uint16_t family, uint16_t port);
int tg_stats_get(struct tg *tg, struct tg_stats *out);

/* Consistent dumps: started again when the table changes under them. *@out is
 * the caller's to free().
 */
int tg_context_dump(struct tg *tg, struct tg_context **out, size_t *n);
int tg_sa_dump(struct tg *tg, struct tg_sa **out, size_t *n);
int tg_bootstrap_dump(struct tg *tg, struct tg_bootstrap **out, size_t *n);

/*
 * Events, on a socket of their own. tg_events_read() hands each waiting event
 * to @cb and returns; -ENOBUFS: events were lost, look again with a dump.
 */
struct tg_events;
int tg_events_open(struct tg_events **out, char *err, size_t errlen);
int tg_events_fd(const struct tg_events *ev);
int tg_events_read(struct tg_events *ev, void (*cb)(const struct tg_note *note, void *arg), void *arg);
void tg_events_close(struct tg_events *ev);

/* Names as in the netlink spec; "?" for a number without one. */
const char *tg_mode_name(uint32_t v);
const char *tg_state_name(uint32_t v);
const char *tg_reason_name(uint32_t v);
const char *tg_kind_name(uint32_t v);
const char *tg_result_name(uint32_t v);
const char *tg_role_name(uint32_t v);
const char *tg_event_name(uint32_t v);
const char *tg_direction_name(uint32_t v);
/* The other way; -EINVAL when there is no such name. */
int tg_mode_parse(const char *name, uint32_t *v);
int tg_kind_parse(const char *name, uint32_t *v);

#endif /* TRUSTGATE_LIB_H */
