// SPDX-License-Identifier: GPL-2.0-or-later
/* What charon answers over VICI. */
#include <string.h>
#include "agent/vici_msg.h"
#include "fuzz.h"

static void value(void *arg, const struct vici_str *path, size_t depth, struct vici_str key,
		  struct vici_str val)
{
	char text[64];

	FUZZ_ASSERT(depth <= VICI_DEPTH_MAX);
	for (size_t i = 0; i < depth; i++)
		vici_copy(path[i], text, sizeof(text));
	vici_copy(key, text, sizeof(text));
	vici_copy(val, text, sizeof(text));
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = 0;

	vici_walk(data, size, value, NULL, &n);
	FUZZ_ASSERT(n <= size);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	/* A response, and list-sas' event: sections, values and a list. */
	static const char * const seeds[] = {
		"\3\7success\0\3yes\3\6errmsg\0\4none",
		"\1\4segw\3\5state\0\13ESTABLISHED\1\x9" "child-sas\1\6core-1"
		"\3\4name\0\4core\4\x8local-ts\5\0\4a/24\5\0\1b\6\2\2\2",
	};
	static const size_t lens[] = { 28, 82 };

	if (n >= sizeof(lens) / sizeof(lens[0]))
		return 0;
	memcpy(buf, seeds[n], lens[n]);
	FUZZ_ASSERT(!vici_walk(buf, lens[n], value, NULL, &(size_t){ 0 }));
	return lens[n];
}
