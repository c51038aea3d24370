/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what an application can ask about queues, and when mbufs
 * come back.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_EMPTY_BURSTS 10
#define NB_WAITING 3
/* Neither powers of two nor multiples of anything. */
#define ODD_RX_DESC 77
#define ODD_TX_DESC 133

static int
run_as(const struct rtap_port_conf *conf)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : rtap_port_run_as(conf);
}

static int
setup_odd(void)
{
	static const struct rtap_port_conf conf = {
		.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		.nb_queues = 2,
		.nb_deferred = 1,
		.nb_rx_desc = ODD_RX_DESC,
		.nb_tx_desc = ODD_TX_DESC,
	};

	return run_as(&conf);
}

static int
setup_fast_free(void)
{
	static const struct rtap_port_conf conf = {
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
			RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
	};

	return run_as(&conf);
}

static int
rxq_info_tells_what_was_set_up(void)
{
	struct rte_eth_rxq_info info;

	for (uint16_t q = 0; q < 2; q++) {
		TEST_ASSERT_SUCCESS(rte_eth_rx_queue_info_get(rtap_fx.port, q, &info),
			"no info");
		TEST_ASSERT(info.mp == rtap_fx.pool, "another pool");
		TEST_ASSERT_EQUAL(info.nb_desc, ODD_RX_DESC, "%u descriptors", info.nb_desc);
		TEST_ASSERT_EQUAL(info.conf.rx_deferred_start, q, "deferred is wrong");
		TEST_ASSERT_EQUAL(info.conf.offloads, RTE_ETH_RX_OFFLOAD_SCATTER,
			"offloads are %#" PRIx64, info.conf.offloads);
		TEST_ASSERT_EQUAL(info.rx_buf_size, RTE_MBUF_DEFAULT_DATAROOM, "buffers of %u",
			info.rx_buf_size);
		TEST_ASSERT_EQUAL(info.conf.rx_drop_en, 1, "drops nothing");
		TEST_ASSERT_EQUAL(info.scattered_rx, 0, "scattered");
		TEST_ASSERT_EQUAL(info.queue_state, (q == 0 ? RTE_ETH_QUEUE_STATE_STARTED :
			RTE_ETH_QUEUE_STATE_STOPPED), "state is %u", info.queue_state);
	}
	return TEST_SUCCESS;
}

static int
txq_info_tells_what_was_set_up(void)
{
	struct rte_eth_txq_info info;

	for (uint16_t q = 0; q < 2; q++) {
		TEST_ASSERT_SUCCESS(rte_eth_tx_queue_info_get(rtap_fx.port, q, &info),
			"no info");
		TEST_ASSERT_EQUAL(info.nb_desc, ODD_TX_DESC, "%u descriptors", info.nb_desc);
		TEST_ASSERT_EQUAL(info.conf.tx_deferred_start, q, "deferred is wrong");
		TEST_ASSERT_EQUAL(info.conf.offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
			"offloads are %#" PRIx64, info.conf.offloads);
	}
	return TEST_SUCCESS;
}

static int
check_modes(uint16_t queue, const char *text)
{
	struct rte_eth_burst_mode rx;
	struct rte_eth_burst_mode tx;

	TEST_ASSERT_SUCCESS(rte_eth_rx_burst_mode_get(rtap_fx.port, queue, &rx), "no Rx mode");
	TEST_ASSERT_SUCCESS(rte_eth_tx_burst_mode_get(rtap_fx.port, queue, &tx), "no Tx mode");
	TEST_ASSERT_NOT_NULL(strstr(rx.info, text), "Rx mode '%s'", rx.info);
	TEST_ASSERT_NOT_NULL(strstr(tx.info, text), "Tx mode '%s'", tx.info);
	TEST_ASSERT((rx.flags & tx.flags & RTE_ETH_BURST_FLAG_PER_QUEUE) != 0,
		"queues may differ");
	return TEST_SUCCESS;
}

static int
burst_mode_names_the_way_of_packets(void)
{
	return check_modes(0, "io_uring");
}

static int
burst_mode_tells_of_stopped_queue(void)
{
	return check_modes(1, "Stopped");
}

/* What a ring has is of no use in the other direction, or where there are no batches. */
static int
burst_mode_names_what_the_direction_uses(void)
{
	struct rte_eth_burst_mode rx;
	struct rte_eth_burst_mode tx;

	TEST_ASSERT_SUCCESS(rte_eth_rx_burst_mode_get(rtap_fx.port, 0, &rx), "no Rx mode");
	TEST_ASSERT_SUCCESS(rte_eth_tx_burst_mode_get(rtap_fx.port, 0, &tx), "no Tx mode");
	TEST_ASSERT_NULL(strstr(rx.info, "silent success"), "Rx mode '%s'", rx.info);
	TEST_ASSERT_NULL(strstr(tx.info, "wake-up flag"), "Tx mode '%s'", tx.info);
	TEST_ASSERT_NULL(strstr(tx.info, "buffers"), "Tx mode '%s'", tx.info);
	return TEST_SUCCESS;
}

static int
burst_mode_of_fallback_names_no_batches(void)
{
	struct rte_eth_burst_mode rx;
	struct rte_eth_burst_mode tx;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS
		",without=nowait+taskrun+file", &rtap_fx.port), "no port");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_rx_burst_mode_get(rtap_fx.port, 0, &rx), "no Rx mode");
	TEST_ASSERT_SUCCESS(rte_eth_tx_burst_mode_get(rtap_fx.port, 0, &tx), "no Tx mode");
	TEST_ASSERT_SUCCESS(strcmp(rx.info, "System call per packet"), "Rx '%s'", rx.info);
	TEST_ASSERT_SUCCESS(strcmp(tx.info, "System call per packet"), "Tx '%s'", tx.info);
	return TEST_SUCCESS;
}

/* How many packets wait. */

static int
go_idle(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	for (unsigned int i = 0; i < NB_EMPTY_BURSTS; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts,
			RTE_DIM(pkts)), 0, "a packet out of nowhere");
	return TEST_SUCCESS;
}

static int
let_packets_wait(void)
{
	const struct rtap_run run = { .n = NB_WAITING, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	return TEST_SUCCESS;
}

static int
check_waiting(bool is_expected)
{
	const int n = rte_eth_rx_queue_count(rtap_fx.port, 0);
	const int status = rte_eth_rx_descriptor_status(rtap_fx.port, 0, 0);

	TEST_ASSERT(is_expected ? n > 0 && n <= NB_WAITING : n == 0, "%d packets wait", n);
	TEST_ASSERT_EQUAL(status, is_expected ? RTE_ETH_RX_DESC_DONE :
		RTE_ETH_RX_DESC_AVAIL, "status of the first descriptor is %d", status);
	return TEST_SUCCESS;
}

static int
take_waiting(void)
{
	const struct rtap_run run = { .n = NB_WAITING, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
nothing_waits_on_fresh_queue(void)
{
	return check_waiting(false);
}

static int
nothing_waits_on_idle_queue(void)
{
	return go_idle() == TEST_SUCCESS ? check_waiting(false) : TEST_FAILED;
}

static int
waiting_packets_are_seen_on_fresh_queue(void)
{
	return let_packets_wait() == TEST_SUCCESS ? check_waiting(true) : TEST_FAILED;
}

static int
waiting_packets_are_seen_on_idle_queue(void)
{
	if (go_idle() != TEST_SUCCESS || let_packets_wait() != TEST_SUCCESS)
		return TEST_FAILED;
	return check_waiting(true);
}

static int
asking_takes_no_packet(void)
{
	if (go_idle() != TEST_SUCCESS || let_packets_wait() != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_EMPTY_BURSTS; i++) {
		if (check_waiting(true) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return take_waiting() == TEST_SUCCESS ? check_waiting(false) : TEST_FAILED;
}

static int
rest_of_a_burst_waits(void)
{
	struct rtap_run run = { .n = NB_WAITING - 1, .len = 60, .burst = 1 };

	if (let_packets_wait() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frames lost");
	if (check_waiting(true) != TEST_SUCCESS)
		return TEST_FAILED;
	run.seq = run.n;
	run.n = 1;
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frame lost");
	return check_waiting(false);
}

static int
check_waiting_from_thread(void *arg)
{
	const bool *is_expected = arg;

	return check_waiting(*is_expected);
}

/* What is armed for one thread says nothing to another. */
static int
other_thread_sees_waiting_packets(void)
{
	bool yes = true;

	if (go_idle() != TEST_SUCCESS || let_packets_wait() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_thread_run(check_waiting_from_thread, &yes);
}

static int
stopped_queue_has_nothing_waiting(void)
{
	if (let_packets_wait() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 0), "no stop");
	return check_waiting(false);
}

static int
rx_descriptor_beyond_ring_is_refused(void)
{
	const int last = rte_eth_rx_descriptor_status(rtap_fx.port, 0, ODD_RX_DESC - 1);

	TEST_ASSERT(last == RTE_ETH_RX_DESC_AVAIL, "status of the last is %d", last);
	TEST_ASSERT_EQUAL(rte_eth_rx_descriptor_status(rtap_fx.port, 0, ODD_RX_DESC),
		-EINVAL, "one behind the last has a status");
	TEST_ASSERT_EQUAL(rte_eth_rx_descriptor_status(rtap_fx.port, 0, UINT16_MAX),
		-EINVAL, "the 65535th has a status");
	return TEST_SUCCESS;
}

static int
tx_descriptor_beyond_ring_is_refused(void)
{
	TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(rtap_fx.port, 0, ODD_TX_DESC),
		-EINVAL, "one behind the last has a status");
	TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(rtap_fx.port, 0, UINT16_MAX),
		-EINVAL, "the 65535th has a status");
	return TEST_SUCCESS;
}

/* Nothing is ever under way: an application may wait for the last to be done. */
static int
tx_descriptors_are_done(void)
{
	const struct rtap_run run = { .n = 40, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	for (uint16_t i = 0; i < ODD_TX_DESC; i++)
		TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(rtap_fx.port, 0, i),
			RTE_ETH_TX_DESC_DONE, "descriptor %u is not done", i);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
cleanup_has_nothing_to_do(void)
{
	const struct rtap_run run = { .n = 40, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(rtap_fx.port, 0, 0), 0, "all");
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(rtap_fx.port, 0, 7), 0, "some");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

/* When mbufs come back. */

static int
check_mbufs_return(uint16_t burst)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	const struct rtap_run run = { .n = 3 * burst, .len = 60, .burst = burst };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "bursts of %u", burst);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
mbufs_return_with_each_burst(void)
{
	static const uint16_t bursts[] = { 1, 2, 3, 32, 64, 65, 300 };

	for (unsigned int i = 0; i < RTE_DIM(bursts); i++) {
		if (check_mbufs_return(bursts[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
fast_free_returns_chains_too(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	uint16_t n;

	for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
		pkts[i] = rtap_chain_new(rtap_fx.pool, 500, 1 + i % 4, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	n = rte_eth_tx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts + n, RTE_DIM(pkts) - n);
	TEST_ASSERT_EQUAL(n, RTE_DIM(pkts), "%u packets taken", n);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

/* Whoever frees an mbuf leaves it as the next owner expects it. */
static int
fast_free_leaves_mbufs_fit_for_use(void)
{
	struct rte_mbuf *mbuf;
	bool is_fit;

	if (fast_free_returns_chains_too() != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < RTAP_TEST_BURST; i++) {
		mbuf = rte_mbuf_raw_alloc(rtap_fx.pool);
		TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
		is_fit = rte_mbuf_refcnt_read(mbuf) == 1 && mbuf->next == NULL &&
			mbuf->nb_segs == 1;
		rte_pktmbuf_free(mbuf);
		TEST_ASSERT(is_fit, "mbuf %u is not as it should be in a pool", i);
	}
	return TEST_SUCCESS;
}

static int
fast_free_returns_what_the_kernel_refuses(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	const struct rtap_run run = { .n = 100, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_state_suite = {
	.suite_name = "rtap: what queues tell",
	.unit_test_cases = {
		TEST_CASE_ST(setup_odd, rtap_teardown, rxq_info_tells_what_was_set_up),
		TEST_CASE_ST(setup_odd, rtap_teardown, txq_info_tells_what_was_set_up),
		TEST_CASE_ST(setup_odd, rtap_teardown, burst_mode_names_the_way_of_packets),
		TEST_CASE_ST(setup_odd, rtap_teardown, burst_mode_tells_of_stopped_queue),
		TEST_CASE_ST(setup_odd, rtap_teardown, burst_mode_names_what_the_direction_uses),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			burst_mode_of_fallback_names_no_batches),
		TEST_CASE_ST(setup_odd, rtap_teardown, nothing_waits_on_fresh_queue),
		TEST_CASE_ST(setup_odd, rtap_teardown, nothing_waits_on_idle_queue),
		TEST_CASE_ST(setup_odd, rtap_teardown, waiting_packets_are_seen_on_fresh_queue),
		TEST_CASE_ST(setup_odd, rtap_teardown, waiting_packets_are_seen_on_idle_queue),
		TEST_CASE_ST(setup_odd, rtap_teardown, asking_takes_no_packet),
		TEST_CASE_ST(setup_odd, rtap_teardown, rest_of_a_burst_waits),
		TEST_CASE_ST(setup_odd, rtap_teardown, other_thread_sees_waiting_packets),
		TEST_CASE_ST(setup_odd, rtap_teardown, stopped_queue_has_nothing_waiting),
		TEST_CASE_ST(setup_odd, rtap_teardown, rx_descriptor_beyond_ring_is_refused),
		TEST_CASE_ST(setup_odd, rtap_teardown, tx_descriptor_beyond_ring_is_refused),
		TEST_CASE_ST(setup_odd, rtap_teardown, tx_descriptors_are_done),
		TEST_CASE_ST(setup_odd, rtap_teardown, cleanup_has_nothing_to_do),
		TEST_CASE_ST(setup_odd, rtap_teardown, mbufs_return_with_each_burst),
		TEST_CASE_NAMED_ST("fast_free_returns_mbufs_with_each_burst", setup_fast_free,
			rtap_teardown, mbufs_return_with_each_burst),
		TEST_CASE_ST(setup_fast_free, rtap_teardown, fast_free_returns_chains_too),
		TEST_CASE_ST(setup_fast_free, rtap_teardown, fast_free_leaves_mbufs_fit_for_use),
		TEST_CASE_ST(setup_fast_free, rtap_teardown,
			fast_free_returns_what_the_kernel_refuses),
		TEST_CASES_END()
	}
};
