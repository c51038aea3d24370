/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: long runs. Every packet arrives once, whole and in order,
 * whatever the bursts, the rings and the threads; and the kernel never makes a
 * worker thread of io_uring for it.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define TEST_LEN 60
/* In all more than 200,000 packets each way. */
#define NB_LONG 60000
/* What may wait in the kernel's queue of 500. */
#define NB_CHUNK 400
#define NB_THREADS 3
#define MAX_RX_BURST 1000
#define MAX_TX_BURST 512
/* Hardly more than one burst: nothing may be kept for later. */
#define NB_SHORT_POOL 600

/* Where a run has got to. */
struct progress {
	uint32_t sent;
	uint32_t received;
	uint32_t nb_packets;	/* of the run */
};

static int
check_no_workers(void)
{
	const int n = rtap_kernel_count_workers();

	TEST_ASSERT_EQUAL(n, 0, "%d workers", n);
	return TEST_SUCCESS;
}

/* Takes whatever is there, up to a burst; what came is next in order. */
static int
receive_burst(uint16_t burst, uint32_t *seq)
{
	struct rte_mbuf *pkts[MAX_RX_BURST];
	const unsigned int n = rtap_port_receive_once(rtap_fx.port, 0, pkts, burst);
	int ret = 0;

	for (unsigned int i = 0; i < n && ret == 0; i++)
		ret = rtap_frame_check(rte_pktmbuf_mtod(pkts[i], const uint8_t *),
			pkts[i]->data_len, TEST_LEN, (*seq)++);
	rte_pktmbuf_free_bulk(pkts, n);
	return ret < 0 ? ret : (int)n;
}

/* Sends the next chunk when all have come, and receives a burst. */
static int
step_rx(struct progress *progress, uint16_t burst)
{
	struct rtap_run chunk = { .seq = progress->sent, .n = NB_CHUNK, .len = TEST_LEN };
	int ret;

	if (progress->sent == progress->received) {
		ret = rtap_kernel_send(rtap_fx.sock, &chunk);
		if (ret < 0)
			return ret;
		progress->sent += NB_CHUNK;
	}
	return receive_burst(burst, &progress->received);
}

static int
check_rx(uint32_t nb_packets, const uint16_t *bursts, unsigned int nb_bursts)
{
	struct rtap_deadline deadline = rtap_deadline_start();
	struct progress progress = { .nb_packets = nb_packets };
	int ret;

	for (unsigned int i = 0; progress.received < nb_packets; i++) {
		ret = step_rx(&progress, bursts[i % nb_bursts]);
		TEST_ASSERT(ret >= 0, "frame %u", progress.received);
		if (ret > 0)
			deadline = rtap_deadline_start();
		else if (bursts[i % nb_bursts] != 0)
			TEST_ASSERT(rtap_deadline_wait(&deadline), "frame %u does not come",
				progress.received);
	}
	return check_no_workers();
}

static int
rx_keeps_order_at_bursts_of_all_sizes(void)
{
	static const uint16_t bursts[] = { 1, 7, 0, 64, 512, 2, MAX_RX_BURST, 3 };

	return check_rx(NB_LONG, bursts, RTE_DIM(bursts));
}

static int
check_rx_bursts_of(uint16_t burst, uint32_t nb_packets)
{
	return check_rx(nb_packets, &burst, 1);
}

static int
rx_keeps_order_one_by_one(void)
{
	return check_rx_bursts_of(1, NB_LONG / 3);
}

static int
rx_keeps_order_at_bursts_of_7(void)
{
	return check_rx_bursts_of(7, NB_LONG / 3);
}

static int
rx_keeps_order_at_bursts_of_64(void)
{
	return check_rx_bursts_of(64, NB_LONG / 3);
}

static int
rx_keeps_order_at_bursts_of_512(void)
{
	return check_rx_bursts_of(512, NB_LONG / 3);
}

static int
rx_ring_may_be_smaller_than_burst(void)
{
	static const uint16_t bursts[] = { 64, 512, MAX_RX_BURST };
	const struct rtap_port_conf conf = { .nb_rx_desc = 1 };

	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_rx(NB_LONG / 3, bursts, RTE_DIM(bursts));
}

/* Threads that take turns, one burst each. */
struct relay {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int turn;
	int ret;			/* negative ends it */
	bool is_over;
	int (*step)(struct progress *progress);
	struct progress progress;
};

struct runner {
	struct relay *relay;
	unsigned int number;
	rte_thread_t thread;
};

static void
take_turn(struct relay *relay)
{
	const int ret = relay->step(&relay->progress);

	relay->ret = RTE_MIN(ret, 0);
	relay->is_over = ret < 0 || relay->progress.received >= relay->progress.nb_packets;
	relay->turn = (relay->turn + 1) % NB_THREADS;
	pthread_cond_broadcast(&relay->changed);
}

static uint32_t
runner_main(void *arg)
{
	struct runner *runner = arg;
	struct relay *relay = runner->relay;

	pthread_mutex_lock(&relay->lock);
	while (!relay->is_over) {
		if (relay->turn == runner->number)
			take_turn(relay);
		else
			pthread_cond_wait(&relay->changed, &relay->lock);
	}
	pthread_mutex_unlock(&relay->lock);
	return 0;
}

static int
run_relay(int (*step)(struct progress *progress), uint32_t nb_packets)
{
	struct relay relay = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.step = step,
		.progress.nb_packets = nb_packets,
	};
	struct runner runners[NB_THREADS];

	for (unsigned int i = 0; i < NB_THREADS; i++) {
		runners[i] = (struct runner){ .relay = &relay, .number = i };
		TEST_ASSERT_SUCCESS(rte_thread_create(&runners[i].thread, NULL, runner_main,
			&runners[i]), "no thread");
	}
	for (unsigned int i = 0; i < NB_THREADS; i++)
		rte_thread_join(runners[i].thread, NULL);
	TEST_ASSERT_SUCCESS(relay.ret, "at frame %u", relay.progress.received);
	return check_no_workers();
}

/* Bounded, as every packet that was sent waits already. */
static int
relay_rx_step(struct progress *progress)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	int ret;

	do {
		ret = step_rx(progress, 32);
	} while (ret == 0 && rtap_deadline_wait(&deadline));
	return ret == 0 ? -ETIMEDOUT : ret;
}

static int
rx_keeps_order_while_polling_thread_changes(void)
{
	return run_relay(relay_rx_step, NB_LONG);
}

/* Each thread leaves an idle queue with its own poll armed to the next. */
static int
relay_idle_step(struct progress *progress)
{
	const struct rtap_run run = { .seq = progress->sent, .n = 5, .len = TEST_LEN };
	int ret = rtap_kernel_send(rtap_fx.sock, &run);

	if (ret == 0)
		ret = rtap_port_expect(rtap_fx.port, &run);
	for (uint32_t none = 0; ret == 0 && none < 3; none++)
		ret = receive_burst(32, &none);
	progress->sent += run.n;
	progress->received += run.n;
	return ret;
}

static int
rx_keeps_order_while_idle_queue_changes_thread(void)
{
	return run_relay(relay_idle_step, NB_LONG / 10);
}

/* A sender that does not wait for the receiver, but for room. */
static uint32_t
send_beside(void *arg)
{
	struct rtap_deadline deadline = rtap_deadline_start();
	struct rtap_run run = { .n = 20, .len = TEST_LEN };
	struct progress *progress = arg;
	struct rtap_kernel_link link;

	while (run.seq < progress->nb_packets) {
		if (rtap_kernel_link_get(RTAP_TEST_IFACE, &link) < 0)
			break;
		if (run.seq - link.stats.tx_packets >= NB_CHUNK) {
			if (!rtap_deadline_wait(&deadline))
				break;
			continue;
		}
		if (rtap_kernel_send(rtap_fx.sock, &run) < 0)
			break;
		run.seq += run.n;
		deadline = rtap_deadline_start();
	}
	progress->sent = run.seq;
	return 0;
}

static int
rx_keeps_order_while_packets_come(void)
{
	struct progress progress = { .nb_packets = NB_LONG };
	const struct rtap_run run = { .n = NB_LONG, .len = TEST_LEN };
	rte_thread_t thread;
	int ret;

	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, send_beside, &progress),
		"no thread");
	ret = rtap_port_expect(rtap_fx.port, &run);
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(ret, "frames lost");
	TEST_ASSERT_EQUAL(progress.sent, NB_LONG, "sender stopped at %u", progress.sent);
	return check_no_workers();
}

/* Towards the kernel. */

static int
step_tx(struct progress *progress, uint16_t burst)
{
	const struct rtap_run run = {
		.seq = progress->sent,
		.n = burst,
		.len = TEST_LEN,
		.burst = burst,
	};
	int ret = rtap_port_send(rtap_fx.port, &run);

	if (ret == 0)
		ret = rtap_kernel_expect(rtap_fx.sock, &run);
	progress->sent += burst;
	progress->received += burst;
	return ret;
}

static int
check_tx(uint32_t nb_packets, uint16_t burst)
{
	struct progress progress = { .nb_packets = nb_packets };

	while (progress.sent < nb_packets)
		TEST_ASSERT_SUCCESS(step_tx(&progress, burst), "at frame %u",
			progress.sent);
	return check_no_workers();
}

/* The pool has so few mbufs that each must come back a hundred times. */
static int
check_tx_with_rings(uint16_t nb_desc, uint16_t free_thresh, uint16_t burst)
{
	const struct rtap_port_conf conf = {
		.nb_tx_desc = nb_desc,
		.tx_free_thresh = free_thresh,
	};
	struct rte_mempool *const usual_pool = rtap_fx.pool;
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rtap_few", NB_SHORT_POOL, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = rtap_port_run_as(&conf);
	rtap_fx.pool = pool;
	if (ret == TEST_SUCCESS)
		ret = check_tx(100 * NB_SHORT_POOL / 2, burst);
	rtap_fx.pool = usual_pool;
	if (!rtap_mbufs_are_back(pool, NB_SHORT_POOL))
		ret = TEST_FAILED;
	rte_mempool_free(pool);
	return ret;
}

static int
tx_ring_may_have_one_descriptor(void)
{
	return check_tx_with_rings(1, 1, MAX_TX_BURST);
}

static int
tx_ring_may_be_smaller_than_burst(void)
{
	return check_tx_with_rings(33, 32, MAX_TX_BURST);
}

static int
tx_ring_may_be_larger_than_pool(void)
{
	return check_tx_with_rings(4096, 4000, MAX_TX_BURST);
}

static int
tx_frees_at_small_bursts_and_high_threshold(void)
{
	return check_tx_with_rings(1024, 1023, 3);
}

static int
tx_keeps_order_at_any_default(void)
{
	return check_tx_with_rings(0, 0, 64);
}

static int
relay_tx_step(struct progress *progress)
{
	return step_tx(progress, 32);
}

static int
tx_keeps_order_while_sending_thread_changes(void)
{
	return run_relay(relay_tx_step, NB_LONG);
}

/* Workers of the kernel, in what else they could come from. */

static int
no_worker_serves_interface_that_is_down(void)
{
	const struct rtap_run run = { .n = 200, .len = TEST_LEN };

	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	return check_no_workers();
}

static int
no_worker_serves_idle_queue(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	for (unsigned int i = 0; i < 100; i++) {
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts,
			RTE_DIM(pkts)), 0, "a packet out of nowhere");
		if (check_no_workers() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
no_worker_serves_start_and_stop(void)
{
	for (unsigned int i = 0; i < 10; i++) {
		if (no_worker_serves_idle_queue() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		if (check_no_workers() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	}
	return check_no_workers();
}

/* The kernel drops what its socket cannot take. */
static int
no_worker_serves_full_socket(void)
{
	const struct rtap_run run = { .n = 20000, .len = TEST_LEN };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	return check_no_workers();
}

struct unit_test_suite rtap_order_suite = {
	.suite_name = "rtap: long runs",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			rx_keeps_order_at_bursts_of_all_sizes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_one_by_one),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_at_bursts_of_7),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_at_bursts_of_64),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_at_bursts_of_512),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, rx_ring_may_be_smaller_than_burst),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			rx_keeps_order_while_polling_thread_changes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			rx_keeps_order_while_idle_queue_changes_thread),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, rx_keeps_order_while_packets_come),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tx_ring_may_have_one_descriptor),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tx_ring_may_be_smaller_than_burst),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tx_ring_may_be_larger_than_pool),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			tx_frees_at_small_bursts_and_high_threshold),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tx_keeps_order_at_any_default),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			tx_keeps_order_while_sending_thread_changes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			no_worker_serves_interface_that_is_down),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, no_worker_serves_idle_queue),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, no_worker_serves_start_and_stop),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, no_worker_serves_full_socket),
		TEST_CASES_END()
	}
};
