/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of Documentation/segw.rst, written from its text and not from the engine. */
#ifndef TRUSTGATE_TEST_ORACLE_H
#define TRUSTGATE_TEST_ORACLE_H

/*
 * @outcomes: one letter a source, in the configured order: Good, Revoked, Unknown,
 * uNreachable (n), Stale, Bad signature; lower case. @rule: 'f', 'a' or 'r' for
 * first-definite, any-good, all-required. 'G', 'B' or 'I' (indeterminate).
 */
char oracle(char rule, const char *outcomes);

#endif /* TRUSTGATE_TEST_ORACLE_H */
