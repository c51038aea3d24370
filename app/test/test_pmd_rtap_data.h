/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_DATA_H_
#define _TEST_PMD_RTAP_DATA_H_

/*
 * What the cases about the data path share: ports configured otherwise than
 * usual, packets of several segments, frames of up to 64 KB, threads.
 * Functions that return int give 0 or a negative errno.
 */

#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

/* Sub-suites of the data path. */
struct unit_test_suite;
extern struct unit_test_suite rtap_scatter_suite;
extern struct unit_test_suite rtap_mtu_suite;
extern struct unit_test_suite rtap_segment_suite;
extern struct unit_test_suite rtap_queue_suite;
extern struct unit_test_suite rtap_state_suite;
extern struct unit_test_suite rtap_fallback_suite;
extern struct unit_test_suite rtap_order_suite;
extern struct unit_test_suite rtap_link_suite;
extern struct unit_test_suite rtap_delete_suite;
extern struct unit_test_suite rtap_rename_suite;
extern struct unit_test_suite rtap_filter_suite;
extern struct unit_test_suite rtap_away_suite;
extern struct unit_test_suite rtap_dump_suite;
extern struct unit_test_suite rtap_hdr_suite;

/* What is zero is as rtap_port_configure() has it. */
struct rtap_port_conf {
	struct rte_mempool *pool;
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint32_t max_lro_pkt_size;
	uint16_t mtu;
	uint16_t nb_queues;
	uint16_t nb_deferred;		/* the last ones: not started with the port */
	uint16_t nb_rx_desc;
	uint16_t nb_tx_desc;
	uint16_t tx_free_thresh;
};

int rtap_port_apply(uint16_t port, const struct rtap_port_conf *conf);
/* The port of the case, also started, with a new packet socket. */
int rtap_port_run_as(const struct rtap_port_conf *conf);

/* Packets of several segments, of any content or with that of a test frame. */
struct rte_mbuf *rtap_chain_of(struct rte_mempool *pool, const uint8_t *frame, uint32_t len,
		uint16_t nb_segs);
struct rte_mbuf *rtap_chain_new(struct rte_mempool *pool, uint16_t len,
		uint16_t nb_segs, uint32_t seq);
/* The bytes alone: 0, or -EBADMSG after printing what is wrong. */
int rtap_chain_check_bytes(const struct rte_mbuf *mbuf, uint16_t len, uint32_t seq);
/* Also that it was received into mbufs with so much room, and no more than needed. */
int rtap_chain_check(const struct rte_mbuf *mbuf, uint16_t room, uint16_t len,
		uint32_t seq);

/* The next frame that the port of the case receives; TEST_SUCCESS or not. */
int rtap_port_expect_chain(uint16_t room, uint16_t len, uint32_t seq);
/* Also sent by the kernel before. */
int rtap_port_check_chain(uint16_t room, uint16_t len, uint32_t seq);
/* Port and interface agree. */
int rtap_port_check_mtu(uint16_t expected);

/* One frame of any length. */
int rtap_kernel_send_one(int sock, uint16_t len, uint32_t seq);
int rtap_kernel_expect_one(int sock, uint16_t len, uint32_t seq);

/* What `ip link set` does: SIOCSIFMTU or SIOCSIFTXQLEN. */
int rtap_kernel_change(const char *name, unsigned long request, int value);

/* Does it in another thread, which ends before this returns. */
int rtap_thread_run(int (*work)(void *arg), void *arg);
/* The test's own thread is bound to one CPU, where threads would take turns. */
void rtap_thread_use_all_cpus(void);

#endif /* _TEST_PMD_RTAP_DATA_H_ */
