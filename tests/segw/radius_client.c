// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks one server about one identity, as the agent's worker does:
 * radius_client PORT SECRET IDENTITY
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "segw/authz.h"

int main(int argc, char **argv)
{
	static const char *const verdicts[] = { "indeterminate", "good", "bad" };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct radius_request r = { .nas = "segw.example.org" };
	struct radius_reply reply;
	struct pki_result result;
	const char *rule;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (argc != 4)
		return 64;
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	r.secret = (const uint8_t *)argv[2];
	r.secret_len = strlen(argv[2]);
	r.identity = argv[3];
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getrandom(r.authenticator, 16, 0) != 16 || getrandom(&r.id, 1, 0) != 1)
		return 1;
	rule = radius_ask(fd, &r, 2, 500, &reply);
	authz_by_radius(rule, &reply, time(NULL), 3600, &result);
	printf("%s %s %lld %s\n", verdicts[result.verdict], result.rule,
	       result.expires ? (long long)(result.expires - time(NULL)) : 0, result.detail);
	close(fd);
	return 0;
}
