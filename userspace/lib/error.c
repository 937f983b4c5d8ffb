// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a request failed, in one line a person can act on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netlink/errno.h>
#include <linux/netlink.h>
#include "internal.h"

int tg_from_nle(int nle)
{
	switch (nle < 0 ? -nle : nle) {
	case NLE_SUCCESS:
		return 0;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_INTR:
		return -EINTR;
	case NLE_INVAL:
		return -EINVAL;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/* Without an extended ack the number is all there is: say what it means here. */
static const char *meaning(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return "needs CAP_NET_ADMIN in the initial user namespace (run as root)";
	case ENOMEM:
	case ENOBUFS:
		return "out of memory (free some and try again)";
	case EBADMSG:
		return "the kernel's answer can't be read (install the module and the tools of one release)";
	case EMSGSIZE:
		return "the request is too large for one message (send less at once)";
	case EAGAIN:
		return "the table kept changing while it was read (try again)";
	case EOPNOTSUPP:
		return "the loaded module does not know this request (install the module and the tools of one release)";
	default:
		return strerror(-err);
	}
}

void tg_explain(char *buf, size_t len, const char *what, int err, const char *extack)
{
	snprintf(buf, len, "%s: %s", what, extack && *extack ? extack : meaning(err));
}

int tg_set_error(struct tg *tg, int err, const char *what, const char *why)
{
	tg_explain(tg->error, sizeof(tg->error), what, err, why);
	return err;
}

const char *tg_error(const struct tg *tg)
{
	return tg->error;
}

/*
 * Attributes follow the echoed request, which is its header alone when the
 * message is capped. In a dump the error number is all of NLMSG_DONE and the
 * attributes follow that.
 */
static int extack_start(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return NLMSG_ALIGN(sizeof(int));
	if (nlmsg_datalen(nlh) < (int)sizeof(*e))
		return -1;
	if (nlh->nlmsg_flags & NLM_F_CAPPED || e->msg.nlmsg_len < NLMSG_HDRLEN)
		return NLMSG_ALIGN(sizeof(*e));
	return NLMSG_ALIGN(sizeof(e->error) + e->msg.nlmsg_len);
}

/* Type of the attribute at @offset of @request, 0 when there is none. */
static int type_at(const struct nlmsghdr *request, uint32_t offset)
{
	if (offset < NLMSG_HDRLEN + GENL_HDRLEN || request->nlmsg_len < NLA_HDRLEN ||
	    offset > request->nlmsg_len - NLA_HDRLEN)
		return 0;
	return nla_type((const struct nlattr *)((const char *)request + offset));
}

struct extack {
	const struct nlattr *msg, *offset, *policy, *missing;
};

static void find_extack(struct nlmsghdr *nlh, struct extack *x)
{
	int start = extack_start(nlh), left;
	struct nlattr *nla;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || start < 0)
		return;
	nla = (struct nlattr *)((char *)nlmsg_data(nlh) + start);
	left = nlmsg_datalen(nlh) - start;
	for (; nla_ok(nla, left); nla = nla_next(nla, &left)) {
		bool number = nla_len(nla) >= (int)sizeof(uint32_t);

		if (nla_type(nla) == NLMSGERR_ATTR_MSG)
			x->msg = nla;
		else if (nla_type(nla) == NLMSGERR_ATTR_OFFS && number)
			x->offset = nla;
		else if (nla_type(nla) == NLMSGERR_ATTR_POLICY)
			x->policy = nla;
		else if (nla_type(nla) == NLMSGERR_ATTR_MISS_TYPE && number)
			x->missing = nla;
	}
}

void tg_extack(struct nlmsghdr *nlh, const struct nlmsghdr *request, char *buf, size_t len)
{
	struct extack x = { 0 };
	size_t used;
	int type;

	*buf = '\0';
	find_extack(nlh, &x);
	if (x.msg)
		nla_strlcpy(buf, x.msg, len);
	else if (x.missing)
		snprintf(buf, len, "attribute %u is missing", nla_get_u32(x.missing));
	/* The generic complaints of the policy ("integer out of range") name none. */
	if (!x.msg || !x.policy || !x.offset)
		return;
	used = strlen(buf);
	type = type_at(request, nla_get_u32(x.offset));
	if (type)
		snprintf(buf + used, len - used, " (attribute %d)", type);
}
