// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor of any gate at these two places: an empty POST_ROUTING hook and an
 * empty xfrm protocol callback, in every namespace there is at load.
 */
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>
#include <net/xfrm.h>

static unsigned int empty_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops empty_ops = {
	.hook = empty_hook, .pf = NFPROTO_IPV4, .hooknum = NF_INET_POST_ROUTING,
	.priority = INT_MAX,
};

static int empty_rcv(struct sk_buff *skb)
{
	return -EINVAL;
}

static int empty_input(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return -EINVAL;
}

static int empty_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static int empty_err(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static struct xfrm4_protocol empty_proto = {
	.handler = empty_rcv, .input_handler = empty_input, .cb_handler = empty_cb,
	.err_handler = empty_err, .priority = INT_MAX,
};

static int __net_init empty_net_init(struct net *net)
{
	return nf_register_net_hook(net, &empty_ops);
}

static void __net_exit empty_net_exit(struct net *net)
{
	nf_unregister_net_hook(net, &empty_ops);
}

static struct pernet_operations empty_net_ops = {
	.init = empty_net_init,
	.exit = empty_net_exit,
};

static int __init empty_init(void)
{
	int err = register_pernet_subsys(&empty_net_ops);

	if (err)
		return err;
	err = xfrm4_protocol_register(&empty_proto, IPPROTO_ESP);
	if (err)
		unregister_pernet_subsys(&empty_net_ops);
	return err;
}

static void __exit empty_exit(void)
{
	xfrm4_protocol_deregister(&empty_proto, IPPROTO_ESP);
	unregister_pernet_subsys(&empty_net_ops);
}

module_init(empty_init);
module_exit(empty_exit);

MODULE_DESCRIPTION("Empty hooks, to measure a gate against");
MODULE_LICENSE("GPL");
