// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transport tcp: the device connects to the verifier from its inner address, through an
 * SA of the IKE SA that is asked about and through nothing else: a policy of the socket's
 * own drops what would leave by another way. It listens nowhere.
 *
 * Each message has its length before it, in two octets. The device says which IKE SA it
 * means (version 1, SPIi, SPIr), the verifier sends its challenge, the device its proof,
 * and the verifier closes. Each connection has a challenge of its own, so that who
 * connects in a device's name takes none from it.
 */
#include "agent/devid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/log.h"

#define HELLO_VERSION	1
#define HELLO_LEN	17
#define LINKS_MAX	64
#define CONNECT_MS	15000	/* to connect, and be asked */
#define EXPECT_MS	60000	/* for a device to connect, once its IKE SA is open */
#define RETRY_MIN_MS	1000
#define RETRY_MAX_MS	300000

struct devid_link {
	struct watch watch;
	struct timer timer;
	struct context *c;		/* verifier: NULL until the device has said */
	struct config_addr from;	/* verifier: whose connection it is */
	struct devid_issued issued;	/* verifier */
	uint32_t retry_ms;		/* device: before the next try */
	bool connected, answered;	/* device */
	uint8_t in[2 + TG_WIRE_DATA_MAX];
	size_t have;
};

static struct watch listener = { .fd = -1 };
static struct devid_link links[LINKS_MAX];	/* of the verifier */

/* --- messages ----------------------------------------------------------------------- */

/* A new connection has room for one. */
static bool put(int fd, const uint8_t *data, size_t len)
{
	uint8_t buf[2 + TG_WIRE_DATA_MAX] = { (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(buf + 2, data, len);
	return send(fd, buf, len + 2, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)(len + 2);
}

/* What came: 1 a whole message in @out, 0 not yet, -1 the end, or nothing we know. */
static int take(struct devid_link *l, struct pki_der *out)
{
	ssize_t n = recv(l->watch.fd, l->in + l->have, sizeof(l->in) - l->have, MSG_DONTWAIT);
	size_t len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	l->have += (size_t)n;
	if (l->have < 2)
		return 0;
	len = (size_t)l->in[0] << 8 | l->in[1];
	if (!len || len > TG_WIRE_DATA_MAX || l->have > len + 2)
		return -1;
	if (l->have < len + 2)
		return 0;
	*out = (struct pki_der){ l->in + 2, len };
	l->have = 0;
	return 1;
}

static socklen_t set_addr(struct sockaddr_storage *ss, const struct config_addr *a, uint16_t port)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = a->family;
	if (a->family == AF_INET) {
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, a->addr, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, a->addr, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

/* --- the device ---------------------------------------------------------------------- */

/* The CHILD_SA that carries packets; NULL: none does. */
static const struct child *carrier(const struct context *c)
{
	for (size_t i = 0; i < c->nchildren; i++)
		if (c->children[i].id && c->children[i].up && c->children[i].remote.family)
			return &c->children[i];
	return NULL;
}

/*
 * PRIV-02: out of this socket only through ESP of that CHILD_SA; the kernel drops what it
 * has no such state for.
 */
static int only_through(int fd, const struct child *child, uint16_t family)
{
	struct {
		struct xfrm_userpolicy_info info;
		struct xfrm_user_tmpl tmpl;
	} p = {
		.info = {
			.sel.family = family, .dir = XFRM_POLICY_OUT, .action = XFRM_POLICY_ALLOW,
			.lft = { XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 },
		},
		.tmpl = {
			.id.proto = IPPROTO_ESP, .family = child->remote.family,
			.reqid = child->reqid, .mode = XFRM_MODE_TUNNEL,
			.aalgos = ~0u, .ealgos = ~0u, .calgos = ~0u,
		},
	};

	memcpy(&p.tmpl.id.daddr, child->remote.addr, sizeof(child->remote.addr));
	memcpy(&p.tmpl.saddr, child->local.addr, sizeof(child->local.addr));
	return family == AF_INET ?
	       setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &p, sizeof(p)) :
	       setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, &p, sizeof(p));
}

static bool inner_addr(const struct context *c, uint16_t family, struct config_addr *out)
{
	for (size_t i = 0; i < c->nvips; i++) {
		if (c->vips[i].family != family)
			continue;
		out->family = family;
		memcpy(out->addr, c->vips[i].addr, sizeof(out->addr));
		return true;
	}
	return false;
}

static void connect_again(struct timer *t);

/* @why NULL: what was to be done is done. */
static void end(struct devid_link *l, const char *why)
{
	watch_close(&l->watch);
	timer_stop(&l->timer);
	l->connected = false;
	l->have = 0;
	if (!why)
		return;
	log_say(LOG_WARNING, "devid-link", why, "can the verifier be reached through the tunnel? "
		"see [devid] verifier; it is tried again");
	timer_start(&l->timer, l->retry_ms, connect_again);
	l->retry_ms = l->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : l->retry_ms * 2;
}

static void late(struct timer *t)
{
	end(container_of(t, struct devid_link, timer), "the verifier did not ask in time");
}

static void deliver(struct context *c, const uint8_t *proof, size_t len)
{
	struct devid_link *l = c->devid->link;

	if (!l || l->watch.fd < 0)
		return;
	l->answered = put(l->watch.fd, proof, len);
	if (!l->answered)
		end(l, "the proof could not be sent");
}

static bool say_hello(struct devid_link *l)
{
	uint8_t hello[HELLO_LEN] = { HELLO_VERSION };

	memcpy(hello + 1, l->c->binding.spi_i, 8);
	memcpy(hello + 9, l->c->binding.spi_r, 8);
	return put(l->watch.fd, hello, sizeof(hello));
}

static void device_ready(struct watch *w, uint32_t events)
{
	struct devid_link *l = container_of(w, struct devid_link, watch);
	struct pki_der data;
	socklen_t size = sizeof(int);
	int err = 0, got;

	(void)events;
	if (!l->connected) {
		if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &err, &size) || err) {
			end(l, strerror(err));
			return;
		}
		l->connected = true;
		watch_events(w, EPOLLIN);
		if (!say_hello(l))
			end(l, "the verifier could not be greeted");
		return;
	}
	got = take(l, &data);
	if (got < 0)
		end(l, l->answered ? NULL : "the verifier closed the connection");
	else if (got)
		devid_prove(l->c, data, deliver);
}

static void connect_now(struct devid_link *l)
{
	const struct config_endpoint *to = &conf.devid.verifier;
	const struct child *child = carrier(l->c);
	struct sockaddr_storage ss;
	struct config_addr from;
	socklen_t len;
	int fd;

	/* Not in clear, and not before it is known by which SA. */
	if (!child || !inner_addr(l->c, to->addr.family, &from)) {
		end(l, "no CHILD_SA, or no inner address of the verifier's family");
		return;
	}
	fd = socket(to->addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	len = set_addr(&ss, &from, 0);
	if (fd < 0 || only_through(fd, child, to->addr.family) ||
	    bind(fd, (struct sockaddr *)&ss, len))
		goto failed;
	len = set_addr(&ss, &to->addr, to->port);
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		goto failed;
	if (watch_start(&l->watch, fd, EPOLLOUT, device_ready))
		goto failed;
	timer_start(&l->timer, CONNECT_MS, late);
	return;
failed:
	end(l, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void connect_again(struct timer *t)
{
	struct devid_link *l = container_of(t, struct devid_link, timer);

	if (l->watch.fd < 0 && devid_ready(l->c))
		connect_now(l);
	else
		timer_start(t, l->retry_ms, connect_again);
}

static void device_progress(struct context *c)
{
	struct devid_link *l = c->devid->link;

	if (l || !devid_ready(c) || !c->devid->channel_known)
		return;
	l = calloc(1, sizeof(*l));
	if (!l)
		return;
	l->c = c;
	l->watch.fd = -1;
	l->retry_ms = RETRY_MIN_MS;
	c->devid->link = l;
	connect_now(l);
}

/* --- the verifier ---------------------------------------------------------------------- */

static void drop(struct devid_link *l)
{
	watch_close(&l->watch);
	timer_stop(&l->timer);
	l->c = NULL;
	l->have = 0;
}

static void overdue(struct timer *t)
{
	drop(container_of(t, struct devid_link, timer));
}

/* Who says a device's SPIs, which go over the air in clear, has to have its address too. */
static struct context *whose(const struct devid_link *l, struct pki_der hello)
{
	struct context *c;

	if (hello.len != HELLO_LEN || hello.data[0] != HELLO_VERSION)
		return NULL;
	c = context_by_spis(hello.data + 1, hello.data + 9);
	for (size_t i = 0; c && i < c->nvips; i++)
		if (c->vips[i].family == l->from.family &&
		    !memcmp(c->vips[i].addr, l->from.addr, sizeof(l->from.addr)))
			return c;
	return NULL;
}

/* DID-X-02: before the gate is open there is nothing to talk about. */
static void greeted(struct devid_link *l, struct pki_der hello)
{
	struct context *c = whose(l, hello);
	uint8_t msg[CHALLENGE_LEN];

	if (!c || !c->devid || !devid_ready(c)) {
		devid_count.early += c != NULL;
		devid_count.stray += c == NULL;
		log_say(LOG_WARNING, "devid-stray", c ? "connected before the gate is open" :
			"names no IKE SA, or connects from another address than that has", NULL);
		drop(l);
		return;
	}
	l->c = c;
	if (!devid_challenge(c, &l->issued, msg) || !put(l->watch.fd, msg, sizeof(msg)))
		drop(l);
	else
		timer_start(&l->timer, CHALLENGE_LIFE_MS, overdue);
}

static void verifier_ready(struct watch *w, uint32_t events)
{
	struct devid_link *l = container_of(w, struct devid_link, watch);
	struct pki_der data;
	int got = take(l, &data);

	(void)events;
	if (got < 0) {
		drop(l);
	} else if (got && !l->c) {
		greeted(l, data);
	} else if (got) {
		devid_answered(l->c, &l->issued, data);
		drop(l);
	}
}

static void source_of(const struct sockaddr_storage *ss, struct config_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->family = ss->ss_family;
	if (ss->ss_family == AF_INET)
		memcpy(out->addr, &((const struct sockaddr_in *)ss)->sin_addr, 4);
	else
		memcpy(out->addr, &((const struct sockaddr_in6 *)ss)->sin6_addr, 16);
}

static void incoming(struct watch *w, uint32_t events)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	int fd = accept4(w->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct devid_link *l = NULL;

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < LINKS_MAX && !l; i++)
		if (links[i].watch.fd < 0)
			l = &links[i];
	if (!l || watch_start(&l->watch, fd, EPOLLIN, verifier_ready)) {
		close(fd);
		return;
	}
	source_of(&ss, &l->from);
	timer_start(&l->timer, CONNECT_MS, overdue);
}

static int listen_on(const struct config_endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = set_addr(&ss, &at->addr, at->port);
	int fd = socket(at->addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&ss, len) && !listen(fd, LINKS_MAX) &&
	    !watch_start(&listener, fd, EPOLLIN, incoming))
		return 0;
	log_say(LOG_ERR, "devid-listen", strerror(errno),
		"see [devid] listen: an address of this SeGW, and a port nobody has");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* --- both ----------------------------------------------------------------------------- */

int devid_tcp_start(void)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		links[i].watch.fd = -1;
	return conf.agent.role == CONFIG_ROLE_SEGW ? listen_on(&conf.devid.listen) : 0;
}

void devid_tcp_stop(void)
{
	watch_close(&listener);
}

void devid_tcp_progress(struct context *c)
{
	if (conf.agent.role == CONFIG_ROLE_HENB)
		device_progress(c);
	else if (!c->devid->asked && devid_ready(c))
		devid_expect(c, EXPECT_MS);
}

void devid_tcp_forget(struct context *c)
{
	struct devid_link *l = c->devid->link;

	for (size_t i = 0; i < LINKS_MAX && listener.fd >= 0; i++)
		if (links[i].c == c)
			drop(&links[i]);
	if (!l)
		return;
	watch_close(&l->watch);
	timer_stop(&l->timer);
	free(l);
	c->devid->link = NULL;
}
