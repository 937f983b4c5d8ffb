// SPDX-License-Identifier: GPL-2.0-or-later
/* SAs and the bootstrap allowance. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "internal.h"

static int put_key(struct tg_req *req, const struct tg_sa_key *key)
{
	struct nlattr *nest;

	if (!tg_addr_len(key->family))
		return -EAFNOSUPPORT;
	nest = tg_req_nest(req, TRUSTGATE_A_BIND_SA);
	tg_req_u32(req, TRUSTGATE_A_SA_KEY_SPI, key->spi);
	tg_req_u8(req, TRUSTGATE_A_SA_KEY_PROTOCOL, key->protocol);
	tg_req_u16(req, TRUSTGATE_A_SA_KEY_FAMILY, key->family);
	tg_req_data(req, TRUSTGATE_A_SA_KEY_DADDR, key->daddr, tg_addr_len(key->family));
	tg_req_nest_end(req, nest);
	return 0;
}

int tg_sa_bind(struct tg *tg, const struct tg_context *c, const struct tg_sa_key *keys,
	       unsigned int n)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_SA_BIND, "sa bind");
	tg_req_u32(&req, TRUSTGATE_A_BIND_CONTEXT_ID, c->id);
	tg_req_u64(&req, TRUSTGATE_A_BIND_GENERATION, c->generation);
	tg_req_data(&req, TRUSTGATE_A_BIND_CERT_DIGEST, c->cert_digest, sizeof(c->cert_digest));
	for (unsigned int i = 0; i < n; i++) {
		if (put_key(&req, &keys[i])) {
			nlmsg_free(req.msg);
			return tg_set_error(tg, -EAFNOSUPPORT, "sa bind",
					    "an SA's address is neither IPv4 nor IPv6");
		}
	}
	return tg_req_send(&req, NULL, NULL);
}

int tg_sa_get(struct tg *tg, uint32_t id, struct tg_sa *out)
{
	struct tg_req req;

	memset(out, 0, sizeof(*out));
	tg_req_init(&req, tg, TRUSTGATE_CMD_SA_GET, "sa get");
	tg_req_u32(&req, TRUSTGATE_A_SA_ID, id);
	return tg_req_send(&req, tg_read_sa, out);
}

static int bootstrap(struct tg *tg, const struct tg_context *c, const int *fd,
		     const uint8_t *remote, uint16_t family, uint16_t port)
{
	struct tg_req req;

	if (!tg_addr_len(family))
		return tg_set_error(tg, -EAFNOSUPPORT, "bootstrap set",
				    "the responder's address is neither IPv4 nor IPv6");
	tg_req_init(&req, tg, TRUSTGATE_CMD_BOOTSTRAP_SET, "bootstrap set");
	tg_req_u32(&req, TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID, c->id);
	tg_req_u64(&req, TRUSTGATE_A_BOOTSTRAP_GENERATION, c->generation);
	if (fd)
		tg_req_data(&req, TRUSTGATE_A_BOOTSTRAP_SOCKFD, fd, sizeof(*fd));
	else
		tg_req_flag(&req, TRUSTGATE_A_BOOTSTRAP_FORWARD);
	tg_req_data(&req, TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR, remote, tg_addr_len(family));
	tg_req_u16(&req, TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT, htons(port));
	return tg_req_send(&req, NULL, NULL);
}

int tg_bootstrap_set(struct tg *tg, const struct tg_context *c, int fd,
		     const uint8_t *remote, uint16_t family, uint16_t port)
{
	return bootstrap(tg, c, &fd, remote, family, port);
}

int tg_bootstrap_forward(struct tg *tg, const struct tg_context *c,
			 const uint8_t *remote, uint16_t family, uint16_t port)
{
	return bootstrap(tg, c, NULL, remote, family, port);
}

int tg_sa_dump(struct tg *tg, struct tg_sa **out, size_t *n)
{
	struct tg_table t = { .size = sizeof(**out), .read = tg_read_sa };
	int rc = tg_dump(tg, TRUSTGATE_CMD_SA_GET, "sa dump", &t);

	*out = t.items;
	*n = t.n;
	return rc;
}

int tg_bootstrap_dump(struct tg *tg, struct tg_bootstrap **out, size_t *n)
{
	struct tg_table t = { .size = sizeof(**out), .read = tg_read_bootstrap };
	int rc = tg_dump(tg, TRUSTGATE_CMD_BOOTSTRAP_GET, "bootstrap dump", &t);

	*out = t.items;
	*n = t.n;
	return rc;
}
