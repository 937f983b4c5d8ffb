// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and foreign text as people read them. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include "ctl.h"
#include "pki/hidden.h"

/* Length of the UTF-8 sequence at @s, 0 when it is none. */
static unsigned int sequence(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int n;

	if (*s < 0x80) {
		*code = *s;
		return 1;
	}
	n = *s >= 0xf0 && *s < 0xf5 ? 4 : *s >= 0xe0 && *s < 0xf0 ? 3 :
	    *s >= 0xc2 && *s < 0xe0 ? 2 : 0;
	if (!n)
		return 0;
	*code = *s & (0x7f >> n);
	for (unsigned int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	/* Overlong forms, surrogates and what lies beyond Unicode. */
	if (*code < least[n] || (*code >= 0xd800 && *code < 0xe000) || *code > 0x10ffff)
		return 0;
	return n;
}

/* Control characters, and those that make text read in another order. */
static bool harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

const char *clean(char *buf, size_t len, const char *given)
{
	char shown[4 * TEXT_ROOM];
	const char *s = hidden_urls(given, shown, sizeof(shown));
	size_t used = 0;

	while (*s) {
		uint32_t code = 0;
		unsigned int n = sequence((const unsigned char *)s, &code);

		if (n && !harmful(code)) {
			if (used + n >= len)
				break;
			memcpy(buf + used, s, n);
			used += n;
			s += n;
			continue;
		}
		if (used + 4 >= len)
			break;
		snprintf(buf + used, len - used, "\\x%02x", (unsigned char)*s);
		used += 4;
		s++;
	}
	buf[used] = '\0';
	return buf;
}

const char *duration(char *buf, size_t len, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (ms < 10000)
		snprintf(buf, len, "%" PRIu64 ".%" PRIu64 "s", s, ms % 1000 / 100);
	else if (s < 60)
		snprintf(buf, len, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(buf, len, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, len, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(buf, len, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
	return buf;
}

const char *address_text(char *buf, size_t len, uint16_t family, const uint8_t *addr)
{
	if ((family != AF_INET && family != AF_INET6) || !inet_ntop(family, addr, buf, len))
		snprintf(buf, len, "?");
	return buf;
}

const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_ESP:
		return "esp";
	case IPPROTO_AH:
		return "ah";
	case IPPROTO_COMP:
		return "comp";
	default:
		return "?";
	}
}

/* As in linux/xfrm.h and ip-xfrm(8). */
const char *xfrm_mode_name(uint8_t mode)
{
	static const char *const names[] = {
		"transport", "tunnel", "ro", "in_trigger", "beet", "iptfs",
	};

	return mode < ARRAY_SIZE(names) ? names[mode] : "?";
}

const char *hex_text(char *buf, size_t len, const uint8_t *data, size_t n)
{
	*buf = '\0';
	for (size_t i = 0; i < n && 2 * i + 2 < len; i++)
		snprintf(buf + 2 * i, len - 2 * i, "%02x", data[i]);
	return buf;
}

const char *kinds_text(char *buf, size_t len, uint32_t mask)
{
	size_t used = 0;

	snprintf(buf, len, "-");
	for (uint32_t kind = 0; kind < TG_KINDS; kind++) {
		if (!(mask & 1u << kind) || used >= len)
			continue;
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "," : "",
					 tg_kind_name(kind));
	}
	return buf;
}
