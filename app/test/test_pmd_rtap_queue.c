/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: queues that are started and stopped by themselves. The
 * kernel answers a flow on the queue that sent it last, and all test frames
 * are one flow to it: so a case chooses the queue that is to receive.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Among the queues detached in the kernel is one that keeps the interface. */
#define NB_KEEP_ALIVE 1
#define NB_RESTARTS 20

static const struct rtap_port_conf deferred_conf = {
	.nb_queues = 2,
	.nb_deferred = 1,
};

static int
setup_deferred(void)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : rtap_port_run_as(&deferred_conf);
}

static int
check_state(uint16_t queue, uint8_t rx_state, uint8_t tx_state)
{
	struct rte_eth_rxq_info rx_info;
	struct rte_eth_txq_info tx_info;

	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_info_get(rtap_fx.port, queue, &rx_info),
		"no Rx info");
	TEST_ASSERT_SUCCESS(rte_eth_tx_queue_info_get(rtap_fx.port, queue, &tx_info),
		"no Tx info");
	TEST_ASSERT_EQUAL(rx_info.queue_state, rx_state, "Rx queue %u has state %u",
		queue, rx_info.queue_state);
	TEST_ASSERT_EQUAL(tx_info.queue_state, tx_state, "Tx queue %u has state %u",
		queue, tx_info.queue_state);
	return TEST_SUCCESS;
}

static int
check_kernel_queues(unsigned int nb_attached, unsigned int nb_detached)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(link.nb_tap_queues == nb_attached &&
		link.nb_idle_tap_queues == nb_detached + NB_KEEP_ALIVE,
		"%u attached and %u detached queues", link.nb_tap_queues,
		link.nb_idle_tap_queues);
	return TEST_SUCCESS;
}

static int
start_pair(uint16_t queue)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_start(rtap_fx.port, queue), "no Rx start");
	TEST_ASSERT_SUCCESS(rte_eth_dev_tx_queue_start(rtap_fx.port, queue), "no Tx start");
	return TEST_SUCCESS;
}

static int
stop_pair(uint16_t queue)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, queue), "no Rx stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_tx_queue_stop(rtap_fx.port, queue), "no Tx stop");
	return TEST_SUCCESS;
}

static int
check_tx(uint16_t queue)
{
	const struct rtap_run run = { .queue = queue, .seq = 100 + queue, .n = 8, .len = 99 };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx on queue %u", queue);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "from queue %u", queue);
	return TEST_SUCCESS;
}

static int
check_rx(uint16_t queue)
{
	const struct rtap_run run = { .queue = queue, .seq = 500 + queue, .n = 8, .len = 77 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "on queue %u", queue);
	return TEST_SUCCESS;
}

/* The frames towards the kernel choose the queue of those that follow. */
static int
check_both_ways(uint16_t queue)
{
	return check_tx(queue) == TEST_SUCCESS ? check_rx(queue) : TEST_FAILED;
}

static int
check_silent(uint16_t queue)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, queue, pkts, RTE_DIM(pkts)), 0,
		"a packet on queue %u", queue);
	return TEST_SUCCESS;
}

static int
deferred_queue_is_not_started_with_port(void)
{
	if (check_state(0, RTE_ETH_QUEUE_STATE_STARTED,
			RTE_ETH_QUEUE_STATE_STARTED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_state(1, RTE_ETH_QUEUE_STATE_STOPPED, RTE_ETH_QUEUE_STATE_STOPPED);
}

static int
deferred_queue_gets_nothing_from_kernel(void)
{
	if (check_kernel_queues(1, 1) != TEST_SUCCESS ||
	    check_both_ways(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_silent(1);
}

static int
deferred_queue_takes_no_packets(void)
{
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, 60, 0);
	uint16_t n;

	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	n = rte_eth_tx_burst(rtap_fx.port, 1, &mbuf, 1);
	if (n == 0)
		rte_pktmbuf_free(mbuf);
	TEST_ASSERT_EQUAL(n, 0, "a packet taken");
	return TEST_SUCCESS;
}

static int
deferred_queue_works_once_started(void)
{
	if (start_pair(1) != TEST_SUCCESS ||
	    check_kernel_queues(2, 0) != TEST_SUCCESS ||
	    check_state(1, RTE_ETH_QUEUE_STATE_STARTED,
			RTE_ETH_QUEUE_STATE_STARTED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(1) == TEST_SUCCESS ? check_both_ways(0) : TEST_FAILED;
}

static int
deferred_queue_is_deferred_at_each_start(void)
{
	if (start_pair(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (check_state(1, RTE_ETH_QUEUE_STATE_STOPPED,
			RTE_ETH_QUEUE_STATE_STOPPED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_kernel_queues(1, 1);
}

/* Without a queue of the kernel there is no carrier, so none is waited for. */
static int
port_starts_with_all_queues_deferred(void)
{
	const struct rtap_port_conf conf = { .nb_queues = 2, .nb_deferred = 2 };

	TEST_ASSERT_SUCCESS(rtap_port_apply(rtap_fx.port, &conf), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	return check_kernel_queues(0, 2);
}

static int
first_deferred_queue_to_start_brings_link_up(void)
{
	if (port_starts_with_all_queues_deferred() != TEST_SUCCESS ||
	    start_pair(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_is_running), "interface does not run");
	if (rtap_open_socket() != TEST_SUCCESS || check_both_ways(1) != TEST_SUCCESS ||
	    start_pair(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(0);
}

static int
only_queue_of_port_stops_and_starts(void)
{
	if (check_both_ways(0) != TEST_SUCCESS || stop_pair(0) != TEST_SUCCESS ||
	    check_kernel_queues(0, 1) != TEST_SUCCESS || start_pair(0) != TEST_SUCCESS ||
	    check_kernel_queues(1, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(0);
}

/* One direction may be deferred without the other. */
static int
tx_works_while_rx_of_the_pair_is_stopped(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 1), "no stop");
	if (check_state(1, RTE_ETH_QUEUE_STATE_STOPPED,
			RTE_ETH_QUEUE_STATE_STARTED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_tx(1);
}

static int
rx_works_while_tx_of_the_pair_is_stopped(void)
{
	if (check_tx(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_tx_queue_stop(rtap_fx.port, 1), "no stop");
	if (check_state(1, RTE_ETH_QUEUE_STATE_STARTED,
			RTE_ETH_QUEUE_STATE_STOPPED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_rx(1);
}

/* Its traffic goes to the other one, wherever the kernel sent it before. */
static int
check_other_goes_on(uint16_t stopped, uint16_t other)
{
	if (check_both_ways(stopped) != TEST_SUCCESS ||
	    stop_pair(stopped) != TEST_SUCCESS ||
	    check_kernel_queues(1, 1) != TEST_SUCCESS ||
	    check_rx(other) != TEST_SUCCESS || check_tx(other) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_silent(stopped);
}

static int
other_queue_goes_on_when_last_stops(void)
{
	return check_other_goes_on(1, 0);
}

static int
other_queue_goes_on_when_first_stops(void)
{
	return check_other_goes_on(0, 1);
}

static int
stopped_queue_reports_its_state(void)
{
	if (stop_pair(0) != TEST_SUCCESS ||
	    check_state(0, RTE_ETH_QUEUE_STATE_STOPPED,
			RTE_ETH_QUEUE_STATE_STOPPED) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_state(1, RTE_ETH_QUEUE_STATE_STARTED, RTE_ETH_QUEUE_STATE_STARTED);
}

static int
queues_work_after_many_restarts(void)
{
	for (uint16_t i = 0; i < NB_RESTARTS; i++) {
		if (stop_pair(i % 2) != TEST_SUCCESS || start_pair(i % 2) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	if (check_kernel_queues(2, 0) != TEST_SUCCESS ||
	    check_both_ways(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(1);
}

static int
stopped_queue_keeps_nothing_for_later(void)
{
	const struct rtap_run stale = { .seq = 9000, .n = 5, .len = 60 };

	if (check_both_ways(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &stale), "no send");
	if (stop_pair(1) != TEST_SUCCESS || start_pair(1) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(1);
}

/* An idle queue has something armed in the kernel: that must go with it. */
static int
idle_queue_stops_and_starts(void)
{
	for (unsigned int i = 0; i < NB_RESTARTS; i++) {
		if (check_silent(0) != TEST_SUCCESS || check_silent(0) != TEST_SUCCESS ||
		    stop_pair(0) != TEST_SUCCESS || start_pair(0) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return check_both_ways(0);
}

static int
stopped_queue_holds_no_mbufs(void)
{
	const unsigned int nb_free = rtap_fx.nb_mbufs;

	if (check_both_ways(0) != TEST_SUCCESS || check_both_ways(1) != TEST_SUCCESS ||
	    stop_pair(0) != TEST_SUCCESS || stop_pair(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

static int
queue_can_be_stopped_and_started_twice(void)
{
	if (stop_pair(1) != TEST_SUCCESS || stop_pair(1) != TEST_SUCCESS ||
	    start_pair(1) != TEST_SUCCESS || start_pair(1) != TEST_SUCCESS ||
	    check_kernel_queues(2, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(1);
}

static int
port_stops_with_one_queue_stopped(void)
{
	if (stop_pair(0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_open_socket() != TEST_SUCCESS ||
	    check_kernel_queues(2, 0) != TEST_SUCCESS ||
	    check_both_ways(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(1);
}

/* The kernel's queue, in which packets wait for the application. */

static int
check_queue_len(uint32_t expected)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.txqueuelen, expected, "txqueuelen is %u instead of %u",
		link.txqueuelen, expected);
	return TEST_SUCCESS;
}

static int
run_with_desc(uint16_t nb_rx_desc)
{
	const struct rtap_port_conf conf = { .nb_queues = 2, .nb_rx_desc = nb_rx_desc };

	return rtap_port_run_as(&conf);
}

static int
many_descriptors_raise_kernel_queue(void)
{
	return run_with_desc(2000) == TEST_SUCCESS ? check_queue_len(2000) : TEST_FAILED;
}

static int
few_descriptors_leave_kernel_queue_alone(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	if (run_with_desc(16) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_queue_len(link.txqueuelen);
}

static int
largest_of_the_queues_counts(void)
{
	const struct rtap_port_conf conf = { .nb_queues = 3, .nb_rx_desc = 600 };

	TEST_ASSERT_SUCCESS(rtap_port_apply(rtap_fx.port, &conf), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_setup(rtap_fx.port, 1, 3000,
		rte_eth_dev_socket_id(rtap_fx.port), NULL, rtap_fx.pool), "no queue");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_queue_len(3000);
}

static int
raised_kernel_queue_survives_stop(void)
{
	if (run_with_desc(2000) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return check_queue_len(2000);
}

static int
longer_kernel_queue_is_not_lowered(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFTXQLEN, 5000),
		"no txqueuelen");
	return run_with_desc(2000) == TEST_SUCCESS ? check_queue_len(5000) : TEST_FAILED;
}

static int
kernel_queue_changed_while_running_is_left_alone(void)
{
	if (run_with_desc(2000) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFTXQLEN, 700),
		"no txqueuelen");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return check_queue_len(700);
}

/* More than the kernel's own default, with nobody polling. */
static int
as_many_packets_wait_as_there_are_descriptors(void)
{
	const struct rtap_port_conf conf = { .nb_rx_desc = 2000 };
	const struct rtap_run run = { .n = 2000, .len = 60 };

	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "frames dropped");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_queue_suite = {
	.suite_name = "rtap: starting and stopping queues",
	.unit_test_cases = {
		TEST_CASE_ST(setup_deferred, rtap_teardown,
			deferred_queue_is_not_started_with_port),
		TEST_CASE_ST(setup_deferred, rtap_teardown,
			deferred_queue_gets_nothing_from_kernel),
		TEST_CASE_ST(setup_deferred, rtap_teardown, deferred_queue_takes_no_packets),
		TEST_CASE_ST(setup_deferred, rtap_teardown, deferred_queue_works_once_started),
		TEST_CASE_ST(setup_deferred, rtap_teardown,
			deferred_queue_is_deferred_at_each_start),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			port_starts_with_all_queues_deferred),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			first_deferred_queue_to_start_brings_link_up),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			only_queue_of_port_stops_and_starts),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			tx_works_while_rx_of_the_pair_is_stopped),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			rx_works_while_tx_of_the_pair_is_stopped),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			other_queue_goes_on_when_last_stops),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			other_queue_goes_on_when_first_stops),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			stopped_queue_reports_its_state),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			queues_work_after_many_restarts),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			stopped_queue_keeps_nothing_for_later),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, idle_queue_stops_and_starts),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, stopped_queue_holds_no_mbufs),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			queue_can_be_stopped_and_started_twice),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			port_stops_with_one_queue_stopped),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			many_descriptors_raise_kernel_queue),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			few_descriptors_leave_kernel_queue_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, largest_of_the_queues_counts),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, raised_kernel_queue_survives_stop),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, longer_kernel_queue_is_not_lowered),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			kernel_queue_changed_while_running_is_left_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			as_many_packets_wait_as_there_are_descriptors),
		TEST_CASES_END()
	}
};
