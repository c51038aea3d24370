/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _BORROWER_H_
#define _BORROWER_H_

/*
 * The port as a secondary process has it: its life, as stage.c has that of the primary,
 * and its operations.
 */

#include "operations.h"

/* Before all others. */
extern const struct operation borrower_first_operation;
/* Ends with one without a name. */
extern const struct operation borrower_operations[];

/* The primary has a port in each stage, which it starts in the last one alone. */
int borrower_enter(enum stage stage);
int borrower_leave(void);
/* The primary starts the port, and the first queue pair is polled. */
int borrower_start(void);
int borrower_stop(void);
/* In this process, or in the primary if this one has no port. */
int borrower_is_usable(int (*check_traffic)(void));

#endif /* _BORROWER_H_ */
