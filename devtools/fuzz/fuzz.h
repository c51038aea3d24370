/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _FUZZ_H_
#define _FUZZ_H_

/*
 * What the targets of libFuzzer have in common: an input that is used up from
 * its start, and demands, of which the first that fails ends the run.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMAND(condition, ...) do { \
	if (!(condition)) { \
		fprintf(stderr, "demand failed: %s: ", #condition); \
		fprintf(stderr, __VA_ARGS__); \
		fprintf(stderr, "\n"); \
		abort(); \
	} \
} while (0)

/* Zeros when it is at its end. */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline uint64_t
take(struct input *in, uint32_t nb_bytes)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < nb_bytes; i++) {
		value <<= 8;
		if (in->left == 0)
			continue;
		value |= *in->data++;
		in->left--;
	}
	return value;
}

/* A small number more often than a large one. */
static inline uint16_t
take_len(struct input *in, uint16_t max)
{
	const uint8_t kind = take(in, 1);

	return kind < 128 ? kind % (max + 1) : take(in, 2) % (max + 1);
}

/* Up to so many bytes as they are. Returns how many there were. */
static inline size_t
take_bytes(struct input *in, void *buf, size_t len)
{
	const size_t n = in->left < len ? in->left : len;

	if (n > 0)
		memcpy(buf, in->data, n);
	in->data += n;
	in->left -= n;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* _FUZZ_H_ */
