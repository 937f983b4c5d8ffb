/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records and certifications made without a TPM, by keys of OpenSSL's. */
#ifndef TRUSTGATE_TEST_REPORT_MAKER_H
#define TRUSTGATE_TEST_REPORT_MAKER_H

#include "quote_maker.h"
#include "tre/evidence.h"

#define REPORT_MASK	0x000481u	/* PCRs 0, 7 and 10 */

struct made_report {
	struct made_quote quote;
	struct tre_record record;
	struct tre_binding binding;
	uint8_t data[TRE_RECORD_MAX];
	size_t len;
};

/* A right record by @ak for the IKE SA report_binding() gives, with a policy and all. */
void report_make(struct made_report *m, EVP_PKEY *ak);
/* The same in two steps: change the record or the quote between them. */
void report_begin(struct made_report *m, EVP_PKEY *ak);
void report_end(struct made_report *m);
struct tre_binding report_binding(void);

/* TPM2_Certify of @ike by @ak. The TPMT_PUBLICs may be bent between the two. */
struct made_certification {
	struct made_quote ak, ike;	/* of ike: public only */
	struct tre_certification c;
};

void certification_begin(struct made_certification *m, EVP_PKEY *ak, EVP_PKEY *ike);
void certification_end(struct made_certification *m);

#endif /* TRUSTGATE_TEST_REPORT_MAKER_H */
