// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trustgate: verify before user data. Namespaces, their agent's lease, the
 * timer, and the order in which things start and stop.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/suspend.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

#include "trustgate.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

unsigned int tg_net_id __read_mostly;

static char *mode = "enforce";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode, "What the first network namespace starts with: enforce (default), observe or off");

static char *netns_mode = "";
module_param(netns_mode, charp, 0444);
MODULE_PARM_DESC(netns_mode, "What all other network namespaces start with; the same as mode by default");

static u32 tg_mode_init = TRUSTGATE_MODE_ENFORCE, tg_mode_netns = TRUSTGATE_MODE_ENFORCE;

/*
 * A parameter is in sysfs before the module's init and until after its exit, when namespaces
 * have nothing of ours. Guarded by kernel_param_lock(), which a reader of a parameter holds.
 */
static bool tg_nets_ready;

static void tg_set_nets_ready(bool ready)
{
	kernel_param_lock(THIS_MODULE);
	tg_nets_ready = ready;
	kernel_param_unlock(THIS_MODULE);
}

/* Who keeps the module from being unloaded: rmmod itself can only say that it is in use. */
static int tg_enforcing_get(char *buf, const struct kernel_param *kp)
{
	struct net *net;
	int n = 0;

	if (!tg_nets_ready)
		return -EAGAIN;
	down_read(&net_rwsem);
	for_each_net(net)
		if (n < PAGE_SIZE - 64 && tg_pernet(net)->config.mode == TRUSTGATE_MODE_ENFORCE)
			n += sysfs_emit_at(buf, n, "inode %u cookie %llu%s\n", net->ns.inum,
					   (unsigned long long)net->net_cookie,
					   net_eq(net, &init_net) ? " (the first one)" : "");
	up_read(&net_rwsem);
	return n;
}

static const struct kernel_param_ops tg_enforcing_ops = { .get = tg_enforcing_get };
module_param_cb(enforcing, &tg_enforcing_ops, NULL, 0400);
MODULE_PARM_DESC(enforcing, "The network namespaces that enforce, each of which keeps the module in use");

/**
 * tg_kick() - make the timer run at a time, at the latest
 * @tn: namespace
 * @when_ns: boottime
 *
 * Context: tn->lock.
 */
void tg_kick(struct tg_net *tn, u64 when_ns)
{
	u64 now = ktime_get_boottime_ns();

	if (when_ns >= tn->next_ns)
		return;
	tn->next_ns = when_ns;
	/* Up to the next jiffy, so that the deadline has passed by then. A day is far enough
	 * ahead, and less than half of what jiffies can tell apart on 32 bits.
	 */
	mod_delayed_work(system_wq, &tn->work, when_ns > now ?
			 nsecs_to_jiffies(min(when_ns - now, TG_DAY_NS)) + 1 : 0);
}

/**
 * tg_agent_live() - is an agent registered whose lease has not lapsed
 * @tn: namespace
 *
 * Context: tn->lock.
 */
bool tg_agent_live(const struct tg_net *tn)
{
	return tn->agent.session && ktime_get_boottime_ns() < tn->agent.lease_ns;
}

/**
 * tg_agent_lost() - the agent is gone: close everything (E8, E9)
 * @tn: namespace
 * @reason: enum trustgate_reason
 *
 * Context: tn->lock.
 */
void tg_agent_lost(struct tg_net *tn, u32 reason)
{
	if (!tn->agent.session)
		return;
	WRITE_ONCE(tn->lease_until, jiffies);
	tg_event_agent(tn, TRUSTGATE_EVENT_AGENT_LOST, reason);
	memset(&tn->agent, 0, sizeof(tn->agent));
	tg_context_suspend_all(tn, reason, NULL);
}

static void tg_net_work(struct work_struct *work)
{
	struct tg_net *tn = container_of(to_delayed_work(work), struct tg_net, work);
	u64 now, next;

	if (READ_ONCE(tn->missed))
		tg_sa_rescan(tn);

	spin_lock_bh(&tn->lock);
	now = ktime_get_boottime_ns();
	tn->next_ns = U64_MAX;
	if (tn->agent.session && !tg_agent_live(tn))
		tg_agent_lost(tn, TRUSTGATE_REASON_LEASE);
	next = min(tg_context_tick(tn, now), tg_sa_tick(tn, now));
	if (tn->agent.session)
		next = min(next, tn->agent.lease_ns);
	if (next != U64_MAX)
		tg_kick(tn, next);
	spin_unlock_bh(&tn->lock);
}

static int tg_gate_on(struct tg_net *tn)
{
	int err;

	if (tn->hooked)
		return 0;
	err = tg_gate_hook(tn->net);
	if (!err)
		tn->hooked = true;
	return err;
}

static void tg_gate_off(struct tg_net *tn)
{
	if (tn->hooked)
		tg_gate_unhook(tn->net);
	tn->hooked = false;
	tg_sa_drop_all(tn);
	spin_lock_bh(&tn->lock);
	/* An agent stays registered, and goes on to use the gate once it is on again. */
	tn->used = tn->agent.session;
	tg_context_drop_all(tn);
	spin_unlock_bh(&tn->lock);
}

/**
 * tg_set_mode() - change what the gate does in a namespace
 * @tn: namespace
 * @new: enum trustgate_mode
 *
 * An enforcing namespace holds a reference to the module: without its hooks
 * everything would pass. What was held and is to be deleted has been by now.
 *
 * Context: process; the caller serialises.
 * Return: 0, or the error of the hooks, and nothing has changed.
 */
int tg_set_mode(struct tg_net *tn, u32 new)
{
	u32 old = tn->config.mode;
	int err;

	if (new == old)
		return 0;
	if (new != TRUSTGATE_MODE_OFF) {
		err = tg_gate_on(tn);
		if (err)
			return err;
	}
	if (new == TRUSTGATE_MODE_ENFORCE)
		__module_get(THIS_MODULE);
	WRITE_ONCE(tn->config.mode, new);
	if (new == TRUSTGATE_MODE_OFF)
		tg_gate_off(tn);
	else
		tg_sa_rescan(tn);
	if (old == TRUSTGATE_MODE_ENFORCE)
		module_put(THIS_MODULE);
	return 0;
}

/**
 * tg_start_afresh() - forget all that is known of a namespace's SAs and contexts
 * @tn: namespace whose scope has changed
 *
 * Each SA in scope is held and unbound then, as when the module was loaded. Whoever listens is
 * told of each that goes, and announces anew.
 *
 * Context: process; the caller serialises.
 */
void tg_start_afresh(struct tg_net *tn)
{
	tg_sa_drop_all(tn);
	spin_lock_bh(&tn->lock);
	tg_context_drop_all(tn);
	spin_unlock_bh(&tn->lock);
	if (tn->config.mode != TRUSTGATE_MODE_OFF)
		tg_sa_rescan(tn);
}

static const struct tg_config tg_config_default = {
	.mode		= TRUSTGATE_MODE_OFF,
	.t_bind_ms	= 10000,
	.t_verify_ms	= 30000,
	.grace_ms	= 0,
	.boot_bytes	= 64 * 1024,
	.boot_packets	= 200,
	.boot_attempts	= 3,
	.max_contexts	= 16384,
	.max_sas	= 65536,
};

static int __net_init tg_net_init(struct net *net)
{
	struct tg_net *tn = tg_pernet(net);
	int err;

	tn->stats = netdev_alloc_pcpu_stats(struct tg_stats);
	if (!tn->stats)
		return -ENOMEM;
	tn->net = net;
	tn->config = tg_config_default;
	tn->epoch = 1;	/* 0 is the epoch of what is closed */
	tn->lease_until = jiffies;
	tn->next_ns = U64_MAX;
	/* A generation of an earlier boot or of another namespace never fits. */
	tn->next_generation = get_random_u64() >> 2;
	tn->next_session = get_random_u64() >> 2;
	spin_lock_init(&tn->lock);
	xa_init_flags(&tn->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&tn->sas, XA_FLAGS_ALLOC1);
	hash_init(tn->by_spi);
	INIT_DELAYED_WORK(&tn->work, tg_net_work);
	err = tg_set_mode(tn, net_eq(net, &init_net) ? tg_mode_init : tg_mode_netns);
	if (err)
		free_percpu(tn->stats);
	return err;
}

static void __net_exit tg_net_exit(struct net *net)
{
	struct tg_net *tn = tg_pernet(net);
	struct tg_scopes *scopes;

	/* The timer is not started again once next_ns is 0. */
	cancel_delayed_work_sync(&tn->work);
	WRITE_ONCE(tn->next_ns, 0);
	cancel_delayed_work_sync(&tn->work);
	/* The mode stays: a packet that is still on its way is held. */
	tg_gate_off(tn);
	scopes = rcu_dereference_protected(tn->scopes, 1);
	RCU_INIT_POINTER(tn->scopes, NULL);
	synchronize_rcu();
	kfree(scopes);
	xa_destroy(&tn->contexts);
	xa_destroy(&tn->sas);
	free_percpu(tn->stats);
	if (tn->config.mode == TRUSTGATE_MODE_ENFORCE)
		module_put(THIS_MODULE);
}

static struct pernet_operations tg_net_ops = {
	.init	= tg_net_init,
	.exit	= tg_net_exit,
	.id	= &tg_net_id,
	.size	= sizeof(struct tg_net),
};

/* T_GRACE_AGENT bounds how long what is open outlives the agent's socket. */
static int tg_netlink_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct netlink_notify *n = data;
	struct tg_net *tn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	tn = tg_pernet(n->net);
	spin_lock_bh(&tn->lock);
	if (tn->agent.session && tn->agent.portid == n->portid) {
		u64 until = ktime_get_boottime_ns() + tn->config.grace_ms * (u64)NSEC_PER_MSEC;

		tn->agent.portid = 0;	/* the number may be given to another socket */
		if (!tn->config.grace_ms || !tg_agent_live(tn)) {
			tg_agent_lost(tn, TRUSTGATE_REASON_LEASE);
		} else if (until < tn->agent.lease_ns) {
			tn->agent.lease_ns = until;
			WRITE_ONCE(tn->lease_until,
				   jiffies + msecs_to_jiffies(tn->config.grace_ms));
			tg_kick(tn, until);
		}
	}
	spin_unlock_bh(&tn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block tg_netlink_nb = { .notifier_call = tg_netlink_event };

/* SEC-07: what was proven before a suspend is proven anew after it. */
static int tg_pm_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct net *net;

	if (event != PM_SUSPEND_PREPARE && event != PM_HIBERNATION_PREPARE &&
	    event != PM_POST_SUSPEND && event != PM_POST_HIBERNATION)
		return NOTIFY_DONE;
	down_read(&net_rwsem);
	for_each_net(net) {
		struct tg_net *tn = tg_pernet(net);

		spin_lock_bh(&tn->lock);
		tg_context_suspend_all(tn, TRUSTGATE_REASON_RESUME, NULL);
		tn->asleep = event == PM_SUSPEND_PREPARE || event == PM_HIBERNATION_PREPARE;
		if (!tn->asleep)
			tg_context_wake_all(tn);
		spin_unlock_bh(&tn->lock);
	}
	up_read(&net_rwsem);
	return NOTIFY_DONE;
}

static struct notifier_block tg_pm_nb = { .notifier_call = tg_pm_event };

static int __init tg_parse_mode(const char *param, const char *value, u32 *out)
{
	static const char * const names[] = { "off", "observe", "enforce" };
	int i = match_string(names, ARRAY_SIZE(names), value);

	if (i < 0) {
		pr_err("%s=%s: not enforce, observe or off\n", param, value);
		return -EINVAL;
	}
	*out = i;
	return 0;
}

static int __init tg_parse_modes(void)
{
	int err = tg_parse_mode("mode", mode, &tg_mode_init);

	tg_mode_netns = tg_mode_init;
	if (!err && *netns_mode)
		err = tg_parse_mode("netns_mode", netns_mode, &tg_mode_netns);
	return err;
}

/* States that came while the module was starting have no entry, and are held
 * for that; give them one.
 */
static void tg_rescan_all(void)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net) {
		struct tg_net *tn = tg_pernet(net);

		if (tn->config.mode != TRUSTGATE_MODE_OFF)
			tg_sa_rescan(tn);
	}
	up_read(&net_rwsem);
}

static int __init tg_init(void)
{
	int err;

	err = tg_parse_modes();
	if (err)
		return err;
	err = tg_sa_init();
	if (err)
		return err;
	err = register_pernet_subsys(&tg_net_ops);
	if (err)
		goto err_sa;
	err = tg_gate_init();
	if (err)
		goto err_net;
	tg_km_register();
	netlink_register_notifier(&tg_netlink_nb);
	register_pm_notifier(&tg_pm_nb);
	err = tg_netlink_init();
	if (err)
		goto err_km;
	tg_rescan_all();
	tg_set_nets_ready(true);
	pr_info("loaded, mode %s\n", mode);
	return 0;

err_km:
	unregister_pm_notifier(&tg_pm_nb);
	netlink_unregister_notifier(&tg_netlink_nb);
	tg_km_unregister();
	tg_gate_exit();
err_net:
	unregister_pernet_subsys(&tg_net_ops);
err_sa:
	rcu_barrier();
	tg_sa_exit();
	return err;
}

static void __exit tg_exit(void)
{
	tg_set_nets_ready(false);
	tg_netlink_exit();
	unregister_pm_notifier(&tg_pm_nb);
	netlink_unregister_notifier(&tg_netlink_nb);
	tg_km_unregister();
	tg_gate_exit();
	unregister_pernet_subsys(&tg_net_ops);
	/* Callbacks of entries, contexts and flows run module code. */
	rcu_barrier();
	tg_sa_exit();
}

module_init(tg_init);
module_exit(tg_exit);

MODULE_DESCRIPTION("Verify before user data: a gate on XFRM states");
MODULE_AUTHOR("The Trustgate authors");
MODULE_LICENSE("GPL");
