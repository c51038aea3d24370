/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the interface gets other names, at any time.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

#define NB_CONFIGURATIONS 40
#define MANY_QUEUES 16

/* Somebody gives the interface one name after another. */

static RTE_ATOMIC(bool) is_over;

static int
rename_to_and_fro(void)
{
	const int ret = rtap_kernel_rename(RTAP_TEST_IFACE, RTAP_TEST_IFACE2);

	return ret < 0 ? ret : rtap_kernel_rename(RTAP_TEST_IFACE2, RTAP_TEST_IFACE);
}

static uint32_t
keep_renaming(void *arg)
{
	int *ret = arg;

	rtap_thread_use_all_cpus();
	while (*ret == 0 && !rte_atomic_load_explicit(&is_over, rte_memory_order_acquire)) {
		*ret = rename_to_and_fro();
		/* The kernel tells of each to sockets that hold only so much. */
		rte_delay_us_sleep(20);
	}
	return 0;
}

static int
while_renaming(int (*work)(void))
{
	rte_thread_t thread;
	int renamed = 0;
	int ret;

	rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, keep_renaming, &renamed),
		"no thread");
	ret = work();
	rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(renamed, "rename: %s", strerror(-renamed));
	return ret;
}

static int
configure_up_and_down(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	for (unsigned int i = 0; i < NB_CONFIGURATIONS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf),
			"configuration of one queue, round %u", i);
		TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, MANY_QUEUES,
			MANY_QUEUES, &conf), "configuration of many queues, round %u", i);
	}
	return TEST_SUCCESS;
}

static int
expect_no_other_link(int sock, int ifindex)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
	} msg;

	while (recv(sock, &msg, sizeof(msg), 0) > 0)
		TEST_ASSERT_EQUAL(msg.info.ifi_index, ifindex, "interface %d came or went",
			msg.info.ifi_index);
	TEST_ASSERT_EQUAL(errno, EAGAIN, "%s", strerror(errno));
	return TEST_SUCCESS;
}

static int
rename_while_queues_are_opened_breaks_nothing(void)
{
	const int ifindex = if_nametoindex(RTAP_TEST_IFACE);
	const int sock = rtap_netns_watch_links();
	int ret;

	TEST_ASSERT(sock >= 0, "no netlink socket");
	ret = while_renaming(configure_up_and_down);
	if (ret == TEST_SUCCESS)
		ret = expect_no_other_link(sock, ifindex);
	close(sock);
	return ret;
}

static int
restart_with_traffic(void)
{
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	TEST_ASSERT_SUCCESS(rte_eth_link_get_nowait(rtap_fx.port, &link), "no link");
	TEST_ASSERT_EQUAL(link.link_status, RTE_ETH_LINK_UP, "link is down");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU");
	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "not promiscuous");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

/* Before Linux 6.2 an interface had to be down for that. */
static int
rename_while_running_breaks_nothing(void)
{
	if (rename_to_and_fro() == -EBUSY) {
		printf("skipped: this kernel renames no interface that is up\n");
		return TEST_SKIPPED;
	}
	return while_renaming(restart_with_traffic);
}

struct unit_test_suite rtap_rename_suite = {
	.suite_name = "rtap: rename",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			rename_while_queues_are_opened_breaks_nothing),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			rename_while_running_breaks_nothing),
		TEST_CASES_END()
	}
};
