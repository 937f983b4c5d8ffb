// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate config: the gate's configuration of this network namespace. */
#include <inttypes.h>
#include <string.h>
#include "ctl.h"

static void print_time(const char *name, uint32_t ms)
{
	if (ms % 1000)
		printf("%s=%" PRIu32 "ms\n", name, ms);
	else
		printf("%s=%" PRIu32 "s\n", name, ms / 1000);
}

static int show(struct ctl *ctl)
{
	char scope[TG_SCOPES_MAX * 96];
	struct tg_config c;
	int rc = gate_open(ctl);

	if (rc)
		return rc;
	rc = tg_config_get(ctl->tg, &c);
	if (rc)
		return gate_failed(ctl, rc);
	if (ctl->json)
		return json_emit(json_config(&c), "trustgate.config/1", true, EXIT_OPEN);
	/* As "config set" takes it. */
	format_scope(scope, sizeof(scope), &c);
	printf("mode=%s\nscope=%s\n", tg_mode_name(c.mode), scope);
	print_time("t-bind", c.t_bind_ms);
	print_time("t-verify", c.t_verify_ms);
	print_time("grace", c.grace_ms);
	printf("boot-bytes=%" PRIu32 "\nboot-packets=%" PRIu32 "\nboot-attempts=%" PRIu32 "\n",
	       c.boot_bytes, c.boot_packets, c.boot_attempts);
	printf("max-contexts=%" PRIu32 "\nmax-sas=%" PRIu32 "\n", c.max_contexts, c.max_sas);
	return EXIT_OPEN;
}

/* All of it is read before anything is sent, and sent in one request. */
static int set(struct ctl *ctl, int argc, char **argv)
{
	struct tg_config c = { 0 };
	int rc;

	if (!argc)
		return usage_error("config set", "nothing to set");
	for (int i = 0; i < argc; i++) {
		const char *rule = parse_setting(argv[i], &c);

		if (rule)
			return usage_error(argv[i], rule);
	}
	if (ctl->delete_held)
		c.set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_DELETE_HELD);
	rc = gate_open(ctl);
	if (rc)
		return rc;
	rc = tg_config_set(ctl->tg, &c);
	if (rc)
		return gate_failed(ctl, rc);
	if (ctl->json) {
		rc = tg_config_get(ctl->tg, &c);
		return rc ? gate_failed(ctl, rc) :
			    json_emit(json_config(&c), "trustgate.config/1", true, EXIT_OPEN);
	}
	return EXIT_OPEN;
}

int verb_config(struct ctl *ctl, int argc, char **argv)
{
	if (!argc || (argc == 1 && strcmp(argv[0], "show") == 0))
		return show(ctl);
	if (strcmp(argv[0], "set") == 0)
		return set(ctl, argc - 1, argv + 1);
	return usage_error(argv[0], "neither show nor set");
}
