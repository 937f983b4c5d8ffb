// SPDX-License-Identifier: GPL-2.0-only
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/trustgate.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <linux/trustgate.h>

/* Integer value ranges */
static struct netlink_range_validation trustgate_a_config_t_bind_ms_range = {
	.min	= 100ULL,
	.max	= 600000ULL,
};

static struct netlink_range_validation trustgate_a_config_t_verify_ms_range = {
	.min	= 100ULL,
	.max	= 600000ULL,
};

static struct netlink_range_validation trustgate_a_config_grace_ms_range = {
	.max	= TRUSTGATE_GRACE_MAX_MS,
};

static struct netlink_range_validation trustgate_a_config_boot_bytes_range = {
	.max	= 1048576ULL,
};

static struct netlink_range_validation trustgate_a_config_max_contexts_range = {
	.min	= 1ULL,
	.max	= 1048576ULL,
};

static struct netlink_range_validation trustgate_a_config_max_sas_range = {
	.min	= 1ULL,
	.max	= 4194304ULL,
};

static struct netlink_range_validation trustgate_a_agent_lease_ms_range = {
	.min	= TRUSTGATE_LEASE_MIN_MS,
	.max	= TRUSTGATE_LEASE_MAX_MS,
};

static struct netlink_range_validation trustgate_a_evidence_expires_ms_range = {
	.min	= 1ULL,
	.max	= TRUSTGATE_PROOF_MAX_MS,
};

/* Common nested types */
const struct nla_policy trustgate_evidence_nl_policy[TRUSTGATE_A_EVIDENCE_AGE_MS + 1] = {
	[TRUSTGATE_A_EVIDENCE_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
	[TRUSTGATE_A_EVIDENCE_RESULT] = NLA_POLICY_MAX(NLA_U32, 2),
	[TRUSTGATE_A_EVIDENCE_CERT_DIGEST] = NLA_POLICY_EXACT_LEN(TRUSTGATE_DIGEST_LEN),
	[TRUSTGATE_A_EVIDENCE_EXPIRES_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_evidence_expires_ms_range),
	[TRUSTGATE_A_EVIDENCE_PROOF_DIGEST] = NLA_POLICY_EXACT_LEN(TRUSTGATE_DIGEST_LEN),
	[TRUSTGATE_A_EVIDENCE_PROVISIONAL] = { .type = NLA_FLAG, },
	[TRUSTGATE_A_EVIDENCE_DETAIL] = { .type = NLA_NUL_STRING, .len = TRUSTGATE_TEXT_MAX, },
	[TRUSTGATE_A_EVIDENCE_AGE_MS] = { .type = NLA_U32, },
};

const struct nla_policy trustgate_sa_key_nl_policy[TRUSTGATE_A_SA_KEY_DADDR + 1] = {
	[TRUSTGATE_A_SA_KEY_SPI] = { .type = NLA_U32, },
	[TRUSTGATE_A_SA_KEY_PROTOCOL] = { .type = NLA_U8, },
	[TRUSTGATE_A_SA_KEY_FAMILY] = { .type = NLA_U16, },
	[TRUSTGATE_A_SA_KEY_DADDR] = { .type = NLA_BINARY, },
};

const struct nla_policy trustgate_scope_nl_policy[TRUSTGATE_A_SCOPE_REQID_MAX + 1] = {
	[TRUSTGATE_A_SCOPE_IF_ID_MIN] = { .type = NLA_U32, },
	[TRUSTGATE_A_SCOPE_IF_ID_MAX] = { .type = NLA_U32, },
	[TRUSTGATE_A_SCOPE_MARK] = { .type = NLA_U32, },
	[TRUSTGATE_A_SCOPE_MARK_MASK] = { .type = NLA_U32, },
	[TRUSTGATE_A_SCOPE_REQID_MIN] = { .type = NLA_U32, },
	[TRUSTGATE_A_SCOPE_REQID_MAX] = { .type = NLA_U32, },
};

/* TRUSTGATE_CMD_CONFIG_GET - do */
const struct nla_policy trustgate_config_get_nl_policy[TRUSTGATE_A_CONFIG_NONE + 1] = {
};

/* TRUSTGATE_CMD_CONFIG_SET - do */
const struct nla_policy trustgate_config_set_nl_policy[TRUSTGATE_A_CONFIG_DELETE_HELD + 1] = {
	[TRUSTGATE_A_CONFIG_MODE] = NLA_POLICY_MAX(NLA_U32, 2),
	[TRUSTGATE_A_CONFIG_SCOPE] = NLA_POLICY_NESTED(trustgate_scope_nl_policy),
	[TRUSTGATE_A_CONFIG_SCOPE_ALL] = { .type = NLA_FLAG, },
	[TRUSTGATE_A_CONFIG_T_BIND_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_t_bind_ms_range),
	[TRUSTGATE_A_CONFIG_T_VERIFY_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_t_verify_ms_range),
	[TRUSTGATE_A_CONFIG_GRACE_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_grace_ms_range),
	[TRUSTGATE_A_CONFIG_BOOT_BYTES] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_boot_bytes_range),
	[TRUSTGATE_A_CONFIG_BOOT_PACKETS] = NLA_POLICY_MAX(NLA_U32, 4096),
	[TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS] = NLA_POLICY_MAX(NLA_U32, 100),
	[TRUSTGATE_A_CONFIG_MAX_CONTEXTS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_max_contexts_range),
	[TRUSTGATE_A_CONFIG_MAX_SAS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_config_max_sas_range),
	[TRUSTGATE_A_CONFIG_DELETE_HELD] = { .type = NLA_FLAG, },
};

/* TRUSTGATE_CMD_AGENT_REGISTER - do */
const struct nla_policy trustgate_agent_register_nl_policy[TRUSTGATE_A_AGENT_NAME + 1] = {
	[TRUSTGATE_A_AGENT_LEASE_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &trustgate_a_agent_lease_ms_range),
	[TRUSTGATE_A_AGENT_NAME] = { .type = NLA_NUL_STRING, .len = 63, },
};

/* TRUSTGATE_CMD_AGENT_RENEW - do */
const struct nla_policy trustgate_agent_renew_nl_policy[TRUSTGATE_A_AGENT_SESSION + 1] = {
	[TRUSTGATE_A_AGENT_SESSION] = { .type = NLA_U64, },
};

/* TRUSTGATE_CMD_AGENT_GET - do */
const struct nla_policy trustgate_agent_get_nl_policy[TRUSTGATE_A_AGENT_NONE + 1] = {
};

/* TRUSTGATE_CMD_CONTEXT_SET - do */
const struct nla_policy trustgate_context_set_nl_policy[TRUSTGATE_A_CONTEXT_REQUIRED + 1] = {
	[TRUSTGATE_A_CONTEXT_IKE_INSTANCE] = { .type = NLA_U64, },
	[TRUSTGATE_A_CONTEXT_IKE_ID] = { .type = NLA_U32, },
	[TRUSTGATE_A_CONTEXT_ROLE] = NLA_POLICY_MAX(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_CERT_DIGEST] = NLA_POLICY_EXACT_LEN(TRUSTGATE_DIGEST_LEN),
	[TRUSTGATE_A_CONTEXT_PEER] = { .type = NLA_NUL_STRING, .len = TRUSTGATE_TEXT_MAX, },
	[TRUSTGATE_A_CONTEXT_REQUIRED] = NLA_POLICY_RANGE(NLA_U32, 1, 31),
};

/* TRUSTGATE_CMD_CONTEXT_DEL - do */
const struct nla_policy trustgate_context_del_nl_policy[TRUSTGATE_A_CONTEXT_REASON + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_REASON] = NLA_POLICY_MAX(NLA_U32, 25),
};

/* TRUSTGATE_CMD_CONTEXT_GET - do */
const struct nla_policy trustgate_context_get_nl_policy[TRUSTGATE_A_CONTEXT_ID + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* TRUSTGATE_CMD_CONTEXT_CLOSE - do */
const struct nla_policy trustgate_context_close_nl_policy[TRUSTGATE_A_CONTEXT_DETAIL + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_REASON] = NLA_POLICY_MAX(NLA_U32, 25),
	[TRUSTGATE_A_CONTEXT_DETAIL] = { .type = NLA_NUL_STRING, .len = TRUSTGATE_TEXT_MAX, },
};

/* TRUSTGATE_CMD_CONTEXT_QUARANTINE - do */
const struct nla_policy trustgate_context_quarantine_nl_policy[TRUSTGATE_A_CONTEXT_DETAIL + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_DETAIL] = { .type = NLA_NUL_STRING, .len = TRUSTGATE_TEXT_MAX, },
};

/* TRUSTGATE_CMD_CONTEXT_REVERIFY - do */
const struct nla_policy trustgate_context_reverify_nl_policy[TRUSTGATE_A_CONTEXT_GENERATION + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_GENERATION] = { .type = NLA_U64, },
};

/* TRUSTGATE_CMD_CONTEXT_REQUIRE - do */
const struct nla_policy trustgate_context_require_nl_policy[TRUSTGATE_A_CONTEXT_GENERATION + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_GENERATION] = { .type = NLA_U64, },
	[TRUSTGATE_A_CONTEXT_REQUIRED] = NLA_POLICY_RANGE(NLA_U32, 1, 31),
};

/* TRUSTGATE_CMD_EVIDENCE_SET - do */
const struct nla_policy trustgate_evidence_set_nl_policy[TRUSTGATE_A_CONTEXT_EVIDENCE + 1] = {
	[TRUSTGATE_A_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_CONTEXT_GENERATION] = { .type = NLA_U64, },
	[TRUSTGATE_A_CONTEXT_EVIDENCE] = NLA_POLICY_NESTED(trustgate_evidence_nl_policy),
};

/* TRUSTGATE_CMD_SA_BIND - do */
const struct nla_policy trustgate_sa_bind_nl_policy[TRUSTGATE_A_BIND_SA + 1] = {
	[TRUSTGATE_A_BIND_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_BIND_GENERATION] = { .type = NLA_U64, },
	[TRUSTGATE_A_BIND_CERT_DIGEST] = NLA_POLICY_EXACT_LEN(TRUSTGATE_DIGEST_LEN),
	[TRUSTGATE_A_BIND_SA] = NLA_POLICY_NESTED(trustgate_sa_key_nl_policy),
};

/* TRUSTGATE_CMD_SA_GET - do */
const struct nla_policy trustgate_sa_get_nl_policy[TRUSTGATE_A_SA_ID + 1] = {
	[TRUSTGATE_A_SA_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* TRUSTGATE_CMD_BOOTSTRAP_SET - do */
const struct nla_policy trustgate_bootstrap_set_nl_policy[TRUSTGATE_A_BOOTSTRAP_FORWARD + 1] = {
	[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[TRUSTGATE_A_BOOTSTRAP_GENERATION] = { .type = NLA_U64, },
	[TRUSTGATE_A_BOOTSTRAP_SOCKFD] = { .type = NLA_S32, },
	[TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR] = { .type = NLA_BINARY, },
	[TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT] = { .type = NLA_U16, },
	[TRUSTGATE_A_BOOTSTRAP_FORWARD] = { .type = NLA_FLAG, },
};

/* TRUSTGATE_CMD_BOOTSTRAP_GET - do */
const struct nla_policy trustgate_bootstrap_get_nl_policy[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID + 1] = {
	[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* TRUSTGATE_CMD_STATS_GET - do */
const struct nla_policy trustgate_stats_get_nl_policy[TRUSTGATE_A_STATS_NONE + 1] = {
};

/* Ops table for trustgate */
const struct genl_ops trustgate_nl_ops[18] = {
	{
		.cmd		= TRUSTGATE_CMD_CONFIG_GET,
		.doit		= trustgate_nl_config_get_doit,
		.policy		= trustgate_config_get_nl_policy,
		.maxattr	= TRUSTGATE_A_CONFIG_NONE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONFIG_SET,
		.doit		= trustgate_nl_config_set_doit,
		.policy		= trustgate_config_set_nl_policy,
		.maxattr	= TRUSTGATE_A_CONFIG_DELETE_HELD,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_AGENT_REGISTER,
		.doit		= trustgate_nl_agent_register_doit,
		.policy		= trustgate_agent_register_nl_policy,
		.maxattr	= TRUSTGATE_A_AGENT_NAME,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_AGENT_RENEW,
		.doit		= trustgate_nl_agent_renew_doit,
		.policy		= trustgate_agent_renew_nl_policy,
		.maxattr	= TRUSTGATE_A_AGENT_SESSION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_AGENT_GET,
		.doit		= trustgate_nl_agent_get_doit,
		.policy		= trustgate_agent_get_nl_policy,
		.maxattr	= TRUSTGATE_A_AGENT_NONE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_SET,
		.doit		= trustgate_nl_context_set_doit,
		.policy		= trustgate_context_set_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_REQUIRED,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_DEL,
		.doit		= trustgate_nl_context_del_doit,
		.policy		= trustgate_context_del_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_REASON,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_GET,
		.doit		= trustgate_nl_context_get_doit,
		.dumpit		= trustgate_nl_context_get_dumpit,
		.policy		= trustgate_context_get_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_CLOSE,
		.doit		= trustgate_nl_context_close_doit,
		.policy		= trustgate_context_close_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_DETAIL,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_QUARANTINE,
		.doit		= trustgate_nl_context_quarantine_doit,
		.policy		= trustgate_context_quarantine_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_DETAIL,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_REVERIFY,
		.doit		= trustgate_nl_context_reverify_doit,
		.policy		= trustgate_context_reverify_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_GENERATION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_CONTEXT_REQUIRE,
		.doit		= trustgate_nl_context_require_doit,
		.policy		= trustgate_context_require_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_GENERATION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_EVIDENCE_SET,
		.doit		= trustgate_nl_evidence_set_doit,
		.policy		= trustgate_evidence_set_nl_policy,
		.maxattr	= TRUSTGATE_A_CONTEXT_EVIDENCE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_SA_BIND,
		.doit		= trustgate_nl_sa_bind_doit,
		.policy		= trustgate_sa_bind_nl_policy,
		.maxattr	= TRUSTGATE_A_BIND_SA,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_SA_GET,
		.doit		= trustgate_nl_sa_get_doit,
		.dumpit		= trustgate_nl_sa_get_dumpit,
		.policy		= trustgate_sa_get_nl_policy,
		.maxattr	= TRUSTGATE_A_SA_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_BOOTSTRAP_SET,
		.doit		= trustgate_nl_bootstrap_set_doit,
		.policy		= trustgate_bootstrap_set_nl_policy,
		.maxattr	= TRUSTGATE_A_BOOTSTRAP_FORWARD,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_BOOTSTRAP_GET,
		.doit		= trustgate_nl_bootstrap_get_doit,
		.dumpit		= trustgate_nl_bootstrap_get_dumpit,
		.policy		= trustgate_bootstrap_get_nl_policy,
		.maxattr	= TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= TRUSTGATE_CMD_STATS_GET,
		.doit		= trustgate_nl_stats_get_doit,
		.policy		= trustgate_stats_get_nl_policy,
		.maxattr	= TRUSTGATE_A_STATS_NONE,
		.flags		= GENL_ADMIN_PERM,
	},
};

static const struct genl_multicast_group trustgate_nl_mcgrps[] = {
	[TRUSTGATE_NLGRP_EVENTS] = { "events", },
};
