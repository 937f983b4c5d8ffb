// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate check config: errors of a configuration, all of them, each with its line.
 * The files that are given are taken as one configuration; without, it is this box's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/config.h"
#include "check.h"
#include "config_lint.h"
#include "tre/policy.h"

struct run {
	struct config_report report;
	enum config_kind kind;		/* given, else CONFIG_KIND_UNKNOWN */
	unsigned int roles, modes;	/* given, else 0 */
	struct config agent;
	bool has_agent;
	bool no_files;			/* files that are named are another machine's */
	struct config_tree swanctl, strongswan, plugin, cwmp;
	const char *swanctl_path, *agent_path;	/* of the last ones */
};

static void on_agent_error(void *arg, const char *file, int line, const char *key,
			   const char *value, const char *rule, const char *remedy)
{
	char id[160] = "trustgated.syntax";

	if (key && *key)
		snprintf(id, sizeof(id), "trustgated.%s", key);
	report_error(arg, file, line, key, value, id, rule, remedy);
}

static void on_profile_error(void *arg, const char *file, int line, const char *key,
			     const char *value, const char *rule, const char *remedy)
{
	report_error(arg, file, line, key, value, "profile.syntax", rule, remedy);
}

static void on_settings_error(void *arg, const char *file, int line, const char *value,
			      const char *rule, const char *why, const char *remedy)
{
	report_error(arg, file, line, "", value, rule, why, remedy);
}

static void check_agent(struct run *run, const char *path, const char *text, size_t len)
{
	struct config config;

	if (len > CONFIG_FILE_MAX) {
		report_error(&run->report, path, 0, "", "", "config.file", "larger than 64 KiB",
			     "is this the file you meant?");
	} else if (config_parse(path, text, len, &config, on_agent_error, &run->report) == 0) {
		run->agent = config;
		run->agent_path = path;
		run->has_agent = true;
	}
}

static void check_profile_text(struct run *run, const char *path, const char *text, size_t len)
{
	struct pki_profile profile;

	pki_profile_parse(path, text, len, &profile, on_profile_error, &run->report);
}

static void check_rules(struct run *run, const char *path, const char *text, size_t len)
{
	const struct settings_calls calls = { .report = on_settings_error, .arg = &run->report };

	lint_rules_free(lint_rules_parse(path, text, len, &calls));
}

static void check_cwmp(struct run *run, const char *path, const char *text, size_t len)
{
	struct config_tree *tree = &run->cwmp;
	struct settings_calls calls;

	if (!tree->settings && !tree_init(tree, &run->report))
		return;
	calls = tree_calls(tree);
	if (settings_parse_cwmp(tree->settings, settings_root(tree->settings), path, text, len, &calls))
		tree->failed = true;
	/* A file without any would be judged by nothing. */
	else if (!settings_root(tree->settings)->sections)
		report_error(&run->report, path, 0, "", "", "cwmp.syntax", "has no settings",
			     "is this the file you meant?");
}

/* Of what kind the settings are that @path and its includes have. */
static enum config_kind settings_kind(struct run *run, const char *path, bool *failed)
{
	enum config_kind kind = CONFIG_KIND_UNKNOWN;
	struct config_tree tree;

	*failed = true;
	if (!tree_init(&tree, &run->report))
		return kind;
	*failed = tree_read(&tree, settings_root(tree.settings), path) != 0;
	kind = config_kind_of(settings_root(tree.settings));
	settings_free(tree.settings);
	return kind;
}

static struct settings_section *tree_root(struct run *run, struct config_tree *tree)
{
	if (!tree->settings && !tree_init(tree, &run->report))
		return NULL;
	return settings_root(tree->settings);
}

/* A plugin's own file says what belongs to charon.plugins, with each plugin's "load". */
static struct settings_section *plugins_of(struct config_tree *tree, struct settings_section *root,
					   const char *path)
{
	static const char modular[] = "charon { load_modular = yes }";
	struct settings_calls calls = tree_calls(tree);
	struct settings_section *charon;

	if (settings_parse(tree->settings, root, path, modular, sizeof(modular) - 1, &calls))
		return NULL;
	charon = settings_add(tree->settings, root, "charon", path, 0);
	return charon ? settings_add(tree->settings, charon, "plugins", path, 0) : NULL;
}

static void add_settings(struct run *run, enum config_kind kind, const char *path)
{
	struct config_tree *tree = kind == CONFIG_KIND_SWANCTL ? &run->swanctl :
				   kind == CONFIG_KIND_PLUGIN ? &run->plugin : &run->strongswan;
	struct settings_section *into = tree_root(run, tree);

	if (into && kind == CONFIG_KIND_PLUGIN)
		into = plugins_of(tree, into, path);
	if (into && tree_read(tree, into, path))
		into = NULL;
	/* The daemon's defaults count where the file has no section of it. */
	if (into && kind == CONFIG_KIND_STRONGSWAN)
		into = settings_add(tree->settings, into, "charon", path, 0);
	tree->failed = tree->failed || !into;
	if (kind == CONFIG_KIND_SWANCTL)
		run->swanctl_path = path;
}

static void check_settings(struct run *run, enum config_kind kind, const char *path)
{
	bool failed;
	enum config_kind found = settings_kind(run, path, &failed);

	if (failed)
		return;
	if (kind == CONFIG_KIND_UNKNOWN)
		kind = found;
	if (kind == CONFIG_KIND_UNKNOWN)
		report_error(&run->report, path, 0, "", "", "config.kind",
			     "not a configuration that is known by its sections",
			     "say what it is with --kind");
	else
		add_settings(run, kind, path);
}

static void check_file(struct run *run, const char *path)
{
	enum config_kind kind = run->kind;
	size_t len;
	char *text = config_read(&run->report, path, TRE_POLICY_MAX, &len);

	json_array_append_new(run->report.files, json_text(path));
	if (!text)
		return;
	if (kind == CONFIG_KIND_UNKNOWN)
		kind = config_kind(path, text, len);
	if (kind != CONFIG_KIND_REFERENCE && len > SETTINGS_FILE_MAX) {
		report_error(&run->report, path, 0, "", "", "config.file", strerror(EFBIG),
			     "is this the file you meant?");
		free(text);
		return;
	}
	switch (kind) {
	case CONFIG_KIND_AGENT:
		check_agent(run, path, text, len);
		break;
	case CONFIG_KIND_REFERENCE:
		config_reference(&run->report, path, text, len);
		break;
	case CONFIG_KIND_PROFILE:
		check_profile_text(run, path, text, len);
		break;
	case CONFIG_KIND_RULES:
		check_rules(run, path, text, len);
		break;
	case CONFIG_KIND_CWMP:
		check_cwmp(run, path, text, len);
		break;
	case CONFIG_KIND_IPSEC:
		report_error(&run->report, path, 0, "", "", "config.kind",
			     "of ipsec.conf's kind, which the charon that swanctl configures does not read",
			     "write it as swanctl.conf, and give that");
		break;
	case CONFIG_KIND_MODPROBE:
		config_modprobe(&run->report, path, text, len);
		break;
	default:
		check_settings(run, kind, path);
		break;
	}
	free(text);
}

static void on_finding(void *arg, const struct lint_finding *finding)
{
	report_finding(arg, finding);
}

static unsigned int agent_roles(const struct config *config)
{
	return config->agent.role == CONFIG_ROLE_HENB ? LINT_HENB : LINT_SEGW;
}

static unsigned int agent_modes(const struct config *config)
{
	static const struct { uint32_t mode; unsigned int bit; } modes[] = {
		{ CONFIG_OCSP_INBAND, LINT_INBAND }, { CONFIG_OCSP_DIRECT, LINT_DIRECT },
		{ CONFIG_OCSP_INTUNNEL, LINT_INTUNNEL },
	};
	unsigned int mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (config_has_mode(&config->ocsp, modes[i].mode))
			mask |= modes[i].bit;
	if (config_hems_tls(config->hems.mode))
		mask |= LINT_HEMS_TLS;
	return mask;
}

/* charon-systemd reads what its own section does not have from charon's. */
static struct settings_section *resolved(struct config_tree *tree)
{
	struct settings_calls calls = tree_calls(tree);
	struct settings_section *s;

	if (!tree->settings || tree->failed)
		return NULL;
	for (s = settings_root(tree->settings)->sections; s; s = s->next)
		if (strcmp(s->name, "charon-systemd") == 0 &&
		    settings_fall_back(tree->settings, s, "charon"))
			return NULL;
	return settings_resolve(tree->settings, &calls);
}

/* swanctl looks for keys and certificates beside a file of this name, and no other. */
static void check_beside(struct run *run, const struct settings_section *root, unsigned int roles)
{
	const char *base = strrchr(run->swanctl_path, '/');

	base = base ? base + 1 : run->swanctl_path;
	if (strcmp(base, "swanctl.conf") != 0)
		return;
	if (!run->no_files)
		config_named_swanctl(&run->report, run->swanctl_path, root);
	if (roles & LINT_HENB)
		config_keys(&run->report, run->swanctl_path);
	config_path(&run->report, root, run->swanctl_path);
}

/* What the agent is to start has to be there. */
static void check_start(struct run *run, const struct settings_section *root)
{
	static const char remedy[] = "name them in trustgated.conf as swanctl.conf does";
	const struct config_charon *charon = &run->agent.charon;
	const struct settings_section *conn = settings_find(root, "connections");
	bool ike = false, child = false;

	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next) {
		if (*charon->ike && strcmp(charon->ike, conn->name) != 0)
			continue;
		ike = true;
		child = child || settings_find(settings_find(conn, "children"), charon->child);
	}
	if (!charon->start || (ike && child))
		return;
	report_error(&run->report, run->agent_path, 0, ike ? "charon.child" : "charon.ike",
		     ike ? charon->child : charon->ike,
		     ike ? "trustgated.charon.child" : "trustgated.charon.ike",
		     "the agent is to start it, and swanctl.conf has none of that name", remedy);
}

/* charon looks among its own tokens first. */
static void check_signs(struct run *run, const struct settings_section *root)
{
	const struct settings_section *s = settings_find(root, "secrets");

	for (s = s ? s->sections : NULL; s; s = s->next) {
		if (strncmp(s->name, "token", 5) != 0)
			continue;
		report_error(&run->report, run->agent_path, 0, "tre.sign_auth", "yes",
			     "trustgated.tre.sign_auth",
			     "charon would sign AUTH by its own token, which it can't with a bound key",
			     "remove secrets { token } from swanctl.conf, or sign_auth");
		return;
	}
}

/* What alone may pass outside of the tunnel (TS 33.320 8.3.2.1): "192.0.2.7[tcp/443]". */
static bool hems_selector(const struct config_hems *h, char *out, size_t size)
{
	char host[CONFIG_TEXT_MAX + 1], addr[INET6_ADDRSTRLEN] = "";
	uint16_t port;
	bool tls;

	if (h->mode != CONFIG_HEMS_TLS || config_hems_url(h->url, &tls, host, &port))
		return false;
	if (h->address.family)
		inet_ntop(h->address.family, h->address.addr, addr, sizeof(addr));
	return (size_t)snprintf(out, size, "%s[tcp/%u]", *addr ? addr : host, port) < size;
}

/* Without a word on how, the H(e)MS is behind TLS: a client's settings are then complete. */
static void apply_cwmp(struct run *run)
{
	struct lint_context context = { .roles = LINT_HENB, .modes = LINT_HEMS_TLS };
	struct lint_rules *rules = config_rules(&run->report, "cwmp");

	if (run->has_agent && run->agent.hems.mode == CONFIG_HEMS_IPSEC)
		context.modes = 0;
	if (rules && !run->cwmp.failed)
		lint_cwmp(rules, settings_root(run->cwmp.settings), &context, on_finding, &run->report);
	lint_rules_free(rules);
}

/* A file that was cut short, or is another one, has nothing against it either. */
static void check_connections(struct run *run, const struct settings_section *root)
{
	const struct lint_finding f = {
		.level = LINT_WARNING, .file = run->swanctl_path, .key = "connections", .value = "",
		.rule = "swanctl.connections", .clause = "",
		.why = "there are no connections: what is asked of an H(e)NB or a SeGW is asked of nothing",
		.remedy = "is this the file you meant? name the one that has them as well",
	};

	if (!lint_roles(root))
		report_finding(&run->report, &f);
}

static void apply_rules(struct run *run, const struct lint_rules *rules)
{
	const struct config *agent = run->has_agent ? &run->agent : NULL;
	struct lint_context context = { .roles = run->roles, .modes = run->modes };
	struct settings_section *root;
	char hems[INET6_ADDRSTRLEN + 24];

	if (!context.roles && agent)
		context.roles = agent_roles(agent);
	if (!context.modes)	/* without a word on it: as the agent's "any" */
		context.modes = agent ? agent_modes(agent) : LINT_INBAND | LINT_INTUNNEL;
	if (agent && context.roles == LINT_HENB)
		context.peer = agent->peer.name;
	context.signs = agent && context.roles == LINT_HENB && agent->tre.sign_auth;
	if (agent && hems_selector(&agent->hems, hems, sizeof(hems)))
		context.hems = hems;
	root = resolved(&run->swanctl);
	if (root) {
		check_connections(run, root);
		lint_swanctl(rules, root, &context, on_finding, &run->report);
		if (!context.roles)
			context.roles = lint_roles(root);
		check_beside(run, root, context.roles);
		if (agent && context.roles & LINT_HENB)
			check_start(run, root);
		if (context.signs)
			check_signs(run, root);
		if (agent)
			config_rounds(&run->report, root, run->agent_path, agent);
	}
	root = resolved(&run->strongswan);
	if (root)
		lint_strongswan(rules, root, &context, on_finding, &run->report);
	context.fragment = true;
	root = resolved(&run->plugin);
	if (root)
		lint_strongswan(rules, root, &context, on_finding, &run->report);
}

/* What of this box's configuration is there. */
static void check_installed(struct run *run)
{
	static const char *const files[] = {
		CONFIG_PATH, "/etc/strongswan.conf", "/etc/swanctl/swanctl.conf",
		"/etc/modprobe.d/trustgate.conf",
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (access(files[i], F_OK))
			continue;
		any = true;
		check_file(run, files[i]);
	}
	if (!any)
		report_error(&run->report, CONFIG_PATH, 0, "", "", "config.file",
			     "there is no configuration on this box", "name the files");
}

static int take_list(const char *list, const char *const *names, size_t n, unsigned int *mask)
{
	*mask = 0;
	while (*list) {
		size_t len = strcspn(list, ","), i = 0;

		while (i < n && (strlen(names[i]) != len || memcmp(names[i], list, len) != 0))
			i++;
		if (i == n)
			return -1;
		*mask |= 1u << i;
		list += len + (list[len] == ',');
	}
	return *mask ? 0 : -1;
}

static int usage(void)
{
	puts("usage: trustgate check config [-j] [--kind KIND] [--role ROLE[,ROLE]]\n"
	     "                              [--mode MODE[,MODE...]] [--no-files] [FILE...]\n\n"
	     "Finds errors in the files, taken as one configuration, or in this box's own.\n\n"
	     "  -j, --json    print one JSON document\n"
	     "  --kind KIND   what each file is: agent, swanctl, strongswan, plugin, profile,\n"
	     "                reference, rules, modprobe or cwmp, if its content does not tell\n"
	     "  --role ROLE   henb or segw, if trustgated.conf is not among the files\n"
	     "  --mode MODE   inband, direct, intunnel: ocsp.mode, likewise\n"
	     "  --no-files    do not open the files that they name: they are another machine's\n\n"
	     "Exit status: 0 no errors, 1 errors, 64 usage.");
	return EXIT_GOOD;
}

static int take_option(struct run *run, int opt)
{
	static const char *const roles[] = { "henb", "segw" };
	static const char *const modes[] = { "inband", "direct", "intunnel" };

	switch (opt) {
	case 'k':
		run->kind = config_kind_parse(optarg);
		return run->kind == CONFIG_KIND_UNKNOWN ?
			usage_error(optarg, "not agent, swanctl, strongswan, plugin, profile, "
				    "reference, rules, modprobe or cwmp") : 0;
	case 'r':
		return take_list(optarg, roles, ARRAY_SIZE(roles), &run->roles) ?
			usage_error(optarg, "neither henb nor segw") : 0;
	default:
		return take_list(optarg, modes, ARRAY_SIZE(modes), &run->modes) ?
			usage_error(optarg, "not inband, direct or intunnel") : 0;
	}
}

/* -1, or the exit status; the files are what is left from optind. */
static int parse_options(struct ctl *ctl, struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "kind", required_argument, NULL, 'k' },
		{ "role", required_argument, NULL, 'r' },
		{ "mode", required_argument, NULL, 'm' },
		{ "no-files", no_argument, NULL, 'n' },
		{ 0 },
	};
	int opt, rc;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h')
			return usage();
		if (opt == 'j') {
			ctl->json = true;
			continue;
		}
		if (opt == 'n') {
			run->no_files = true;
			continue;
		}
		rc = take_option(run, opt);
		if (rc)
			return rc;
	}
	return -1;
}

int check_config(struct ctl *ctl, int argc, char **argv)
{
	struct run run = { 0 };
	struct lint_rules *rules = NULL;
	int status = parse_options(ctl, &run, argc, argv);

	if (status >= 0)
		return status;
	report_init(&run.report, ctl);
	if (optind == argc)
		check_installed(&run);
	for (; optind < argc; optind++)
		check_file(&run, argv[optind]);
	if (run.has_agent && !run.no_files)
		config_named(&run.report, run.agent_path, &run.agent);
	if (run.swanctl.settings || run.strongswan.settings || run.plugin.settings)
		rules = config_rules(&run.report, "strongswan");
	if (rules)
		apply_rules(&run, rules);
	lint_rules_free(rules);
	if (run.cwmp.settings)
		apply_cwmp(&run);
	settings_free(run.cwmp.settings);
	settings_free(run.swanctl.settings);
	settings_free(run.strongswan.settings);
	settings_free(run.plugin.settings);
	return report_end(&run.report);
}
