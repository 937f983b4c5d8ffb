// SPDX-License-Identifier: GPL-2.0-or-later
/* Which list may follow which, and how an import comes about. */
#include "segw/crlstore.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "segw/crlstore_dir.h"

__attribute__((format(printf, 4, 5)))
static void say(struct pki_result *r, enum pki_verdict verdict, const char *rule,
		const char *fmt, ...)
{
	va_list ap;

	memset(r, 0, sizeof(*r));
	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
}

static const char *when(int64_t t, char buf[24])
{
	time_t s = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(buf, 24, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, 24, "?");
	return buf;
}

/* In hexadecimal, as openssl crl -crlnumber prints it. */
static const char *number(const struct pki_crl_info *info, char buf[2 * PKI_CRL_NUMBER_MAX + 3])
{
	char *p = buf;

	if (!info->number_len)
		return "none";
	p += sprintf(p, "0x");
	for (size_t i = 0; i < info->number_len; i++)
		p += sprintf(p, "%02X", info->number[i]);
	return buf;
}

void crlstore_succession(const struct pki_crl_info *old, const struct pki_crl_info *new,
			 int64_t skew_s, int64_t now, struct pki_result *result)
{
	char a[2 * PKI_CRL_NUMBER_MAX + 3], b[2 * PKI_CRL_NUMBER_MAX + 3], t1[24], t2[24];
	int cmp;

	/* It would keep out every list until then. */
	if (new->this_update > now + skew_s) {
		say(result, PKI_BAD, "crl.import.future",
		    "thisUpdate is %s, the clock says %s: set the clock, or ask who made the list",
		    when(new->this_update, t1), when(now, t2));
		return;
	}
	say(result, PKI_GOOD, "crl.import.new", "crlNumber %s, thisUpdate %s, %zu entries",
	    number(new, a), when(new->this_update, t1), new->entries);
	if (!old)
		return;
	if (!memcmp(old->digest, new->digest, sizeof(old->digest))) {
		say(result, PKI_GOOD, "crl.import.same", "this very list is here already");
		return;
	}
	cmp = pki_crl_number_cmp(new, old);
	if (old->number_len && !new->number_len)
		say(result, PKI_BAD, "crl.import.number.absent",
		    "the list here has crlNumber %s, this one none: ask for one with a number",
		    number(old, b));
	else if (cmp < 0)
		say(result, PKI_BAD, "crl.import.number.older",
		    "crlNumber %s is below %s, which is here: ask for the current list",
		    number(new, a), number(old, b));
	else if (!cmp && old->number_len)
		say(result, PKI_BAD, "crl.import.number.same",
		    "another list with crlNumber %s is here: ask the CA which of them is true",
		    number(old, b));
	else if (new->this_update < old->this_update ||
		 (!cmp && new->this_update == old->this_update))
		say(result, PKI_BAD, "crl.import.thisupdate",
		    "thisUpdate %s is not later than %s, which is here: ask for the current list",
		    when(new->this_update, t1), when(old->this_update, t2));
}

/*
 * What is here, as far as it counts: one that does not verify any more, after a fault
 * of the disk or a change of the rules, does not keep a good one out.
 */
static bool info_of(const char *dir, enum rev_class class, struct pki_der issuer,
		    const uint8_t *scope, const struct pki_crl_policy *policy,
		    struct pki_crl_info *info)
{
	struct crlstore_file file;
	struct pki_result ignored;
	struct pki_crl *crl;

	if (crlstore_open(dir, class, issuer, scope, &file))
		return false;
	crl = pki_crl_load(file.crl, issuer, policy, &ignored);
	if (crl)
		pki_crl_info(crl, info);
	pki_crl_free(crl);
	crlstore_close(&file);
	return crl;
}

void crlstore_import(const char *dir, enum rev_class class, struct pki_der crl,
		     struct pki_der issuer, const struct pki_crl_policy *policy, int64_t now,
		     struct pki_result *result)
{
	struct pki_crl_info old, new = { 0 };
	const uint8_t *scope;
	struct pki_crl *list;
	bool known;
	int lock, err;

	memset(result, 0, sizeof(*result));
	list = pki_crl_load(crl, issuer, policy, result);
	if (list)
		pki_crl_info(list, &new);
	pki_crl_free(list);
	/* In the place of one that proves something there is none that proves nothing. */
	if (result->verdict != PKI_GOOD)
		return;
	scope = new.scoped ? new.scope_digest : NULL;
	/* Two imports at once must not each find the other's list older. */
	lock = crlstore_dir_lock(dir);
	if (lock < 0) {
		say(result, PKI_INDETERMINATE, "crl.import.directory", "%s: %s: it takes root",
		    dir, strerror(-lock));
		return;
	}
	known = info_of(dir, class, issuer, scope, policy, &old);
	crlstore_succession(known ? &old : NULL, &new, policy->skew_s, now, result);
	if (result->verdict == PKI_GOOD && strcmp(result->rule, "crl.import.same") != 0) {
		err = crlstore_dir_replace(dir, class, issuer, scope, crl);
		if (err)
			say(result, PKI_INDETERMINATE, "crl.import.write",
			    "%s: %s: the list that was here is here still", dir, strerror(-err));
	}
	crlstore_dir_unlock(lock);
}
