/* SPDX-License-Identifier: GPL-2.0-only */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/trustgate.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_TRUSTGATE_GEN_H
#define _LINUX_TRUSTGATE_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/trustgate.h>

/* Common nested types */
extern const struct nla_policy trustgate_evidence_nl_policy[TRUSTGATE_A_EVIDENCE_AGE_MS + 1];
extern const struct nla_policy trustgate_sa_key_nl_policy[TRUSTGATE_A_SA_KEY_DADDR + 1];
extern const struct nla_policy trustgate_scope_nl_policy[TRUSTGATE_A_SCOPE_REQID_MAX + 1];

extern const struct nla_policy trustgate_config_get_nl_policy[TRUSTGATE_A_CONFIG_NONE + 1];

extern const struct nla_policy trustgate_config_set_nl_policy[TRUSTGATE_A_CONFIG_DELETE_HELD + 1];

extern const struct nla_policy trustgate_agent_register_nl_policy[TRUSTGATE_A_AGENT_NAME + 1];

extern const struct nla_policy trustgate_agent_renew_nl_policy[TRUSTGATE_A_AGENT_SESSION + 1];

extern const struct nla_policy trustgate_agent_get_nl_policy[TRUSTGATE_A_AGENT_NONE + 1];

extern const struct nla_policy trustgate_context_set_nl_policy[TRUSTGATE_A_CONTEXT_REQUIRED + 1];

extern const struct nla_policy trustgate_context_del_nl_policy[TRUSTGATE_A_CONTEXT_REASON + 1];

extern const struct nla_policy trustgate_context_get_nl_policy[TRUSTGATE_A_CONTEXT_ID + 1];

extern const struct nla_policy trustgate_context_close_nl_policy[TRUSTGATE_A_CONTEXT_DETAIL + 1];

extern const struct nla_policy trustgate_context_quarantine_nl_policy[TRUSTGATE_A_CONTEXT_DETAIL + 1];

extern const struct nla_policy trustgate_context_reverify_nl_policy[TRUSTGATE_A_CONTEXT_GENERATION + 1];

extern const struct nla_policy trustgate_context_require_nl_policy[TRUSTGATE_A_CONTEXT_GENERATION + 1];

extern const struct nla_policy trustgate_evidence_set_nl_policy[TRUSTGATE_A_CONTEXT_EVIDENCE + 1];

extern const struct nla_policy trustgate_sa_bind_nl_policy[TRUSTGATE_A_BIND_SA + 1];

extern const struct nla_policy trustgate_sa_get_nl_policy[TRUSTGATE_A_SA_ID + 1];

extern const struct nla_policy trustgate_bootstrap_set_nl_policy[TRUSTGATE_A_BOOTSTRAP_FORWARD + 1];

extern const struct nla_policy trustgate_bootstrap_get_nl_policy[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID + 1];

extern const struct nla_policy trustgate_stats_get_nl_policy[TRUSTGATE_A_STATS_NONE + 1];

/* Ops table for trustgate */
extern const struct genl_ops trustgate_nl_ops[18];

int trustgate_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_agent_register_doit(struct sk_buff *skb,
				     struct genl_info *info);
int trustgate_nl_agent_renew_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_agent_get_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_context_set_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_context_del_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_context_get_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_context_get_dumpit(struct sk_buff *skb,
				    struct netlink_callback *cb);
int trustgate_nl_context_close_doit(struct sk_buff *skb,
				    struct genl_info *info);
int trustgate_nl_context_quarantine_doit(struct sk_buff *skb,
					 struct genl_info *info);
int trustgate_nl_context_reverify_doit(struct sk_buff *skb,
				       struct genl_info *info);
int trustgate_nl_context_require_doit(struct sk_buff *skb,
				      struct genl_info *info);
int trustgate_nl_evidence_set_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_sa_bind_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info);
int trustgate_nl_sa_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int trustgate_nl_bootstrap_set_doit(struct sk_buff *skb,
				    struct genl_info *info);
int trustgate_nl_bootstrap_get_doit(struct sk_buff *skb,
				    struct genl_info *info);
int trustgate_nl_bootstrap_get_dumpit(struct sk_buff *skb,
				      struct netlink_callback *cb);
int trustgate_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	TRUSTGATE_NLGRP_EVENTS,
};

#endif /* _LINUX_TRUSTGATE_GEN_H */
