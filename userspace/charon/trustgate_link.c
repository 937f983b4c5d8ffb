// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_link.h"

#include <collections/linked_list.h>
#include <errno.h>
#include <poll.h>
#include <processing/jobs/callback_job.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS	1000
#define HELLO_MS	3000
#define PING_MS		1000
/* A heart that misses this is dead. */
#define SILENCE_MS	5000
#define SEND_MS		1000
/* All of charon waits for a record: whatever the agent says, not longer. */
#define RECORD_MAX_MS	10000
/* Every IKE SA of a large SeGW is told at once. */
#define SEND_BUFFER	(8 << 20)

typedef struct private_trustgate_link_t private_trustgate_link_t;

/* Somebody in request(), on whose stack this lives. */
struct waiter {
	uint32_t seq;
	bool answered;
	struct tg_reply *reply;
};

struct private_trustgate_link_t {
	trustgate_link_t public;
	struct sockaddr_un addr;
	uint64_t instance;
	void (*up)(void *data);
	void (*staple)(void *data, const struct tg_staple *staple);
	void (*order)(void *data, const struct tg_order *order);
	void *data;

	/* All below, but for what only the job touches. */
	mutex_t *mutex;
	condvar_t *changed;
	linked_list_t *waiters;
	int fd;
	/* Of the connection, whether greeted or not; 0 when it is broken. */
	uint32_t connection;
	bool greeted;
	/* Outlives the connection: it is about agents that are not there. */
	bool required, devid, signs;
	struct tg_integrity integrity;
	uint32_t last_connection;
	uint32_t last_seq;
	bool stop;

	/* The job's own; complained changes with the mutex held as well. */
	int wake;
	uint32_t hello_seq;
	int64_t heard, pinged;
	bool complained;
	uint8_t buf[TG_WIRE_MAX];
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void wake_up(private_trustgate_link_t *this)
{
	uint64_t one = 1;

	while (write(this->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/*
 * Only the job closes the descriptor, so that nobody ever writes to one that
 * was reused. With the mutex held.
 */
static void break_off(private_trustgate_link_t *this, const char *why)
{
	if (!this->connection)
		return;
	/* One that turns us away each second is not logged each second. */
	if (this->greeted || !this->complained)
		DBG1(DBG_CFG, "trustgate: connection to the agent ends: %s (connecting again)",
		     why);
	this->complained = !this->greeted;
	this->connection = 0;
	this->greeted = FALSE;
	shutdown(this->fd, SHUT_RDWR);
	this->changed->broadcast(this->changed);
	wake_up(this);
}

static void lose(private_trustgate_link_t *this, const char *why)
{
	this->mutex->lock(this->mutex);
	break_off(this, why);
	this->mutex->unlock(this->mutex);
}

/*
 * Send once; with the mutex held. Return: 1 sent, 0 the socket is full, -1 not
 * sent, and then the connection is broken or the message impossible.
 */
static int try_send(private_trustgate_link_t *this, struct tg_msg *m, uint32_t seq)
{
	ssize_t n;

	if (!tg_msg_finish(m, seq)) {
		DBG1(DBG_CFG, "trustgate: a message is larger than %u octets and not sent: "
		     "what it tells of is not proven", TG_WIRE_MAX);
		return -1;
	}
	do {
		n = send(this->fd, m->buf, m->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)m->len)
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	break_off(this, n < 0 ? strerror(errno) : "a message was cut");
	return -1;
}

static uint32_t next_seq(private_trustgate_link_t *this)
{
	/* 0 is never one that somebody waits for. */
	if (++this->last_seq == 0)
		this->last_seq = 1;
	return this->last_seq;
}

static void wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	poll(&p, 1, timeout_ms);
}

/*
 * Send over the greeted connection. The mutex is free while the socket is full:
 * the job goes on reading replies, which is what empties it.
 */
static uint32_t transmit(private_trustgate_link_t *this, struct tg_msg *m, struct waiter *w)
{
	int64_t end = now_ms() + SEND_MS;
	uint32_t connection, seq;
	int sent, left;

	this->mutex->lock(this->mutex);
	connection = this->greeted ? this->connection : 0;
	seq = next_seq(this);
	if (w)
		w->seq = seq;
	while (connection) {
		sent = try_send(this, m, seq);
		if (sent < 0)
			connection = 0;
		if (sent)
			break;
		left = (int)(end - now_ms());
		if (left <= 0) {
			break_off(this, "it does not read");
			connection = 0;
			break;
		}
		this->mutex->unlock(this->mutex);
		wait_writable(this->fd, left);
		this->mutex->lock(this->mutex);
		if (this->connection != connection)
			connection = 0;
	}
	if (connection && w)
		this->waiters->insert_last(this->waiters, w);
	this->mutex->unlock(this->mutex);
	return connection;
}

METHOD(trustgate_link_t, generation, uint32_t, private_trustgate_link_t *this)
{
	uint32_t connection;

	this->mutex->lock(this->mutex);
	connection = this->greeted ? this->connection : 0;
	this->mutex->unlock(this->mutex);
	return connection;
}

METHOD(trustgate_link_t, required, bool, private_trustgate_link_t *this)
{
	bool required;

	this->mutex->lock(this->mutex);
	required = this->required;
	this->mutex->unlock(this->mutex);
	return required;
}

METHOD(trustgate_link_t, devid, bool, private_trustgate_link_t *this)
{
	bool devid;

	this->mutex->lock(this->mutex);
	devid = this->devid;
	this->mutex->unlock(this->mutex);
	return devid;
}

METHOD(trustgate_link_t, signs, bool, private_trustgate_link_t *this)
{
	bool signs;

	this->mutex->lock(this->mutex);
	signs = this->signs;
	this->mutex->unlock(this->mutex);
	return signs;
}

METHOD(trustgate_link_t, integrity, struct tg_integrity, private_trustgate_link_t *this)
{
	struct tg_integrity integrity;

	this->mutex->lock(this->mutex);
	integrity = this->integrity;
	this->mutex->unlock(this->mutex);
	return integrity;
}

METHOD(trustgate_link_t, send_, uint32_t, private_trustgate_link_t *this, struct tg_msg *m)
{
	uint32_t connection = m ? transmit(this, m, NULL) : 0;

	free(m);
	return connection;
}

METHOD(trustgate_link_t, request, uint32_t, private_trustgate_link_t *this, struct tg_msg *m,
       unsigned int timeout_ms, struct tg_reply *reply)
{
	struct waiter w = { .reply = reply };
	int64_t end = now_ms() + timeout_ms, left;
	uint32_t connection = m ? transmit(this, m, &w) : 0;

	free(m);
	if (!connection)
		return 0;
	this->mutex->lock(this->mutex);
	while (!w.answered && this->connection == connection) {
		left = end - now_ms();
		if (left <= 0) {
			break_off(this, "no answer in time");
			break;
		}
		this->changed->timed_wait(this->changed, this->mutex, (u_int)left);
	}
	this->waiters->remove(this->waiters, &w, NULL);
	this->mutex->unlock(this->mutex);
	return w.answered ? connection : 0;
}

/* --- the job ---------------------------------------------------------------- */

static bool peer_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return FALSE;
	return peer.uid == 0 || peer.uid == geteuid();
}

/* Said once each time it goes, not once a second. */
static void complain(private_trustgate_link_t *this, const char *why)
{
	if (!this->complained)
		DBG1(DBG_CFG, "trustgate: no agent at %s: %s (nothing is proven of any "
		     "peer; is trustgated running?)", this->addr.sun_path, why);
	this->complained = TRUE;
}

static int open_socket(private_trustgate_link_t *this)
{
	int size = SEND_BUFFER;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		complain(this, strerror(errno));
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&this->addr, sizeof(this->addr))) {
		complain(this, strerror(errno));
		close(fd);
		return -1;
	}
	if (!peer_is_trusted(fd)) {
		complain(this, "who listens there is neither root nor charon's own user");
		close(fd);
		return -1;
	}
	/* Without the privilege for it the default has to do. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

/* As the job: not for a greeted connection only. */
static uint32_t say(private_trustgate_link_t *this, struct tg_msg *m)
{
	uint32_t seq = 0;

	this->mutex->lock(this->mutex);
	if (m && this->connection) {
		seq = next_seq(this);
		/* A full socket is seen by the silence that follows. */
		if (try_send(this, m, seq) < 0)
			seq = 0;
	}
	this->mutex->unlock(this->mutex);
	free(m);
	return seq;
}

static struct tg_msg *hello(private_trustgate_link_t *this)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_HELLO);
	char text[64];

	if (!m)
		return NULL;
	snprintf(text, sizeof(text), "%s %s", lib->ns, VERSION);
	tg_msg_put_u64(m, TG_WIRE_INSTANCE, this->instance);
	tg_msg_put_text(m, TG_WIRE_TEXT, text);
	return m;
}

static bool attach(private_trustgate_link_t *this)
{
	int fd = open_socket(this);

	if (fd < 0)
		return FALSE;
	this->mutex->lock(this->mutex);
	this->fd = fd;
	if (++this->last_connection == 0)
		this->last_connection = 1;
	this->connection = this->last_connection;
	this->greeted = FALSE;
	this->mutex->unlock(this->mutex);
	this->heard = this->pinged = now_ms();
	this->hello_seq = say(this, hello(this));
	return TRUE;
}

static void detach(private_trustgate_link_t *this)
{
	this->mutex->lock(this->mutex);
	this->connection = 0;
	this->greeted = FALSE;
	close(this->fd);
	this->fd = -1;
	this->changed->broadcast(this->changed);
	this->mutex->unlock(this->mutex);
}

static struct tg_integrity integrity_of(const struct tg_reply *reply)
{
	return (struct tg_integrity){
		.mode = reply->mode, .notify = (notify_type_t)reply->notify,
		.wait_ms = min(reply->wait_ms, RECORD_MAX_MS),
	};
}

static void greeted(private_trustgate_link_t *this, const struct tg_reply *reply)
{
	if (reply->status) {
		if (!this->complained)
			DBG1(DBG_CFG, "trustgate: the agent turns charon away: %s", reply->text);
		lose(this, "turned away");
		return;
	}
	this->mutex->lock(this->mutex);
	this->greeted = this->connection != 0;
	this->required = reply->flags & TG_WIRE_FLAG_REQUIRED;
	this->devid = reply->flags & TG_WIRE_FLAG_DEVID;
	this->signs = reply->flags & TG_WIRE_FLAG_SIGNS;
	this->integrity = integrity_of(reply);
	this->complained = FALSE;
	this->mutex->unlock(this->mutex);
	this->hello_seq = 0;
	DBG1(DBG_CFG, "trustgate: connected to the agent at %s", this->addr.sun_path);
	this->up(this->data);
	/* From now on charon does what the agent wants, who waits to hear that. */
	this->pinged = now_ms();
	say(this, tg_msg_create(TG_WIRE_PING));
}

static void deliver(private_trustgate_link_t *this, const struct tg_reply *reply)
{
	enumerator_t *enumerator;
	struct waiter *w;
	bool found = FALSE;

	if (this->hello_seq && reply->seq == this->hello_seq) {
		greeted(this, reply);
		return;
	}
	this->mutex->lock(this->mutex);
	enumerator = this->waiters->create_enumerator(this->waiters);
	while (!found && enumerator->enumerate(enumerator, &w)) {
		if (w->seq != reply->seq)
			continue;
		*w->reply = *reply;
		w->answered = found = TRUE;
	}
	enumerator->destroy(enumerator);
	if (found)
		this->changed->broadcast(this->changed);
	this->mutex->unlock(this->mutex);
	if (!found && reply->status)
		DBG1(DBG_CFG, "trustgate: the agent says: %s (%s)", reply->text,
		     strerror((int)reply->status));
}

/* Return: what is wrong with the message. */
static const char *take(private_trustgate_link_t *this, size_t len)
{
	struct tg_staple staple;
	struct tg_order order;
	struct tg_reply reply;
	const char *why;

	if (len > sizeof(this->buf))
		return "longer than a message can be";
	if (tg_msg_type(this->buf, len) == TG_WIRE_STAPLE) {
		why = tg_msg_parse_staple(this->buf, len, &staple);
		if (!why)
			this->staple(this->data, &staple);
		return why;
	}
	if (tg_msg_type(this->buf, len) == TG_WIRE_SEND) {
		why = tg_msg_parse_order(this->buf, len, &order);
		if (!why)
			this->order(this->data, &order);
		return why;
	}
	why = tg_msg_parse_reply(this->buf, len, &reply);
	if (!why)
		deliver(this, &reply);
	return why;
}

static void receive(private_trustgate_link_t *this)
{
	const char *why;
	ssize_t n = recv(this->fd, this->buf, sizeof(this->buf), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		lose(this, n ? strerror(errno) : "the agent closed it");
		return;
	}
	this->heard = now_ms();
	why = take(this, (size_t)n);
	if (why) {
		DBG1(DBG_CFG, "trustgate: a bad message from the agent: %s", why);
		lose(this, "bad message");
	}
}

static void beat(private_trustgate_link_t *this)
{
	int64_t now = now_ms();

	if (now - this->heard >= (this->hello_seq ? HELLO_MS : SILENCE_MS)) {
		lose(this, "the agent is silent");
	} else if (!this->hello_seq && now - this->pinged >= PING_MS) {
		this->pinged = now;
		say(this, tg_msg_create(TG_WIRE_PING));
	}
}

static bool is_alive(private_trustgate_link_t *this)
{
	bool alive;

	this->mutex->lock(this->mutex);
	alive = this->connection && !this->stop;
	this->mutex->unlock(this->mutex);
	return alive;
}

/* Until something is to read, it is time to beat, or somebody woke us. */
static bool wait_readable(private_trustgate_link_t *this, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = this->wake, .events = POLLIN },
		{ .fd = this->fd, .events = POLLIN },
	};
	uint64_t count;

	if (poll(p, countof(p), timeout_ms) <= 0)
		return FALSE;
	if (p[0].revents && read(this->wake, &count, sizeof(count)) < 0)
		return FALSE;
	return p[1].revents != 0;
}

static job_requeue_t run(private_trustgate_link_t *this)
{
	int64_t end;
	bool stop;

	if (attach(this)) {
		while (is_alive(this)) {
			if (wait_readable(this, PING_MS / 4))
				receive(this);
			beat(this);
		}
		detach(this);
	}
	end = now_ms() + RETRY_MS;
	do {
		this->mutex->lock(this->mutex);
		stop = this->stop;
		this->mutex->unlock(this->mutex);
		if (!stop)
			wait_readable(this, RETRY_MS / 4);
	} while (!stop && now_ms() < end);
	return stop ? JOB_REQUEUE_NONE : JOB_REQUEUE_DIRECT;
}

static bool cancel(private_trustgate_link_t *this)
{
	this->mutex->lock(this->mutex);
	this->stop = TRUE;
	this->mutex->unlock(this->mutex);
	wake_up(this);
	return TRUE;
}

METHOD(trustgate_link_t, start, void, private_trustgate_link_t *this, void (*up)(void *data),
       void (*staple)(void *data, const struct tg_staple *staple),
       void (*order)(void *data, const struct tg_order *order), void *data)
{
	this->up = up;
	this->staple = staple;
	this->order = order;
	this->data = data;
	lib->processor->queue_job(lib->processor, (job_t *)
		callback_job_create_with_prio((callback_job_cb_t)run, this, NULL,
					      (callback_job_cancel_t)cancel, JOB_PRIO_CRITICAL));
}

METHOD(trustgate_link_t, destroy, void, private_trustgate_link_t *this)
{
	close(this->wake);
	this->waiters->destroy(this->waiters);
	this->changed->destroy(this->changed);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_link_t *trustgate_link_create(const char *path)
{
	private_trustgate_link_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.generation = _generation,
			.required = _required,
			.integrity = _integrity,
			.devid = _devid,
			.signs = _signs,
			.send = _send_,
			.request = _request,
			.destroy = _destroy,
		},
		.addr = { .sun_family = AF_UNIX },
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.changed = condvar_create(CONDVAR_TYPE_DEFAULT),
		.waiters = linked_list_create(),
		.fd = -1,
		.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	);
	if (strlen(path) >= sizeof(this->addr.sun_path)) {
		DBG1(DBG_CFG, "trustgate: socket: the path is longer than %zu octets (shorten it)",
		     sizeof(this->addr.sun_path) - 1);
	} else if (this->wake < 0 ||
		   getrandom(&this->instance, sizeof(this->instance), 0) !=
		   (ssize_t)sizeof(this->instance)) {
		DBG1(DBG_CFG, "trustgate: cannot start: %s", strerror(errno));
	} else {
		memcpy(this->addr.sun_path, path, strlen(path) + 1);
		return &this->public;
	}
	destroy(this);
	return NULL;
}
