/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what a port may do while its interface is in another
 * network namespace, and what it hears from there.
 */

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <rte_common.h>
#include <rte_ethdev.h>

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
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rte_eth_link_get_nowait(rtap_fx.port, &link), "no link");
	TEST_ASSERT_EQUAL(link.link_status, RTE_ETH_LINK_UP, "link is down");
	return TEST_SUCCESS;
}

/* Capabilities are a thread's: one without can be refused while the others go on. */

static int
drop_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int
control_without_net_admin(void *arg)
{
	RTE_SET_USED(arg);
	TEST_ASSERT_SUCCESS(drop_capability(CAP_NET_ADMIN), "capability stays");
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
	TEST_ASSERT_SUCCESS(rtap_thread_run(control_without_net_admin, NULL), "without it");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured with it");
	return TEST_SUCCESS;
}

/* Enough to ask and to start anew, but not to go there. */
static int
control_without_sys_admin(void *arg)
{
	RTE_SET_USED(arg);
	TEST_ASSERT_SUCCESS(drop_capability(CAP_SYS_ADMIN), "capability stays");
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

struct unit_test_suite rtap_away_suite = {
	.suite_name = "rtap: rights and events in another network namespace",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			port_is_refused_there_without_net_admin),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			port_is_asked_but_not_changed_without_sys_admin),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_there),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_there_after_start),
		TEST_CASE_ST(rtap_netns_setup, teardown_events, link_is_told_after_move_back),
		TEST_CASE_ST(rtap_netns_setup, teardown_events,
			end_of_the_namespace_is_a_removal),
		TEST_CASES_END()
	}
};
