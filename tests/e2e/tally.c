// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally [-r] NS...: the packets of each named counter in the tables "tg" of network
 * namespaces, a line each; -r: which then start at 0 again.
 *
 * What nft list counters says. The tests ask some hundred times, and under emulation
 * it takes nft a third of a second to start for each of the namespaces.
 */
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#define TABLE "tg"

static void enter(const char *ns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static int print_counter(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[NFTA_OBJ_MAX + 1], *c[NFTA_COUNTER_MAX + 1];
	uint64_t packets;

	(void)arg;
	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct nfgenmsg), a, NFTA_OBJ_MAX, NULL) ||
	    !a[NFTA_OBJ_NAME] || !a[NFTA_OBJ_DATA] ||
	    nla_parse_nested(c, NFTA_COUNTER_MAX, a[NFTA_OBJ_DATA], NULL) ||
	    !c[NFTA_COUNTER_PACKETS] || nla_len(c[NFTA_COUNTER_PACKETS]) != sizeof(packets))
		errx(1, "a counter that can't be read");
	memcpy(&packets, nla_data(c[NFTA_COUNTER_PACKETS]), sizeof(packets));
	printf("%s %llu\n", nla_get_string(a[NFTA_OBJ_NAME]),
	       (unsigned long long)be64toh(packets));
	return NL_OK;
}

/* Objects of one table, whichever its family: the others have none of that name. */
static void dump(struct nl_sock *sk, bool reset)
{
	struct nfgenmsg head = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	int type = NFNL_SUBSYS_NFTABLES << 8 | (reset ? NFT_MSG_GETOBJ_RESET : NFT_MSG_GETOBJ);
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_DUMP);
	int rc;

	if (!msg || nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) ||
	    nla_put_string(msg, NFTA_OBJ_TABLE, TABLE) ||
	    nla_put_u32(msg, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER)))
		errx(1, "out of memory");
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	if (rc < 0)
		errx(1, "counters: %s", nl_geterror(rc));
}

int main(int argc, char **argv)
{
	bool reset = argc > 1 && !strcmp(argv[1], "-r");
	int i;

	for (i = reset ? 2 : 1; i < argc; i++) {
		struct nl_sock *sk = nl_socket_alloc();

		if (!sk)
			errx(1, "out of memory");
		enter(argv[i]);
		nl_socket_disable_auto_ack(sk);
		nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, print_counter, NULL);
		if (nl_connect(sk, NETLINK_NETFILTER))
			errx(1, "%s: no socket", argv[i]);
		dump(sk, reset);
		nl_socket_free(sk);
	}
	return 0;
}
