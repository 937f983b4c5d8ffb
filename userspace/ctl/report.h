/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs "trustgate report ..." share. */
#ifndef TRUSTGATE_CTL_REPORT_H
#define TRUSTGATE_CTL_REPORT_H

#include "check.h"
#include "tre/record.h"

#define REPORT_FILE_MAX	65536	/* octets of any file but the reference policy */

enum report_option {
	RO_SPI_I = 256, RO_SPI_R, RO_NI, RO_NR, RO_ID, RO_IDI, RO_BINDING, RO_TCTI, RO_PCRS,
	RO_POLICY, RO_FIRMWARE, RO_AK_OUTPUT, RO_OUTPUT, RO_RAW, RO_AK, RO_DEVICE, RO_DEVICES,
	RO_CERT, RO_REFERENCE, RO_URL, RO_CA, RO_TLS_CERT, RO_TLS_KEY, RO_WITH_PCRS, RO_DEGRADED, RO_END,
};

struct report_args {
	struct ctl *ctl;
	const char *option[RO_END - RO_SPI_I];
	const char *file;	/* the one argument, or NULL */
};

static inline const char *report_option(const struct report_args *a, enum report_option o)
{
	return a->option[o - RO_SPI_I];
}

int report_make(struct report_args *a);
int report_show(struct report_args *a);
int report_verify(struct report_args *a);
int report_validate(struct report_args *a);

/* An IKE SA as given by options or a file, and the octets it points into. */
struct report_binding {
	struct tre_binding b;
	uint8_t ni[TRE_IKE_NONCE_MAX], nr[TRE_IKE_NONCE_MAX], idi[TRE_IDI_MAX];
};

/* report_binding.c: 0, or EXIT_USAGE after having complained. */
int report_binding(const struct report_args *a, struct report_binding *out);
/* Whether any of its options was given. */
bool report_has_binding(const struct report_args *a);
/* "0-7,10": a mask. 0, or EXIT_USAGE after having complained. */
int report_pcrs(const char *list, uint32_t *mask);

/* report_file.c: "-" is standard input or output. 0, or an exit status, told. */
int report_read(const char *path, uint8_t *out, size_t room, size_t *len);
int report_write(const char *path, const void *data, size_t len);

/* report_show.c: what a record has, for -j. */
json_t *report_json(const struct tre_record *record);

#endif /* TRUSTGATE_CTL_REPORT_H */
