// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two questions to the kernel over generic netlink: the number of the family, which is
 * another one each time the module is loaded, and the configuration of this namespace.
 * Whatever can't be asked, or whose answer can't be read, is a gate that is not there.
 */
#include "trustgate_gate.h"

#include <daemon.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/trustgate.h>

#define ANSWER_MS	1000
#define SCOPES_MAX	16
#define ATTR_ROOM	64

struct scope {
	uint32_t if_id_min, if_id_max, mark, mark_mask, reqid_min, reqid_max;
};

struct gate {
	uint32_t mode;
	bool has_mode, all;
	struct scope scopes[SCOPES_MAX];
	unsigned int n;
};

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	struct nlattr attr;
	char name[GENL_NAMSIZ];
};

struct answer {
	union {
		struct nlmsghdr nl;
		char octets[8192];
	} u;
	/* Behind both headers. */
	const char *attrs;
	size_t len;
};

/* The attribute at *@at, and *@at behind it; NULL at the end, and when it leads out. */
static const struct nlattr *next_attr(const char **at, size_t *left)
{
	const struct nlattr *a = (const void *)*at;
	size_t whole;

	if (*left < NLA_HDRLEN || a->nla_len < NLA_HDRLEN || a->nla_len > *left)
		return NULL;
	whole = NLA_ALIGN(a->nla_len);
	whole = whole < *left ? whole : *left;
	*at += whole;
	*left -= whole;
	return a;
}

static const char *payload(const struct nlattr *a, size_t *len)
{
	*len = a->nla_len - NLA_HDRLEN;
	return (const char *)a + NLA_HDRLEN;
}

static bool get_u32(const struct nlattr *a, uint32_t *out)
{
	size_t len;
	const char *data = payload(a, &len);

	if (len != sizeof(*out))
		return FALSE;
	memcpy(out, data, sizeof(*out));
	return TRUE;
}

/* 0, or a negative errno: of the kernel's answer, or of there being none. */
static int ask(int fd, struct request *q, struct answer *a)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	socklen_t size = sizeof(kernel);
	ssize_t n;

	if (sendto(fd, q, q->nl.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	n = recvfrom(fd, a->u.octets, sizeof(a->u.octets), 0, (struct sockaddr *)&kernel, &size);
	if (n < 0)
		return -errno;
	if (kernel.nl_pid || (size_t)n < NLMSG_LENGTH(GENL_HDRLEN) ||
	    a->u.nl.nlmsg_len > (size_t)n || a->u.nl.nlmsg_seq != q->nl.nlmsg_seq)
		return -EBADMSG;
	if (a->u.nl.nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(&a->u.nl))->error ?: -EBADMSG;
	if (a->u.nl.nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -EBADMSG;
	a->attrs = a->u.octets + NLMSG_LENGTH(GENL_HDRLEN);
	a->len = a->u.nl.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return 0;
}

static int find_family(int fd, uint16_t *family, uint32_t *version)
{
	struct request q = {
		.nl = { .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1 },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attr = { .nla_type = CTRL_ATTR_FAMILY_NAME },
		.name = TRUSTGATE_FAMILY_NAME,
	};
	const struct nlattr *a;
	struct answer answer;
	int err;

	q.attr.nla_len = (uint16_t)(NLA_HDRLEN + sizeof(TRUSTGATE_FAMILY_NAME));
	q.nl.nlmsg_len = (uint32_t)(offsetof(struct request, attr) + NLA_ALIGN(q.attr.nla_len));
	err = ask(fd, &q, &answer);
	if (err)
		return err;
	*family = 0;
	while ((a = next_attr(&answer.attrs, &answer.len))) {
		size_t len;
		const char *data = payload(a, &len);

		if (a->nla_type == CTRL_ATTR_FAMILY_ID && len == sizeof(*family))
			memcpy(family, data, sizeof(*family));
		else if (a->nla_type == CTRL_ATTR_VERSION && !get_u32(a, version))
			return -EBADMSG;
	}
	return *family ? 0 : -EBADMSG;
}

static bool take_scope(const struct nlattr *nest, struct gate *g)
{
	uint32_t v[ATTR_ROOM] = { 0 };
	struct scope *s = &g->scopes[g->n];
	const struct nlattr *a;
	size_t len;
	const char *at = payload(nest, &len);

	v[TRUSTGATE_A_SCOPE_IF_ID_MAX] = v[TRUSTGATE_A_SCOPE_REQID_MAX] = UINT32_MAX;
	if (g->n == SCOPES_MAX)
		return FALSE;
	while ((a = next_attr(&at, &len)))
		if (a->nla_type < ATTR_ROOM && !get_u32(a, &v[a->nla_type]))
			return FALSE;
	*s = (struct scope){
		v[TRUSTGATE_A_SCOPE_IF_ID_MIN], v[TRUSTGATE_A_SCOPE_IF_ID_MAX],
		v[TRUSTGATE_A_SCOPE_MARK], v[TRUSTGATE_A_SCOPE_MARK_MASK],
		v[TRUSTGATE_A_SCOPE_REQID_MIN], v[TRUSTGATE_A_SCOPE_REQID_MAX],
	};
	g->n++;
	return TRUE;
}

static int read_config(int fd, uint16_t family, struct gate *g)
{
	struct request q = {
		.nl = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 2,
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) },
		.genl = { .cmd = TRUSTGATE_CMD_CONFIG_GET, .version = TRUSTGATE_FAMILY_VERSION },
	};
	const struct nlattr *a;
	struct answer answer;
	int err = ask(fd, &q, &answer);

	memset(g, 0, sizeof(*g));
	if (err)
		return err;
	while ((a = next_attr(&answer.attrs, &answer.len))) {
		int type = a->nla_type & NLA_TYPE_MASK;

		if (type == TRUSTGATE_A_CONFIG_MODE)
			g->has_mode = get_u32(a, &g->mode);
		else if (type == TRUSTGATE_A_CONFIG_SCOPE_ALL)
			g->all = TRUE;
		else if (type == TRUSTGATE_A_CONFIG_SCOPE && !take_scope(a, g))
			return -EBADMSG;
	}
	return g->has_mode ? 0 : -EBADMSG;
}

/* Both SAs of @child; a reqid that charon has yet to choose is in no range of some. */
static bool covers(const struct gate *g, child_sa_t *child)
{
	for (unsigned int i = 0; i < g->n; i++) {
		const struct scope *s = &g->scopes[i];
		uint32_t reqid = child->get_reqid(child);
		bool in = reqid >= s->reqid_min && reqid <= s->reqid_max;

		for (int inbound = 0; in && inbound < 2; inbound++) {
			uint32_t if_id = child->get_if_id(child, inbound);

			in = if_id >= s->if_id_min && if_id <= s->if_id_max &&
			     (child->get_mark(child, inbound).value & s->mark_mask) == s->mark;
		}
		if (in)
			return TRUE;
	}
	return g->all;
}

static const char *judge(const struct gate *g, child_sa_t *child)
{
	switch (g->mode) {
	case TRUSTGATE_MODE_ENFORCE:
		break;
	case TRUSTGATE_MODE_OBSERVE:
		return "the gate of this network namespace only observes (trustgate config set mode=enforce)";
	default:
		return "the gate of this network namespace is off (trustgate config set mode=enforce)";
	}
	if (child && !covers(g, child))
		return "the gate's scope leaves this SA out: its if_id, mark or reqid (see trustgate show config)";
	return NULL;
}

const char *tg_gate_missing(child_sa_t *child)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), err;
	const struct timeval patience = { .tv_usec = ANSWER_MS * 1000 - 1 };
	uint32_t version = 0;
	const char *why;
	uint16_t family;
	struct gate g;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		why = "the kernel can't be asked for the gate (generic netlink)";
	} else if ((err = find_family(fd, &family, &version))) {
		why = err == -ENOENT ? "the module trustgate is not loaded (modprobe trustgate)" :
		      "the kernel does not say whether the module trustgate is loaded";
	} else if (version != TRUSTGATE_FAMILY_VERSION) {
		why = "the module trustgate is of another version than this plugin (install both of one version)";
	} else if ((err = read_config(fd, family, &g))) {
		why = err == -EPERM ? "charon may not ask for the gate (it needs CAP_NET_ADMIN)" :
		      "the gate does not tell its configuration (is the module of another version?)";
	} else {
		why = judge(&g, child);
	}
	if (fd >= 0)
		close(fd);
	return why;
}

bool tg_gate_may_be_absent(void)
{
	return streq(lib->settings->get_str(lib->settings, "%s.plugins.trustgate.gate", "required",
					    lib->ns), "absent-ok");
}
