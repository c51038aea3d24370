/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The two network namespaces of rtap_pmd_autotest's cases that move the interface,
 * and threads that lack a capability there.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

/* So many changes of interfaces are heard, whoever makes them meanwhile. */
#define WATCH_BUFFER (32 << 20)

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

int
rtap_netns_setup(void)
{
	home_netns = open_netns();
	other_netns = open_new_netns();
	TEST_ASSERT(home_netns >= 0 && other_netns >= 0, "no namespace");
	if (rtap_setup_probed() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no configuration");
	return TEST_SUCCESS;
}

void
rtap_netns_close(void)
{
	close(other_netns);
	close(home_netns);
}

void
rtap_netns_teardown(void)
{
	rtap_teardown();
	rtap_netns_close();
}

/* The number of descriptors stays the same. */
int
rtap_netns_leave_other(void)
{
	TEST_ASSERT(dup2(home_netns, other_netns) >= 0, "not left");
	return TEST_SUCCESS;
}

int
rtap_netns_in_other(int (*work)(void))
{
	int ret;

	TEST_ASSERT_SUCCESS(setns(other_netns, CLONE_NEWNET), "cannot go there");
	ret = work();
	TEST_ASSERT_SUCCESS(setns(home_netns, CLONE_NEWNET), "cannot come back");
	return ret;
}

int
rtap_netns_move_there(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_move(RTAP_TEST_IFACE, other_netns), "not moved");
	return TEST_SUCCESS;
}

int
rtap_netns_move_home(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_move(RTAP_TEST_IFACE, home_netns), "not moved back");
	return TEST_SUCCESS;
}

int
rtap_netns_check_traffic(void)
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

int
rtap_netns_expect_link(uint16_t status)
{
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rte_eth_link_get_nowait(rtap_fx.port, &link), "no link");
	TEST_ASSERT_EQUAL(link.link_status, status, "link status is %u", link.link_status);
	return TEST_SUCCESS;
}

int
rtap_netns_set_capability(unsigned int capability, bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct *word = &data[CAP_TO_INDEX(capability)];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	word->effective &= ~CAP_TO_MASK(capability);
	if (on)
		word->effective |= CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int
drop_net_admin_and_work(void *arg)
{
	int (**work)(void) = arg;

	TEST_ASSERT_SUCCESS(rtap_netns_set_capability(CAP_NET_ADMIN, false), "capability stays");
	return (*work)();
}

int
rtap_netns_without_net_admin(int (*work)(void))
{
	return rtap_thread_run(drop_net_admin_and_work, &work);
}

int
rtap_netns_watch_links(void)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	const int size = WATCH_BUFFER;
	const int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);
	int ret;

	if (sock < 0)
		return -errno;
	ret = setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (ret == 0)
		ret = bind(sock, (const struct sockaddr *)&addr, sizeof(addr));
	if (ret == 0)
		return sock;
	ret = -errno;
	close(sock);
	return ret;
}
