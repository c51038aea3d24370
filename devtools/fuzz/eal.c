/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The only parts of DPDK's libraries that the targets need, compiled here, so that
 * the sanitizers see what they do. Each text that would be logged is made.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_random.h>

#include "fuzz.h"

#include "../../subprojects/dpdk/lib/kvargs/rte_kvargs.c"
#include "../../subprojects/dpdk/lib/net/rte_ether.c"

RTE_DEFINE_PER_LCORE(int, _rte_errno);

int
rte_log_register_type_and_pick_level(const char *name __rte_unused, uint32_t level __rte_unused)
{
	return 0;
}

int
rte_log(uint32_t level __rte_unused, uint32_t type __rte_unused, const char *format, ...)
{
	char text[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	DEMAND(len > 0, "%s", format);
	return len;
}

const char *
rte_strerror(int err)
{
	DEMAND(err >= 0, "%d", err);
	return strerror(err);
}

uint64_t
rte_rand(void)
{
	return 0;
}

uint64_t
rte_get_tsc_hz(void)
{
	return 1000000000;
}
