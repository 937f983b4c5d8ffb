// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a configuration file is: by its content, and by its name where the content does
 * not tell. A wrong guess is an error later on, never a file that nobody looked at.
 */
#include <string.h>

#include "config_lint.h"

static const struct {
	enum config_kind kind;
	const char *option;	/* of --kind */
	const char *name;	/* of a file, NULL: none */
} kinds[] = {
	{ CONFIG_KIND_AGENT, "agent", "trustgated.conf" },
	{ CONFIG_KIND_SWANCTL, "swanctl", "swanctl.conf" },
	{ CONFIG_KIND_STRONGSWAN, "strongswan", "strongswan.conf" },
	{ CONFIG_KIND_PLUGIN, "plugin", NULL },
	{ CONFIG_KIND_PROFILE, "profile", NULL },
	{ CONFIG_KIND_REFERENCE, "reference", "reference.policy" },
	{ CONFIG_KIND_RULES, "rules", "strongswan.rules" },
	{ CONFIG_KIND_MODPROBE, "modprobe", NULL },
	{ CONFIG_KIND_CWMP, "cwmp", "cwmp.conf" },
};

enum config_kind config_kind_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(name, kinds[i].option) == 0)
			return kinds[i].kind;
	return CONFIG_KIND_UNKNOWN;
}

static bool any_section(const struct settings_section *root, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (settings_find(root, names[i]))
			return true;
	return false;
}

/* As in strongswan.d/charon: each section is a plugin's, and says whether to load it. */
static bool all_plugins(const struct settings_section *root)
{
	const struct settings_section *s;

	for (s = root->sections; s; s = s->next)
		if (!settings_get(s, "load"))
			return false;
	return root->sections && !root->pairs;
}

enum config_kind config_kind_of(const struct settings_section *root)
{
	static const char *const swanctl[] = { "connections", "secrets", "pools", "authorities" };
	static const char *const daemon[] = { "charon", "charon-systemd", "charon-nm",
					      "libstrongswan", "starter", "pki", "pool", "libtls",
					      "libtnccs", "libimcv" };

	if (any_section(root, swanctl, ARRAY_SIZE(swanctl)))
		return CONFIG_KIND_SWANCTL;
	if (any_section(root, daemon, ARRAY_SIZE(daemon)))
		return CONFIG_KIND_STRONGSWAN;
	/* Both are a tool's section of strongswan.conf, and how rules are divided. */
	if (settings_find(root, "swanctl") && !all_plugins(root))
		return CONFIG_KIND_STRONGSWAN;
	return all_plugins(root) ? CONFIG_KIND_PLUGIN : CONFIG_KIND_UNKNOWN;
}

/* The first line with anything but a comment; its length, 0 when there is none. */
static size_t first_line(const char *text, size_t len, const char **line)
{
	const char *end = text + len, *p = text, *nl = text;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		while (p < nl && strchr(" \t\r", *p))
			p++;
		if (p < nl && *p != '#' && *p != ';')
			break;
	}
	*line = p;
	return p < end ? (size_t)(nl - p) : 0;
}

static bool line_begins(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len > n && !memcmp(line, word, n) && strchr(" \t", line[n]);
}

/* ipsec.conf(5): "config setup", "conn NAME" and "ca NAME", and what is below them indented. */
static bool is_ipsec_conf(const char *text, size_t len)
{
	const char *end = text + len, *p, *nl;
	bool setup = false, pairs = false;

	for (p = text; p < end; p = nl + 1) {
		size_t n;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		n = (size_t)(nl - p);
		if (line_begins(p, n, "conn") && !memchr(p, '{', n) && !memchr(p, '=', n))
			return true;
		setup |= n >= 12 && line_begins(p, n, "config") && memmem(p, n, "setup", 5);
		pairs |= n && strchr(" \t", *p) && memchr(p, '=', n) && !memmem(p, n, "option", 6);
	}
	return setup && pairs;
}

/* ipsec.secrets(5): ": PSK", "henb : RSA key.pem"... */
static bool is_ipsec_secrets(const char *line, size_t len)
{
	static const char *const words[] = { "PSK", "RSA", "ECDSA", "PKCS8", "P12", "PIN", "EAP", "XAUTH" };
	const char *colon = memchr(line, ':', len);

	for (size_t i = 0; colon && i < ARRAY_SIZE(words); i++) {
		const char *p = colon + 1;
		size_t n = strlen(words[i]);

		while (p < line + len && strchr(" \t", *p))
			p++;
		if ((size_t)(line + len - p) > n && p > colon + 1 && !memcmp(p, words[i], n) && strchr(" \t", p[n]))
			return true;
	}
	return false;
}

enum config_kind config_kind(const char *path, const char *text, size_t len)
{
	static const char profile[] = "[profile]";
	const char *base = strrchr(path, '/'), *line;
	size_t n = first_line(text, len, &line);

	base = base ? base + 1 : path;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].name && strcmp(base, kinds[i].name) == 0)
			return kinds[i].kind;
	if (!strcmp(base, "ipsec.conf") || !strcmp(base, "ipsec.secrets") ||
	    is_ipsec_conf(text, len) || is_ipsec_secrets(line, n))
		return CONFIG_KIND_IPSEC;
	if (strcmp(base, "cwmp.rules") == 0)
		return CONFIG_KIND_RULES;
	if (settings_is_uci(line, n))
		return CONFIG_KIND_CWMP;
	if (n >= sizeof(profile) - 1 && memcmp(line, profile, sizeof(profile) - 1) == 0)
		return CONFIG_KIND_PROFILE;
	if (n && *line == '[')
		return CONFIG_KIND_AGENT;
	if (n > 7 && (memcmp(line, "policy ", 7) == 0 || memcmp(line, "policy\t", 7) == 0))
		return CONFIG_KIND_REFERENCE;
	if (config_is_modprobe(line, n))
		return CONFIG_KIND_MODPROBE;
	return CONFIG_KIND_UNKNOWN;
}
