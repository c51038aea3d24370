/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_mp_autotest: how queues come to a second process and go back.
 */

#include <stdio.h>

#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_port.h"

#define MANY_QUEUES 128
#define ROUNDS 10

static int
setup_many_queues(void)
{
	int ret = rtap_setup_probed();

	if (ret == TEST_SUCCESS)
		ret = rtap_port_run(rtap_fx.port, MANY_QUEUES);
	if (ret == TEST_SUCCESS)
		ret = rtap_open_socket();
	return ret == TEST_SUCCESS ? rtap_mp_start_peer() : ret;
}

/* An application that forwards has no use for packets that it cannot send. */
static int
what_is_received_can_be_sent(void)
{
	const struct rtap_run run = {
		.seq = 0, .n = 32, .len = 100, .queue = MANY_QUEUES - 1,
	};

	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
		TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_ACROSS, &run), 0,
			"received before it could be sent, round %u", i);
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	}
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_loan_suite = {
	.suite_name = "rtap: loans of queues",
	.unit_test_cases = {
		TEST_CASE_ST(setup_many_queues, rtap_mp_teardown,
			what_is_received_can_be_sent),
		TEST_CASES_END()
	}
};
