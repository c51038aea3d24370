/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: start, stop, reconfigure, close, remove, in any order.
 */

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_REPEATS 20

static int
check_traffic(void)
{
	/* A socket of before a stop would report that the carrier was gone. */
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

static int
check_removed(void)
{
	uint16_t port;

	if (rtap_fx.sock >= 0)
		close(rtap_fx.sock);
	rtap_fx.sock = -1;
	TEST_ASSERT(rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &port) < 0,
		"the port is left");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE),
		"the interface is left");
	TEST_ASSERT(rtap_nothing_left(), "descriptors or mbufs are left");
	return TEST_SUCCESS;
}

static int
remove_and_check(void)
{
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	return check_removed();
}

static int
create_again(void)
{
	TEST_ASSERT_SUCCESS(
		rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"cannot create again");
	return TEST_SUCCESS;
}

static int
stopped_port_starts_again(void)
{
	for (unsigned int i = 0; i < NB_REPEATS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "start %u", i);
		if (check_traffic() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
stop_and_start_keep_the_interface(void)
{
	const unsigned int ifindex = if_nametoindex(RTAP_TEST_IFACE);

	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_EQUAL(if_nametoindex(RTAP_TEST_IFACE), ifindex,
		"stop: another interface");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_EQUAL(if_nametoindex(RTAP_TEST_IFACE), ifindex,
		"start: another interface");
	return TEST_SUCCESS;
}

/* A stopped port holds no packet buffers for which nobody could wait. */
static int
stop_then_remove_returns_mbufs(void)
{
	const struct rtap_run run = { .n = 100, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no Rx");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return remove_and_check();
}

static int
reconfigured_with(uint16_t nb_queues)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, nb_queues),
		"cannot go to %u queues", nb_queues);
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.nb_tap_queues, nb_queues,
		"the kernel counts %u queues instead of %u", link.nb_tap_queues,
		nb_queues);
	return TEST_SUCCESS;
}

/* The fixture's port has one queue; twice, so that going back is seen, too. */
static int
queue_count_can_change(void)
{
	static const uint16_t counts[] = { 4, 2, 1, 4, 2 };
	const int nb_fds = rtap_kernel_count_fds();

	for (unsigned int i = 0; i < RTE_DIM(counts); i++) {
		if (reconfigured_with(counts[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	if (reconfigured_with(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rtap_kernel_count_fds(), nb_fds,
		"back at one queue, but with other descriptors than before");
	if (check_traffic() != TEST_SUCCESS)
		return TEST_FAILED;
	return remove_and_check();
}

static int
configure_without_setup_closes(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 3, 3, &conf),
		"no configure");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	return remove_and_check();
}

static int
probed_port_closes(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	return remove_and_check();
}

static int
half_set_up_port_closes(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 3, 3, &conf),
		"no configure");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_setup(rtap_fx.port, 1,
		RTAP_TEST_NB_DESC, rte_eth_dev_socket_id(rtap_fx.port), NULL,
		rtap_fx.pool), "no Rx queue 1");
	TEST_ASSERT_SUCCESS(rte_eth_tx_queue_setup(rtap_fx.port, 2,
		RTAP_TEST_NB_DESC, rte_eth_dev_socket_id(rtap_fx.port), NULL),
		"no Tx queue 2");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	return remove_and_check();
}

static int
stopped_port_closes(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	return remove_and_check();
}

static int
started_port_can_be_removed(void)
{
	const struct rtap_run run = { .n = 50, .len = 60 };

	/* With frames waiting on both sides. */
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	return remove_and_check();
}

static int
closed_port_can_be_removed_and_made_again(void)
{
	if (stopped_port_closes() != TEST_SUCCESS || create_again() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return check_traffic();
}

static int
create_and_remove_leave_nothing(void)
{
	for (unsigned int i = 0; i < NB_REPEATS; i++) {
		if (create_again() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "no start");
		if (check_traffic() != TEST_SUCCESS ||
		    remove_and_check() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
detach_and_attach_while_started(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_SUCCESS(rte_dev_remove(info.device), "no detach");
	if (check_removed() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV,
		RTAP_TEST_ARGS), "no attach");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV,
		&rtap_fx.port), "no port");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return check_traffic();
}

/* "ip link del" under a port that is in use. */
static int
deleted_interface_leaves_a_quiet_port(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	const struct rtap_run run = { .n = 50, .len = 60 };
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	struct rte_eth_stats stats;
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no delete");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run),
		"the port keeps the packets back");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	TEST_ASSERT_EQUAL(stats.oerrors, run.n, "%" PRIu64 " errors", stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets, 0, "%" PRIu64 " packets", stats.opackets);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts)), 0,
		"a packet out of nowhere");
	memset(&link, 0, sizeof(link));
	TEST_ASSERT_SUCCESS(rte_eth_link_get_nowait(rtap_fx.port, &link), "no link");
	TEST_ASSERT_EQUAL(link.link_status, RTE_ETH_LINK_DOWN, "link is up");
	if (remove_and_check() != TEST_SUCCESS || create_again() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return check_traffic();
}

/* The interface is known by its index: a new name changes nothing. */
static int
renamed_interface_can_be_reconfigured(void)
{
	struct rtap_kernel_link before;
	struct rtap_kernel_link after;

	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &before), "no link");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_kernel_rename(RTAP_TEST_IFACE, RTAP_TEST_IFACE2),
		"no rename");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 4), "no configure");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE2, &after), "no link");
	TEST_ASSERT_EQUAL(after.ifindex, before.ifindex, "another interface");
	TEST_ASSERT_EQUAL(after.nb_tap_queues, 4, "the kernel counts %u queues",
		after.nb_tap_queues);
	TEST_ASSERT(if_nametoindex(RTAP_TEST_IFACE) == 0, "the old name is back");
	return TEST_SUCCESS;
}

/* Frames with marks of their own, so that a mix-up of the two shows. */
static int
check_second_port(uint16_t second, int sock)
{
	const struct rtap_run to_first = { .seq = 100, .n = 5, .len = 60 };
	const struct rtap_run to_second = { .seq = 200, .n = 5, .len = 60 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &to_first), "no send");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(sock, &to_second), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(second, &to_second), "second port");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &to_first), "first port");
	TEST_ASSERT_SUCCESS(rtap_port_send(second, &to_second), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &to_first), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(sock, &to_second), "second port");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &to_first), "first port");
	return TEST_SUCCESS;
}

static int
two_ports_work_side_by_side(void)
{
	uint16_t second;
	int sock;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV2,
		"iface=" RTAP_TEST_IFACE2, &second), "no second port");
	TEST_ASSERT_SUCCESS(rtap_port_run(second, 1), "second port does not start");
	sock = rtap_kernel_packet_open(RTAP_TEST_IFACE2, RTAP_TEST_ETHERTYPE);
	TEST_ASSERT(sock >= 0, "no socket");
	ret = check_second_port(second, sock);
	close(sock);
	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV2), "cannot remove");
	return check_traffic();
}

struct unit_test_suite rtap_life_suite = {
	.suite_name = "rtap: life cycle",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stopped_port_starts_again),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stop_and_start_keep_the_interface),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stop_then_remove_returns_mbufs),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, queue_count_can_change),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, probed_port_closes),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, configure_without_setup_closes),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, half_set_up_port_closes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stopped_port_closes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, started_port_can_be_removed),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			closed_port_can_be_removed_and_made_again),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, create_and_remove_leave_nothing),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, detach_and_attach_while_started),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			deleted_interface_leaves_a_quiet_port),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			renamed_interface_can_be_reconfigured),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, two_ports_work_side_by_side),
		TEST_CASES_END()
	}
};
