/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_XSTATS_H_
#define _TEST_PMD_RTAP_XSTATS_H_

/*
 * Extended statistics of the port under test, by their exact names.
 * Functions return TEST_SUCCESS, or not after printing what is wrong.
 */

#include <stdint.h>

#include "test_pmd_rtap_frame.h"

/* Sub-suites about them. */
struct unit_test_suite;
extern struct unit_test_suite rtap_xstats_suite;
extern struct unit_test_suite rtap_xstats_ring_suite;
extern struct unit_test_suite rtap_xstats_packet_suite;

struct rtap_xstat {
	const char *name;
	uint64_t value;
};

int rtap_xstat_get(const char *name, uint64_t *value);
int rtap_xstat_check(const char *name, uint64_t expected);

/*
 * Each that is named has its value, and all others of the driver are 0, but for
 * those of rings: how often they are used depends on when packets come.
 */
int rtap_xstats_check(const struct rtap_xstat *expected, unsigned int nb_expected);

/* A run to the kernel, and another back. */
int rtap_move_both_ways(const struct rtap_run *run);

/* Of all names and values; the same number for the same, in every process; or -1. */
int rtap_xstats_digest(uint16_t port);

#endif /* _TEST_PMD_RTAP_XSTATS_H_ */
