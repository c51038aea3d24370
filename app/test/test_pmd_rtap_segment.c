/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: packets of several segments and of every kind of mbuf,
 * towards the kernel.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define TEST_LEN 1500
#define HEADROOM_FILL 0xA5
#define EXT_HEADROOM 64
#define EXT_LEN (EXT_HEADROOM + TEST_LEN)
#define MAX_BURST 512
#define NB_MIXED_BURSTS 6
/* Larger than a virtio-net header. */
#define MAX_SMALL_ROOM 32

/* What the port publishes as its limit; read by the set-up. */
static uint16_t max_segs;
static unsigned int nb_given_back;

static int
setup(void)
{
	static const struct rtap_port_conf conf = {
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};
	struct rte_eth_dev_info info;
	int ret = rtap_setup_probed();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	max_segs = info.tx_desc_lim.nb_seg_max;
	nb_given_back = 0;
	return rtap_port_run_as(&conf);
}

static struct rte_mbuf *
new_chain(uint16_t nb_segs, uint32_t seq)
{
	return rtap_chain_new(rtap_fx.pool, TEST_LEN, nb_segs, seq);
}

/* Sends one packet and looks at what the kernel gets. */
static int
check_sent(struct rte_mbuf *mbuf, uint16_t len, uint32_t seq)
{
	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock, len, seq),
		"frame %u of %u bytes", seq, len);
	return TEST_SUCCESS;
}

/* One call for all; what is not taken is freed and reported. */
static int
send_all(struct rte_mbuf **pkts, uint16_t n)
{
	const uint16_t taken = rte_eth_tx_burst(rtap_fx.port, 0, pkts, n);

	rte_pktmbuf_free_bulk(pkts + taken, n - taken);
	TEST_ASSERT_EQUAL(taken, n, "%u of %u packets taken", taken, n);
	return TEST_SUCCESS;
}

static int
check_stats(uint64_t nb_packets, uint64_t nb_errors)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.opackets, nb_packets, "%" PRIu64 " packets", stats.opackets);
	TEST_ASSERT_EQUAL(stats.oerrors, nb_errors, "%" PRIu64 " errors", stats.oerrors);
	TEST_ASSERT_EQUAL(stats.obytes, nb_packets * TEST_LEN, "%" PRIu64 " bytes",
		stats.obytes);
	return TEST_SUCCESS;
}

static int
limit_takes_64_kb_in_usual_mbufs(void)
{
	TEST_ASSERT(max_segs >= 32 && max_segs < UINT8_MAX, "%u segments", max_segs);
	return check_sent(rtap_chain_new(rtap_fx.pool, 65000, 32, 0), 65000, 0);
}

static int
every_number_of_segments_is_sent(void)
{
	for (uint16_t n = 1; n <= max_segs; n++) {
		if (check_sent(new_chain(n, n), TEST_LEN, n) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return check_stats(max_segs, 0);
}

static int
segments_of_one_byte_are_sent(void)
{
	return check_sent(rtap_chain_new(rtap_fx.pool, max_segs, max_segs, 0),
		max_segs, 0);
}

/* Puts an empty segment in front of the n-th, or at the end. */
static int
insert_empty(struct rte_mbuf **chain, uint16_t n)
{
	struct rte_mbuf *empty = rte_pktmbuf_alloc(rtap_fx.pool);
	struct rte_mbuf *before = *chain;

	if (empty == NULL)
		return -ENOMEM;
	if (n == 0) {
		empty->next = before;
		empty->nb_segs = before->nb_segs + 1;
		empty->pkt_len = before->pkt_len;
		*chain = empty;
		return 0;
	}
	while (--n > 0)
		before = before->next;
	empty->next = before->next;
	before->next = empty;
	(*chain)->nb_segs++;
	return 0;
}

static int
segment_without_data_is_sent_at_every_place(void)
{
	struct rte_mbuf *mbuf;

	for (uint16_t place = 0; place <= 3; place++) {
		mbuf = new_chain(3, place);
		TEST_ASSERT_NOT_NULL(mbuf, "no packet");
		TEST_ASSERT_SUCCESS(insert_empty(&mbuf, place), "no mbuf");
		if (check_sent(mbuf, TEST_LEN, place) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
data_in_last_of_many_segments_alone_is_sent(void)
{
	struct rte_mbuf *mbuf = new_chain(1, 0);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	for (uint16_t i = 1; i < max_segs; i++)
		TEST_ASSERT_SUCCESS(insert_empty(&mbuf, 0), "no mbuf");
	return check_sent(mbuf, TEST_LEN, 0);
}

static void
move_data(struct rte_mbuf *mbuf, uint16_t headroom)
{
	memmove((char *)mbuf->buf_addr + headroom, rte_pktmbuf_mtod(mbuf, void *),
		mbuf->data_len);
	mbuf->data_off = headroom;
}

static int
chain_with_any_small_headroom_is_sent(void)
{
	struct rte_mbuf *mbuf;

	for (uint16_t room = 0; room <= MAX_SMALL_ROOM; room++) {
		mbuf = new_chain(3, room);
		TEST_ASSERT_NOT_NULL(mbuf, "no packet");
		move_data(mbuf, room);
		if (check_sent(mbuf, TEST_LEN, room) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* The longest chain, when the header cannot be in its first segment. */
static int
longest_chain_without_headroom_is_sent(void)
{
	struct rte_mbuf *mbuf = new_chain(max_segs, 0);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	move_data(mbuf, 0);
	return check_sent(mbuf, TEST_LEN, 0);
}

/* What belongs to somebody else is not written to, the headroom included. */

static void
mark_headroom(struct rte_mbuf *mbuf)
{
	for (; mbuf != NULL; mbuf = mbuf->next)
		memset(mbuf->buf_addr, HEADROOM_FILL, rte_pktmbuf_headroom(mbuf));
}

static bool
is_marked(const uint8_t *bytes, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (bytes[i] != HEADROOM_FILL)
			return false;
	}
	return true;
}

/* The rest of what was shared: nobody else holds it, and nothing has changed. */
static int
check_kept(const struct rte_mbuf *mbuf, uint16_t nb_segs)
{
	TEST_ASSERT_EQUAL(mbuf->nb_segs, nb_segs, "%u segments", mbuf->nb_segs);
	for (const struct rte_mbuf *seg = mbuf; seg != NULL; seg = seg->next) {
		TEST_ASSERT_EQUAL(rte_mbuf_refcnt_read(seg), 1, "still held");
		TEST_ASSERT_EQUAL(seg->data_off, RTE_PKTMBUF_HEADROOM, "data has moved");
		TEST_ASSERT(is_marked(seg->buf_addr, RTE_PKTMBUF_HEADROOM),
			"headroom written");
	}
	TEST_ASSERT_SUCCESS(rtap_chain_check_bytes(mbuf, TEST_LEN, 0), "data written");
	return TEST_SUCCESS;
}

static int
check_shared(uint16_t nb_segs)
{
	struct rte_mbuf *mbuf = new_chain(nb_segs, 0);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	mark_headroom(mbuf);
	rte_pktmbuf_refcnt_update(mbuf, 1);
	ret = check_sent(mbuf, TEST_LEN, 0);
	if (ret == TEST_SUCCESS)
		ret = check_kept(mbuf, nb_segs);
	rte_pktmbuf_free(mbuf);
	return ret;
}

static int
shared_chain_is_sent_and_left_as_it_was(void)
{
	return check_shared(5);
}

static int
longest_shared_chain_is_sent_and_left_as_it_was(void)
{
	return check_shared(max_segs);
}

static int
clone_of_chain_is_sent_and_original_left_as_it_was(void)
{
	struct rte_mbuf *mbuf = new_chain(5, 0);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	mark_headroom(mbuf);
	ret = check_sent(rte_pktmbuf_clone(mbuf, rtap_fx.pool), TEST_LEN, 0);
	if (ret == TEST_SUCCESS)
		ret = check_kept(mbuf, 5);
	rte_pktmbuf_free(mbuf);
	return ret;
}

/* As with a header of one's own in front of a payload sent to several. */
static int
own_segment_in_front_of_clone_is_sent(void)
{
	struct rte_mbuf *mbuf = new_chain(2, 0);
	struct rte_mbuf *payload;
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	payload = mbuf->next;
	mark_headroom(payload);
	mbuf->next = rte_pktmbuf_clone(payload, rtap_fx.pool);
	TEST_ASSERT_NOT_NULL(mbuf->next, "no clone");
	ret = check_sent(mbuf, TEST_LEN, 0);
	if (ret == TEST_SUCCESS && (rte_mbuf_refcnt_read(payload) != 1 ||
			!is_marked(payload->buf_addr, RTE_PKTMBUF_HEADROOM)))
		ret = TEST_FAILED;
	rte_pktmbuf_free(payload);
	return ret;
}

static void
ext_give_back(void *addr, void *opaque)
{
	RTE_SET_USED(addr);
	RTE_SET_USED(opaque);
	nb_given_back++;
}

static struct rte_mbuf_ext_shared_info ext_info = { .free_cb = ext_give_back };

/* A packet whose data, with headroom in front, is memory of our own. */
static struct rte_mbuf *
new_external(void *memory)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rtap_fx.pool);

	if (mbuf == NULL)
		return NULL;
	rte_mbuf_ext_refcnt_set(&ext_info, 1);
	rte_pktmbuf_attach_extbuf(mbuf, memory, RTE_BAD_IOVA, EXT_LEN, &ext_info);
	mbuf->data_off = EXT_HEADROOM;
	mbuf->data_len = TEST_LEN;
	mbuf->pkt_len = TEST_LEN;
	return mbuf;
}

static void
fill_external(uint8_t *memory, uint32_t seq)
{
	memset(memory, HEADROOM_FILL, EXT_HEADROOM);
	rtap_frame_fill(memory + EXT_HEADROOM, TEST_LEN, seq);
}

static int
external_buffer_is_sent_and_given_back(void)
{
	static uint8_t memory[EXT_LEN];
	uint8_t expected[EXT_LEN];

	fill_external(memory, 0);
	fill_external(expected, 0);
	if (check_sent(new_external(memory), TEST_LEN, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(nb_given_back, 1, "given back %u times", nb_given_back);
	TEST_ASSERT_SUCCESS(rtap_bytes_check(memory, expected, EXT_LEN), "written to");
	return TEST_SUCCESS;
}

static int
external_buffer_behind_own_segment_is_sent(void)
{
	static uint8_t memory[EXT_LEN];
	struct rte_mbuf *mbuf = new_chain(1, 0);
	struct rte_mbuf *rest;

	fill_external(memory, 0);
	rest = new_external(memory);
	TEST_ASSERT(mbuf != NULL && rest != NULL, "no mbuf");
	/* The first 100 bytes are in the one, the others in the other. */
	rte_pktmbuf_trim(mbuf, TEST_LEN - 100);
	TEST_ASSERT_NOT_NULL(rte_pktmbuf_adj(rest, 100), "no data");
	TEST_ASSERT_SUCCESS(rte_pktmbuf_chain(mbuf, rest), "no chain");
	if (check_sent(mbuf, TEST_LEN, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(nb_given_back, 1, "given back %u times", nb_given_back);
	return TEST_SUCCESS;
}

/* A driver that writes a header there does not survive it. */
static int
read_only_memory_is_sent(void)
{
	uint8_t *memory = mmap(NULL, EXT_LEN, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret = TEST_FAILED;

	TEST_ASSERT(memory != MAP_FAILED, "no memory");
	fill_external(memory, 0);
	if (mprotect(memory, EXT_LEN, PROT_READ) == 0)
		ret = check_sent(new_external(memory), TEST_LEN, 0);
	munmap(memory, EXT_LEN);
	return ret;
}

/* More segments than the limit. */

static int
fill_burst(struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		pkts[i] = new_chain(1 + i % 3, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	return TEST_SUCCESS;
}

/* The same with one that no call can send. */
static int
fill_burst_around(struct rte_mbuf **pkts, uint16_t n, uint16_t too_long)
{
	if (fill_burst(pkts, n) != TEST_SUCCESS)
		return TEST_FAILED;
	rte_pktmbuf_free(pkts[too_long]);
	pkts[too_long] = new_chain(max_segs + 1, too_long);
	TEST_ASSERT_NOT_NULL(pkts[too_long], "no packet");
	return TEST_SUCCESS;
}

static int
prepare_accepts_what_can_be_sent(void)
{
	struct rte_mbuf *pkts[8];
	uint16_t n;

	if (fill_burst(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
		return TEST_FAILED;
	rte_pktmbuf_free(pkts[3]);
	pkts[3] = new_chain(max_segs, 3);
	n = rte_eth_tx_prepare(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts, RTE_DIM(pkts));
	TEST_ASSERT_EQUAL(n, RTE_DIM(pkts), "%u packets are good", n);
	return TEST_SUCCESS;
}

static int
prepare_stops_at_packet_of_too_many_segments(void)
{
	struct rte_mbuf *pkts[8];
	uint16_t n;
	int error;

	for (uint16_t place = 0; place < RTE_DIM(pkts); place++) {
		if (fill_burst_around(pkts, RTE_DIM(pkts), place) != TEST_SUCCESS)
			return TEST_FAILED;
		rte_errno = 0;
		n = rte_eth_tx_prepare(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
		error = rte_errno;
		rte_pktmbuf_free_bulk(pkts, RTE_DIM(pkts));
		TEST_ASSERT_EQUAL(n, place, "%u instead of %u packets are good", n, place);
		TEST_ASSERT_EQUAL(error, EINVAL, "error %d", error);
	}
	return TEST_SUCCESS;
}

static int
too_many_segments_count_as_error_and_are_freed(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *mbuf = new_chain(max_segs + 1, 0);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "not consumed");
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "not freed");
	return check_stats(0, 1);
}

static int
too_many_segments_harm_no_neighbour(void)
{
	struct rte_mbuf *pkts[8];

	for (uint16_t place = 0; place < RTE_DIM(pkts); place++) {
		if (fill_burst_around(pkts, RTE_DIM(pkts), place) != TEST_SUCCESS ||
		    send_all(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
			return TEST_FAILED;
		for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
			if (i == place)
				continue;
			TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock,
				TEST_LEN, i), "frame %u of the burst", i);
		}
	}
	return check_stats(RTE_DIM(pkts) * (RTE_DIM(pkts) - 1), RTE_DIM(pkts));
}

static int
burst_of_unsendable_packets_is_consumed(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *pkts[80];

	for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
		pkts[i] = new_chain(max_segs + 1, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	if (send_all(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "not freed");
	return check_stats(0, RTE_DIM(pkts));
}

/* Bursts. */

static int
burst_of_long_chains_keeps_order(void)
{
	struct rte_mbuf *pkts[70];

	for (uint16_t i = 0; i < RTE_DIM(pkts); i++) {
		pkts[i] = new_chain(max_segs - i % 2, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	if (send_all(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint16_t i = 0; i < RTE_DIM(pkts); i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock, TEST_LEN, i),
			"frame %u of the burst", i);
	return check_stats(RTE_DIM(pkts), 0);
}

/* A packet of the kind that comes next: direct, clone, low, chain, chain of clones. */
static struct rte_mbuf *
new_of_next_kind(uint32_t seq)
{
	struct rte_mbuf *mbuf = new_chain(seq % 5 < 3 ? 1 : 1 + seq % 11, seq);
	struct rte_mbuf *clone;

	if (mbuf == NULL)
		return NULL;
	if (seq % 5 == 2)
		move_data(mbuf, 3);
	if (seq % 5 != 1 && seq % 5 != 4)
		return mbuf;
	clone = rte_pktmbuf_clone(mbuf, rtap_fx.pool);
	rte_pktmbuf_free(mbuf);
	return clone;
}

static int
check_mixed_burst(uint16_t n, uint32_t seq)
{
	struct rte_mbuf *pkts[MAX_BURST];

	for (uint16_t i = 0; i < n; i++) {
		pkts[i] = new_of_next_kind(seq + i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	if (send_all(pkts, n) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint16_t i = 0; i < n; i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock, TEST_LEN, seq + i),
			"frame %u of a burst of %u", i, n);
	return TEST_SUCCESS;
}

static int
burst_of_all_kinds_keeps_order(void)
{
	static const uint16_t sizes[NB_MIXED_BURSTS] = { 2, 3, 32, 64, 65, MAX_BURST };
	uint32_t seq = 0;

	for (unsigned int i = 0; i < NB_MIXED_BURSTS; i++) {
		if (check_mixed_burst(sizes[i], seq) != TEST_SUCCESS)
			return TEST_FAILED;
		seq += sizes[i];
	}
	return check_stats(seq, 0);
}

struct unit_test_suite rtap_segment_suite = {
	.suite_name = "rtap: packets of several segments",
	.unit_test_cases = {
		TEST_CASE_ST(setup, rtap_teardown, limit_takes_64_kb_in_usual_mbufs),
		TEST_CASE_ST(setup, rtap_teardown, every_number_of_segments_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, segments_of_one_byte_are_sent),
		TEST_CASE_ST(setup, rtap_teardown, segment_without_data_is_sent_at_every_place),
		TEST_CASE_ST(setup, rtap_teardown, data_in_last_of_many_segments_alone_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, chain_with_any_small_headroom_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, longest_chain_without_headroom_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, shared_chain_is_sent_and_left_as_it_was),
		TEST_CASE_ST(setup, rtap_teardown,
			longest_shared_chain_is_sent_and_left_as_it_was),
		TEST_CASE_ST(setup, rtap_teardown,
			clone_of_chain_is_sent_and_original_left_as_it_was),
		TEST_CASE_ST(setup, rtap_teardown, own_segment_in_front_of_clone_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, external_buffer_is_sent_and_given_back),
		TEST_CASE_ST(setup, rtap_teardown, external_buffer_behind_own_segment_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, read_only_memory_is_sent),
		TEST_CASE_ST(setup, rtap_teardown, prepare_accepts_what_can_be_sent),
		TEST_CASE_ST(setup, rtap_teardown, prepare_stops_at_packet_of_too_many_segments),
		TEST_CASE_ST(setup, rtap_teardown, too_many_segments_count_as_error_and_are_freed),
		TEST_CASE_ST(setup, rtap_teardown, too_many_segments_harm_no_neighbour),
		TEST_CASE_ST(setup, rtap_teardown, burst_of_unsendable_packets_is_consumed),
		TEST_CASE_ST(setup, rtap_teardown, burst_of_long_chains_keeps_order),
		TEST_CASE_ST(setup, rtap_teardown, burst_of_all_kinds_keeps_order),
		TEST_CASES_END()
	}
};
