/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _STATE_H_
#define _STATE_H_

/*
 * Counts of what a process holds, to be compared before and after.
 */

#include <stdbool.h>
#include <stdint.h>

#define NB_STATES 10

struct state {
	uint64_t counts[NB_STATES];
};

void state_take(struct state *state);
/* The same when nothing has just begun or is about to end. */
void state_take_settled(struct state *state);
/* Waits a while for it to be so again. Otherwise writes what differs into the text. */
bool state_is(const struct state *wanted, char *text, unsigned int size);

#endif /* _STATE_H_ */
