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
#include <sys/socket.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

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

static int
move_back(void)
{
	int ret;

	if (setns(other_netns, CLONE_NEWNET) < 0)
		return -errno;
	ret = move_to(home_netns);
	return setns(home_netns, CLONE_NEWNET) < 0 ? -errno : ret;
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

/* The kernel makes an interface of a name that it does not know, if asked to open a queue. */
static int
moved_interface_is_not_made_anew(void)
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
	TEST_ASSERT_EQUAL(ret, -ENODEV, "configuration: %d", ret);
	TEST_ASSERT(is_quiet, "an interface came or changed");
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), 1, "an interface next to lo");
	return TEST_SUCCESS;
}

static int
stranger_of_the_same_name_is_left_alone(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE,
		IFF_TAP | IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_NO_PI), "no stranger");
	TEST_ASSERT_EQUAL(configure_two(), -ENODEV, "configured");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no stranger");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_EQUAL(link.nb_tap_queues + link.nb_idle_tap_queues, 0,
		"a queue of the stranger is open");
	return TEST_SUCCESS;
}

static int
interface_that_moved_back_is_used_again(void)
{
	TEST_ASSERT_SUCCESS(move_to(other_netns), "not moved");
	TEST_ASSERT(configure_two() < 0, "configured while it is away");
	TEST_ASSERT_SUCCESS(move_back(), "not moved back");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "does not work");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_move_suite = {
	.suite_name = "rtap: another network namespace",
	.unit_test_cases = {
		TEST_CASE_ST(setup_two_netns, teardown_two_netns, moved_interface_is_not_made_anew),
		TEST_CASE_ST(setup_two_netns, teardown_two_netns,
			stranger_of_the_same_name_is_left_alone),
		TEST_CASE_ST(setup_two_netns, teardown_two_netns,
			interface_that_moved_back_is_used_again),
		TEST_CASES_END()
	}
};
