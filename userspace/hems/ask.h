/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a responder of the H(e)MS certificate's status over plain http, as hems_ask_fn. */
#ifndef TRUSTGATE_HEMS_ASK_H
#define TRUSTGATE_HEMS_ASK_H

#include "hems/hems.h"
#include "segw/pointers.h"

struct hems_responder {
	struct uri uri;			/* text empty: the certificate's pointer is followed, */
	struct pointer_policy pointers;	/* if it leads to what is on this list */
	uint32_t timeout_ms;
};

/* @arg: a struct hems_responder. */
hems_ask_fn hems_ask_http;

#endif /* TRUSTGATE_HEMS_ASK_H */
