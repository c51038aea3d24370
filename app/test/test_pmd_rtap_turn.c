/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_mp_autotest: two processes take turns with the queues of a port,
 * or the primary changes the port in the middle of the other's bursts.
 */

#include <errno.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_port.h"

#define MANY_QUEUES 128
#define ROUNDS 10

/* The kernel looks when all are sent: each once, in the order of the turns. */
static int
sent_in_turns_each_frame_arrives_once(void)
{
	struct rtap_run part = { .seq = 0, .n = 8, .len = 100 };
	struct rtap_run all = { .seq = 0, .len = 100 };

	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "before");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &part), "first, round %u", i);
		part.seq += part.n;
		TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_SEND, &part), "second, round %u", i);
		part.seq += part.n;
	}
	all.n = part.seq;
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &all), "not what was sent");
	return TEST_SUCCESS;
}

static int
number_of_queues_changes_while_the_other_polls(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		usleep(3000);
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, i % 2 == 0 ? MANY_QUEUES : 1),
			"round %u", i);
	}
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "link is down");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return rtap_mp_check_both();
}

static int
closed_while_the_other_polls(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
	usleep(3000);
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "cannot close");
	usleep(3000);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "a queue is kept");
	return rtap_mp_check_quiet(0);
}

/* The port stops in the middle of bursts; the numbers are taken at once. */
static int
check_reuse(unsigned int round)
{
	int tap;
	int file;

	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before, round %u", round);
	tap = rtap_mp_tell(RTAP_PEER_FIRST_TAP);
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_POLL), "does not poll");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	file = rtap_mp_tell(RTAP_PEER_OPEN_FILES);
	TEST_ASSERT(tap > 0 && file > 0 && file <= tap, "files from %d on, a queue was %d", file,
		tap);
	TEST_ASSERT_SUCCESS(rtap_mp_check_quiet(0), "round %u", round);
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "after, round %u", round);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_FILE_BYTES), 0, "something was written");
	return TEST_SUCCESS;
}

static int
files_with_numbers_of_former_queues_are_spared(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++)
		TEST_ASSERT_SUCCESS(check_reuse(i), "round %u", i);
	return TEST_SUCCESS;
}

static int
detach_in_second_process_releases_its_own(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 1, "not one queue");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_DETACH), "cannot detach");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_TAP_FDS), 0, "a queue is kept");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), -ENODEV, "the port is kept");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_turn_suite = {
	.suite_name = "rtap: processes in turn",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			sent_in_turns_each_frame_arrives_once),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			number_of_queues_changes_while_the_other_polls),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, closed_while_the_other_polls),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			files_with_numbers_of_former_queues_are_spared),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			detach_in_second_process_releases_its_own),
		TEST_CASES_END()
	}
};
