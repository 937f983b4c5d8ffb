// SPDX-License-Identifier: GPL-2.0-or-later
/* Contradictions between values, each good alone; and what the values come to. */
#include "segw/config_values.h"

#include <stdio.h>
#include <string.h>

static bool is_ocsp(uint32_t class)
{
	return class == REV_OPERATOR_OCSP || class == REV_MANUFACTURER_OCSP;
}

static void complain(struct config_together *t, int line, const char *section, const char *key,
		     const char *value, const char *rule, const char *remedy)
{
	char full[2 * SEGW_NAME_MAX + 2];

	snprintf(full, sizeof(full), "%.40s%s%.20s", section, *key ? "." : "", key);
	t->errors++;
	t->report(t->arg, t->file, line, full, value, rule, remedy);
}

static const char *add_source(struct segw_config *c, struct segw_vendor *v, const char *name)
{
	size_t i = 0;

	while (i < c->nsources && strcmp(c->sources[i].name, name) != 0)
		i++;
	if (i == c->nsources)
		return "there is no such [source]";
	for (size_t j = 0; j < v->nsources; j++) {
		if (v->sources[j] == i)
			return "listed twice";
		if (c->sources[v->sources[j]].class == c->sources[i].class)
			return "a second source of the same class";
	}
	v->sources[v->nsources++] = (uint8_t)i;
	return NULL;
}

static void check_vendor(struct config_together *t, struct segw_vendor *v)
{
	struct segw_config *c = t->config;
	const char *list = v->listed;
	char section[SEGW_NAME_MAX + 8], name[SEGW_NAME_MAX + 2];
	bool folded = false;

	snprintf(section, sizeof(section), "vendor %s", v->name);
	while (value_next(&list, name, sizeof(name))) {
		const char *why = add_source(c, v, name);

		if (why)
			complain(t, v->line, section, "sources", name, why,
				 "list one [source] a class; give one source several URIs");
	}
	if (v->check && !*v->listed)
		complain(t, v->line, section, "sources", "", "missing, and check is on",
			 "list sources, or say check = off and nobody is asked");
	for (size_t i = 0; i < v->nsources; i++)
		folded = folded || c->sources[v->sources[i]].carries_authz;
	if (c->authz.mode == AUTHZ_OCSP && !(folded && v->check))
		complain(t, v->line, section, "sources", v->listed,
			 "none carries authorisation, and authz.mode is ocsp",
			 "list a source with carries_authz = yes");
	for (struct segw_vendor *w = c->vendors; w < v; w++)
		if (!strcmp(w->anchor, v->anchor))
			complain(t, v->line, section, "anchor", v->anchor,
				 "another vendor's anchor", "give each vendor a root of its own");
}

static bool is_used(const struct segw_config *c, size_t source)
{
	for (size_t i = 0; i < c->nvendors; i++)
		for (size_t j = 0; j < c->vendors[i].nsources; j++)
			if (c->vendors[i].sources[j] == source)
				return true;
	return false;
}

static void check_source(struct config_together *t, size_t i)
{
	const struct segw_source *s = &t->config->sources[i];
	char section[SEGW_NAME_MAX + 8];

	snprintf(section, sizeof(section), "source %s", s->name);
	if (!is_used(t->config, i))
		complain(t, s->line, section, "", "", "no vendor uses it",
			 "list it in the sources of a [vendor], or delete it");
	if (is_ocsp(s->class) && !s->nuris && !t->config->segw.pointers.use)
		complain(t, s->line, section, "uri", "", "missing for OCSP",
			 "give one, or use_cert_pointers = allowlist");
	if (!is_ocsp(s->class) && *s->signer)
		complain(t, s->line, section, "signer", s->signer, "only for OCSP",
			 "delete it: the vendor's CA signs its CRL");
	/* The manufacturer knows what it revoked, not whom the operator lets in. */
	if (s->carries_authz && s->class != REV_OPERATOR_OCSP)
		complain(t, s->line, section, "carries_authz", "yes",
			 "only the operator's OCSP responder can carry authorisation",
			 "say no, or class = operator-ocsp");
}

static void check_authz(struct config_together *t)
{
	const struct segw_authz *a = &t->config->authz;

	if (a->mode == AUTHZ_ALLOWLIST && !*a->allowlist)
		complain(t, 0, "authz", "allowlist", "", "missing, and authz.mode is allowlist",
			 "give the file");
	if (a->mode != AUTHZ_ALLOWLIST && *a->allowlist)
		complain(t, 0, "authz", "allowlist", a->allowlist,
			 "given, and authz.mode is something else", "say mode = allowlist");
	if (a->mode != AUTHZ_AAA && a->server.family)
		complain(t, 0, "authz", "server", "", "given, and authz.mode is something else",
			 "say mode = aaa");
	if (a->mode == AUTHZ_AAA && !a->server.family)
		complain(t, 0, "authz", "server", "", "missing, and authz.mode is aaa",
			 "give the RADIUS server's address");
	if (a->mode == AUTHZ_AAA && !*a->secret)
		complain(t, 0, "authz", "secret", "", "missing, and authz.mode is aaa",
			 "give the file of the shared secret");
	if (a->mode == AUTHZ_AAA && !*a->nas)
		complain(t, 0, "authz", "nas", "", "missing, and authz.mode is aaa",
			 "give the name of this SeGW");
}

static void check_segw(struct config_together *t)
{
	const struct segw_main *s = &t->config->segw;
	bool given = *s->certificate || *s->issuer || *s->status_uri.text;

	if (s->pointers.use && !s->pointers.nhosts)
		complain(t, 0, "segw", "pointer_hosts", "", "missing, and use_cert_pointers is allowlist",
			 "list the hosts that may be asked");
	if (!s->pointers.use && (s->pointers.nhosts || s->pointers.nnets))
		complain(t, 0, "segw", "use_cert_pointers", "no", "pointers are listed that are not used",
			 "say allowlist, or delete the lists");
	if (given && !(*s->certificate && *s->issuer && *s->status_uri.text))
		complain(t, 0, "segw", "certificate", "",
			 "certificate, issuer and status_uri only make sense together",
			 "give all three, or none");
	if (!t->config->nvendors)
		complain(t, 0, "vendor", "", "", "no [vendor NAME] at all",
			 "give one for each manufacturer whose boxes may connect");
}

int config_check_together(struct config_together *t)
{
	for (size_t i = 0; i < t->config->nvendors; i++)
		check_vendor(t, &t->config->vendors[i]);
	for (size_t i = 0; i < t->config->nsources; i++)
		check_source(t, i);
	check_authz(t);
	check_segw(t);
	return t->errors;
}

void segw_config_policy(const struct segw_config *config, const struct segw_vendor *vendor,
			struct rev_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->rule = vendor->rule;
	for (size_t i = 0; i < vendor->nsources; i++) {
		const struct segw_source *s = &config->sources[vendor->sources[i]];

		policy->order[policy->n++] = s->class;
		if (s->carries_authz)
			policy->folded |= 1u << s->class;
	}
}

const struct segw_source *segw_config_source(const struct segw_config *config,
					     const struct segw_vendor *vendor,
					     enum rev_class class)
{
	for (size_t i = 0; i < vendor->nsources; i++)
		if (config->sources[vendor->sources[i]].class == class)
			return &config->sources[vendor->sources[i]];
	return NULL;
}
