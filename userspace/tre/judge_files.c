// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel measured, against the rules for files. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "tre/imalog.h"
#include "tre/judge_internal.h"

#define IMA_BIT		(1u << TRE_IMA_PCR)
/* PCRs that boot_aggregate is made of, ima_calc_boot_aggregate_tfm(). */
#define BOOT_AGGREGATE	10
/* Of a path in a message: its end says more. */
#define SHOWN		100

/* Printable, and not too long. A file's name is anybody's: only a plain one is fit for a
 * command that somebody may paste.
 */
struct shown {
	char text[SHOWN + 4];
	bool plain;
};

static struct shown show(const char *path, size_t len)
{
	struct shown s = { .plain = len <= SHOWN };
	size_t i = 0;

	if (len > SHOWN) {
		memcpy(s.text, "...", 3);
		path += len - SHOWN;
		len = SHOWN;
		i = 3;
	}
	for (; len--; path++) {
		if (!isalnum((unsigned char)*path) && (!*path || !strchr("/._+,:@-", *path)))
			s.plain = false;
		if (*path > 0x20 && *path < 0x7f)
			s.text[i++] = *path;
		else
			s.text[i++] = '?';
	}
	s.text[i] = 0;
	return s;
}

static bool any_denied_files(const struct judge *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->policies[i]->ndenied_files || j->policies[i]->ndenied_paths)
			return true;
	return false;
}

static bool file_denied(struct judge *j, const struct tre_ima_entry *e)
{
	struct shown path = show(e->path, e->path_len);
	char digest[TRE_HEX_LEN + 1];

	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_glob *g = tre_glob_find(p->denied_paths, p->ndenied_paths,
							 e->path, e->path_len);
		const struct tre_known *k = NULL;

		if (!g && e->sha256)
			k = tre_known_digest(p->denied_files, p->ndenied_files, e->digest);
		if (!g && !k)
			continue;
		judge_refuse(j, TRE_FAIL, "tre.ima.denied",
			     "%s is %s (list entry %u), which policy line %u%s denies (remove or update the file, and reboot)",
			     path.text, e->sha256 ? tre_hex(e->digest, digest) : "of a denied path",
			     e->n, g ? g->line : k->line, judge_which(j, i));
		return true;
	}
	return false;
}

static const struct tre_glob *excluded(const struct judge *j, const struct tre_ima_entry *e)
{
	const struct tre_glob *g = NULL;

	for (size_t i = 0; i < j->n && !g; i++)
		g = tre_glob_find(j->policies[i]->excludes, j->policies[i]->nexcludes, e->path,
				  e->path_len);
	return g;
}

/* The kernel's own first entry, over the firmware's PCRs: what they have to be, they
 * say themselves when they are quoted.
 */
static bool is_boot_aggregate(const struct judge *j, const struct tre_ima_entry *e)
{
	static const char name[] = "boot_aggregate";
	uint8_t digest[TRE_DIGEST_LEN];
	const uint32_t all = (1u << BOOT_AGGREGATE) - 1;

	if (e->path_len != sizeof(name) - 1 || memcmp(e->path, name, e->path_len) || e->violation)
		return false;
	if ((j->m->mask & all) != all)
		return e->n == 1;
	return e->sha256 &&
	       EVP_Digest(j->m->pcrs, BOOT_AGGREGATE * TRE_DIGEST_LEN, digest, NULL, EVP_sha256(),
			  NULL) == 1 && !memcmp(digest, e->digest, TRE_DIGEST_LEN);
}

/* The lines for @path, of the first policy that has one; or true when @e is among them. */
static bool file_allowed(struct judge *j, const struct tre_ima_entry *e, char *allows,
			 size_t size)
{
	char path[TRE_IMA_PATH_MAX + 1], first[TRE_HEX_LEN + 1], more[32] = "";

	memcpy(path, e->path, e->path_len);
	path[e->path_len] = 0;
	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_known *k;
		size_t n, at;

		k = tre_known_find(p->files, p->nfiles, path, 0, &n);
		for (at = 0; at < n; at++)
			if (e->sha256 && !memcmp(k[at].digest, e->digest, TRE_DIGEST_LEN)) {
				j->judged->allowed++;
				return true;
			}
		if (!n || *allows)
			continue;
		if (n > 1)
			snprintf(more, sizeof(more), " or %zu more", n - 1);
		snprintf(allows, size, "policy line %u%s allows %s%s", k->line, judge_which(j, i),
			 tre_hex(k->digest, first), more);
	}
	return false;
}

static void refuse_file(struct judge *j, const struct tre_ima_entry *e, const char *allows)
{
	struct shown path = show(e->path, e->path_len);
	char digest[TRE_HEX_LEN + 1];

	if (!e->known)
		judge_refuse(j, TRE_FAIL, "tre.ima.template",
			     "list entry %u is of template %s, which is not known (boot with ima_template=ima-ng or ima-sig)",
			     e->n, e->template);
	else if (e->violation)
		judge_refuse(j, TRE_FAIL, "tre.ima.violation",
			     "%s was written while it was measured (list entry %u, a violation): what was read is not known (if its contents do not matter: trustgate policy build --exclude PATH; then reboot)",
			     path.text, e->n);
	else if (!e->sha256)
		judge_refuse(j, TRE_FAIL, "tre.ima.algorithm",
			     "%s was measured with %s (list entry %u), policies know SHA-256 (boot with ima_hash=sha256)",
			     path.text, e->alg, e->n);
	else
		judge_refuse(j, TRE_FAIL, *allows ? "tre.ima.mismatch" : "tre.ima.unlisted",
			     "%s is %s (list entry %u), %s (remove it and reboot, or if it is known good: trustgate policy build --allow %s=%s)",
			     path.text, tre_hex(e->digest, digest), e->n,
			     *allows ? allows : "the policy does not know the file",
			     path.plain ? path.text : "PATH", digest);
}

static void judge_file(struct judge *j, const struct tre_ima_entry *e, bool prove)
{
	char allows[200] = "";

	if ((e->known && file_denied(j, e)) || !prove)
		return;
	j->judged->files++;
	if (!e->known) {
		refuse_file(j, e, allows);
		return;
	}
	if (is_boot_aggregate(j, e) || (!e->violation && file_allowed(j, e, allows, sizeof(allows))))
		return;
	if (excluded(j, e))
		j->judged->excluded++;
	else
		refuse_file(j, e, allows);
}

long judge_files_replay(struct judge *j)
{
	char have[TRE_HEX_LEN + 1], want[TRE_HEX_LEN + 1];
	const uint8_t *quoted = j->m->pcrs[TRE_IMA_PCR];
	struct tre_ima_entry e;
	struct tre_imalog log;
	long entries;
	int more = 1;

	tre_imalog_begin(&log, j->m->imalog.octets, j->m->imalog.len);
	while (more > 0 && memcmp(log.pcr10, quoted, TRE_DIGEST_LEN))
		more = tre_imalog_next(&log, &e);
	if (more < 0) {
		judge_refuse(j, TRE_FAIL, "tre.ima.syntax", "measurement list: %s", log.err);
		return -1;
	}
	if (memcmp(log.pcr10, quoted, TRE_DIGEST_LEN)) {
		judge_refuse(j, TRE_FAIL, "tre.ima.replay",
			     "PCR 10 is %s, which none of the measurement list's %u entries leads to, the last one to %s: something else extended it, or the list was changed (reboot)",
			     tre_hex(quoted, have), log.n, tre_hex(log.pcr10, want));
		return -1;
	}
	entries = log.n;
	while (tre_imalog_next(&log, &e) > 0)
		j->judged->later++;
	return entries;
}

void judge_files(struct judge *j, bool prove)
{
	const struct tre_log *l = &j->m->imalog;
	struct tre_ima_entry e;
	struct tre_imalog log;
	long entries;

	if (!prove && (!any_denied_files(j) || !(j->m->mask & IMA_BIT)))
		return;
	if (!l->octets) {
		judge_refuse(j, TRE_UNAVAILABLE, "tre.ima.absent",
			     "the policy has rules for files, and there is no measurement list: %s",
			     l->why ? l->why : "none was given (give it)");
		return;
	}
	entries = judge_files_replay(j);
	tre_imalog_begin(&log, l->octets, l->len);
	if (entries < 0)
		return;
	while (entries-- > 0 && tre_imalog_next(&log, &e) > 0)
		judge_file(j, &e, prove);
	/* A kernel that measures nothing has nothing to be refused either. */
	if (prove && !j->judged->allowed && !j->judged->refused)
		judge_refuse(j, TRE_FAIL, "tre.ima.nothing",
			     "the kernel measured no file that the policy knows, %u in all: it does not measure, or not into this TPM (boot with ima_policy=tcb, the TPM's driver built in)",
			     j->judged->files);
}
