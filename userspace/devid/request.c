// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/request.h"

#include <string.h>
#include <cbor.h>
#include "tre/cbor.h"

#define VERSION	1

struct out {
	uint8_t *data;
	size_t len;
	bool failed;
};

static void wrote(struct out *o, size_t n)
{
	o->len += n;
	o->failed |= !n;
}

#define PUT(o, fn, value) wrote((o), fn((value), (o)->data + (o)->len, DEVID_REQUEST_MAX - (o)->len))

static void put_octets(struct out *o, const void *data, size_t len)
{
	if (o->failed || len > DEVID_REQUEST_MAX - o->len) {
		o->failed = true;
		return;
	}
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put_bytes(struct out *o, struct pki_der der)
{
	PUT(o, cbor_encode_bytestring_start, der.len);
	put_octets(o, der.data, der.len);
}

size_t devid_request_encode(const struct devid_request *r, uint8_t out[DEVID_REQUEST_MAX])
{
	bool publish = r->verb == DEVID_PUBLISH;
	struct out o = { .data = out };

	PUT(&o, cbor_encode_array_start, (size_t)(publish ? 6 + (r->ca.len > 0) : 4));
	PUT(&o, cbor_encode_uint, (uint64_t)VERSION);
	PUT(&o, cbor_encode_uint, (uint64_t)r->verb);
	PUT(&o, cbor_encode_uint, (uint64_t)r->solution);
	PUT(&o, cbor_encode_string_start, strlen(r->imei));
	put_octets(&o, r->imei, strlen(r->imei));
	if (publish) {
		PUT(&o, cbor_encode_uint, (uint64_t)r->replace);
		put_bytes(&o, r->subject);
		if (r->ca.len)
			put_bytes(&o, r->ca);
	}
	return o.failed ? 0 : o.len;
}

static bool next_uint(struct tre_cbor *in, uint64_t max, uint64_t *v)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(in, &item) || item.kind != TRE_CBOR_UINT || item.value > max)
		return false;
	*v = item.value;
	return true;
}

static bool next_bytes(struct tre_cbor *in, struct pki_der *out)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(in, &item) || item.kind != TRE_CBOR_BYTES || !item.value ||
	    item.value > DEVID_CERT_MAX)
		return false;
	*out = (struct pki_der){ item.data, (size_t)item.value };
	return true;
}

static bool next_imei(struct tre_cbor *in, char imei[DEVID_IMEI_MAX + 1], struct devid_result *result)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(in, &item) || item.kind != TRE_CBOR_TEXT || item.value > DEVID_IMEI_MAX ||
	    !devid_imei_ok((const char *)item.data, (size_t)item.value, result))
		return false;
	memcpy(imei, item.data, (size_t)item.value);
	return true;
}

static bool read_publish(struct tre_cbor *in, uint64_t items, struct devid_request *r)
{
	uint64_t replace;

	if ((items != 6 && items != 7) || (items == 7 && r->solution != DEVID_X) ||
	    !next_uint(in, 1, &replace) || !next_bytes(in, &r->subject))
		return false;
	r->replace = replace;
	return items == 6 || next_bytes(in, &r->ca);
}

static bool read_request(struct tre_cbor *in, struct devid_request *r, struct devid_result *result)
{
	uint64_t version, verb, solution;
	struct tre_cbor_item head;

	if (!tre_cbor_next(in, &head) || head.kind != TRE_CBOR_ARRAY ||
	    !next_uint(in, VERSION, &version) || version != VERSION ||
	    !next_uint(in, DEVID_WITHDRAW, &verb) || !verb ||
	    !next_uint(in, DEVID_Y, &solution) || !solution || !next_imei(in, r->imei, result))
		return false;
	r->verb = (enum devid_verb)verb;
	r->solution = (enum devid_solution)solution;
	if (r->verb == DEVID_PUBLISH ? !read_publish(in, head.value, r) : head.value != 4)
		return false;
	return in->p == in->end;
}

bool devid_request_decode(const uint8_t *data, size_t len, struct devid_request *r,
			  struct devid_result *result)
{
	struct tre_cbor in = { data, data + len };

	memset(r, 0, sizeof(*r));
	devid_set(result, DEVID_BAD, "request.cbor",
		  "it is no request of version 1, in its one encoding (update the older of the two)");
	if (len <= DEVID_REQUEST_MAX && read_request(&in, r, result)) {
		devid_set(result, DEVID_GOOD, "request.ok", "it parses");
		return true;
	}
	memset(r, 0, sizeof(*r));
	return false;
}
