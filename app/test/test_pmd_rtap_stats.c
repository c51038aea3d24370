/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: statistics after known traffic. The namespace has no
 * IPv6, so every packet of the interface is one of ours.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

#define NB_TOO_MANY 300

static int
receive_run(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, run), "no Rx");
	return TEST_SUCCESS;
}

static int
transmit_run(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, run), "frames lost");
	return TEST_SUCCESS;
}

static int
rx_counts_packets_and_frame_bytes(void)
{
	const struct rtap_run small = { .n = 40, .len = 60 };
	const struct rtap_run large = { .n = 7, .len = 1514 };
	struct rte_eth_stats stats;

	if (receive_run(&small) != TEST_SUCCESS || receive_run(&large) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.ipackets, 47, "%" PRIu64 " ipackets", stats.ipackets);
	TEST_ASSERT_EQUAL(stats.ibytes, 40 * 60 + 7 * 1514, "%" PRIu64 " ibytes",
		stats.ibytes);
	TEST_ASSERT_EQUAL(stats.opackets, 0, "%" PRIu64 " opackets", stats.opackets);
	TEST_ASSERT_EQUAL(stats.ierrors + stats.rx_nombuf + stats.imissed, 0,
		"errors counted");
	return TEST_SUCCESS;
}

static int
tx_counts_packets_and_frame_bytes(void)
{
	const struct rtap_run small = { .n = 40, .len = 60 };
	const struct rtap_run large = { .n = 7, .len = 1514 };
	struct rte_eth_stats stats;

	if (transmit_run(&small) != TEST_SUCCESS || transmit_run(&large) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.opackets, 47, "%" PRIu64 " opackets", stats.opackets);
	TEST_ASSERT_EQUAL(stats.obytes, 40 * 60 + 7 * 1514, "%" PRIu64 " obytes",
		stats.obytes);
	TEST_ASSERT_EQUAL(stats.ipackets, 0, "%" PRIu64 " ipackets", stats.ipackets);
	TEST_ASSERT_EQUAL(stats.oerrors, 0, "errors counted");
	return TEST_SUCCESS;
}

/* The kernel's receive counters are the port's transmit ones, and reverse. */
static int
counters_agree_with_kernel(void)
{
	const struct rtap_run run = { .n = 33, .len = 100 };
	const struct rtap_run more = { .n = 12, .len = 100 };
	struct rtap_kernel_link link;
	struct rte_eth_stats stats;

	if (transmit_run(&run) != TEST_SUCCESS || receive_run(&more) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(stats.opackets, link.stats.rx_packets, "opackets");
	TEST_ASSERT_EQUAL(stats.obytes, link.stats.rx_bytes, "obytes");
	TEST_ASSERT_EQUAL(stats.ipackets, link.stats.tx_packets, "ipackets");
	TEST_ASSERT_EQUAL(stats.ibytes, link.stats.tx_bytes, "ibytes");
	return TEST_SUCCESS;
}

static int
reset_starts_from_zero(void)
{
	const struct rtap_run run = { .n = 9, .len = 60 };
	struct rte_eth_stats stats;

	if (transmit_run(&run) != TEST_SUCCESS || receive_run(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_reset(rtap_fx.port), "no reset");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.ipackets + stats.opackets + stats.ibytes +
		stats.obytes, 0, "something is left after reset");
	if (transmit_run(&run) != TEST_SUCCESS || receive_run(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT(stats.ipackets == run.n && stats.opackets == run.n,
		"%" PRIu64 " and %" PRIu64 " packets after reset", stats.ipackets,
		stats.opackets);
	return TEST_SUCCESS;
}

static int
counters_survive_stop_and_start(void)
{
	const struct rtap_run run = { .n = 9, .len = 60 };
	struct rte_eth_stats stats;

	if (transmit_run(&run) != TEST_SUCCESS || receive_run(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT(stats.ipackets == run.n && stats.opackets == run.n,
		"%" PRIu64 " and %" PRIu64 " packets after start", stats.ipackets,
		stats.opackets);
	return TEST_SUCCESS;
}

static int
each_tx_queue_has_its_counters(void)
{
	const struct rtap_run q0 = { .queue = 0, .n = 5, .len = 60 };
	const struct rtap_run q1 = { .queue = 1, .n = 11, .len = 100 };

	if (transmit_run(&q0) != TEST_SUCCESS || transmit_run(&q1) != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_xstat_check("tx_q0_packets", 5) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_bytes", 5 * 60) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q1_packets", 11) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("tx_q1_bytes", 11 * 100);
}

/* Our frames are all one flow to the kernel, so one queue gets them all. */
static int
each_rx_queue_has_its_counters(void)
{
	struct rtap_run run = { .queue = 0, .n = 6, .len = 60 };
	uint64_t packets[2];

	/* The kernel answers on the queue that sent last: make that queue 1. */
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	if (rtap_port_expect(rtap_fx.port, &run) != 0) {
		run.queue = 1;
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no Rx");
	}
	if (rtap_xstat_get("rx_q0_packets", &packets[0]) != TEST_SUCCESS ||
	    rtap_xstat_get("rx_q1_packets", &packets[1]) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(packets[run.queue] == run.n && packets[1 - run.queue] == 0,
		"queue %u received, but queue 0 counts %" PRIu64 " and queue 1 %" PRIu64,
		run.queue, packets[0], packets[1]);
	return TEST_SUCCESS;
}

static int
basic_xstats_equal_stats(void)
{
	const struct rtap_run run = { .n = 4, .len = 70 };

	if (transmit_run(&run) != TEST_SUCCESS || receive_run(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_xstat_check("rx_good_packets", 4) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_good_bytes", 4 * 70) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_good_packets", 4) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("tx_good_bytes", 4 * 70);
}

/* Nobody polls, so the kernel's queue fills up and the rest is dropped. */
static int
overfill(struct rtap_run *run, uint64_t *nb_dropped)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	run->n = link.txqueuelen + NB_TOO_MANY;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	*nb_dropped = link.stats.tx_dropped;
	TEST_ASSERT(*nb_dropped > 0 && *nb_dropped < run->n,
		"kernel dropped %" PRIu64 " of %u", *nb_dropped, run->n);
	return TEST_SUCCESS;
}

static int
imissed_is_what_the_kernel_dropped(void)
{
	struct rtap_run run = { .len = 60 };
	struct rte_eth_stats stats;
	uint64_t nb_dropped;

	if (overfill(&run, &nb_dropped) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.imissed, nb_dropped,
		"imissed is %" PRIu64 ", the kernel dropped %" PRIu64,
		stats.imissed, nb_dropped);
	/* The oldest are kept, so what comes has no gap. */
	run.n -= (unsigned int)nb_dropped;
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frames lost");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.ipackets + stats.imissed, run.n + nb_dropped,
		"not every frame is counted");
	return TEST_SUCCESS;
}

static int
reset_clears_imissed(void)
{
	struct rtap_run run = { .len = 60 };
	struct rte_eth_stats stats;
	uint64_t nb_dropped;

	if (overfill(&run, &nb_dropped) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_reset(rtap_fx.port), "no reset");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.imissed, 0, "imissed is %" PRIu64 " after reset",
		stats.imissed);
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_stats_suite = {
	.suite_name = "rtap: statistics",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_counts_packets_and_frame_bytes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, tx_counts_packets_and_frame_bytes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, counters_agree_with_kernel),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, reset_starts_from_zero),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, counters_survive_stop_and_start),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, each_tx_queue_has_its_counters),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, each_rx_queue_has_its_counters),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, basic_xstats_equal_stats),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, imissed_is_what_the_kernel_dropped),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, reset_clears_imissed),
		TEST_CASES_END()
	}
};
