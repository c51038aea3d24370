/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: frames that are longer than an mbuf, and MTUs that make
 * such frames.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Of the small mbufs; a usual frame takes up to six of them. */
#define SMALL_ROOM 256
#define NB_SMALL 2047
/* Of the usual mbufs. */
#define USUAL_ROOM (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM)
#define JUMBO_MTU 9000
/* More than the queue's own mbufs, less than NB_FRAMES_FOR_FEW packets need. */
#define NB_FEW 399
#define NB_FRAMES_FOR_FEW 160
/* Lengths from two below to two above the end of each of so many segments. */
#define NB_ENDS 5
#define NB_LENGTHS (5 * NB_ENDS)

static struct rte_mempool *small_pool;

static const struct rtap_port_conf usual_conf;

static const struct rtap_port_conf scatter_conf = {
	.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
	.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
};

static struct rte_mempool *
create_small_pool(const char *name, unsigned int nb_mbufs)
{
	return rte_pktmbuf_pool_create(name, nb_mbufs, 0, 0,
		RTE_PKTMBUF_HEADROOM + SMALL_ROOM, (int)rte_socket_id());
}

static int
suite_setup(void)
{
	small_pool = create_small_pool("rtap_small", NB_SMALL);
	TEST_ASSERT_NOT_NULL(small_pool, "no pool");
	return TEST_SUCCESS;
}

static void
suite_teardown(void)
{
	rte_mempool_free(small_pool);
}

static int
setup_small(void)
{
	struct rtap_port_conf conf = scatter_conf;
	const int ret = rtap_setup_probed();

	conf.pool = small_pool;
	return ret != TEST_SUCCESS ? ret : rtap_port_run_as(&conf);
}

static void
teardown(void)
{
	rtap_teardown();
	if (!rtap_mbufs_are_back(small_pool, NB_SMALL))
		rtap_fx.nb_leaks++;
}

static int
every_length_comes_whole(void)
{
	for (uint16_t len = RTAP_TEST_MIN_LEN; len <= RTAP_TEST_MAX_LEN; len++) {
		if (rtap_port_check_chain(SMALL_ROOM, len, len) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static uint16_t
length_of(uint32_t seq)
{
	const uint16_t i = seq % NB_LENGTHS;

	return (1 + i / 5) * SMALL_ROOM + i % 5 - 2;
}

static int
check_chains(struct rte_mbuf **pkts, unsigned int n, uint32_t seq)
{
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (ret == 0)
			ret = rtap_chain_check(pkts[i], SMALL_ROOM,
				length_of(seq + i), seq + i);
		rte_pktmbuf_free(pkts[i]);
	}
	return ret;
}

static int
send_lengths(unsigned int n)
{
	for (uint32_t seq = 0; seq < n; seq++)
		TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock,
			length_of(seq), seq), "no send");
	return TEST_SUCCESS;
}

static int
expect_lengths(unsigned int first, unsigned int n, uint16_t burst)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[512];
	unsigned int nb_rx;

	for (unsigned int done = first; done < n; done += nb_rx) {
		nb_rx = rtap_port_receive_once(rtap_fx.port, 0, pkts, burst);
		TEST_ASSERT_SUCCESS(check_chains(pkts, nb_rx, done),
			"in bursts of %u", burst);
		TEST_ASSERT(nb_rx > 0 || rtap_deadline_wait(&deadline),
			"%u of %u frames in bursts of %u", done, n, burst);
	}
	return TEST_SUCCESS;
}

static int
mixed_lengths_keep_order_at_every_burst(void)
{
	static const uint16_t bursts[] = { 1, 4, 5, 33, 64, 512 };

	for (unsigned int i = 0; i < RTE_DIM(bursts); i++) {
		if (send_lengths(8 * NB_LENGTHS) != TEST_SUCCESS ||
		    expect_lengths(0, 8 * NB_LENGTHS, bursts[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static unsigned int
receive_some(struct rte_mbuf **pkts, unsigned int n)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	unsigned int nb_rx = 0;

	do {
		nb_rx += rtap_port_receive_once(rtap_fx.port, 0, pkts + nb_rx, n - nb_rx);
	} while (nb_rx < n && rtap_deadline_wait(&deadline));
	return nb_rx;
}

/* With the port stopped, what is not in the pool is in the packets. */
static int
packet_keeps_no_more_mbufs_than_it_fills(void)
{
	struct rte_mbuf *pkts[NB_LENGTHS];
	unsigned int nb_segs = 0;
	bool ok;

	if (send_lengths(NB_LENGTHS) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(receive_some(pkts, NB_LENGTHS), NB_LENGTHS, "frames lost");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	for (uint32_t seq = 0; seq < NB_LENGTHS; seq++)
		nb_segs += (length_of(seq) + SMALL_ROOM - 1) / SMALL_ROOM;
	ok = rtap_mbufs_are_back(small_pool, NB_SMALL - nb_segs);
	rte_pktmbuf_free_bulk(pkts, NB_LENGTHS);
	TEST_ASSERT(ok, "%u mbufs are in packets", nb_segs);
	TEST_ASSERT(rtap_mbufs_are_back(small_pool, NB_SMALL), "mbufs are missing");
	return TEST_SUCCESS;
}

static int
check_empty_pool(struct rte_mempool *pool)
{
	struct rtap_port_conf conf = scatter_conf;
	struct rte_mbuf *held[NB_FRAMES_FOR_FEW];
	unsigned int n;

	conf.pool = pool;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS ||
	    send_lengths(NB_FRAMES_FOR_FEW) != TEST_SUCCESS)
		return TEST_FAILED;
	n = rtap_port_hold_until_empty(held, NB_FRAMES_FOR_FEW);
	TEST_ASSERT(n != 0, "rx_nombuf does not count");
	TEST_ASSERT_SUCCESS(check_chains(held, n, 0), "before the pool is empty");
	return expect_lengths(n, NB_FRAMES_FOR_FEW, 64);
}

static int
scattered_rx_recovers_from_empty_pool(void)
{
	struct rte_mempool *pool = create_small_pool("rtap_few", NB_FEW);
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = check_empty_pool(pool);
	rte_eth_dev_stop(rtap_fx.port);
	rte_eth_dev_close(rtap_fx.port);
	if (!rtap_mbufs_are_back(pool, NB_FEW))
		ret = TEST_FAILED;
	rte_mempool_free(pool);
	return ret;
}

/* Without scatter. */

static int
queue_of_too_small_mbufs_is_refused(void)
{
	struct rtap_port_conf conf = usual_conf;

	conf.pool = small_pool;
	TEST_ASSERT_EQUAL(rtap_port_apply(rtap_fx.port, &conf), -EINVAL,
		"frames of the default MTU do not fit, but the queue is set up");
	return rtap_port_run_as(&usual_conf);
}

static int
mtu_that_could_truncate_is_refused(void)
{
	if (rtap_port_run_as(&usual_conf) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU), -EINVAL,
		"jumbo frames do not fit, but their MTU is set");
	return rtap_port_check_mtu(RTE_ETHER_MTU);
}

/* The driver knows how much of an mbuf it uses; its frames must show it right. */
static int
largest_mtu_without_scatter_truncates_nothing(void)
{
	uint16_t mtu = USUAL_ROOM;

	if (rtap_port_run_as(&usual_conf) != TEST_SUCCESS)
		return TEST_FAILED;
	while (mtu > RTE_ETHER_MTU && rte_eth_dev_set_mtu(rtap_fx.port, mtu) < 0)
		mtu--;
	TEST_ASSERT(mtu > USUAL_ROOM - 64, "%u is the largest", mtu);
	/* In one mbuf, whatever its room. */
	return rtap_port_check_chain(UINT16_MAX, mtu + RTE_ETHER_HDR_LEN, 0);
}

static int
start_refuses_mtu_that_could_truncate(void)
{
	const struct rte_eth_conf jumbo = { .rxmode.mtu = JUMBO_MTU };
	const struct rte_eth_conf usual = { .rxmode.mtu = RTE_ETHER_MTU };

	TEST_ASSERT_SUCCESS(rtap_port_apply(rtap_fx.port, &usual_conf), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &jumbo),
		"configuration alone refused");
	TEST_ASSERT_EQUAL(rte_eth_dev_start(rtap_fx.port), -EINVAL,
		"queues set up for a smaller MTU are started");
	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &usual),
		"no way back");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_chain(USUAL_ROOM, RTAP_TEST_MAX_LEN, 0);
}

static int
scatter_starts_with_mtu_raised_after_set_up(void)
{
	const struct rte_eth_conf jumbo = {
		.rxmode = { .mtu = JUMBO_MTU, .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
	};

	TEST_ASSERT_SUCCESS(rtap_port_apply(rtap_fx.port, &scatter_conf), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &jumbo),
		"no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_chain(USUAL_ROOM, RTAP_TEST_JUMBO_LEN, 0);
}

/* A packet would have more segments than any kernel call takes. */
static int
mtu_of_too_many_small_mbufs_is_refused(void)
{
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(rtap_fx.port, 65000), -EINVAL,
		"set although no packet has so many segments");
	return rtap_port_check_mtu(RTE_ETHER_MTU);
}

/* The administrator has raised the interface's MTU, but not the port's. */
static int
check_oversize(uint16_t room)
{
	static const uint16_t lengths[] = { 100, 3000, 200, 300, 9000, 9000, 400 };
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU, JUMBO_MTU),
		"no MTU");
	for (uint32_t i = 0; i < RTE_DIM(lengths); i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock, lengths[i], i),
			"no send");
	for (uint32_t i = 0; i < RTE_DIM(lengths); i++) {
		if (lengths[i] < RTE_ETHER_MTU &&
		    rtap_port_expect_chain(room, lengths[i], i) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.ierrors, 3, "%" PRIu64 " errors", stats.ierrors);
	TEST_ASSERT_EQUAL(stats.ipackets, 4, "%" PRIu64 " packets", stats.ipackets);
	return TEST_SUCCESS;
}

static int
oversize_frame_is_an_error_and_not_cut(void)
{
	if (rtap_port_run_as(&usual_conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_oversize(USUAL_ROOM);
}

static int
oversize_frame_is_an_error_for_scatter_too(void)
{
	return check_oversize(SMALL_ROOM);
}

/* Between the MTU and the room there are lengths that may come or not, but whole. */
static int
frames_a_little_oversize_are_whole_or_errors(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *mbuf;
	uint64_t nb_seen = 0;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU, JUMBO_MTU),
		"no MTU");
	for (uint16_t len = RTAP_TEST_MAX_LEN; len < 8 * SMALL_ROOM; len++) {
		TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock, len, len), "no send");
		if (rtap_port_receive_once(rtap_fx.port, 0, &mbuf, 1) == 0)
			continue;
		ret = rtap_chain_check(mbuf, SMALL_ROOM, len, len);
		rte_pktmbuf_free(mbuf);
		TEST_ASSERT_SUCCESS(ret, "a frame of %u bytes", len);
		nb_seen++;
	}
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(nb_seen + stats.ierrors,
		8 * SMALL_ROOM - RTAP_TEST_MAX_LEN, "some are neither");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_scatter_suite = {
	.suite_name = "rtap: frames longer than mbufs",
	.setup = suite_setup,
	.teardown = suite_teardown,
	.unit_test_cases = {
		TEST_CASE_ST(setup_small, teardown, every_length_comes_whole),
		TEST_CASE_ST(setup_small, teardown, mixed_lengths_keep_order_at_every_burst),
		TEST_CASE_ST(setup_small, teardown, packet_keeps_no_more_mbufs_than_it_fills),
		TEST_CASE_ST(rtap_setup_probed, teardown, scattered_rx_recovers_from_empty_pool),
		TEST_CASE_ST(rtap_setup_probed, teardown, queue_of_too_small_mbufs_is_refused),
		TEST_CASE_ST(rtap_setup_probed, teardown, mtu_that_could_truncate_is_refused),
		TEST_CASE_ST(rtap_setup_probed, teardown,
			largest_mtu_without_scatter_truncates_nothing),
		TEST_CASE_ST(rtap_setup_probed, teardown, start_refuses_mtu_that_could_truncate),
		TEST_CASE_ST(rtap_setup_probed, teardown,
			scatter_starts_with_mtu_raised_after_set_up),
		TEST_CASE_ST(setup_small, teardown, mtu_of_too_many_small_mbufs_is_refused),
		TEST_CASE_ST(rtap_setup_probed, teardown, oversize_frame_is_an_error_and_not_cut),
		TEST_CASE_ST(setup_small, teardown, oversize_frame_is_an_error_for_scatter_too),
		TEST_CASE_ST(setup_small, teardown, frames_a_little_oversize_are_whole_or_errors),
		TEST_CASES_END()
	}
};
