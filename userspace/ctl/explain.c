// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the gate's numbers mean for a person, and what to do. Tables only: the
 * particular case (which PCR, which response) is in the detail of the proof.
 */
#include "ctl.h"

static const struct advice reasons[] = {
	[TRUSTGATE_REASON_UNBOUND] = {
		"no IKE SA has announced it",
		"SAs made by charon are announced by its trustgate plugin: swanctl --stats lists it; what was made by hand stays held, delete it" },
	[TRUSTGATE_REASON_UNBOUND_TIMEOUT] = {
		"no IKE SA has announced it within T_BIND",
		"load charon's trustgate plugin and let the agent run, then terminate and initiate the connection again" },
	[TRUSTGATE_REASON_PENDING] = {
		"required proofs are missing",
		"wait, trustgate monitor shows them arrive; for what does not arrive see the proofs" },
	[TRUSTGATE_REASON_NOT_VERIFIED] = {
		"required proofs were still missing at T_VERIFY",
		"mend what keeps the missing proofs away; the agent tries again with a new IKE SA" },
	[TRUSTGATE_REASON_LEASE] = {
		"the agent is gone or has not renewed its lease",
		"systemctl start trustgated; it proves everything anew" },
	[TRUSTGATE_REASON_EXPIRED] = {
		"a required proof has expired and could not be renewed",
		"see the proof that is missing; trustgate recheck tries again at once" },
	[TRUSTGATE_REASON_CLOCK] = {
		"the wall clock was stepped, so no proof's time can be relied on",
		"wait for the agent to check again, or trustgate recheck; keep the clock by NTP or PTP" },
	[TRUSTGATE_REASON_RESUME] = {
		"the machine was suspended",
		"wait for the agent to check again, or trustgate recheck" },
	[TRUSTGATE_REASON_POLICY] = {
		"the required proofs have changed",
		"wait for the proofs that were added" },
	[TRUSTGATE_REASON_CLOSED] = {
		"it was closed by request",
		"trustgate recheck has it proven again" },
	[TRUSTGATE_REASON_QUARANTINE] = {
		"it was closed for good by request",
		"terminate the IKE SA (swanctl --terminate --ike-id); a new one starts anew" },
	[TRUSTGATE_REASON_IKE_LOST] = {
		"charon has stopped answering",
		"systemctl restart strongswan" },
	[TRUSTGATE_REASON_IKE_DELETED] = {
		"its IKE SA was deleted",
		"a new one starts anew; swanctl --initiate if the agent does not" },
	[TRUSTGATE_REASON_REPLACED] = {
		"a newer IKE SA of the same peer took over",
		"none needed; it goes when its SAs have gone" },
	[TRUSTGATE_REASON_CERT_MISMATCH] = {
		"two different certificates were named for one IKE SA",
		"terminate the IKE SA; if it comes back, look for a second charon or plugin on this box" },
	[TRUSTGATE_REASON_BAD_DEVICE_AUTH] = {
		"the peer's certificate or its proof of possession is bad",
		"check the peer's certificate, its name and the trust anchor; a new IKE SA is needed" },
	[TRUSTGATE_REASON_BAD_HP_AUTH] = {
		"the hosting party was not authenticated",
		"check the hosting party's credentials; a new IKE SA is needed" },
	[TRUSTGATE_REASON_BAD_REVOCATION] = {
		"the peer's certificate is revoked",
		"the peer needs a new certificate; until then nothing may pass" },
	[TRUSTGATE_REASON_BAD_INTEGRITY] = {
		"this box is not in a known good state",
		"boot known software, or build and install a policy that knows what runs" },
	[TRUSTGATE_REASON_BAD_AUTHZ] = {
		"the peer is not authorised",
		"have the operator authorise it; a new IKE SA is needed" },
	[TRUSTGATE_REASON_OFFLOAD] = {
		"it uses packet offload, which bypasses every hook",
		"set hw_offload = no or crypto in swanctl.conf and negotiate it again" },
	[TRUSTGATE_REASON_MODE] = {
		"its mode bypasses the gate (IP-TFS)",
		"set mode = tunnel in swanctl.conf and negotiate it again" },
	[TRUSTGATE_REASON_BUDGET] = {
		"the bootstrap budget is used up",
		"wait for the next attempt; if answers are large: trustgate config set boot-bytes=N boot-packets=N" },
	[TRUSTGATE_REASON_OVERFLOW] = {
		"memory or a table is full",
		"trustgate config set max-contexts=N max-sas=N, or free memory; then negotiate it again" },
	[TRUSTGATE_REASON_DELETED] = {
		"it has left the SAD",
		"none needed" },
};

/* A required proof that was never handed in. */
static const struct advice missing[TG_KINDS] = {
	[TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH] = {
		"nothing was said of the peer's authentication",
		"it comes from charon's trustgate plugin: trustgate status says whether that is connected" },
	[TRUSTGATE_EVIDENCE_KIND_HP_AUTH] = {
		"the hosting party has not been authenticated",
		"the peer has to do the second round (EAP); charon's log shows it" },
	[TRUSTGATE_EVIDENCE_KIND_REVOCATION] = {
		"no revocation status of the peer's certificate yet",
		"the OCSP responder has to answer through the tunnel: trustgate show bootstrap shows what passed, journalctl -u trustgated each try" },
	[TRUSTGATE_EVIDENCE_KIND_INTEGRITY] = {
		"the TPM has not vouched for this box yet",
		"trustgate status shows what the TPM said; /dev/tpmrm0 has to exist" },
	[TRUSTGATE_EVIDENCE_KIND_AUTHZ] = {
		"nobody has authorised the peer yet",
		"authorise it, or take authz out of the required proofs" },
};

/* A proof that says no. */
static const struct advice bad[TG_KINDS] = {
	[TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH] = {
		"the peer's certificate or its proof of possession is bad",
		"check the peer's certificate chain, its name and the trust anchor on this box" },
	[TRUSTGATE_EVIDENCE_KIND_HP_AUTH] = {
		"the hosting party was refused", "check its credentials" },
	[TRUSTGATE_EVIDENCE_KIND_REVOCATION] = {
		"the peer's certificate is revoked",
		"the peer needs a new certificate; until then nothing may pass" },
	[TRUSTGATE_EVIDENCE_KIND_INTEGRITY] = {
		"this box is not in a known good state",
		"boot known software, or install a policy that knows what runs" },
	[TRUSTGATE_EVIDENCE_KIND_AUTHZ] = {
		"the peer is not authorised", "have the operator authorise it" },
};

bool state_is_open(uint32_t state)
{
	return state == TRUSTGATE_STATE_OPEN || state == TRUSTGATE_STATE_REVERIFY;
}

struct advice advice_reason(uint32_t reason)
{
	static const struct advice unknown = {
		"for a reason this tool does not know",
		"install the module and the tools of one release" };

	if (reason == TRUSTGATE_REASON_NONE)
		return (struct advice) { "no reason was recorded", "trustgate recheck" };
	if (reason >= ARRAY_SIZE(reasons) || !reasons[reason].why)
		return unknown;
	return reasons[reason];
}

struct advice advice_proof(const struct tg_context *c, uint32_t kind)
{
	const struct tg_evidence *e = &c->evidence[kind];

	if (!(c->required & 1u << kind))
		return (struct advice) { NULL, NULL };
	if (!e->present)
		return missing[kind];
	if (e->result == TRUSTGATE_RESULT_BAD)
		return bad[kind];
	if (e->result == TRUSTGATE_RESULT_INDETERMINATE)
		return (struct advice) { "no verdict yet", missing[kind].todo };
	/* Nothing opens a rejected context, so proving again is no remedy. */
	if (c->state == TRUSTGATE_STATE_REJECTED)
		return (struct advice) { NULL, NULL };
	if (e->provisional)
		return (struct advice) { "it is provisional and never opens", missing[kind].todo };
	if (!e->expires_ms)
		return (struct advice) { "it has expired", "trustgate recheck tries again at once" };
	/* Good, and of an older generation when it does not count. */
	if (!(c->satisfied & 1u << kind))
		return (struct advice) { "it was good, and has to be proven again",
					 "wait for the agent, or trustgate recheck" };
	return (struct advice) { NULL, NULL };
}

const char *proof_word(const struct tg_context *c, uint32_t kind)
{
	const struct tg_evidence *e = &c->evidence[kind];

	if (!e->present)
		return "missing";
	if (e->result != TRUSTGATE_RESULT_GOOD)
		return tg_result_name(e->result);
	if (e->provisional)
		return "provisional";
	return e->expires_ms ? "good" : "expired";
}
