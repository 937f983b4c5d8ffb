/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the network's verifier and the repository (steps 6 to 8 of both solutions):
 * "trustgate devid aaa" listens on a Unix socket, asks the repository with its own
 * certificate, verifies the record and hands it on. One datagram each way on a
 * SOCK_SEQPACKET connection:
 *
 *	request:	version 1, solution (1 x, 2 y), 15 or 16 digits
 *	answer:		version 1, verdict (0, 1 good, 2 bad), flags, 0;
 *			good: the binding's record; otherwise the rule, ASCII
 *
 * Flag 1: the CA certificate that is in the record may be used (ca_source repository).
 */
#ifndef TRUSTGATE_DEVID_AAA_H
#define TRUSTGATE_DEVID_AAA_H

#include "devid/binding.h"

#define AAA_SOCKET		"/run/trustgate-devid/aaa.sock"
#define AAA_VERSION		1
#define AAA_REQUEST_MAX		(2 + DEVID_IMEI_MAX)
#define AAA_ANSWER_HEAD		4
#define AAA_ANSWER_MAX		(AAA_ANSWER_HEAD + DEVID_RECORD_MAX)
#define AAA_FLAG_CA		1

struct aaa_answer {
	struct devid_binding binding;	/* points into @octets */
	bool ca_usable;			/* binding.ca is an anchor: else only local ones are */
	uint8_t octets[AAA_ANSWER_MAX];
	size_t len;
};

/*
 * Ask the AAA at @socket for the binding of @imei. True: there is one, it is active, of
 * this solution and IMEI, and the AAA has verified its signature. Otherwise the rule in
 * @result is one of
 *	binding.none		there is none, or we may not know: which, is not told
 *	binding.withdrawn
 *	binding.*		the record is not what it should be
 *	aaa.unreachable, aaa.answer, aaa.repository: indeterminate
 */
bool aaa_ask(const char *socket, int timeout_ms, enum devid_solution solution, const char *imei,
	     struct aaa_answer *answer, struct devid_result *result);

/*
 * The same over @fd, a SOCK_SEQPACKET connection to the AAA that the caller made and
 * closes: the verifier's worker, which reads what the device sent, may make none.
 */
bool aaa_ask_on(int fd, int timeout_ms, enum devid_solution solution, const char *imei,
		struct aaa_answer *answer, struct devid_result *result);

#endif /* TRUSTGATE_DEVID_AAA_H */
