/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _FAULT_H_
#define _FAULT_H_

/*
 * Failures of what the driver calls, one at a time. Each call of the driver to a
 * function that is not its own goes through here; see stubs.py and calls.txt.
 */

#include <stdbool.h>
#include <stdint.h>

#define FAULT_MAX_ERRORS 6

/* As stubs.py writes it. */
struct fault_call {
	const char *name;
	const char *how;   /* as in calls.txt, or "unknown" */
	int64_t errors[FAULT_MAX_ERRORS]; /* the usual one first, 0 in the end */
	void *real;        /* NULL if unknown */
};

extern const struct fault_call fault_calls[];
extern const unsigned int fault_nb_calls;

/* A call that failed. */
struct fault_point {
	const struct fault_call *call; /* NULL if there was none */
	const void *place;             /* in the code of the driver */
	unsigned long second;          /* argument, which of an ioctl is the request */
};

/*
 * From now on counts the calls that may fail, of all threads, and lets the n-th
 * fail: with the given errno, or with the usual one of the function if it is 0.
 */
void fault_arm(unsigned int n, int error);
/* Of one function alone, from the next fault_arm() on; of all if it is NULL. */
void fault_choose(const char *name);
/* Ends that, and tells which call failed. */
struct fault_point fault_disarm(void);

/* For calls that no stub sees: whether this one is to fail. */
bool fault_hits(const struct fault_call *call, const void *place, unsigned long second);

/* Blocks of libc's heap that the driver has. */
unsigned int fault_count_blocks(void);
/* The driver gets one, or none; it frees one. */
void *fault_note_block(void *block);
void fault_forget_block(const void *block);

/* How many different places have failed so far. */
unsigned int fault_count_places(void);

#endif /* _FAULT_H_ */
