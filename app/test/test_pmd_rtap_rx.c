/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: from the kernel to the application.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_EMPTY_POLLS 1000
/* Fits the kernel's queue of 500, but not the small pool below. */
#define NB_FRAMES_FOR_SMALL_POOL 450
#define SMALL_POOL_NB_MBUFS 255

static int
check_received(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, run),
		"%u frames of %u bytes in bursts of %u", run->n, run->len, run->burst);
	return TEST_SUCCESS;
}

static int
rx_delivers_every_length(void)
{
	struct rtap_run run = { .n = 1 };

	for (run.len = RTAP_TEST_MIN_LEN; run.len <= RTAP_TEST_MAX_LEN; run.len++) {
		run.seq = run.len;
		if (check_received(&run) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
rx_delivers_bursts_of_many_sizes(void)
{
	static const uint16_t sizes[] = { 1, 4, 5, 32, 64, 200 };
	struct rtap_run run = { .len = 100 };

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		run.n = sizes[i];
		run.burst = sizes[i];
		if (check_received(&run) != TEST_SUCCESS)
			return TEST_FAILED;
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

/* Asking for less than waits must neither lose nor reorder the rest. */
static int
rx_keeps_order_in_small_bursts(void)
{
	const struct rtap_run run = { .n = 400, .len = 64, .burst = 3 };

	return check_received(&run);
}

static int
rx_keeps_order_in_large_bursts(void)
{
	const struct rtap_run run = { .n = 450, .len = 64, .burst = 512 };

	return check_received(&run);
}

static int
burst_of_no_packets_takes_none(void)
{
	const struct rtap_run run = { .n = 2, .len = 60 };
	struct rte_mbuf *none;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, &none, 0), 0,
		"packets although none was asked");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
empty_bursts_return_nothing(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	struct rte_eth_stats stats;

	for (unsigned int i = 0; i < NB_EMPTY_POLLS; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts,
			RTE_DIM(pkts)), 0, "a packet out of nowhere");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.ipackets, 0, "packets counted");
	TEST_ASSERT_EQUAL(stats.ierrors, 0, "errors counted");
	TEST_ASSERT_EQUAL(stats.rx_nombuf, 0, "failed allocations counted");
	return TEST_SUCCESS;
}

static int
rx_wakes_up_after_idle_time(void)
{
	struct rtap_run run = { .n = 1, .len = 60 };
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	for (run.seq = 0; run.seq < 100; run.seq++) {
		for (unsigned int i = 0; i < 10; i++)
			TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts,
				RTE_DIM(pkts)), 0, "a packet out of nowhere");
		if (check_received(&run) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
received_mbufs_are_the_pools(void)
{
	const struct rtap_run run = { .n = 1, .len = 60 };
	struct rte_mbuf *mbuf;
	bool ok;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	mbuf = rtap_port_receive_one(rtap_fx.port, 0);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing received");
	ok = mbuf->pool == rtap_fx.pool && rte_mbuf_refcnt_read(mbuf) == 1 &&
		mbuf->data_off == RTE_PKTMBUF_HEADROOM && mbuf->ol_flags == 0;
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT(ok, "not a fresh mbuf of the queue's pool");
	return TEST_SUCCESS;
}

/* A request that waits in a kernel thread costs a wake-up for every packet. */
static int
no_kernel_worker_serves_the_port(void)
{
	const struct rtap_run run = { .n = 100, .len = 60 };

	if (empty_bursts_return_nothing() != TEST_SUCCESS ||
	    check_received(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	TEST_ASSERT_EQUAL(rtap_kernel_count_workers(), 0, "there are workers");
	return TEST_SUCCESS;
}

/* What the kernel sends to a stopped port is gone, not kept for later. */
static int
stopped_port_keeps_nothing_for_later(void)
{
	const struct rtap_run stale = { .seq = 1000, .n = 3, .len = 60 };
	const struct rtap_run fresh = { .seq = 2000, .n = 3, .len = 60 };
	uint8_t frame[RTAP_TEST_MIN_LEN];

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &stale), "no send");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	rtap_frame_fill(frame, sizeof(frame), stale.seq);
	/* The kernel may refuse or drop it: there is no carrier. */
	if (send(rtap_fx.sock, frame, sizeof(frame), 0) < 0)
		printf("sending to a stopped port: %s\n", strerror(errno));
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &fresh), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &fresh), "stale frame");
	return TEST_SUCCESS;
}

static int
check_held_frames(struct rte_mbuf **held, unsigned int n, uint16_t len)
{
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (ret == 0)
			ret = rtap_frame_check(rte_pktmbuf_mtod(held[i], uint8_t *),
				held[i]->data_len, len, i);
		rte_pktmbuf_free(held[i]);
	}
	return ret;
}

static int
check_recovery(void)
{
	const struct rtap_run run = { .n = NB_FRAMES_FOR_SMALL_POOL, .len = 60 };
	struct rte_mbuf *held[SMALL_POOL_NB_MBUFS + 1];
	struct rtap_run rest = run;
	unsigned int n;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	n = rtap_port_hold_until_empty(held, RTE_DIM(held));
	TEST_ASSERT(n != 0, "rx_nombuf does not count");
	TEST_ASSERT_SUCCESS(check_held_frames(held, n, run.len), "wrong frame");
	rest.seq = n;
	rest.n = run.n - n;
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &rest),
		"no recovery after %u frames", n);
	return TEST_SUCCESS;
}

static int
start_with_pool(struct rte_mempool *pool)
{
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_setup(rtap_fx.port, 0,
		RTAP_TEST_NB_DESC, rte_eth_dev_socket_id(rtap_fx.port), NULL, pool),
		"no Rx queue");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return rtap_open_socket();
}

static int
rx_recovers_from_empty_pool(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rtap_short",
		SMALL_POOL_NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		(int)rte_socket_id());
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = start_with_pool(pool);
	if (ret == TEST_SUCCESS)
		ret = check_recovery();
	rte_eth_dev_stop(rtap_fx.port);
	rte_eth_dev_close(rtap_fx.port);
	if (!rtap_mbufs_are_back(pool, SMALL_POOL_NB_MBUFS))
		ret = TEST_FAILED;
	rte_mempool_free(pool);
	return ret;
}

struct unit_test_suite rtap_rx_suite = {
	.suite_name = "rtap: from the kernel to the port",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_delivers_every_length),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_delivers_bursts_of_many_sizes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_in_small_bursts),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_in_large_bursts),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, burst_of_no_packets_takes_none),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, empty_bursts_return_nothing),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_wakes_up_after_idle_time),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, received_mbufs_are_the_pools),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, no_kernel_worker_serves_the_port),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			stopped_port_keeps_nothing_for_later),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, rx_recovers_from_empty_pool),
		TEST_CASES_END()
	}
};
