/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target is one file: LLVMFuzzerTestOneInput(), and fuzz_seed() for driver.c,
 * which replays seeds and mutates them where there is no libFuzzer.
 */
#ifndef TRUSTGATE_FUZZ_H
#define TRUSTGATE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_MAX	(64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Write well-formed input number @n; its length, 0 when there are no more. */
size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX]);

/* What must hold whatever the input was. */
#define FUZZ_ASSERT(cond) do {							\
	if (!(cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		abort();							\
	}									\
} while (0)

#endif /* TRUSTGATE_FUZZ_H */
