// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CertificateList, RFC 5280 5.1, from bytes. A list may have a million entries, so
 * that nothing is allocated and each octet is looked at once.
 */
#include <stdio.h>
#include <string.h>
#include "pki/crl_parse.h"

/* Content of an OBJECT IDENTIFIER below id-ce, 2.5.29. */
#define ID_CE(n)	{ (const uint8_t[]){ 0x55, 0x1d, n }, 3 }

enum known {
	EXT_NUMBER, EXT_AKI, EXT_DELTA, EXT_FRESHEST, EXT_IDP, EXT_REASON, EXT_CERT_ISSUER,
	EXT_UNKNOWN
};

static const struct pki_der oids[] = {
	[EXT_NUMBER] = ID_CE(20), [EXT_AKI] = ID_CE(35), [EXT_DELTA] = ID_CE(27),
	[EXT_FRESHEST] = ID_CE(46),
	[EXT_IDP] = ID_CE(28), [EXT_REASON] = ID_CE(21), [EXT_CERT_ISSUER] = ID_CE(29),
};

static enum known identify(struct pki_der oid)
{
	unsigned int i;

	for (i = 0; i < EXT_UNKNOWN; i++)
		if (pki_der_equal(oid, oids[i]))
			break;
	return (enum known)i;
}

static bool malformed(struct pki_result *result, const char *where)
{
	pki_set(result, PKI_INDETERMINATE, "crl.encoding",
		"the list is not DER of RFC 5280 at its %s (issue or fetch it anew)", where);
	return false;
}

bool crl_next_extension(struct pki_der *list, struct crl_extension *ext)
{
	struct pki_tlv seq, oid, flag, value;

	if (!pki_der_take(list, DER_SEQUENCE, &seq) ||
	    !pki_der_take(&seq.value, DER_OID, &oid) || !oid.value.len)
		return false;
	ext->critical = false;
	if (seq.value.len && seq.value.data[0] == DER_BOOLEAN) {
		/* FALSE is the default, which DER leaves out. */
		if (!pki_der_take(&seq.value, DER_BOOLEAN, &flag) || flag.value.len != 1 ||
		    flag.value.data[0] != 0xff)
			return false;
		ext->critical = true;
	}
	if (!pki_der_take(&seq.value, DER_OCTET_STRING, &value) || seq.value.len)
		return false;
	ext->oid = oid.value;
	ext->value = value.value;
	return true;
}

static bool parse_number(struct pki_der value, struct crl_parts *parts,
			 struct pki_result *result)
{
	struct pki_tlv number;

	if (!pki_der_strict(value) || !pki_der_take(&value, DER_INTEGER, &number) ||
	    number.value.data[0] & 0x80)
		return malformed(result, "crlNumber");
	if (number.value.len > PKI_CRL_NUMBER_MAX) {
		pki_set(result, PKI_INDETERMINATE, "crl.number.length",
			"the crlNumber has %zu octets, RFC 5280 5.2.3 allows %d (have the CA issue the list with a shorter one)",
			number.value.len, PKI_CRL_NUMBER_MAX);
		return false;
	}
	parts->number = number.value;
	return true;
}

/* keyIdentifier [0]; the other two ways to name a key are not used for CRLs. */
static bool parse_aki(struct pki_der value, struct crl_parts *parts)
{
	struct pki_tlv seq, id;

	if (!pki_der_strict(value) || !pki_der_take(&value, DER_SEQUENCE, &seq))
		return false;
	if (pki_der_take(&seq.value, 0x80, &id))
		parts->key_id = id.value;
	return true;
}

static bool partial(struct crl_parts *parts, const char *rule, const char *what)
{
	if (!parts->partial.rule)
		parts->partial = (struct crl_partial){ rule, what, "" };
	return true;
}

static bool take_extension(const struct crl_extension *ext, struct crl_parts *parts,
			   unsigned int *seen, struct pki_result *result)
{
	enum known known = identify(ext->oid);
	char oid[32] = "";

	if (known != EXT_UNKNOWN && *seen & 1u << known)
		return malformed(result, "extensions, of which one is there twice");
	*seen |= 1u << known;
	switch (known) {
	case EXT_NUMBER:
		/* RFC 5280 5.2.3: not critical. */
		return ext->critical ? malformed(result, "crlNumber") :
				       parse_number(ext->value, parts, result);
	case EXT_AKI:
		return parse_aki(ext->value, parts) || malformed(result, "authorityKeyIdentifier");
	case EXT_DELTA:
		return partial(parts, "crl.delta", "is a delta of another one");
	case EXT_FRESHEST:
		parts->delta_published = true;
		return true;
	case EXT_IDP:
		return crl_scope_parse(ext->value, parts) ||
		       malformed(result, "issuingDistributionPoint");
	default:
		if (!ext->critical)
			return true;
		for (size_t i = 0; i < ext->oid.len && i < 12; i++)
			snprintf(oid + 2 * i, 3, "%02x", ext->oid.data[i]);
		pki_set(result, PKI_INDETERMINATE, "crl.extension",
			"the list has a critical extension that is not known, OID %s in DER (have the CA issue it without)",
			oid);
		return false;
	}
}

/* crlExtensions [0] EXPLICIT */
static bool parse_extensions(struct pki_der list, struct crl_parts *parts,
			     struct pki_result *result)
{
	struct crl_extension ext;
	struct pki_tlv seq;
	unsigned int seen = 0;

	if (!pki_der_take(&list, DER_SEQUENCE, &seq) || list.len || !seq.value.len)
		return malformed(result, "extensions");
	while (seq.value.len) {
		if (!crl_next_extension(&seq.value, &ext))
			return malformed(result, "extensions");
		if (!take_extension(&ext, parts, &seen, result))
			return false;
	}
	return true;
}

static bool parse_version(struct pki_der *tbs, struct crl_parts *parts)
{
	struct pki_tlv version;

	parts->version = 1;
	if (!tbs->len || tbs->data[0] != DER_INTEGER)
		return true;
	parts->version = 2;
	return pki_der_take(tbs, DER_INTEGER, &version) && version.value.len == 1 &&
	       version.value.data[0] == 1;
}

static bool parse_times(struct pki_der *tbs, struct crl_parts *parts, struct pki_result *result)
{
	struct pki_tlv t;

	if (!pki_der_next(tbs, &t) || pki_der_time(&t, &parts->this_update))
		return malformed(result, "thisUpdate");
	if (!tbs->len || (tbs->data[0] != DER_UTC_TIME && tbs->data[0] != DER_GENERALIZED_TIME))
		return partial(parts, "crl.time.nonext",
			       "has no nextUpdate to tell when it is too old");
	if (!pki_der_next(tbs, &t) || pki_der_time(&t, &parts->next_update))
		return malformed(result, "nextUpdate");
	return parts->next_update >= parts->this_update ||
	       partial(parts, "crl.time.order", "has a nextUpdate before its thisUpdate");
}

static bool parse_tbs(struct pki_der tbs, struct crl_parts *parts, struct pki_result *result)
{
	struct pki_tlv alg, name, list;

	if (!parse_version(&tbs, parts))
		return malformed(result, "version");
	if (!pki_der_take(&tbs, DER_SEQUENCE, &alg) ||
	    !pki_der_equal(alg.all, parts->algorithm))
		return malformed(result, "signature algorithm, which is there twice");
	if (!pki_der_take(&tbs, DER_SEQUENCE, &name) || !pki_der_strict(name.all))
		return malformed(result, "issuer");
	parts->issuer = name.all;
	if (!parse_times(&tbs, parts, result))
		return false;
	if (pki_der_take(&tbs, DER_SEQUENCE, &list))
		parts->entries = list.value;
	if (parts->version == 2 && pki_der_take(&tbs, 0xa0, &list) &&
	    !parse_extensions(list.value, parts, result))
		return false;
	return !tbs.len || malformed(result, "end");
}

bool crl_parse(struct pki_der der, struct crl_parts *parts, struct pki_result *result)
{
	struct pki_tlv list, tbs, alg, signature;

	memset(parts, 0, sizeof(*parts));
	if (!der.data || !pki_der_take(&der, DER_SEQUENCE, &list) || der.len ||
	    !pki_der_take(&list.value, DER_SEQUENCE, &tbs) ||
	    !pki_der_take(&list.value, DER_SEQUENCE, &alg) || !pki_der_strict(alg.all) ||
	    !pki_der_take(&list.value, DER_BIT_STRING, &signature) || list.value.len)
		return malformed(result, "beginning or end");
	/* Whole octets, as every algorithm known here has it. */
	if (!signature.value.len || signature.value.data[0])
		return malformed(result, "signature");
	parts->tbs = tbs.all;
	parts->algorithm = alg.all;
	parts->signature = (struct pki_der){ signature.value.data + 1, signature.value.len - 1 };
	return parse_tbs(tbs.value, parts, result);
}

static bool parse_reason(struct pki_der value, struct crl_entry *entry)
{
	struct pki_tlv reason;

	if (!pki_der_take(&value, DER_ENUMERATED, &reason) || value.len ||
	    reason.value.len != 1 || reason.value.data[0] > CRL_REASON_MAX ||
	    reason.value.data[0] == 7)
		return false;
	entry->reason = reason.value.data[0];
	return true;
}

static bool parse_names(struct pki_der value, struct pki_der *names)
{
	struct pki_tlv seq;

	if (!pki_der_strict(value) || !pki_der_take(&value, DER_SEQUENCE, &seq) || value.len ||
	    !seq.value.len)
		return false;
	*names = seq.value;
	return true;
}

static bool entry_extensions(struct pki_der list, struct crl_entry *entry,
			     struct pki_result *result)
{
	struct crl_extension ext;
	bool reason = false;

	if (!list.len)
		return malformed(result, "entries");
	while (list.len) {
		enum known known;

		if (!crl_next_extension(&list, &ext))
			return malformed(result, "entries");
		known = identify(ext.oid);
		if (known == EXT_REASON) {
			if (reason || !parse_reason(ext.value, entry))
				return malformed(result, "reasons");
			reason = true;
		} else if (known == EXT_CERT_ISSUER) {
			if (entry->of.data || !parse_names(ext.value, &entry->of))
				return malformed(result, "certificateIssuer");
		} else if (ext.critical) {
			pki_set(result, PKI_INDETERMINATE, "crl.entry.extension",
				"an entry has a critical extension that is not known (have the CA issue the list without)");
			return false;
		}
	}
	return true;
}

bool crl_next_entry(struct pki_der *entries, int version, struct crl_entry *entry,
		    struct pki_result *result)
{
	struct pki_der before = *entries;
	struct pki_tlv seq, serial, when, list;

	if (!entries->len)
		return false;
	entry->reason = CRL_UNSPECIFIED;
	entry->of = (struct pki_der){ 0 };
	if (pki_der_take(entries, DER_SEQUENCE, &seq) &&
	    pki_der_take(&seq.value, DER_INTEGER, &serial) && pki_der_strict(serial.all) &&
	    pki_der_next(&seq.value, &when) && !pki_der_time(&when, &entry->revoked_at)) {
		if (serial.value.len > PKI_SERIAL_MAX) {
			*entries = before;
			pki_set(result, PKI_INDETERMINATE, "crl.entry.serial",
				"an entry's serial number has %zu octets, at most %d are taken (RFC 5280 4.1.2.2 allows 20: ask the CA)",
				serial.value.len, PKI_SERIAL_MAX);
			return false;
		}
		entry->serial = serial.value;
		if (!seq.value.len)
			return true;
		if (version == 2 && pki_der_take(&seq.value, DER_SEQUENCE, &list) &&
		    !seq.value.len) {
			if (entry_extensions(list.value, entry, result))
				return true;
			*entries = before;
			return false;
		}
	}
	*entries = before;
	return malformed(result, "entries");
}
