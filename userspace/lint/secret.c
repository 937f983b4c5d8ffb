// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a secret is, in swanctl.conf, strongswan.conf and a CWMP client's settings: by the
 * section that it is in, or by its key's name anywhere. This is the only list of them.
 */
#include <fnmatch.h>
#include <string.h>

#include "lint/internal.h"

/* Of swanctl.conf's secrets { }, what is none: a key that is not known is taken for one. */
static const char *const no_secrets[] = { "id*", "file", "handle", "slot", "module" };

static const char *const secrets[] = {
	"*secret*", "*password*", "*passwd*", "*passphrase*", "*passcode*", "*preshared*", "psk*",
	"pin", "*_pin", "*_psk", "*private_key", "*_token", "community", "database", "*_database",
};

static const char *const urls[] = { "url", "uri", "*_url", "*_uri", "*_urls", "*_uris", "url_*" };

static bool named(const char *const *patterns, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(patterns[i], key, FNM_CASEFOLD | FNM_NOESCAPE))
			return true;
	return false;
}

enum hidden_kind settings_hidden(const struct settings_section *in, const char *key)
{
	if (in->secrets && !named(no_secrets, ARRAY_SIZE(no_secrets), key))
		return HIDDEN_SECRET;
	if (named(secrets, ARRAY_SIZE(secrets), key))
		return HIDDEN_SECRET;
	return named(urls, ARRAY_SIZE(urls), key) ? HIDDEN_URL : HIDDEN_NOTHING;
}
