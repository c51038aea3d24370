/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: an interface that is moved to another network namespace
 * and back, while the port stays where it is.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_string_fns.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_MOVES 10

static int home_netns;
static int other_netns;

static int
open_netns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int
open_new_netns(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = open_netns();
	return setns(home_netns, CLONE_NEWNET) < 0 ? -errno : fd;
}

/* The port is configured with one queue and is stopped. */
static int
setup_two_netns(void)
{
	home_netns = open_netns();
	other_netns = open_new_netns();
	TEST_ASSERT(home_netns >= 0 && other_netns >= 0, "no namespace");
	if (rtap_setup_probed() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no configuration");
	return TEST_SUCCESS;
}

static void
teardown_two_netns(void)
{
	rtap_teardown();
	close(other_netns);
	close(home_netns);
}

/* One request, answered by an acknowledgment. */
static int
nl_command(const struct nlmsghdr *request)
{
	const int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
	} ack;
	int ret = -EIO;

	if (sock < 0)
		return -errno;
	if (send(sock, request, request->nlmsg_len, 0) > 0 &&
	    recv(sock, &ack, sizeof(ack), 0) == sizeof(ack) &&
	    ack.hdr.nlmsg_type == NLMSG_ERROR)
		ret = ack.err.error;
	close(sock);
	return ret;
}

static int
move_to(int netns)
{
	const struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
		struct rtattr attr;
		int netns;
	} request = {
		.hdr = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.info = { .ifi_index = if_nametoindex(RTAP_TEST_IFACE) },
		.attr = { .rta_type = IFLA_NET_NS_FD, .rta_len = RTA_LENGTH(sizeof(int)) },
		.netns = netns,
	};

	return nl_command(&request.hdr);
}

/* Hears of every change of an interface in this namespace from now on. */
static int
watch_links(void)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	const int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);

	if (sock >= 0 && bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(sock);
		return -1;
	}
	return sock;
}

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

/* Steps that are made in the other namespace. */

static int
in_other(int (*work)(void))
{
	int ret;

	TEST_ASSERT_SUCCESS(setns(other_netns, CLONE_NEWNET), "cannot go there");
	ret = work();
	TEST_ASSERT_SUCCESS(setns(home_netns, CLONE_NEWNET), "cannot come back");
	return ret;
}

static int
move_home_from_here(void)
{
	TEST_ASSERT_SUCCESS(move_to(home_netns), "not moved back");
	return TEST_SUCCESS;
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

static int
check_traffic_from_here(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "not up");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE, rtap_kernel_is_running),
		"does not run");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

/* The kernel makes an interface of a name that it does not know, if asked to open a queue. */
static int
moved_interface_gets_queues_and_is_not_made_anew(void)
{
	bool is_quiet;
	int sock;
	int ret;

	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	sock = watch_links();
	TEST_ASSERT(sock >= 0, "no netlink socket");
	ret = configure_two();
	is_quiet = has_heard_nothing(sock);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "configuration: %d", ret);
	TEST_ASSERT(is_quiet, "an interface came or changed");
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), 1, "an interface next to lo");
	return in_other(expect_three_queues);
}

static int
stranger_of_the_same_name_is_left_alone(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE,
		IFF_TAP | IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_NO_PI), "no stranger");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no stranger");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_EQUAL(link.nb_tap_queues + link.nb_idle_tap_queues, 0,
		"a queue of the stranger is open");
	return in_other(expect_three_queues);
}

static int
interface_that_moved_back_is_used_again(void)
{
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured while it is away");
	TEST_ASSERT_SUCCESS(in_other(move_home_from_here), "not moved back");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 3), "does not work");
	return check_traffic_from_here();
}

static int
traffic_goes_on_there(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	return in_other(check_traffic_from_here);
}

static int
port_stops_and_starts_there(void)
{
	if (traffic_goes_on_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	if (in_other(check_traffic_from_here) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 8), "no more queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	return in_other(check_traffic_from_here);
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
expect_link(uint16_t status)
{
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rte_eth_link_get_nowait(rtap_fx.port, &link), "no link");
	TEST_ASSERT_EQUAL(link.link_status, status, "link status is %u", link.link_status);
	return TEST_SUCCESS;
}

static int
port_is_controlled_there(void)
{
	/* Moving takes an interface down. */
	if (traffic_goes_on_there() != TEST_SUCCESS || expect_link(RTE_ETH_LINK_UP) < 0 ||
	    change_all() != TEST_SUCCESS || expect_link(RTE_ETH_LINK_DOWN) < 0)
		return TEST_FAILED;
	return in_other(expect_changes);
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

static int
make_tap_with_index(const char *name, unsigned int index)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	rte_strscpy(req.ifr_name, name, sizeof(req.ifr_name));
	if (ioctl(fd, TUNSETIFINDEX, &index) < 0 || ioctl(fd, TUNSETIFF, &req) < 0 ||
	    ioctl(fd, TUNSETPERSIST, 1) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static unsigned int first_index;

static int
take_index(void)
{
	TEST_ASSERT_SUCCESS(make_tap_with_index(RTAP_TEST_IFACE2, first_index), "no stranger");
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
	if (in_other(take_index) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	if (take_index() != TEST_SUCCESS || change_all() != TEST_SUCCESS ||
	    in_other(expect_changes) != TEST_SUCCESS ||
	    in_other(expect_port_has_index_of_here) != TEST_SUCCESS ||
	    in_other(expect_stranger_unchanged) != TEST_SUCCESS)
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
	return move_home_from_here();
}

static int
moves_and_renames_are_followed(void)
{
	for (unsigned int i = 0; i < NB_MOVES; i++) {
		TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU there");
		if (in_other(rename_here) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1300),
			"no MTU with another name");
		if (in_other(move_renamed_home_from_here) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1200), "no MTU at home");
	}
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
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
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
	if (expect_link(RTE_ETH_LINK_UP) != TEST_SUCCESS)
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
	if (traffic_goes_on_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_thread_run(control_without_sys_admin, NULL), "without it");
	TEST_ASSERT_SUCCESS(configure_two(), "not configured with it");
	return TEST_SUCCESS;
}

/* Nothing of the port keeps a namespace that all others have left. */
static int
end_of_the_namespace_is_a_removal(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1, .rmv = 1 };

	rtap_events_forget();
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 1), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	if (change_all() != TEST_SUCCESS)
		return TEST_FAILED;
	/* This closes the last descriptor of it, and keeps their number. */
	TEST_ASSERT(dup2(home_netns, other_netns) >= 0, "not left");
	return rtap_events_wait_removal();
}

static void
teardown_events(void)
{
	rtap_events_teardown();
	close(other_netns);
	close(home_netns);
}

#define CASE(name) TEST_CASE_ST(setup_two_netns, teardown_two_netns, name)

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
		CASE(moves_and_renames_are_followed),
		CASE(port_is_refused_there_without_net_admin),
		CASE(port_is_asked_but_not_changed_without_sys_admin),
		TEST_CASE_ST(setup_two_netns, teardown_events, end_of_the_namespace_is_a_removal),
		TEST_CASES_END()
	}
};
