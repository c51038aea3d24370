/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: from the application to the kernel.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Several times the ring and more than the pool: nothing may be kept. */
#define NB_MANY (3 * 8192)
#define TEST_LEN 333
#define PATTERN 0xa5

static int
check_sent(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, run),
		"%u frames of %u bytes in bursts of %u", run->n, run->len, run->burst);
	return TEST_SUCCESS;
}

static int
tx_delivers_every_length(void)
{
	struct rtap_run run = { .n = 1 };

	for (run.len = RTAP_TEST_MIN_LEN; run.len <= RTAP_TEST_MAX_LEN; run.len++) {
		run.seq = run.len;
		if (check_sent(&run) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
tx_delivers_bursts_of_many_sizes(void)
{
	static const uint16_t sizes[] = { 1, 4, 5, 32, 64, 200 };
	struct rtap_run run = { .len = 100 };

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		run.n = sizes[i];
		run.burst = sizes[i];
		if (check_sent(&run) != TEST_SUCCESS)
			return TEST_FAILED;
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

static int
tx_never_runs_out_of_ring_or_pool(void)
{
	struct rtap_run run = { .n = 128, .len = 60, .burst = 128 };

	for (run.seq = 0; run.seq < NB_MANY; run.seq += run.n) {
		if (check_sent(&run) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
burst_of_no_packets_sends_none(void)
{
	struct rte_mbuf *none = NULL;
	struct rte_eth_stats stats;

	TEST_ASSERT_EQUAL(rte_eth_tx_burst(rtap_fx.port, 0, &none, 0), 0,
		"packets sent although none was given");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.opackets + stats.oerrors, 0, "something counted");
	return TEST_SUCCESS;
}

/* Give away one reference; the frame arrives and the other one is unharmed. */
static int
check_shared(struct rte_mbuf *mbuf)
{
	const struct rtap_run run = { .n = 1, .len = TEST_LEN };
	const uint32_t room = rte_pktmbuf_headroom(mbuf);
	char *data = rte_pktmbuf_mtod(mbuf, char *);
	uint8_t before[RTE_PKTMBUF_HEADROOM + TEST_LEN];

	/* The headroom belongs to the other owner, too. */
	memset(data - room, PATTERN, room);
	memcpy(before, data - room, room + TEST_LEN);
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "wrong frame");
	TEST_ASSERT_SUCCESS(rtap_bytes_check((const uint8_t *)data - room, before,
		room + TEST_LEN), "shared bytes have changed");
	return TEST_SUCCESS;
}

static int
shared_mbuf_is_sent_unchanged(void)
{
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, 0);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	rte_mbuf_refcnt_update(mbuf, 1);
	ret = check_shared(mbuf);
	if (ret == TEST_SUCCESS && (rte_mbuf_refcnt_read(mbuf) != 1 ||
			mbuf->data_off != RTE_PKTMBUF_HEADROOM ||
			mbuf->pkt_len != TEST_LEN)) {
		printf("the other owner's mbuf has changed\n");
		ret = TEST_FAILED;
	}
	rte_pktmbuf_free(mbuf);
	return ret;
}

static int
clone_is_sent_and_original_unchanged(void)
{
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, 0);
	struct rte_mbuf *clone;
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	clone = rte_pktmbuf_clone(mbuf, rtap_fx.pool);
	TEST_ASSERT_NOT_NULL(clone, "no clone");
	ret = check_shared(clone);
	if (ret == TEST_SUCCESS && rte_mbuf_refcnt_read(mbuf) != 1) {
		printf("the clone still holds the original\n");
		ret = TEST_FAILED;
	}
	rte_pktmbuf_free(mbuf);
	return ret;
}

static int
mbuf_without_headroom_is_sent(void)
{
	const struct rtap_run run = { .n = 1, .len = TEST_LEN };
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, 0);

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	memmove(mbuf->buf_addr, rte_pktmbuf_mtod(mbuf, void *), TEST_LEN);
	mbuf->data_off = 0;
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "wrong frame");
	return TEST_SUCCESS;
}

/* In front of the buffer is the application's private area. */
static int
check_headroom_of(uint16_t room)
{
	const struct rtap_run run = { .seq = room, .n = 1, .len = TEST_LEN };
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, run.seq);
	uint8_t before[RTAP_TEST_PRIV_SIZE];
	uint8_t *priv;

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	memmove((char *)mbuf->buf_addr + room, rte_pktmbuf_mtod(mbuf, void *), TEST_LEN);
	mbuf->data_off = room;
	priv = rte_mbuf_to_priv(mbuf);
	memset(priv, PATTERN, sizeof(before));
	memset(before, PATTERN, sizeof(before));
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "wrong frame");
	/* The mbuf is back in its pool, where nothing changes it. */
	TEST_ASSERT_SUCCESS(rtap_bytes_check(priv, before, sizeof(before)),
		"private area has changed");
	return TEST_SUCCESS;
}

/* Around the size of a virtio-net header, where one byte decides. */
static int
mbuf_with_any_small_headroom_is_sent(void)
{
	for (uint16_t room = 0; room <= 32; room++) {
		if (check_headroom_of(room) == TEST_SUCCESS)
			continue;
		printf("with a headroom of %u\n", room);
		return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* Kinds of mbufs side by side in one burst keep their order. */
static int
mixed_burst_keeps_order(void)
{
	const struct rtap_run run = { .n = RTAP_TEST_BURST, .len = TEST_LEN };
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	struct rte_mbuf *original;
	uint16_t n;

	for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
		pkts[i] = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no mbuf");
		if (i % 3 == 0)
			continue;
		original = pkts[i];
		pkts[i] = rte_pktmbuf_clone(original, rtap_fx.pool);
		TEST_ASSERT_NOT_NULL(pkts[i], "no clone");
		rte_pktmbuf_free(original);
	}
	n = rte_eth_tx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts + n, RTE_DIM(pkts) - n);
	TEST_ASSERT_EQUAL(n, RTE_DIM(pkts), "%u packets taken", n);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "wrong frame");
	return TEST_SUCCESS;
}

/* The port must be idle again by itself: nothing else frees its mbufs. */
static int
check_errors_and_mbufs(uint64_t nb_errors, unsigned int nb_free)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.oerrors, nb_errors, "%" PRIu64 " oerrors",
		stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets, 0, "%" PRIu64 " opackets", stats.opackets);
	TEST_ASSERT_EQUAL(stats.obytes, 0, "%" PRIu64 " obytes", stats.obytes);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

static int
tx_to_interface_that_is_down_counts_errors(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	/* Several bursts: a failure must be counted once, whatever follows. */
	const struct rtap_run run = { .n = 300, .len = 60, .burst = 50 };

	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run),
		"the port keeps the packets back");
	return check_errors_and_mbufs(run.n, nb_free);
}

static int
tx_recovers_when_interface_is_up_again(void)
{
	const struct rtap_run lost = { .n = 5, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &lost), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_is_running), "interface does not run");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

static int
runts_count_as_errors(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *mbuf;

	for (uint16_t len = 0; len < RTE_ETHER_HDR_LEN; len++) {
		mbuf = rtap_mbuf_new(rtap_fx.pool, RTAP_TEST_MIN_LEN, 0);
		TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
		rte_pktmbuf_trim(mbuf, RTAP_TEST_MIN_LEN - len);
		TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf),
			"%u bytes are not consumed", len);
	}
	return check_errors_and_mbufs(RTE_ETHER_HDR_LEN, nb_free);
}

/* One bad packet must not take its neighbours along. */
static int
runt_within_burst_harms_no_other(void)
{
	const struct rtap_run first = { .seq = 0, .n = 4, .len = TEST_LEN };
	const struct rtap_run second = { .seq = 5, .n = 3, .len = TEST_LEN };
	struct rte_mbuf *pkts[8];
	struct rte_eth_stats stats;
	uint16_t n;

	for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
		pkts[i] = rtap_mbuf_new(rtap_fx.pool, TEST_LEN, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no mbuf");
	}
	rte_pktmbuf_trim(pkts[4], TEST_LEN - 10);
	n = rte_eth_tx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts + n, RTE_DIM(pkts) - n);
	TEST_ASSERT_EQUAL(n, RTE_DIM(pkts), "%u packets consumed", n);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &first), "before it");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &second), "after it");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.opackets, RTE_DIM(pkts) - 1, "wrong opackets");
	TEST_ASSERT_EQUAL(stats.oerrors, 1, "wrong oerrors");
	return TEST_SUCCESS;
}

static int
sent_mbufs_return_to_pool(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	const struct rtap_run run = { .n = 100, .len = 60 };

	if (check_sent(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	rte_eth_tx_done_cleanup(rtap_fx.port, 0, 0);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_tx_suite = {
	.suite_name = "rtap: from the port to the kernel",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, tx_delivers_every_length),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, tx_delivers_bursts_of_many_sizes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, tx_never_runs_out_of_ring_or_pool),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, burst_of_no_packets_sends_none),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, shared_mbuf_is_sent_unchanged),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			clone_is_sent_and_original_unchanged),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, mbuf_without_headroom_is_sent),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mbuf_with_any_small_headroom_is_sent),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, mixed_burst_keeps_order),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			tx_to_interface_that_is_down_counts_errors),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			tx_recovers_when_interface_is_up_again),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, runts_count_as_errors),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, runt_within_burst_harms_no_other),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, sent_mbufs_return_to_pool),
		TEST_CASES_END()
	}
};
