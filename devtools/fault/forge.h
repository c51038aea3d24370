/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _FORGE_H_
#define _FORGE_H_

/*
 * Results of the kernel that are no plain failure: part of what was asked, again
 * and again nothing, completions in another order. A request that is to fail does
 * not reach the TAP queue, so that each packet is where it was.
 */

#include <stdbool.h>

struct io_uring;

enum forge_kind {
	FORGE_RESULT, /* of every second request of a batch */
	FORGE_ORDER,  /* the same, and all complete from the last to the first */
	FORGE_PLAIN,  /* of read(2) and the like */
	FORGE_SUBMIT, /* of a submit that takes nothing */
	FORGE_FEWER,  /* a submit takes half of what it is given */
	FORGE_PART,   /* the same, and the next one fails */
	FORGE_FULL,   /* completions find no room in their ring */
};

struct forgery {
	const char *name;
	enum forge_kind kind;
	int result;          /* a negative errno, or a length */
	unsigned int times;
	bool is_rx;
	bool is_counted;     /* each is an error of the port */
	bool is_final;       /* the queue gives nothing before it is started again */
};

/* Ends with one without a name. */
extern const struct forgery forgeries[];

/* From now on; what the second returns is how many times it happened. */
void forge_arm(const struct forgery *forgery);
unsigned int forge_disarm(void);

/* What the driver calls instead of what the function is named after; NULL if nothing. */
void *forge_target(const char *name);

#endif /* _FORGE_H_ */
