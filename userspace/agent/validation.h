/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Role segw: what a validation entity says of H(e)NBs' reports (SGW-INT-08, SGW-INT-09).
 * Nothing waits for it but the gate of whom its word is about.
 */
#ifndef TRUSTGATE_AGENT_VALIDATION_H
#define TRUSTGATE_AGENT_VALIDATION_H

#include "agent/context.h"

void validation_init(struct context *c);
/*
 * Have the entity asked about the record of @c, if one is configured, and it was not or
 * @again. appraisal_validated() is called when it has answered, or is silent.
 */
void validation_seek(struct context *c, bool again);
/* The record of @c is no longer that which was asked about. */
void validation_forget(struct context *c);

/* For trustgate status. */
json_t *validation_json(void);

#endif /* TRUSTGATE_AGENT_VALIDATION_H */
