/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TRUSTGATE_DEVID_AAA_SERVE_H
#define TRUSTGATE_DEVID_AAA_SERVE_H

#include "devid/access.h"

/* The AAA front end, until SIGTERM or SIGINT. 0, or 1 with why in @err. */
int aaa_serve(const struct devid_config *config, char *err, size_t errlen);

/* One request. False: it is none, and gets no answer. @imei has room for 16 digits and NUL. */
bool aaa_request_decode(const uint8_t *data, size_t len, enum devid_solution *solution, char *imei);

#endif /* TRUSTGATE_DEVID_AAA_SERVE_H */
