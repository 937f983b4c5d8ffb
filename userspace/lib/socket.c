// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection to the gate of a network namespace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include "internal.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

/*
 * All of these are old enough for every kernel supported; should one be refused
 * errors lose their words or replies grow, and nothing else breaks.
 */
static void set_options(struct nl_sock *sk)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	int one = 1;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, options[i], &one, sizeof(one));
}

/*
 * A module that was replaced has another number for its family: what is sent under the old
 * one gets -ENOENT, as does what names something that is not there.
 */
bool tg_family_moved(struct tg *tg)
{
	struct nl_sock *sk = nl_socket_alloc();
	int family = sk && !genl_connect(sk) ? genl_ctrl_resolve(sk, TRUSTGATE_FAMILY_NAME) : -1;

	if (sk)
		nl_socket_free(sk);
	tg->absent = family == -NLE_OBJ_NOTFOUND;
	if (family < 0 || family == tg->family)
		return false;
	tg->family = family;
	tg->modules++;
	return true;
}

unsigned int tg_modules(const struct tg *tg)
{
	return tg->modules;
}

static int connect_genl(struct tg *tg)
{
	int rc;

	tg->sk = nl_socket_alloc();
	if (!tg->sk)
		return tg_set_error(tg, -ENOMEM, "netlink", NULL);
	rc = genl_connect(tg->sk);
	if (rc < 0)
		return tg_set_error(tg, tg_from_nle(rc), "netlink", nl_geterror(rc));
	tg->family = genl_ctrl_resolve(tg->sk, TRUSTGATE_FAMILY_NAME);
	if (tg->family < 0) {
		rc = tg_from_nle(tg->family);
		return tg_set_error(tg, rc, "kernel", rc == -ENOENT ?
				    TG_NO_MODULE : NULL);
	}
	/* Only now: libnl does not expect the options in its own exchange. */
	set_options(tg->sk);
	return 0;
}

int tg_open(struct tg **out, char *err, size_t errlen)
{
	struct tg *tg = calloc(1, sizeof(*tg));
	struct tg_config probe;
	int rc;

	*out = NULL;
	if (!tg) {
		if (err)
			tg_explain(err, errlen, "netlink", -ENOMEM, NULL);
		return -ENOMEM;
	}
	rc = connect_genl(tg);
	/* Anyone may resolve the family; only an answer shows the permission. */
	if (!rc)
		rc = tg_config_get(tg, &probe);
	if (rc == -EPERM || rc == -EACCES)
		rc = tg_set_error(tg, -EPERM, "kernel", NULL);
	if (rc) {
		if (err)
			snprintf(err, errlen, "%s", tg->error);
		tg_close(tg);
		return rc;
	}
	*out = tg;
	return 0;
}

void tg_close(struct tg *tg)
{
	if (!tg)
		return;
	nl_socket_free(tg->sk);
	free(tg);
}
