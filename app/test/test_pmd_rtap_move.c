/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: an interface that is moved to another network namespace
 * and back, while the port stays where it is.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>
#include <linux/netlink.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

#define NB_MOVES 10
#define NB_CHANGES 500

static bool
has_heard_nothing(int sock)
{
	struct nlmsghdr hdr;

	return recv(sock, &hdr, sizeof(hdr), 0) < 0 && errno == EAGAIN;
}

static int
configure_two(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	return rte_eth_dev_configure(rtap_fx.port, 2, 2, &conf);
}

static int
expect_three_queues(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "not there");
	/* One of them keeps the interface. */
	TEST_ASSERT_EQUAL(link.nb_tap_queues + link.nb_idle_tap_queues, 3,
		"%u queues are attached, %u are not", link.nb_tap_queues,
		link.nb_idle_tap_queues);
	return TEST_SUCCESS;
}

/* The kernel makes an interface of a name that it does not know, if asked to open a queue. */
static int
moved_interface_gets_queues_and_is_not_made_anew(void)
{
	bool is_quiet;
	int sock;
	int ret;

	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	sock = rtap_netns_watch_links();
	TEST_ASSERT(sock >= 0, "no netlink socket");
	ret = configure_two();
	is_quiet = has_heard_nothing(sock);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "configuration: %d", ret);
	TEST_ASSERT(is_quiet, "an interface came or changed");
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), 1, "an interface next to lo");
	return rtap_netns_in_other(expect_three_queues);
}

static int
stranger_of_the_same_name_is_left_alone(void)
{
	struct rtap_kernel_link link;

	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE,
		IFF_TAP | IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_NO_PI), "no stranger");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no stranger");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_EQUAL(link.nb_tap_queues + link.nb_idle_tap_queues, 0,
		"a queue of the stranger is open");
	return rtap_netns_in_other(expect_three_queues);
}

static int
interface_that_moved_back_is_used_again(void)
{
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(configure_two(), "not configured while it is away");
	TEST_ASSERT_SUCCESS(rtap_netns_in_other(rtap_netns_move_home), "not moved back");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 3), "does not work");
	return rtap_netns_check_traffic();
}

static int
traffic_goes_on_there(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_netns_in_other(rtap_netns_check_traffic);
}

static int
port_stops_and_starts_there(void)
{
	if (traffic_goes_on_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	if (rtap_netns_in_other(rtap_netns_check_traffic) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 8), "no more queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	return rtap_netns_in_other(rtap_netns_check_traffic);
}

/* Control. */

static const struct rte_ether_addr new_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x66 },
};

static int
expect_changes(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "not there");
	TEST_ASSERT_EQUAL(link.mtu, 1400, "MTU is %u", link.mtu);
	TEST_ASSERT(rte_is_same_ether_addr(&link.mac, &new_mac), "another MAC address");
	TEST_ASSERT_EQUAL((link.flags & IFF_UP), 0, "flags %#x", link.flags);
	return TEST_SUCCESS;
}

static int
change_all(void)
{
	struct rte_ether_addr mac = new_mac;

	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU");
	TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &mac), "no MAC");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_down(rtap_fx.port), "no link down");
	return TEST_SUCCESS;
}

static int
port_is_controlled_there(void)
{
	/* Moving takes an interface down. */
	if (traffic_goes_on_there() != TEST_SUCCESS ||
	    rtap_netns_expect_link(RTE_ETH_LINK_UP) < 0 ||
	    change_all() != TEST_SUCCESS || rtap_netns_expect_link(RTE_ETH_LINK_DOWN) < 0)
		return TEST_FAILED;
	return rtap_netns_in_other(expect_changes);
}

static int
overfill_from_here(void)
{
	const struct rtap_run run = { .n = 3000, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	return TEST_SUCCESS;
}

static int
drops_are_counted_there(void)
{
	struct rte_eth_stats stats;

	if (traffic_goes_on_there() != TEST_SUCCESS || overfill_from_here() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	TEST_ASSERT(stats.imissed > 0, "nothing is missed");
	return TEST_SUCCESS;
}

/* Indices: those of the two namespaces have nothing to do with each other. */

static unsigned int first_index;

static int
take_index(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tap_at(RTAP_TEST_IFACE2, first_index), "no stranger");
	return TEST_SUCCESS;
}

static int
expect_port_has_index_of_here(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.if_index, if_nametoindex(RTAP_TEST_IFACE), "index %u",
		info.if_index);
	return TEST_SUCCESS;
}

static int
expect_stranger_unchanged(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE2, &link), "no stranger");
	TEST_ASSERT_EQUAL(link.ifindex, first_index, "its index is %u", link.ifindex);
	TEST_ASSERT_EQUAL(link.mtu, 1500, "its MTU is %u", link.mtu);
	TEST_ASSERT_EQUAL((link.flags & IFF_UP), 0, "its flags are %#x",
		link.flags);
	return TEST_SUCCESS;
}

/* Ours is taken there, so that the interface gets another, and given to a stranger here. */
static int
index_that_is_taken_is_no_harm(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	first_index = if_nametoindex(RTAP_TEST_IFACE);
	if (rtap_netns_in_other(take_index) != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	if (take_index() != TEST_SUCCESS || change_all() != TEST_SUCCESS ||
	    rtap_netns_in_other(expect_changes) != TEST_SUCCESS ||
	    rtap_netns_in_other(expect_port_has_index_of_here) != TEST_SUCCESS ||
	    rtap_netns_in_other(expect_stranger_unchanged) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_stranger_unchanged();
}

/* Nobody asks the port meanwhile: it has to find out that its index is another's. */
static int
index_that_is_lost_by_going_away_is_no_harm(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	first_index = if_nametoindex(RTAP_TEST_IFACE);
	if (rtap_netns_move_there() != TEST_SUCCESS || take_index() != TEST_SUCCESS ||
	    rtap_netns_in_other(rtap_netns_move_home) != TEST_SUCCESS)
		return TEST_FAILED;
	if (change_all() != TEST_SUCCESS || expect_changes() != TEST_SUCCESS ||
	    expect_port_has_index_of_here() != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_stranger_unchanged();
}

static int
rename_here(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_rename(RTAP_TEST_IFACE, RTAP_TEST_IFACE2), "no rename");
	return TEST_SUCCESS;
}

static int
move_renamed_home_from_here(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_rename(RTAP_TEST_IFACE2, RTAP_TEST_IFACE), "no rename");
	return rtap_netns_move_home();
}

static int
moves_and_renames_are_followed(void)
{
	for (unsigned int i = 0; i < NB_MOVES; i++) {
		if (rtap_netns_move_there() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU there");
		if (rtap_netns_in_other(rename_here) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1300),
			"no MTU with another name");
		if (rtap_netns_in_other(move_renamed_home_from_here) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1200), "no MTU at home");
	}
	return TEST_SUCCESS;
}

static RTE_ATOMIC(bool) is_over;

static uint32_t
move_all_the_time(void *arg)
{
	int *ret = arg;

	rtap_thread_use_all_cpus();
	while (*ret == TEST_SUCCESS &&
			!rte_atomic_load_explicit(&is_over, rte_memory_order_acquire)) {
		*ret = rtap_netns_move_there();
		if (*ret == TEST_SUCCESS)
			*ret = rtap_netns_in_other(rtap_netns_move_home);
	}
	return 0;
}

static int
change_many_times(void)
{
	struct rte_ether_addr mac = new_mac;

	for (unsigned int i = 0; i < NB_CHANGES; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400 - i % 2), "MTU %u", i);
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_down(rtap_fx.port), "down %u", i);
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "up %u", i);
		mac.addr_bytes[5] = i;
		TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &mac),
			"MAC %u", i);
	}
	return TEST_SUCCESS;
}

/* It goes from where it was found before the change comes there. */
static int
changes_reach_an_interface_that_keeps_moving(void)
{
	int move_ret = TEST_SUCCESS;
	rte_thread_t thread;
	int ret;

	rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, move_all_the_time, &move_ret),
		"no thread");
	ret = change_many_times();
	rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
	rte_thread_join(thread, NULL);
	return ret != TEST_SUCCESS ? ret : move_ret;
}

#define CASE(name) TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown, name)

struct unit_test_suite rtap_move_suite = {
	.suite_name = "rtap: another network namespace",
	.unit_test_cases = {
		CASE(moved_interface_gets_queues_and_is_not_made_anew),
		CASE(stranger_of_the_same_name_is_left_alone),
		CASE(interface_that_moved_back_is_used_again),
		CASE(traffic_goes_on_there),
		CASE(port_stops_and_starts_there),
		CASE(port_is_controlled_there),
		CASE(drops_are_counted_there),
		CASE(index_that_is_taken_is_no_harm),
		CASE(index_that_is_lost_by_going_away_is_no_harm),
		CASE(moves_and_renames_are_followed),
		CASE(changes_reach_an_interface_that_keeps_moving),
		TEST_CASES_END()
	}
};
