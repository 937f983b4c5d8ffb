// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which proofs a context needs: settled here and nowhere else, from the role, the peer's
 * name, its vendor, what became of its report and the configuration. What is not known
 * yet counts as needed, so that a context may be announced at any moment, and only what
 * is learnt later takes a proof away.
 */
#include "agent/context.h"

#include "agent/log.h"
#include "agent/segw.h"
#include "segw/decide.h"

/* Role segw, FFS-05: a report that has to last, or to come, is one that the gate waits for. */
static bool needs_report(const struct context *c)
{
	if (conf.integrity.policy == INTEGRITY_IGNORE)
		return false;
	return c->outcome == OUTCOME_HOLD || c->outcome == OUTCOME_REJECT ||
	       (c->outcome == OUTCOME_PROVEN && conf.integrity.policy == INTEGRITY_REQUIRED);
}

static uint32_t required_of_henb(const struct context *c)
{
	uint32_t kinds = conf.gate.required;

	if (segw_combined(c->k.peer))
		kinds |= KIND(HP_AUTH);
	/* Of a vendor without a check there is no proof to wait for. */
	if (c->vendor_known && !conf.segw.vendors[c->vendor].check)
		kinds &= ~KIND(REVOCATION);
	if (conf.integrity.policy != INTEGRITY_IGNORE)
		kinds &= ~KIND(INTEGRITY);
	return needs_report(c) ? kinds | KIND(INTEGRITY) : kinds;
}

void required_settle(struct context *c)
{
	uint32_t kinds = conf.agent.role == CONFIG_ROLE_SEGW ? required_of_henb(c) :
			 conf.gate.required;

	if (kinds == c->k.required)
		return;
	/* What came to be needed is sought from here on, what no longer is, no more. */
	c->wanted = (c->wanted | (kinds & ~c->k.required)) & kinds;
	c->k.required = kinds;
	if (c->k.id && tg_context_announce(gate(), &c->k)) {
		log_say(LOG_ERR, "not-announced", tg_error(gate()), NULL);
		react_soon(c);
	}
}

void required_vendor(struct context *c, uint32_t vendor)
{
	c->vendor = vendor;
	c->vendor_known = vendor < conf.segw.nvendors;
	required_settle(c);
}
