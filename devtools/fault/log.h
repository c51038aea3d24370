/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _LOG_H_
#define _LOG_H_

/*
 * What is logged, by whatever thread, is kept here instead of printed.
 */

#include <stdbool.h>

int log_open(void);
void log_forget(void);
/* What was logged since then; until the next call. */
const char *log_last(void);
bool log_is_empty(void);

#endif /* _LOG_H_ */
