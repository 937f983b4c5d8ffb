// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_describe.h"

#include <collections/linked_list.h>
#include <daemon.h>
#include <netinet/in.h>

/* The agent's limit on inner addresses. */
#define VIPS_MAX	16
/* Octets that certificates and responses leave to the items after them. */
#define CERT_RESERVE	64

static void put_cert(struct tg_msg *m, certificate_t *cert, int *count)
{
	chunk_t der;

	if (*count == TG_WIRE_CERTS_MAX || cert->get_type(cert) != CERT_X509 ||
	    !cert->get_encoding(cert, CERT_ASN1_DER, &der))
		return;
	/* One that does not fit is left out: the path then ends there, and fails. */
	if (der.len && tg_msg_fits(m, der.len + CERT_RESERVE) &&
	    tg_msg_put(m, TG_WIRE_CERT, der.ptr, der.len))
		(*count)++;
	chunk_free(&der);
}

static bool is_among(linked_list_t *list, certificate_t *cert)
{
	enumerator_t *enumerator = list->create_enumerator(list);
	certificate_t *other;
	bool found = FALSE;

	while (!found && enumerator->enumerate(enumerator, &other))
		found = other->equals(other, cert);
	enumerator->destroy(enumerator);
	return found;
}

/* As sent first, then what charon had to find itself to complete the path. */
static void put_others(struct tg_msg *m, auth_cfg_t *cfg, certificate_t *leaf, int *count)
{
	static const auth_rule_t kinds[] = { AUTH_HELPER_IM_CERT, AUTH_RULE_IM_CERT };
	linked_list_t *seen = linked_list_create();
	enumerator_t *enumerator;
	certificate_t *cert;
	auth_rule_t rule;

	seen->insert_last(seen, leaf);
	for (size_t i = 0; i < countof(kinds); i++) {
		enumerator = cfg->create_enumerator(cfg);
		while (enumerator->enumerate(enumerator, &rule, &cert)) {
			if (rule != kinds[i] || is_among(seen, cert))
				continue;
			seen->insert_last(seen, cert);
			put_cert(m, cert, count);
		}
		enumerator->destroy(enumerator);
	}
	seen->destroy(seen);
}

/* The certificate of a round; a bare key has none, and nothing that could be verified. */
static certificate_t *leaf_of(auth_cfg_t *cfg)
{
	certificate_t *leaf = cfg->get(cfg, AUTH_RULE_SUBJECT_CERT);

	return leaf && leaf->get_type(leaf) == CERT_X509 ? leaf : NULL;
}

/* TG_WIRE_AUTH_* of how a round was done; 0: so that it counts for nothing. */
static uint32_t kind_of(auth_cfg_t *cfg)
{
	uintptr_t class = (uintptr_t)cfg->get(cfg, AUTH_RULE_AUTH_CLASS);

	if (class == AUTH_CLASS_PUBKEY && leaf_of(cfg))
		return TG_WIRE_AUTH_PUBKEY;
	/*
	 * A.2-15, A.2-16: AUTH is made with the MSK. Of a method that has none it is made
	 * with SK_p, which whoever did IKE_SA_INIT has; charon allows that.
	 */
	if (class == AUTH_CLASS_EAP && !cfg->get(cfg, AUTH_RULE_EAP_VENDOR) &&
	    (uintptr_t)cfg->get(cfg, AUTH_RULE_EAP_TYPE) == EAP_AKA)
		return TG_WIRE_AUTH_EAP;
	return 0;
}

/* The certificate that AUTH was verified with, and how its round was done. */
static uint32_t put_round(struct tg_msg *m, auth_cfg_t *cfg, int *count)
{
	uint32_t kind = kind_of(cfg);

	/* Of several with a certificate the first one counts, as one leaf is told. */
	if (kind != TG_WIRE_AUTH_PUBKEY || *count)
		return kind;
	put_cert(m, leaf_of(cfg), count);
	if (!*count)
		return 0;
	put_others(m, cfg, leaf_of(cfg), count);
	return kind;
}

/* The rounds that an end has done, and with @more the one that is just being ended. */
static linked_list_t *rounds_of(ike_sa_t *ike_sa, bool local, bool more)
{
	enumerator_t *enumerator = ike_sa->create_auth_cfg_enumerator(ike_sa, local);
	linked_list_t *rounds = linked_list_create();
	auth_cfg_t *cfg;

	while (enumerator->enumerate(enumerator, &cfg))
		rounds->insert_last(rounds, cfg);
	enumerator->destroy(enumerator);
	if (more)
		rounds->insert_last(rounds, ike_sa->get_auth_cfg(ike_sa, local));
	return rounds;
}

/* The first round with a certificate: the device's own. NULL: none. */
static auth_cfg_t *device_round(linked_list_t *rounds)
{
	enumerator_t *enumerator = rounds->create_enumerator(rounds);
	auth_cfg_t *cfg, *found = NULL;

	while (!found && enumerator->enumerate(enumerator, &cfg))
		if (kind_of(cfg) == TG_WIRE_AUTH_PUBKEY)
			found = cfg;
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Who it is by its certificate: PIT-31. After a second round charon's own answer is the
 * hosting party.
 */
static identification_t *device_id(auth_cfg_t *round, identification_t *otherwise)
{
	identification_t *id = round ? round->get(round, AUTH_RULE_IDENTITY) : NULL;

	return id ?: otherwise;
}

/* %Y is charon's own; the compiler does not know it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
static void put_identity(struct tg_msg *m, uint16_t type, identification_t *id)
{
	char *text;

	if (asprintf(&text, "%Y", id) < 0) {
		m->overflow = true;
		return;
	}
	tg_msg_put_text(m, type, text);
	free(text);
}
#pragma GCC diagnostic pop

/* As whom, and by which certificate, we signed AUTH, and what else we did. */
static void put_own(struct tg_msg *m, ike_sa_t *ike_sa)
{
	linked_list_t *rounds = rounds_of(ike_sa, TRUE, FALSE);
	enumerator_t *enumerator = rounds->create_enumerator(rounds);
	auth_cfg_t *cfg, *device = device_round(rounds);
	uint32_t kinds = 0;
	chunk_t der;

	put_identity(m, TG_WIRE_OWN_ID, device_id(device, ike_sa->get_my_id(ike_sa)));
	while (enumerator->enumerate(enumerator, &cfg))
		kinds |= kind_of(cfg);
	enumerator->destroy(enumerator);
	tg_msg_put_u32(m, TG_WIRE_OWN_KINDS, kinds);
	if (device && leaf_of(device)->get_encoding(leaf_of(device), CERT_ASN1_DER, &der)) {
		if (der.len && tg_msg_fits(m, der.len + CERT_RESERVE))
			tg_msg_put(m, TG_WIRE_OWN_CERT, der.ptr, der.len);
		chunk_free(&der);
	}
	rounds->destroy(rounds);
}

struct tg_msg *tg_describe_peer(ike_sa_t *ike_sa, trustgate_seen_t *seen,
				trustgate_report_t *report, uint32_t flags)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_AUTHORIZE);
	linked_list_t *rounds;
	enumerator_t *enumerator;
	uint32_t kinds = 0;
	auth_cfg_t *cfg;
	int count = 0;

	if (!m)
		return NULL;
	rounds = rounds_of(ike_sa, FALSE, flags & TG_WIRE_FLAG_MORE);
	tg_msg_put_u32(m, TG_WIRE_IKE_ID, ike_sa->get_unique_id(ike_sa));
	/* Not the role in this exchange: a rekeying may turn that around. */
	tg_msg_put_u8(m, TG_WIRE_ROLE, !ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR));
	put_identity(m, TG_WIRE_PEER_ID, device_id(device_round(rounds),
						   ike_sa->get_other_id(ike_sa)));
	/* Before what may be left out for want of room. */
	if (ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR))
		put_own(m, ike_sa);
	flags |= report->put(report, ike_sa->get_unique_id(ike_sa), m);
	enumerator = rounds->create_enumerator(rounds);
	while (enumerator->enumerate(enumerator, &cfg))
		kinds |= put_round(m, cfg, &count);
	enumerator->destroy(enumerator);
	rounds->destroy(rounds);
	tg_msg_put_u32(m, TG_WIRE_AUTH_KINDS, kinds);
	flags |= seen->put(seen, ike_sa->get_unique_id(ike_sa), m, CERT_RESERVE);
	if (flags)
		tg_msg_put_u32(m, TG_WIRE_FLAGS, flags);
	return m;
}

static void put_host(struct tg_msg *m, uint16_t type, host_t *host)
{
	chunk_t address = host->get_address(host);

	tg_msg_put(m, type, address.ptr, address.len);
}

static void put_vips(struct tg_msg *m, ike_sa_t *ike_sa)
{
	/* Ours as initiator; as responder those that the peer got of us. */
	enumerator_t *enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa,
			ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR));
	host_t *vip;
	int n = 0;

	while (n < VIPS_MAX && enumerator->enumerate(enumerator, &vip)) {
		if (vip->is_anyaddr(vip))
			continue;
		put_host(m, TG_WIRE_VIP, vip);
		n++;
	}
	enumerator->destroy(enumerator);
}

static void put_child_id(struct tg_msg *m, ike_sa_t *ike_sa, child_sa_t *child)
{
	tg_msg_put_u32(m, TG_WIRE_IKE_ID, ike_sa->get_unique_id(ike_sa));
	tg_msg_put_u32(m, TG_WIRE_CHILD_ID, child->get_unique_id(child));
}

struct tg_msg *tg_describe_child(ike_sa_t *ike_sa, child_sa_t *child, host_t *local,
				 host_t *remote, uint32_t flags)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_CHILD_KEYS);
	uint32_t if_id;

	if (!m)
		return NULL;
	put_child_id(m, ike_sa, child);
	tg_msg_put_text(m, TG_WIRE_CHILD_NAME, child->get_name(child));
	tg_msg_put_u8(m, TG_WIRE_PROTOCOL,
		      child->get_protocol(child) == PROTO_AH ? IPPROTO_AH : IPPROTO_ESP);
	tg_msg_put_u32(m, TG_WIRE_SPI_IN, child->get_spi(child, TRUE));
	tg_msg_put_u32(m, TG_WIRE_SPI_OUT, child->get_spi(child, FALSE));
	put_host(m, TG_WIRE_LOCAL, local);
	put_host(m, TG_WIRE_REMOTE, remote);
	tg_msg_put_u32(m, TG_WIRE_REQID, child->get_reqid(child));
	if_id = child->get_if_id(child, TRUE);
	if (if_id)
		tg_msg_put_u32(m, TG_WIRE_IF_ID_IN, if_id);
	if_id = child->get_if_id(child, FALSE);
	if (if_id)
		tg_msg_put_u32(m, TG_WIRE_IF_ID_OUT, if_id);
	put_vips(m, ike_sa);
	if (flags)
		tg_msg_put_u32(m, TG_WIRE_FLAGS, flags);
	return m;
}

struct tg_msg *tg_describe_up(ike_sa_t *ike_sa, child_sa_t *child)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_CHILD_UP);

	if (!m)
		return NULL;
	put_child_id(m, ike_sa, child);
	put_vips(m, ike_sa);
	return m;
}
