/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's parts and what they tell each other. One thread, one loop; each
 * part keeps its own state and is named by its prefix.
 */
#ifndef TRUSTGATE_AGENT_H
#define TRUSTGATE_AGENT_H

#include <jansson.h>

#include "agent/config.h"
#include "agent/decode.h"
#include "agent/loop.h"
#include "agent/worker.h"
#include "lib/trustgate.h"
#include "pki/pki.h"
#include "pki/profile.h"
#include "tre/record.h"
#include "tre/tre.h"

#define AGENT_VERSION	"0.1.0"

/* Read at start, and replaced as a whole by reload.c. */
extern struct config conf;
extern struct pki_der anchor;
extern struct pki_profile profile;
extern struct pki_signers signers;	/* of ocsp.signer */

/* gate.c: the kernel's gate, the lease, events. */
int gate_start(void);
/* Set what [gate] says, and nothing else; told if it fails. With all of root's rights. */
int gate_set_only(void);
/* The connection, for requests. */
struct tg *gate(void);
bool gate_live(void);		/* registered, and the lease has not been lost */
bool gate_is_off(void);		/* mode off: nothing is announced */
/* A request failed as it does when the lease has lapsed: register anew. */
void gate_suspect(void);
void gate_stop(void);

/* plugin.c: the server of the IKE plugin's socket. */
int plugin_start(void);
bool plugin_connected(void);
bool plugin_ready(void);		/* and knows what is wanted of charon */
const char *plugin_daemon(void);
void plugin_reply(uint32_t seq, uint32_t status, const char *text);
/* Answer TG_WIRE_REPORT with the record to send. */
void plugin_record(uint32_t seq, const uint8_t *record, size_t len);
/* Answer TG_WIRE_SIGN. */
void plugin_signature(uint32_t seq, const struct worker_auth *auth);
/* Send the @len octets of @msg, to which there is no reply. */
void plugin_tell(const uint8_t *msg, size_t len);
/* Have the plugin tell of everything again, as if we had just started. */
void plugin_again(void);
void plugin_stop(void);

/* context.c: what is known of each IKE SA. */
void context_authorize(const struct decode_msg *m, uint64_t instance);
/* Return a status for the plugin, and why in @why. */
uint32_t context_child_keys(const struct decode_msg *m, char *why, size_t whylen);
void context_child_up(const struct decode_msg *m);
void context_child_down(const struct decode_msg *m);
void context_ike_down(const struct decode_msg *m);
void context_ike_rekey(const struct decode_msg *m);
void context_notified(const struct decode_msg *m);
/* Have the device identifier of context @id proven anew, 0: of all. NULL, or why not. */
const char *context_ask_devid(uint32_t id);
/* The plugin has gone, and stayed away for the grace period. */
void context_plugin_gone(void);
void context_plugin_lost(void);
/* It is back, from the run @instance of its daemon. */
void context_plugin_back(uint64_t instance);
void context_event(const struct tg_note *note);
void context_resync(void);
void context_announce_all(void);
void context_clock_step(void);
/* @id 0: all. False when there is no such context. */
bool context_recheck(uint32_t id);
/* The configuration is another one: what is open is held against it, and sought anew.
 * What was vendor i of it is @vendors[i] now, of @n; @n or more: there is none such.
 */
void context_rules_changed(const uint32_t *vendors, size_t n);
/* A peer is waiting to be let in. */
bool context_authorizing(void);
/* Signatures over SHA-1 that proofs rested on so far (HNB-OCSP-13). */
unsigned int verify_sha1(void);
bool context_any(void);
/* There are IKE SAs, none is rejected, and none has a CHILD_SA. */
bool context_childless(void);
json_t *context_json(void);

/* integrity.c: the local verdict on this box. */
bool integrity_required(void);
bool integrity_pass(void);	/* the latest verdict is good, and young enough */
/* Qualifying data of a quote about the @len octets (at most 128) of @binding.
 * 0, or -1 when there is no randomness.
 */
int integrity_qualify(const void *binding, size_t len, uint8_t out[TRE_DIGEST_LEN]);
/* Run a quote in @w; policies and logs are read anew. 0 or a negative errno. */
int integrity_quote(struct worker *w, const void *binding, size_t len,
		    void (*done)(struct worker *w, const struct worker_result *r));
void integrity_note(const struct tre_result *r);
/* What a report says of this box, and the TPM's counters then (HNB-TRE-11). False:
 * it has no verdict, or only one that is too old.
 */
bool integrity_claims(struct tre_claims *claims, uint32_t *resets, uint32_t *restarts);
/* From now on: what was measured since, or a policy that changed, counts at once. */
void integrity_watch(void);
json_t *integrity_json(void);

/* start.c: when charon is told to start. */
void start_begin(void);
void start_up(void);			/* an IKE SA is there */
void start_opened(void);		/* its context is open */
void start_down(const char *why);	/* it is gone; @why NULL when it had been open */
void start_error(const char *why);
void start_now(void);			/* the operator does not want to wait */
void start_plugin(void);		/* charon's plugin is ready */
json_t *start_json(void);
bool start_reached(void);

/* report.c: INTEGRITY_INFO, as the IKE plugin asks for it. */
/* What the plugin is to do about it. */
void report_hello(struct decode_hello *hello);
/* Answer TG_WIRE_REPORT, later. */
void report_make(const struct decode_msg *m);
/* Nobody waits for it any more. */
void report_stop(void);
json_t *report_json(void);

/* auth.c: our AUTH, which the IKE plugin has signed here. */
bool auth_wanted(void);
/* Answer TG_WIRE_SIGN, later. */
void auth_sign(const struct decode_msg *m);
/* Nobody waits for it any more. */
void auth_stop(void);
json_t *auth_json(void);

/* staple.c: role segw, the status of our own certificate. */
/* The plugin is there: tell it what it may send, now and whenever that changes. */
void staple_plugin(void);

/* control.c: the operator's socket. */
int control_start(void);
void control_stop(void);
/* A JSON string of @text, whatever its octets are. */
json_t *control_text(const char *text);

/* clock.c: the time that everything is judged by, and steps of the wall clock. */
int clock_start(void);
/* ms since the epoch; never earlier than what is known. */
int64_t clock_ms(void);
/* The earliest that it can be, in seconds; 0: nothing is known. */
int64_t clock_least_s(void);
/* The kernel says that somebody keeps the wall clock right. */
bool clock_synced(void);
/*
 * By what is proven alone, not by what a clock that was said to be right told. Only for
 * checks that an answer with our nonce is part of: it may show that the rest was wrong.
 */
int64_t clock_proven_ms(void);
/* A path was found good, until @until, seconds: so far such a clock is believed. */
void clock_vouch(int64_t until);
/* The operator says that the wall clock is right. */
void clock_reset(void);
/* A response with our nonce was made at @produced, seconds since the epoch. */
void clock_confirm(int64_t produced);
/* Saves what is known. */
void clock_stop(void);
json_t *clock_json(void);

/* revoked.c: certificates that are known revoked, over restarts. */
void revoked_start(void);
const struct known *revoked_known(void);
/* What a worker found revoked, or good again. */
void revoked_learn(const struct worker_result *r);
json_t *revoked_json(void);

/* privs.c */
int privs_drop(void);

/* reload.c: the configuration at @file, anew. */
void reload_begin(const char *file);
void reload(void);
/* DER of the file peer.anchor, to free(). It is the operator's own; what peers send is
 * never parsed here. 0, or -1, told.
 */
int anchor_load(const struct config *c, struct pki_der *out, config_report_fn *tell, void *arg);
/* The certificates of the file ocsp.signer, none without one. 0, or -1, told. */
int signers_load(const struct config *c, struct pki_signers *out, config_report_fn *tell,
		 void *arg);

/* notify.c: the service manager. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* socket.c: a SOCK_SEQPACKET server for root only, its directory mode 0700.
 * A descriptor, or a negative errno.
 */
int socket_listen(const char *path);
/* The peer of an accepted connection is root. */
bool socket_from_root(int fd);

#endif /* TRUSTGATE_AGENT_H */
