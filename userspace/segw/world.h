/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the SeGW's checks rest on besides what a peer sends: the configuration and
 * the files that it names. It is loaded by the agent and never written by a check, so
 * that a worker has it by being forked.
 */
#ifndef TRUSTGATE_SEGW_WORLD_H
#define TRUSTGATE_SEGW_WORLD_H

#include "pki/profile.h"
#include "segw/config.h"
#include "segw/crlstore.h"

#define WORLD_CRLS_MAX	64

struct world_crl {
	char name[CRLSTORE_NAME_ROOM];
	int64_t stamp[3];		/* of the file */
	struct crlstore_file file;
	/*
	 * SGW-REV-15: its index, made once by a worker and shared with those that come
	 * after it; data NULL: there is none, and each check reads the list.
	 */
	struct pki_der index;
	bool index_tried;
};

struct segw_world {
	struct segw_config config;
	struct pki_profile profile;
	struct pki_der anchors[SEGW_VENDORS_MAX];
	struct pki_signers signers[SEGW_SOURCES_MAX];	/* of the source at this index */
	uint8_t secret[RADIUS_SECRET_MAX];
	size_t secret_len;
	struct authz_list *list;	/* NULL: unreadable, or there is none */
	struct world_crl crls[WORLD_CRLS_MAX];
	size_t ncrls;
	/* What the files were when they were read. */
	int64_t list_stamp[3], crl_stamp;
};

/*
 * The files that do not change while the agent runs: anchors, signers, secret. 0, or
 * -1 with the file, why and the remedy told to @report.
 */
int world_load(struct segw_world *w, segw_report_fn *report, void *arg);

/* The certificate in the file @path, PEM or DER, for as long as the process lasts; as
 * world_load().
 */
int world_cert(const char *path, struct pki_der *out, segw_report_fn *report, void *arg);
/* The same of all certificates in it, for pki_signers_free(). */
int world_signers(const char *path, struct pki_signers *out, segw_report_fn *report, void *arg);

/*
 * The files that do: the allow-list and the CRLs, when they are others than before.
 * True when something is. What can't be read is told to @report and then proves
 * nothing. An allow-list counts a second after the last change to it.
 */
bool world_refresh(struct segw_world *w, segw_report_fn *report, void *arg);

/* Whether world_refresh() would let go of lists that are here. */
bool world_changed(const struct segw_world *w);

/*
 * The first list of @issuer for @class behind @after (NULL: of all), or NULL: a CA that
 * splits its list has several. @base is its crlstore_name() without a scope.
 */
const struct world_crl *world_crl(const struct segw_world *w, const char *base,
				  const struct world_crl *after);

/* A list without an index, for which none was tried to be made, or NULL. */
struct world_crl *world_unindexed(struct segw_world *w);

/*
 * Memory for @crl's index, to be shared with the worker that makes it: 0, or -errno.
 * Then, when it has ended: keep what it made (@good), which nobody can write any more,
 * or let it go.
 */
int world_index_begin(struct world_crl *crl, struct pki_der *room);
void world_index_end(struct world_crl *crl, struct pki_der room, bool good);

/* Verify the list of @crl and make its index in @room; for the worker. */
void world_index_make(const struct world_crl *crl, struct pki_der room,
		      const struct pki_profile *profile, struct pki_result *result);

#endif /* TRUSTGATE_SEGW_WORLD_H */
