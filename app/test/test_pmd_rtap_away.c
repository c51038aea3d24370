/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what a port may do while its interface is in another
 * network namespace, what it hears from there, and what it needs at home.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <net/if.h>

#include <linux/capability.h>

#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

#define NB_CHANGES 10

static int
configure_two(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	return rte_eth_dev_configure(rtap_fx.port, 2, 2, &conf);
}

static int
expect_link_up(void)
{
	return rtap_netns_expect_link(RTE_ETH_LINK_UP);
}

static int
expect_link_down(void)
{
	return rtap_netns_expect_link(RTE_ETH_LINK_DOWN);
}

static int
expect_control_refused(void)
{
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(rtap_fx.port, 1400), -EPERM, "MTU set");
	TEST_ASSERT_EQUAL(rte_eth_dev_set_link_down(rtap_fx.port), -EPERM, "link down");
	TEST_ASSERT_EQUAL(configure_two(), -EPERM, "configured");
	return TEST_SUCCESS;
}

static int
port_is_refused_there_without_net_admin(void)
{
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_netns_without_net_admin(expect_control_refused), "without it");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured with it");
	return TEST_SUCCESS;
}

/* At home: as daemons do that give it up after the probe. */

static int
start_at_home(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_netns_check_traffic() != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_link_up();
}

static int
link_is_followed_at_home_without_net_admin(void)
{
	if (start_at_home() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	if (rtap_netns_without_net_admin(expect_link_down) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	return rtap_netns_without_net_admin(expect_link_up);
}

static int
rename_is_followed_at_home_without_net_admin(void)
{
	if (start_at_home() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_kernel_rename(RTAP_TEST_IFACE, RTAP_TEST_IFACE2), "no rename");
	return rtap_netns_without_net_admin(expect_link_down);
}

static int
expect_missed(void)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	TEST_ASSERT(stats.imissed > 0, "nothing is missed");
	return TEST_SUCCESS;
}

static int
drops_are_counted_at_home_without_net_admin(void)
{
	const struct rtap_run run = { .n = 3000, .len = 60 };

	if (start_at_home() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	return rtap_netns_without_net_admin(expect_missed);
}

static int
stop_start_and_configure(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured");
	return TEST_SUCCESS;
}

static int
port_starts_anew_at_home_without_net_admin(void)
{
	if (start_at_home() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_netns_without_net_admin(stop_start_and_configure);
}

static int
run_and_expect_link_up(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "does not run");
	return expect_link_up();
}

/* Nobody has asked where the interface is before. */
static int
port_runs_if_net_admin_is_given_up_after_probe(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	return rtap_netns_without_net_admin(run_and_expect_link_up);
}

/* What was known of the link stays known. */
static int
stranger_with_its_index_is_not_asked_without_net_admin(void)
{
	const unsigned int index = if_nametoindex(RTAP_TEST_IFACE);

	if (start_at_home() != TEST_SUCCESS || rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tap_at(RTAP_TEST_IFACE2, index), "no stranger");
	return rtap_netns_without_net_admin(expect_link_up);
}

/* Enough to ask and to start anew, but not to go there. */
static int
control_without_sys_admin(void *arg)
{
	RTE_SET_USED(arg);
	TEST_ASSERT_SUCCESS(rtap_netns_set_capability(CAP_SYS_ADMIN, false), "capability stays");
	if (expect_link_up() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(rtap_fx.port, 1400), -EPERM, "MTU set");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_EQUAL(configure_two(), -EPERM, "configured");
	return TEST_SUCCESS;
}

static int
port_is_asked_but_not_changed_without_sys_admin(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_netns_move_there() != TEST_SUCCESS ||
	    rtap_netns_in_other(rtap_netns_check_traffic) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_thread_run(control_without_sys_admin, NULL), "without it");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured with it");
	return TEST_SUCCESS;
}

/* Events. */

static int
start_with_events(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1, .rmv = 1 };

	rtap_events_forget();
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 1), "no configuration");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

static int
set_down_here(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	return TEST_SUCCESS;
}

static int
set_up_and_down_here(void)
{
	for (unsigned int i = 0; i < NB_CHANGES; i++) {
		TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
		TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	}
	return TEST_SUCCESS;
}

/* Moving takes an interface down, which is an event, too. */
static int
link_is_told_there(void)
{
	if (start_with_events() != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_events_wait(1) != TEST_SUCCESS)
		return TEST_FAILED;
	/* The move may be followed a little later than it is told that the link went down. */
	rte_eth_dev_set_link_up(rtap_fx.port);
	if (rtap_events_wait(2) != TEST_SUCCESS ||
	    rtap_netns_in_other(set_down_here) != TEST_SUCCESS ||
	    rtap_events_wait(3) != TEST_SUCCESS ||
	    rtap_netns_in_other(set_up_and_down_here) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(3 + 2 * NB_CHANGES);
}

/* A port that starts while its interface is away. */
static int
link_is_told_there_after_start(void)
{
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	if (start_with_events() != TEST_SUCCESS ||
	    rtap_netns_in_other(set_down_here) != TEST_SUCCESS ||
	    rtap_netns_in_other(set_up_and_down_here) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(1 + 2 * NB_CHANGES);
}

static int
link_is_told_after_move_back(void)
{
	if (link_is_told_there() != TEST_SUCCESS ||
	    rtap_netns_in_other(rtap_netns_move_home) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "no up");
	if (rtap_events_wait(4 + 2 * NB_CHANGES) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	if (set_up_and_down_here() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(5 + 4 * NB_CHANGES);
}

/* The application is in another namespace when it starts the port. */
static int
link_is_told_after_start_from_elsewhere(void)
{
	if (rtap_netns_in_other(start_with_events) != TEST_SUCCESS ||
	    set_down_here() != TEST_SUCCESS || set_up_and_down_here() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(1 + 2 * NB_CHANGES);
}

/* The interrupt thread has capabilities of its own, and its alarms are where to change them. */

struct errand {
	RTE_ATOMIC(bool) is_done;
	bool on;
	int ret;
};

static void
set_net_broadcast(void *arg)
{
	struct errand *errand = arg;

	errand->ret = rtap_netns_set_capability(CAP_NET_BROADCAST, errand->on);
	rte_atomic_store_explicit(&errand->is_done, true, rte_memory_order_release);
}

static int
may_hear_everywhere(bool on)
{
	struct errand errand = { .on = on };
	int ret = rte_eal_alarm_set(1, set_net_broadcast, &errand);

	if (ret < 0)
		return ret;
	while (!rte_atomic_load_explicit(&errand.is_done, rte_memory_order_acquire))
		rte_delay_us_sleep(100);
	return errand.ret;
}

/* What has happened before is handled before the second of two alarms at the latest. */
static int
wait_until_deaf(void)
{
	TEST_ASSERT_SUCCESS(may_hear_everywhere(false), "first alarm");
	TEST_ASSERT_SUCCESS(may_hear_everywhere(false), "second alarm");
	return TEST_SUCCESS;
}

static int
link_is_not_told_there_without_net_broadcast(void)
{
	if (start_with_events() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(may_hear_everywhere(false), "capability stays");
	if (rtap_netns_move_there() != TEST_SUCCESS || rtap_events_wait(1) != TEST_SUCCESS ||
	    wait_until_deaf() != TEST_SUCCESS ||
	    rtap_netns_in_other(set_up_and_down_here) != TEST_SUCCESS ||
	    wait_until_deaf() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(1);
}

static int
link_is_told_after_move_back_without_net_broadcast(void)
{
	if (link_is_not_told_there_without_net_broadcast() != TEST_SUCCESS ||
	    rtap_netns_in_other(rtap_netns_move_home) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	if (rtap_events_wait(2) != TEST_SUCCESS || set_down_here() != TEST_SUCCESS ||
	    set_up_and_down_here() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(3 + 2 * NB_CHANGES);
}

/* It goes from home once more, when it is allowed to listen there. */
static int
link_is_told_there_once_net_broadcast_is_back(void)
{
	if (link_is_told_after_move_back_without_net_broadcast() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(may_hear_everywhere(true), "capability does not come back");
	rtap_events_forget();
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "no up there");
	if (rtap_events_wait(1) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_netns_in_other(set_down_here) == TEST_SUCCESS ? rtap_events_wait(2) :
		TEST_FAILED;
}

/* Nothing of the port keeps a namespace that all others have left. */
static int
end_of_the_namespace_is_a_removal(void)
{
	if (start_with_events() != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU");
	if (rtap_netns_leave_other() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_wait_removal();
}

static void
teardown_events(void)
{
	rtap_events_teardown();
	rtap_netns_close();
}

static void
teardown_deaf(void)
{
	if (may_hear_everywhere(true) < 0)
		printf("the interrupt thread stays without a capability\n");
	teardown_events();
}

struct unit_test_suite rtap_away_suite = {
	.suite_name = "rtap: rights and events in network namespaces",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			port_is_refused_there_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			link_is_followed_at_home_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			rename_is_followed_at_home_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			drops_are_counted_at_home_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			port_starts_anew_at_home_without_net_admin),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			port_runs_if_net_admin_is_given_up_after_probe),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			stranger_with_its_index_is_not_asked_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			port_is_asked_but_not_changed_without_sys_admin),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_there),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_there_after_start),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_after_move_back),
		TEST_CASE_ST(rtap_netns_setup, teardown_events,
			link_is_told_after_start_from_elsewhere),
		TEST_CASE_ST(rtap_netns_setup, teardown_deaf,
			link_is_not_told_there_without_net_broadcast),
		TEST_CASE_ST(rtap_netns_setup, teardown_deaf,
			link_is_told_after_move_back_without_net_broadcast),
		TEST_CASE_ST(rtap_netns_setup, teardown_deaf,
			link_is_told_there_once_net_broadcast_is_back),
		TEST_CASE_ST(rtap_netns_setup, teardown_events,
			end_of_the_namespace_is_a_removal),
		TEST_CASES_END()
	}
};
