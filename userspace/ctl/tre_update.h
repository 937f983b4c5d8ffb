/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that carries an authorised root to the boxes: JSON, see Documentation/tre.rst. */
#ifndef TRUSTGATE_CTL_TRE_UPDATE_H
#define TRUSTGATE_CTL_TRE_UPDATE_H

#include "tre.h"

#define UPDATE_SCHEMA	"trustgate.anchor-update/1"

struct update_file {
	struct tre_vendor vendor;
	struct tre_anchor_update update;
	uint8_t der[TRE_ANCHOR_DER_MAX];	/* of the root */
	size_t der_len;
};

/* 0, or the exit status after having complained. */
int update_read(const char *path, struct update_file *u);
int update_write(const char *path, const struct update_file *u, const char *vendor_pem);

#endif /* TRUSTGATE_CTL_TRE_UPDATE_H */
