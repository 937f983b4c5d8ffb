// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reading half of the library on messages made by hand: what a kernel of
 * another release, or a broken one, might send. No gate needed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "../lib/tap.h"
#include "lib/internal.h"

static struct nl_msg *message(int type, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, type, 0, flags, TRUSTGATE_CMD_CONTEXT_GET, 1);
	return msg;
}

static int read_and_free(struct nl_msg *msg, tg_reply_fn fn, void *out)
{
	int rc = fn(nlmsg_hdr(msg), out);

	nlmsg_free(msg);
	return rc;
}

static void put_evidence(struct nl_msg *msg, uint32_t kind, uint32_t result)
{
	struct nlattr *nest = nla_nest_start(msg, TRUSTGATE_A_CONTEXT_EVIDENCE | NLA_F_NESTED);

	nla_put_u32(msg, TRUSTGATE_A_EVIDENCE_KIND, kind);
	nla_put_u32(msg, TRUSTGATE_A_EVIDENCE_RESULT, result);
	nla_put_string(msg, TRUSTGATE_A_EVIDENCE_DETAIL, "rule");
	nla_nest_end(msg, nest);
}

static void test_context(void)
{
	struct tg_context c = { 0 };
	struct nl_msg *msg = message(20, 0);
	char digest[TRUSTGATE_DIGEST_LEN];
	int rc;

	memset(digest, 7, sizeof(digest));
	nla_put_u32(msg, TRUSTGATE_A_CONTEXT_ID, 5);
	nla_put_u64(msg, TRUSTGATE_A_CONTEXT_GENERATION, 1ull << 40);
	nla_put(msg, TRUSTGATE_A_CONTEXT_CERT_DIGEST, sizeof(digest), digest);
	nla_put_string(msg, TRUSTGATE_A_CONTEXT_PEER, "segw");
	put_evidence(msg, TRUSTGATE_EVIDENCE_KIND_AUTHZ, TRUSTGATE_RESULT_BAD);
	put_evidence(msg, TRUSTGATE_EVIDENCE_KIND_REVOCATION, TRUSTGATE_RESULT_GOOD);
	rc = read_and_free(msg, tg_read_context, &c);
	tap_ok(!rc && c.id == 5 && c.generation == 1ull << 40 && c.cert_digest[31] == 7 &&
	       !strcmp(c.peer, "segw"), "a context is read");
	tap_ok(c.evidence[TRUSTGATE_EVIDENCE_KIND_AUTHZ].result == TRUSTGATE_RESULT_BAD &&
	       c.evidence[TRUSTGATE_EVIDENCE_KIND_REVOCATION].present &&
	       !c.evidence[TRUSTGATE_EVIDENCE_KIND_INTEGRITY].present,
	       "each of several proofs is read");
}

static void test_bad_contexts(void)
{
	char text[400];
	struct tg_context c = { 0 };
	struct nl_msg *msg = message(20, 0);

	put_evidence(msg, TG_KINDS, 0);
	tap_ok(read_and_free(msg, tg_read_context, &c) == -EBADMSG, "an unknown proof is refused");
	msg = message(20, 0);
	nla_put(msg, TRUSTGATE_A_CONTEXT_CERT_DIGEST, 31, text);
	tap_ok(read_and_free(msg, tg_read_context, &c) == -EBADMSG, "a short digest is refused");
	msg = message(20, 0);
	nla_put(msg, TRUSTGATE_A_CONTEXT_ID, 2, text);
	tap_ok(read_and_free(msg, tg_read_context, &c) == -EBADMSG, "a short number is refused");
	msg = message(20, 0);
	memset(text, 'x', sizeof(text));
	nla_put(msg, TRUSTGATE_A_CONTEXT_PEER, sizeof(text), text);
	tap_ok(read_and_free(msg, tg_read_context, &c) == -EBADMSG,
	       "a text without its NUL is refused");
	msg = message(20, 0);
	text[sizeof(text) - 1] = '\0';
	nla_put(msg, TRUSTGATE_A_CONTEXT_PEER, sizeof(text), text);
	tap_ok(!read_and_free(msg, tg_read_context, &c) &&
	       strlen(c.peer) == TRUSTGATE_TEXT_MAX, "a long text is cut");
}

static void test_sa(void)
{
	const uint8_t v6[16] = { 0x20, 0x01, [15] = 9 };
	struct tg_sa s = { 0 };
	struct nl_msg *msg = message(20, 0);

	nla_put_u32(msg, TRUSTGATE_A_SA_SPI, htonl(0xc1234567));
	nla_put_u16(msg, TRUSTGATE_A_SA_FAMILY, AF_INET6);
	nla_put(msg, TRUSTGATE_A_SA_DADDR, 16, v6);
	tap_ok(!read_and_free(msg, tg_read_sa, &s) && ntohl(s.key.spi) == 0xc1234567 &&
	       !memcmp(s.key.daddr, v6, 16), "an SA is read");
	msg = message(20, 0);
	nla_put_u16(msg, TRUSTGATE_A_SA_FAMILY, AF_INET);
	nla_put(msg, TRUSTGATE_A_SA_DADDR, 16, v6);
	tap_ok(read_and_free(msg, tg_read_sa, &s) == -EBADMSG,
	       "an address that does not fit its family is refused");
	msg = message(20, 0);
	nla_put(msg, TRUSTGATE_A_SA_DADDR, 16, v6);
	memset(&s, 0, sizeof(s));
	tap_ok(read_and_free(msg, tg_read_sa, &s) == -EBADMSG,
	       "an address without a family is refused");
}

static void test_config(void)
{
	struct tg_config c = { 0 };
	struct nl_msg *msg = message(20, 0);
	struct nlattr *nest = nla_nest_start(msg, TRUSTGATE_A_CONFIG_SCOPE | NLA_F_NESTED);

	nla_put_u32(msg, TRUSTGATE_A_SCOPE_REQID_MIN, 7);
	nla_nest_end(msg, nest);
	tap_ok(!read_and_free(msg, tg_read_config, &c) && c.nscopes == 1 &&
	       c.scopes[0].reqid_min == 7 && c.scopes[0].reqid_max == UINT32_MAX &&
	       c.scopes[0].if_id_min == 0 && c.scopes[0].if_id_max == UINT32_MAX &&
	       !c.scopes[0].mark_mask, "bounds that are absent mean any");
	memset(&c, 0, sizeof(c));
	msg = message(20, 0);
	for (int i = 0; i <= TG_SCOPES_MAX; i++) {
		nest = nla_nest_start(msg, TRUSTGATE_A_CONFIG_SCOPE | NLA_F_NESTED);
		nla_put_u32(msg, TRUSTGATE_A_SCOPE_REQID_MIN, 7);
		nla_nest_end(msg, nest);
	}
	tap_ok(read_and_free(msg, tg_read_config, &c) == -EBADMSG, "too many scopes are refused");
}

/* An answer of the kernel: struct nlmsgerr, then attributes. */
static struct nl_msg *error_message(int err, bool capped)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlmsgerr e = { .error = err };

	nlmsg_put(msg, 0, 0, NLMSG_ERROR, 0, NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0));
	e.msg.nlmsg_len = NLMSG_HDRLEN + 8;
	nlmsg_append(msg, &e, sizeof(e), NLMSG_ALIGNTO);
	if (!capped)
		nlmsg_append(msg, "payload", 8, NLMSG_ALIGNTO);
	return msg;
}

static void test_extack(void)
{
	struct nl_msg *request = message(20, 0), *msg;
	char buf[64];

	nla_put_u32(request, TRUSTGATE_A_CONFIG_GRACE_MS, 1);
	for (int capped = 0; capped < 2; capped++) {
		msg = error_message(-EINVAL, capped);
		nla_put_string(msg, NLMSGERR_ATTR_MSG, "too late (start sooner)");
		tg_extack(nlmsg_hdr(msg), nlmsg_hdr(request), buf, sizeof(buf));
		tap_ok(!strcmp(buf, "too late (start sooner)"), "extended ack, %s",
		       capped ? "capped" : "with the request echoed");
		nlmsg_free(msg);
	}
	msg = error_message(-ERANGE, true);
	nla_put_string(msg, NLMSGERR_ATTR_MSG, "integer out of range");
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, NLMSG_HDRLEN + GENL_HDRLEN);
	nla_put(msg, NLMSGERR_ATTR_POLICY, 0, NULL);
	tg_extack(nlmsg_hdr(msg), nlmsg_hdr(request), buf, sizeof(buf));
	tap_ok(!strcmp(buf, "integer out of range (attribute 6)"),
	       "a complaint of the policy gets the attribute");
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, UINT32_MAX);
	tg_extack(nlmsg_hdr(msg), nlmsg_hdr(request), buf, sizeof(buf));
	tap_ok(!strcmp(buf, "integer out of range"), "an offset beyond the request is ignored");
	nlmsg_free(msg);
	msg = error_message(-EINVAL, true);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, 3);
	tg_extack(nlmsg_hdr(msg), nlmsg_hdr(request), buf, sizeof(buf));
	tap_ok(!strcmp(buf, "attribute 3 is missing"), "a missing attribute is named");
	/* A length that points behind the message. */
	((struct nlmsgerr *)nlmsg_data(nlmsg_hdr(msg)))->msg.nlmsg_len = 1u << 30;
	nlmsg_hdr(msg)->nlmsg_flags &= ~NLM_F_CAPPED;
	tg_extack(nlmsg_hdr(msg), nlmsg_hdr(request), buf, sizeof(buf));
	tap_ok(!*buf, "a length beyond the message finds nothing");
	nlmsg_free(msg);
	nlmsg_free(request);
}

static void test_names(void)
{
	uint32_t v;

	tap_ok(!strcmp(tg_state_name(TRUSTGATE_STATE_SUSPENDED), "suspended") &&
	       !strcmp(tg_reason_name(UINT32_MAX), "?"), "names, also of no number");
	tap_ok(!tg_mode_parse("enforce", &v) && v == TRUSTGATE_MODE_ENFORCE &&
	       tg_mode_parse("", &v) == -EINVAL && tg_kind_parse("Integrity", &v) == -EINVAL,
	       "numbers of names");
}

int main(void)
{
	tap_start();
	test_context();
	test_bad_contexts();
	test_sa();
	test_config();
	test_extack();
	test_names();
	return tap_end();
}
