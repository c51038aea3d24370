/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _OPERATIONS_H_
#define _OPERATIONS_H_

/*
 * What an application does with a port, each to be tried with failures in it.
 * Functions that return int give 0 or a negative errno.
 */

#include <stdbool.h>

/* How far a port has come. */
enum stage {
	STAGE_NONE,
	STAGE_PROBED,
	STAGE_CONFIGURED, /* its queues are set up, too */
	STAGE_STARTED,
};

struct operation {
	const char *name;
	enum stage stage;      /* where it begins */
	int (*prepare)(void);  /* what it needs besides; or NULL */
	int (*run)(void);      /* calls of this fail */
	int (*check)(void);    /* that it had its effect; or NULL */
	int (*undo)(void);     /* back to its stage; or NULL */
	bool is_final;         /* goes on without what fails, and logs it */
	bool is_lossy;         /* leaves less than there was if it fails, or more */
	const char *loses_by;  /* a call that costs memory for good, of which is told; or NULL */
	bool is_deaf;          /* no packet goes through until it is undone */
	bool is_first;         /* makes what a process makes only once */
	const char *only;      /* no other call fails; or NULL */
};

/* Ends with one without a name. */
extern const struct operation operations[];

/* From nothing to a stage, and back from any one. */
int stage_enter(enum stage stage);
int stage_leave(void);

/* Packets go through the port both ways, if there is one. */
int port_is_usable(void);

#endif /* _OPERATIONS_H_ */
