/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_log.h>

#include "log.h"

#define MAX_SHOWN 4096

static char *text;
static size_t len;
static FILE *file;

int
log_open(void)
{
	file = open_memstream(&text, &len);
	return file == NULL || rte_openlog_stream(file) < 0 ? -ENOMEM : 0;
}

void
log_forget(void)
{
	flockfile(file);
	fflush(file);
	rewind(file);
	fflush(file);
	funlockfile(file);
}

/* A copy: the text moves when the next message needs more room. */
const char *
log_last(void)
{
	static char shown[MAX_SHOWN];
	size_t nb_shown;

	flockfile(file);
	fflush(file);
	nb_shown = RTE_MIN(len, sizeof(shown) - 1);
	memcpy(shown, text, nb_shown);
	shown[nb_shown] = '\0';
	funlockfile(file);
	return shown;
}

bool
log_is_empty(void)
{
	return log_last()[0] == '\0';
}
