/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file of "trustgate check ocsp": section [ocsp], keys as in trustgated.conf. */
#ifndef TRUSTGATE_OCSP_POLICY_H
#define TRUSTGATE_OCSP_POLICY_H

#include "pki/pki.h"

#define OCSP_POLICY_MAX	65536	/* octets of text */

/* One call for each error; @key and @value may be "". */
typedef void ocsp_policy_report_fn(void *arg, const char *key, const char *value,
				   const char *rule, const char *remedy);

/*
 * Reads @len octets of @text into @policy; what has no line keeps its value. 0, or
 * the number of errors, each of which was reported; @policy is then not to be used.
 */
int ocsp_policy_parse(const char *text, size_t len, struct pki_ocsp_policy *policy,
		      ocsp_policy_report_fn *report, void *arg);

#endif /* TRUSTGATE_OCSP_POLICY_H */
