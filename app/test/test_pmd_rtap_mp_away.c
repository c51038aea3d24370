/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_mp_autotest: the interface is in another network namespace. The
 * second process stays at home, and has no queue to ask where the interface is.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/capability.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

/* A link that is up, and a second process. */
static int
setup(void)
{
	if (rtap_netns_setup() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_netns_check_traffic() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_mp_start_peer();
}

static void
teardown(void)
{
	rtap_mp_teardown();
	rtap_netns_close();
}

static int
expect_link_up(void)
{
	return rtap_netns_expect_link(RTE_ETH_LINK_UP);
}

/* The first process asks, and the second one after it. */
static int
expect_both(uint16_t status)
{
	if (rtap_netns_expect_link(status) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), status, "another link there");
	return TEST_SUCCESS;
}

static int
move_and_set_up_there(void)
{
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_netns_in_other(rtap_netns_check_traffic);
}

static int
second_process_has_link_of_the_first_while_it_is_away(void)
{
	if (move_and_set_up_there() != TEST_SUCCESS || expect_both(RTE_ETH_LINK_UP) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_down(rtap_fx.port), "no down");
	if (expect_both(RTE_ETH_LINK_DOWN) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "no up");
	return expect_both(RTE_ETH_LINK_UP);
}

static int
second_process_asks_itself_after_move_back(void)
{
	if (move_and_set_up_there() != TEST_SUCCESS ||
	    expect_both(RTE_ETH_LINK_UP) != TEST_SUCCESS ||
	    rtap_netns_in_other(rtap_netns_move_home) != TEST_SUCCESS ||
	    expect_both(RTE_ETH_LINK_DOWN) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "still down there");
	return TEST_SUCCESS;
}

/* In this thread, as a process with registered threads can have no second one. */
static int
expect_link_up_without_net_admin(void)
{
	int ret;

	TEST_ASSERT_SUCCESS(rtap_netns_set_capability(CAP_NET_ADMIN, false), "capability stays");
	ret = expect_link_up();
	TEST_ASSERT_SUCCESS(rtap_netns_set_capability(CAP_NET_ADMIN, true), "it is lost");
	return ret;
}

/* The first process has lost sight of it, too. */
static int
second_process_keeps_link_of_interface_out_of_reach(void)
{
	if (expect_both(RTE_ETH_LINK_UP) != TEST_SUCCESS ||
	    rtap_netns_move_there() != TEST_SUCCESS ||
	    expect_link_up_without_net_admin() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "another link there");
	return rtap_netns_expect_link(RTE_ETH_LINK_DOWN);
}

static int
expect_missed(bool yes)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	TEST_ASSERT((stats.imissed != 0) == yes, "%" PRIu64 " are missed", stats.imissed);
	return TEST_SUCCESS;
}

/* The kernel drops some; none is left to wait, so that it drops no more. */
static int
overfill_and_drain(void)
{
	const struct rtap_run run = { .n = 3000, .len = 60 };
	struct rte_mbuf *pkt;

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	while (rte_eth_rx_burst(rtap_fx.port, 0, &pkt, 1) == 1)
		rte_pktmbuf_free(pkt);
	return expect_missed(true);
}

static int
make_stranger(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tap_at(RTAP_TEST_IFACE2, info.if_index),
		"no stranger");
	return TEST_SUCCESS;
}

/* Another interface has that index at home. It is down, and has counted nothing. */
static int
second_process_takes_no_stranger_for_the_interface(void)
{
	if (overfill_and_drain() != TEST_SUCCESS || move_and_set_up_there() != TEST_SUCCESS ||
	    expect_link_up() != TEST_SUCCESS || make_stranger() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LINK), 1, "the link of a stranger");
	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_RESET), "no reset there");
	return expect_missed(false);
}

struct unit_test_suite rtap_mp_away_suite = {
	.suite_name = "rtap: two processes and another network namespace",
	.unit_test_cases = {
		TEST_CASE_ST(setup, teardown,
			second_process_has_link_of_the_first_while_it_is_away),
		TEST_CASE_ST(setup, teardown, second_process_asks_itself_after_move_back),
		TEST_CASE_ST(setup, teardown, second_process_keeps_link_of_interface_out_of_reach),
		TEST_CASE_ST(setup, teardown, second_process_takes_no_stranger_for_the_interface),
		TEST_CASES_END()
	}
};
