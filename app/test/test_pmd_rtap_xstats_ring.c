/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what extended statistics tell of rings, of the kernel and of
 * what goes wrong. The namespace has no IPv6, so every packet of the interface is
 * one of ours.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

#define MAX_MBUFS 16384
#define NB_CYCLES 10
#define NB_TOO_MANY 300
#define TEST_LEN 100
/* Of a burst, read one by one before the rest is read in batches. */
#define NB_PLAIN 4

/* Bursts until nothing is left to be noticed: a poll is armed. */
static int
go_idle(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	for (unsigned int i = 0; i < 5; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts)), 0,
			"a packet out of nowhere");
	return TEST_SUCCESS;
}

static int
kernel_counts_are_those_of_the_interface(void)
{
	const struct rtap_run run = { .n = 33, .len = TEST_LEN };
	const struct rtap_run more = { .n = 12, .len = 60 };
	struct rtap_kernel_link link;
	struct rtap_run flood = { .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &more), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &more), "no Rx");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	flood.n = link.txqueuelen + NB_TOO_MANY;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &flood), "no send");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(link.stats.tx_dropped > 0, "nothing dropped");

	/* The flood is counted when it is read, but for what was dropped. */
	if (rtap_xstat_check("tx_kernel_packets", 33) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_kernel_bytes", 33 * TEST_LEN) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_kernel_dropped_packets", link.stats.rx_dropped) !=
			TEST_SUCCESS ||
	    rtap_xstat_check("rx_kernel_packets", link.stats.tx_packets) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_kernel_bytes", link.stats.tx_bytes) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_kernel_dropped_packets", link.stats.tx_dropped);
}

/* The interface outlives the first port, and so do its counters. */
static int
kernel_counts_begin_with_the_port(void)
{
	const char *args = RTAP_TEST_ARGS ",persist=1";
	struct rtap_kernel_link link;
	int ret = TEST_FAILED;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV2, args, &rtap_fx.port),
		"no second device");
	if (rtap_kernel_link_get(RTAP_TEST_IFACE, &link) == 0 && link.stats.rx_packets > 0)
		ret = rtap_xstats_check(NULL, 0);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	return ret;
}

static int
batches_of_writes_are_counted(void)
{
	/* Two are written one by one; no batch is longer than 64. */
	static const struct {
		uint16_t n;
		uint16_t nb_batches;
	} bursts[] = { { 1, 0 }, { 2, 0 }, { 3, 1 }, { 64, 1 }, { 65, 1 }, { 200, 4 } };
	uint64_t nb_batches = 0;
	uint64_t nb_packets = 0;

	for (unsigned int i = 0; i < RTE_DIM(bursts); i++) {
		const struct rtap_run run = { .n = bursts[i].n, .burst = bursts[i].n, .len = 60 };

		TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
		TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
		nb_batches += bursts[i].nb_batches;
		nb_packets += bursts[i].n == 65 ? 64 : bursts[i].n > 2 ? bursts[i].n : 0;
		if (rtap_xstat_check("tx_q0_batches", nb_batches) != TEST_SUCCESS ||
		    rtap_xstat_check("tx_q0_submits", nb_batches) != TEST_SUCCESS ||
		    rtap_xstat_check("tx_q0_batch_packets", nb_packets) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
batches_of_reads_are_counted(void)
{
	const struct rtap_run run = { .n = 100, .burst = 200, .len = 60 };
	uint64_t nb_batches;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no Rx");
	if (rtap_xstat_check("rx_q0_batch_packets", run.n - NB_PLAIN) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_polls_armed", 0) != TEST_SUCCESS ||
	    rtap_xstat_get("rx_q0_batches", &nb_batches) != TEST_SUCCESS)
		return TEST_FAILED;
	/* Of 4, 8, 16, 32 and 64 reads, of which the last finds less. */
	TEST_ASSERT_EQUAL(nb_batches, 5, "%" PRIu64 " batches", nb_batches);
	if (rtap_xstat_check("rx_q0_empty_reads", 4 + 8 + 16 + 32 + 64 - (run.n - NB_PLAIN)) !=
			TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_q0_submits", nb_batches);
}

static int
polls_and_wake_ups_are_counted(void)
{
	struct rtap_run run = { .n = 1, .len = 60 };

	if (go_idle() != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_polls_armed", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_empty_reads", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_wake_ups", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 1; i <= NB_CYCLES; i++, run.seq++) {
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no Rx");
		if (rtap_xstat_check("rx_q0_wake_ups", i) != TEST_SUCCESS ||
		    go_idle() != TEST_SUCCESS ||
		    rtap_xstat_check("rx_q0_polls_armed", 1 + i) != TEST_SUCCESS ||
		    rtap_xstat_check("rx_q0_submits", 1 + i) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return rtap_xstat_check("rx_q0_batches", 0);
}

/* Also of the way without batches, which says so whatever is reset. */
static int
fallback_shows(void)
{
	const struct rtap_run run = { .n = 50, .len = 60 };

	rtap_setup_none();
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",without=nowait",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	if (rtap_move_both_ways(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	if (rtap_move_both_ways(&run) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_fallback", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_fallback", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_batches", 0) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_submits", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_q0_packets", run.n);
}

static int
fallback_does_not_show_without_need(void)
{
	struct rte_eth_burst_mode mode;
	uint64_t expected;

	TEST_ASSERT_SUCCESS(rte_eth_rx_burst_mode_get(rtap_fx.port, 0, &mode), "no mode");
	expected = strstr(mode.info, "io_uring") == NULL;
	if (rtap_xstat_check("rx_q0_fallback", expected) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("tx_q0_fallback", expected);
}

/* The burst that finds no mbuf leaves the packets to those after it. */
static int
missing_mbufs_are_counted(void)
{
	static struct rte_mbuf *held[MAX_MBUFS];
	const struct rtap_run run = { .n = 20, .len = 60 };
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	unsigned int n = 0;
	uint16_t nb_rx;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	while (n < MAX_MBUFS && (held[n] = rte_pktmbuf_alloc(rtap_fx.pool)) != NULL)
		n++;
	nb_rx = rte_eth_rx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(held, n);
	TEST_ASSERT_EQUAL(nb_rx, 0, "%u packets without mbufs", nb_rx);
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no Rx");
	if (rtap_xstat_check("rx_q0_mbuf_allocation_errors", 1) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_mbuf_allocation_errors", 1);
}

/* Of a clone, the headroom belongs to somebody else. */
static int
headers_apart_are_counted(void)
{
	struct rte_mbuf *pkts[5];
	const uint16_t n = RTE_DIM(pkts);

	for (uint16_t i = 0; i < n; i++) {
		pkts[i] = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no mbuf");
		if (i != 0)
			rte_mbuf_refcnt_update(pkts[i], 1);
	}
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(rtap_fx.port, 0, pkts, n), n, "no Tx");
	rte_pktmbuf_free_bulk(&pkts[1], n - 1);
	return rtap_xstat_check("tx_q0_separate_headers", n - 1);
}

/* The kernel refuses all of an interface that is down; others never get so far. */
static int
refusals_are_told_from_errors_of_the_kernel(void)
{
	const struct rtap_run run = { .n = 6, .len = TEST_LEN };
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, 0);
	const struct rtap_xstat expected[] = {
		{ "tx_q0_errors", 7 }, { "tx_q0_refused_packets", 1 },
		{ "tx_kernel_dropped_packets", 6 },
	};

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(rtap_fx.port, 0, &mbuf, 1), 1, "not taken");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "not down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "not taken");
	return rtap_xstats_check(expected, RTE_DIM(expected));
}

struct unit_test_suite rtap_xstats_ring_suite = {
	.suite_name = "rtap: extended statistics of rings and the kernel",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			kernel_counts_are_those_of_the_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, kernel_counts_begin_with_the_port),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, batches_of_writes_are_counted),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, batches_of_reads_are_counted),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, polls_and_wake_ups_are_counted),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, fallback_shows),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			fallback_does_not_show_without_need),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, missing_mbufs_are_counted),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, headers_apart_are_counted),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			refusals_are_told_from_errors_of_the_kernel),
		TEST_CASES_END()
	}
};
