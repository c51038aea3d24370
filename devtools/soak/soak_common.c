/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * What all of the programs here have: their state, random numbers, frames.
 */

#include <string.h>

#include "soak.h"

#define HEADER_LEN	22	/* Ethernet, and the number */

struct soak soak = {
	.secs = 30,
	.round_secs = 2,
	.pause_ms = 500,
	.nb_queues = 2,
	.control = PTHREAD_MUTEX_INITIALIZER,
};

void
soak_random_init(struct soak_random *random, unsigned int thread)
{
	random->state = (soak.seed + 1) * 0x9E3779B97F4A7C15 +
		(uint64_t)thread * 0x632BE59BD9B4E019;
	random->state |= 1;
	for (unsigned int i = 0; i < 8; i++)
		soak_random_below(random, 2);
}

uint32_t
soak_random_below(struct soak_random *random, uint32_t n)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return (uint32_t)((random->state * 0x2545F4914F6CDD1D >> 32) * n >> 32);
}

/* Some are for others, and some for a group. */
static void
fill_header(uint8_t *frame, uint64_t number)
{
	const uint8_t kinds[] = { 0x02, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t kind = kinds[number % sizeof(kinds)];

	memset(frame, kind == 0xff ? 0xff : 0x44, 6);
	frame[0] = kind;
	memset(frame + 6, 0x06, 6);
	frame[12] = SOAK_ETHERTYPE >> 8;
	frame[13] = SOAK_ETHERTYPE & 0xff;
	memcpy(frame + 14, &number, sizeof(number));
}

void
soak_frame_fill(uint8_t *frame, uint16_t len, uint64_t number)
{
	fill_header(frame, number);
	for (uint16_t i = HEADER_LEN; i < len; i++)
		frame[i] = (uint8_t)(number + i + len);
}

bool
soak_frame_is_whole(const uint8_t *frame, uint16_t len)
{
	uint8_t header[HEADER_LEN];
	uint64_t number;

	if (len < SOAK_MIN_LEN || len > SOAK_MAX_LEN)
		return false;
	memcpy(&number, frame + 14, sizeof(number));
	fill_header(header, number);
	if (memcmp(frame, header, HEADER_LEN) != 0)
		return false;
	for (uint16_t i = HEADER_LEN; i < len; i++) {
		if (frame[i] != (uint8_t)(number + i + len))
			return false;
	}
	return true;
}
