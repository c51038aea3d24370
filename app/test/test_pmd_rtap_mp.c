/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_pmd_autotest: a port that two processes use. The second one is
 * real; where processes cannot share memory, these cases are skipped.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_exec.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

#define MAX_QUEUES 128
#define ROUNDS 20

/* How often a process is killed, unless the environment says it by this name. */
#define KILLS 10
#define KILLS_VARIABLE "RTAP_MP_KILLS"

/* What a killed process may take along: what its bursts held, and its queue's stock. */
#define LOST_PER_KILL 256

struct rtap_peer rtap_mp_peer = { .pid = -1 };

int
rtap_mp_start_peer(void)
{
	const int ret = rtap_peer_start(&rtap_mp_peer);

	if (ret == -ENOTSUP) {
		printf("skipped: processes cannot share memory here\n");
		return TEST_SKIPPED;
	}
	TEST_ASSERT_SUCCESS(ret, "no second process: %s", strerror(-ret));
	return TEST_SUCCESS;
}

int
rtap_mp_setup(void)
{
	const int ret = rtap_setup_started();

	return ret == TEST_SUCCESS ? rtap_mp_start_peer() : ret;
}

static int
setup_two_queues(void)
{
	const int ret = rtap_setup_two_queues();

	return ret == TEST_SUCCESS ? rtap_mp_start_peer() : ret;
}

void
rtap_mp_teardown(void)
{
	if (rtap_peer_stop(&rtap_mp_peer) < 0) {
		printf("the second process did not end well\n");
		rtap_fx.nb_leaks++;
	}
	rtap_teardown();
}

int
rtap_mp_do(enum rtap_peer_op op, const struct rtap_run *run)
{
	return rtap_peer_do(&rtap_mp_peer, op, run);
}

int
rtap_mp_tell(enum rtap_peer_op op)
{
	return rtap_mp_do(op, NULL);
}

/* Both directions of the second process. */
int
rtap_mp_check_peer(void)
{
	const struct rtap_run run = { .seq = 50, .n = 40, .len = 200 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_EXPECT, &run), "not received");
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_SEND, &run), "not sent");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "not what was sent");
	return TEST_SUCCESS;
}

int
rtap_mp_check_both(void)
{
	const int ret = rtap_mp_check_peer();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"the first process does not");
	return TEST_SUCCESS;
}

int
rtap_mp_check_quiet(uint16_t queue)
{
	const struct rtap_run run = { .seq = 0, .n = 1, .len = 100, .queue = queue };

	for (unsigned int i = 0; i < 5; i++)
		TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_BURST, &run), 0,
			"bursts of queue %u take packets", queue);
	return TEST_SUCCESS;
}

static int
second_process_sends_and_receives(void)
{
	return rtap_mp_check_both();
}

static int
second_process_sees_link_info_and_statistics(void)
{
	const struct rtap_run run = { .seq = 1, .n = 10, .len = 100 };
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_EXPECT, &run), "not received");
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_SEND, &run), "not sent");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	TEST_ASSERT(stats.ipackets >= run.n && stats.opackets == run.n,
		"%" PRIu64 " and %" PRIu64 " packets counted", stats.ipackets, stats.opackets);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_PACKETS),
		(int)(stats.ipackets + stats.opackets), "other statistics there");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_XSTATS),
		rtap_xstats_digest(rtap_fx.port), "other xstats there");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "link is not up there");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_INFO), MAX_QUEUES, "other limits there");
	return TEST_SUCCESS;
}

/* Nor does the pipe that goes with it, in either process. */
static int
loan_gives_nothing_to_programs(void)
{
	const int nb_before = rtap_mp_tell(RTAP_PEER_INHERITED);
	struct rtap_inherited before;
	struct rtap_inherited after;

	TEST_ASSERT(nb_before > 0, "the second process: %d", nb_before);
	TEST_ASSERT_SUCCESS(rtap_exec_look(&before), "no program");
	if (rtap_mp_check_peer() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_DUMP), 1, "not borrowed");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_INHERITED), nb_before, "in the second process");
	TEST_ASSERT_SUCCESS(rtap_exec_look(&after), "no program");
	TEST_ASSERT_EQUAL(after.nb_all, before.nb_all, "in the first process");
	TEST_ASSERT_EQUAL(after.nb_ours, 0, "in the first process");
	return TEST_SUCCESS;
}

/* Each process resets what both have counted. */
static int
both_processes_reset_statistics(void)
{
	if (rtap_mp_check_both() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_RESET), "no reset there");
	TEST_ASSERT_SUCCESS(rtap_xstats_check(NULL, 0), "after the reset there");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_PACKETS), 0, "packets there");
	if (rtap_mp_check_both() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_xstat_check("rx_q0_packets", 40 + 8), "of both");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_PACKETS), 2 * (40 + 8), "of both there");
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_PACKETS), 0, "packets there");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_XSTATS), rtap_xstats_digest(rtap_fx.port),
		"other xstats there");
	return TEST_SUCCESS;
}

static int
second_process_tells_what_it_has(void)
{
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_DUMP), 0, "borrowed before it polls");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_IS_POLLED), 0, "polled before it polls");
	if (rtap_mp_check_peer() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_DUMP), 1, "not borrowed");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_IS_POLLED), 1, "not polled");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_IS_POLLED), 0, "polled while stopped");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_DUMP), 0, "borrowed after a stop");
	return TEST_SUCCESS;
}

/* For some operations, ethdev takes the port apart before it asks the driver. */
static int
second_process_cannot_change_the_port(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_CONTROL), "while started");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_CONTROL_QUEUES), "its queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_CONTROL), "while stopped");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	return rtap_mp_check_both();
}

/* Whoever does not poll any more swallows nothing, and whoever polls is woken. */
static int
queue_moves_between_processes(void)
{
	struct rtap_run run = { .seq = 0, .n = 3, .len = 100 };
	const struct rtap_run none = { .queue = 0 };
	struct rte_mbuf *pkt;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		run.n = i % 3 == 0 ? 100 : 3;
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "first, round %u", i);
		TEST_ASSERT_EQUAL(rtap_port_receive_once(rtap_fx.port, 0, &pkt, 1), 0, "one more");
		run.seq += run.n;
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
		TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_EXPECT, &run), "second, round %u", i);
		TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_LISTEN, &none), "one more there");
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

/* Some for the one, some for the other: in order, and each once. */
static int
waiting_packets_go_to_who_polls_next(void)
{
	const struct rtap_run all = { .seq = 0, .n = 320, .len = 100 };
	struct rtap_run part = { .seq = 0, .n = 20, .len = 100, .burst = 1 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &all), "cannot send");
	while (part.seq < all.n) {
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &part), "first");
		part.seq += part.n;
		TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_EXPECT, &part), "second");
		part.seq += part.n;
	}
	return TEST_SUCCESS;
}

static int
stopped_port_is_quiet_in_both(void)
{
	int ret = rtap_mp_check_both();

	for (unsigned int i = 0; i < 3 && ret == TEST_SUCCESS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "queues are kept");
		TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(0), "after the stop");
		TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 0, "link is up");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
		ret = rtap_mp_check_both();
	}
	return ret;
}

/* The port stops in the middle of the other's bursts. */
static int
stop_and_start_while_the_other_polls(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
		usleep(2000);
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
		TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "link is down");
	}
	return rtap_mp_check_both();
}

/* It takes all queues back for that, and lends them again. */
static int
check_queue_change(const char *what, int (*change)(uint16_t port, uint16_t queue))
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before %s", what);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 2, "not two queues before %s", what);
	TEST_ASSERT_SUCCESS(change(rtap_fx.port, 1), "cannot %s", what);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "queues are kept over %s", what);
	return TEST_SUCCESS;
}

static int
stopped_queue_is_quiet_in_both(void)
{
	TEST_ASSERT_SUCCESS(check_queue_change("Rx stop", rte_eth_dev_rx_queue_stop), "1");
	TEST_ASSERT_SUCCESS(check_queue_change("Tx stop", rte_eth_dev_tx_queue_stop), "2");
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "the other queue");
	TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(1), "the stopped queue");
	TEST_ASSERT_SUCCESS(check_queue_change("Rx start", rte_eth_dev_rx_queue_start), "3");
	TEST_ASSERT_SUCCESS(check_queue_change("Tx start", rte_eth_dev_tx_queue_start), "4");
	return rtap_mp_check_peer();
}

static int
run_with(uint16_t nb_queues)
{
	const struct rtap_run last = {
		.seq = 9, .n = 4, .len = 100, .queue = nb_queues - 1,
	};

	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, nb_queues), "%u queues", nb_queues);
	/* In the meantime, the socket has seen that the interface was down. */
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_LISTEN, &last), "last of %u", nb_queues);
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_SEND, &last), "last of %u", nb_queues);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &last), "last of %u", nb_queues);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), nb_queues,
		"other number of descriptors");
	return TEST_SUCCESS;
}

static int
number_of_queues_changes_in_both(void)
{
	static const uint16_t counts[] = { 3, 1, 2, 9, 1 };

	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "before");
	for (unsigned int i = 0; i < RTE_DIM(counts); i++)
		TEST_ASSERT_SUCCESS(run_with(counts[i]), "step %u", i);
	TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(1), "a queue that is no more");
	TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(MAX_QUEUES + 1), "a queue that never was");
	return rtap_mp_check_both();
}

/* More than one message holds, whatever the DPDK. */
static int
all_queues_are_handed_over(void)
{
	return run_with(MAX_QUEUES);
}

static bool
is_same_link(const struct rtap_kernel_link *a, const struct rtap_kernel_link *b)
{
	return a->nb_tap_queues == b->nb_tap_queues && a->flags == b->flags &&
		a->carrier == b->carrier && a->mtu == b->mtu;
}

static int
end_of_second_process_changes_nothing(void)
{
	struct rtap_kernel_link before;
	struct rtap_kernel_link after;

	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &before), "no interface");
	TEST_ASSERT_SUCCESS(rtap_peer_stop(&rtap_mp_peer), "it does not end well");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &after), "no interface");
	TEST_ASSERT(is_same_link(&before, &after), "interface changed");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

static int
close_in_second_process_releases_its_own(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 1, "not one queue");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_CLOSE), "cannot close");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "a queue is kept");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

static int
closed_port_is_an_error_in_second_process(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "cannot close");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE), "interface is kept");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "a queue is kept");
	TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(0), "after the close");
	/* What ethdev makes of any error of a device that is removed. */
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_PACKETS), -EIO, "statistics");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_INFO), -EIO, "limits");
	return TEST_SUCCESS;
}

static int
unplug(void)
{
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", RTAP_TEST_VDEV), "remove");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE), "is kept");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), -ENODEV, "port is kept");
	return TEST_SUCCESS;
}

static int
plug(void)
{
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV, RTAP_TEST_ARGS), "add");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &rtap_fx.port),
		"no port");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "cannot start");
	return rtap_open_socket();
}

static int
unplug_and_plug(void)
{
	return unplug() == TEST_SUCCESS ? plug() : TEST_FAILED;
}

static int
hot_plug_reaches_second_process(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	for (unsigned int i = 0; i < 3; i++) {
		TEST_ASSERT_SUCCESS(unplug_and_plug(), "round %u", i);
		TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "round %u", i);
	}
	return TEST_SUCCESS;
}

/* Nobody tells the other's lcores: its threads meet a port that is not there. */
static int
unplugged_while_the_other_polls(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
		usleep(1000);
		TEST_ASSERT_SUCCESS(unplug_and_plug(), "round %u", i);
	}
	return rtap_mp_check_both();
}

/* They go on with its number, and it has no queues yet when it is there again. */
static int
plugged_while_the_other_polls(void)
{
	int ret;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(unplug(), "round %u", i);
		TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
		TEST_ASSERT_SUCCESS(plug(), "round %u", i);
		ret = rtap_mp_tell(RTAP_PEER_LINK);
		TEST_ASSERT(ret >= 0, "its link: %d, round %u", ret, i);
		TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "round %u", i);
	}
	return TEST_SUCCESS;
}

/* What is read of a queue may be just being freed. */
static int
queues_change_while_the_other_reads_statistics(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_WATCH), "does not watch");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, i % 2 == 0 ? MAX_QUEUES : 1),
			"round %u", i);
	}
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_FORGE), "it does not watch any more");
	return TEST_SUCCESS;
}

static int
kill_once(unsigned int i)
{
	const struct rtap_run run = { .seq = 0, .n = 400, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	usleep(i * 37 % 1000);
	rtap_peer_kill(&rtap_mp_peer);
	return TEST_SUCCESS;
}

/* What the killed one had not taken, and what it had sent. */
static int
drop_the_rest(void)
{
	struct rte_mbuf *pkt;

	while (rte_eth_rx_burst(rtap_fx.port, 0, &pkt, 1) == 1)
		rte_pktmbuf_free(pkt);
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return TEST_SUCCESS;
}

static unsigned int
count_kills(void)
{
	const char *wanted = getenv(KILLS_VARIABLE);

	return wanted != NULL ? (unsigned int)atoi(wanted) : KILLS;
}

static int
killed_process_takes_little_along(void)
{
	const unsigned int nb_kills = count_kills();
	struct rtap_kernel_link before;
	struct rtap_kernel_link after;
	unsigned int nb_free;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &before), "no interface");
	for (unsigned int i = 0; i < nb_kills; i++) {
		TEST_ASSERT_SUCCESS(kill_once(i), "kill %u", i);
		TEST_ASSERT_SUCCESS(drop_the_rest(), "kill %u", i);
		TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
			"no traffic after kill %u", i);
		TEST_ASSERT_SUCCESS(rtap_mp_start_peer(), "kill %u", i);
	}
	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "in the end");
	TEST_ASSERT_SUCCESS(rtap_peer_stop(&rtap_mp_peer), "it does not end well");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &after), "no interface");
	TEST_ASSERT(is_same_link(&before, &after), "interface changed");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	nb_free = rte_mempool_avail_count(rtap_fx.pool);
	printf("%u kills took %u mbufs along\n", nb_kills, rtap_fx.nb_mbufs - nb_free);
	TEST_ASSERT(nb_free + nb_kills * LOST_PER_KILL >= rtap_fx.nb_mbufs,
		"%u mbufs of %u are left", nb_free, rtap_fx.nb_mbufs);
	rtap_fx.nb_mbufs = nb_free;
	return TEST_SUCCESS;
}

/* A debugger stops a process anywhere. The primary waits a second for it, and goes on. */
static int
frozen_process_does_not_stop_the_other(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	rtap_peer_freeze(&rtap_mp_peer);
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	rtap_peer_thaw(&rtap_mp_peer);
	return rtap_mp_check_both();
}

struct unit_test_suite rtap_mp_suite = {
	.suite_name = "rtap: two processes",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, second_process_sends_and_receives),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			second_process_sees_link_info_and_statistics),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, both_processes_reset_statistics),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, second_process_tells_what_it_has),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			second_process_cannot_change_the_port),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, queue_moves_between_processes),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, waiting_packets_go_to_who_polls_next),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, stopped_port_is_quiet_in_both),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, stop_and_start_while_the_other_polls),
		TEST_CASE_ST(setup_two_queues, rtap_mp_teardown, stopped_queue_is_quiet_in_both),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, number_of_queues_changes_in_both),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, all_queues_are_handed_over),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			end_of_second_process_changes_nothing),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			close_in_second_process_releases_its_own),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			closed_port_is_an_error_in_second_process),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, hot_plug_reaches_second_process),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, unplugged_while_the_other_polls),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, plugged_while_the_other_polls),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			queues_change_while_the_other_reads_statistics),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, killed_process_takes_little_along),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			frozen_process_does_not_stop_the_other),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, loan_gives_nothing_to_programs),
		TEST_CASES_END()
	}
};
