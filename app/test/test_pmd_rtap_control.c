/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: control operations of the port, checked from the kernel
 * side, and changes made by the kernel side, checked at the port.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Fits the mbufs of the common pool, but no frame of the default MTU. */
#define LARGER_MTU 1900
#define JUMBO_MTU 9000
#define JUMBO_NB_MBUFS 255

static const struct rte_ether_addr new_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x55 },
};

static bool
flag_is_set(uint32_t flag)
{
	struct rtap_kernel_link link;

	return rtap_kernel_link_get(RTAP_TEST_IFACE, &link) == 0 &&
		(link.flags & flag) != 0;
}

/* Link status as the application polls it, waiting for the expected one. */
static bool
port_link_becomes(int status)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_eth_link link;

	do {
		memset(&link, 0, sizeof(link));
		if (rte_eth_link_get_nowait(rtap_fx.port, &link) == 0 &&
				link.link_status == status)
			return true;
	} while (rtap_deadline_wait(&deadline));
	return false;
}

static int
check_kernel_mtu(uint32_t mtu)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.mtu, mtu, "kernel's MTU is %u, not %u", link.mtu, mtu);
	return TEST_SUCCESS;
}

static int
check_frames_of(uint16_t len)
{
	const struct rtap_run run = { .n = 4, .len = len };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "Rx of %u", len);
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "Tx of %u", len);
	return TEST_SUCCESS;
}

static int
mtu_set_reaches_kernel(void)
{
	uint16_t mtu;

	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, LARGER_MTU), "no MTU");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_mtu(rtap_fx.port, &mtu), "no MTU get");
	TEST_ASSERT_EQUAL(mtu, LARGER_MTU, "port's MTU is %u", mtu);
	return check_kernel_mtu(LARGER_MTU);
}

static int
mtu_set_while_stopped_lets_larger_frames_pass(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, LARGER_MTU), "no MTU");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (check_kernel_mtu(LARGER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_frames_of(LARGER_MTU + RTE_ETHER_HDR_LEN);
}

static int
mtu_set_while_started_lets_larger_frames_pass(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, LARGER_MTU), "no MTU");
	if (check_kernel_mtu(LARGER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_frames_of(LARGER_MTU + RTE_ETHER_HDR_LEN);
}

static int
mtu_of_configure_reaches_kernel(void)
{
	const struct rte_eth_conf conf = { .rxmode.mtu = LARGER_MTU };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf),
		"no configure");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1), "no queues");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_kernel_mtu(LARGER_MTU);
}

static int
mtu_outside_limits_is_refused(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no queues");
	TEST_ASSERT(rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MIN_MTU - 1) < 0,
		"MTU of 67 accepted");
	if (info.max_mtu < UINT16_MAX)
		TEST_ASSERT(rte_eth_dev_set_mtu(rtap_fx.port,
			(uint16_t)(info.max_mtu + 1)) < 0,
			"MTU of %u accepted", info.max_mtu + 1);
	return check_kernel_mtu(RTE_ETHER_MTU);
}

/* Without scattered Rx a longer frame than an mbuf would lose its end. */
static int
mtu_that_would_truncate_is_refused(void)
{
	uint16_t mtu;

	TEST_ASSERT(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU) < 0,
		"MTU of 9000 with mbufs of 2 KB");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_mtu(rtap_fx.port, &mtu), "no MTU get");
	TEST_ASSERT_EQUAL(mtu, RTE_ETHER_MTU, "port's MTU is %u", mtu);
	if (check_kernel_mtu(RTE_ETHER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_frames_of(RTAP_TEST_MAX_LEN);
}

static int
jumbo_start(struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = { .rxmode.mtu = JUMBO_MTU };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf),
		"no configure");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_setup(rtap_fx.port, 0,
		RTAP_TEST_NB_DESC, rte_eth_dev_socket_id(rtap_fx.port), NULL, pool),
		"no Rx queue");
	TEST_ASSERT_SUCCESS(rte_eth_tx_queue_setup(rtap_fx.port, 0,
		RTAP_TEST_NB_DESC, rte_eth_dev_socket_id(rtap_fx.port), NULL),
		"no Tx queue");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

/* Frames come from the jumbo pool here, so not through rtap_port_send(). */
static int
check_jumbo(struct rte_mempool *pool)
{
	const struct rtap_run run = { .n = 1, .len = RTAP_TEST_JUMBO_LEN };
	struct rte_mbuf *mbuf;

	if (jumbo_start(pool) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "no jumbo Rx");
	mbuf = rtap_mbuf_new(pool, run.len, run.seq);
	TEST_ASSERT_NOT_NULL(mbuf, "no mbuf");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "no jumbo Tx");
	return TEST_SUCCESS;
}

static int
jumbo_frames_pass_in_large_mbufs(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rtap_jumbo",
		JUMBO_NB_MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + 10240,
		(int)rte_socket_id());
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = check_jumbo(pool);
	/* The port must have given back its mbufs before their pool goes. */
	rte_eth_dev_stop(rtap_fx.port);
	rte_eth_dev_close(rtap_fx.port);
	if (!rtap_mbufs_are_back(pool, JUMBO_NB_MBUFS))
		ret = TEST_FAILED;
	rte_mempool_free(pool);
	return ret;
}

static int
check_new_mac(void)
{
	struct rtap_kernel_link link;
	struct rte_ether_addr mac;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(rte_is_same_ether_addr(&link.mac, &new_mac),
		"kernel has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&link.mac));
	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &mac), "no MAC");
	TEST_ASSERT(rte_is_same_ether_addr(&mac, &new_mac),
		"port has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
	return TEST_SUCCESS;
}

static int
set_new_mac(void)
{
	struct rte_ether_addr mac = new_mac;

	TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &mac),
		"MAC refused");
	return check_new_mac();
}

static int
mac_set_reaches_kernel(void)
{
	return set_new_mac();
}

static int
mac_set_survives_stop_and_start(void)
{
	if (set_new_mac() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_new_mac();
}

static int
mac_changed_by_kernel_harms_no_traffic(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_mac(RTAP_TEST_IFACE, &new_mac),
		"kernel refuses");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

static int
start_brings_interface_up(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT((link.flags & IFF_UP) != 0, "interface is down");
	TEST_ASSERT(link.carrier, "interface has no carrier");
	return TEST_SUCCESS;
}

static int
link_down_and_up_set_interface_flag(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_down(rtap_fx.port), "no down");
	TEST_ASSERT(!flag_is_set(IFF_UP), "interface is still up");
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_DOWN), "port's link is up");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "no up");
	TEST_ASSERT(flag_is_set(IFF_UP), "interface is still down");
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_UP), "port's link is down");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic afterwards");
	return TEST_SUCCESS;
}

static int
link_get_follows_kernel(void)
{
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_UP), "link is down at start");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_DOWN), "link stays up");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_UP), "link stays down");
	return TEST_SUCCESS;
}

static int
link_is_down_while_stopped(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT(port_link_becomes(RTE_ETH_LINK_DOWN), "link is up");
	return TEST_SUCCESS;
}

static int
traffic_resumes_after_kernel_down_and_up(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_is_running), "interface does not run");
	/* A socket learns once that its interface went down. */
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

static int
carrier_follows_start_and_stop(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_has_carrier), "no carrier while started");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_no_carrier), "carrier while stopped");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(RTAP_TEST_IFACE,
		rtap_kernel_has_carrier), "no carrier after another start");
	return TEST_SUCCESS;
}

static int
check_address_survives(int family, const char *text, uint8_t prefix_len)
{
	struct in6_addr addr;

	inet_pton(family, text, &addr);
	TEST_ASSERT_SUCCESS(rtap_kernel_addr_add(RTAP_TEST_IFACE, family, &addr,
		prefix_len), "%s refused by the kernel", text);
	TEST_ASSERT(rtap_kernel_addr_exists(RTAP_TEST_IFACE, family, &addr),
		"%s cannot be seen", text);
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT(rtap_kernel_addr_exists(RTAP_TEST_IFACE, family, &addr),
		"%s is lost", text);
	return TEST_SUCCESS;
}

static int
ipv4_address_survives_stop_and_start(void)
{
	return check_address_survives(AF_INET, "192.0.2.1", 24);
}

static int
ipv6_address_survives_stop_and_start(void)
{
	if (rtap_kernel_set_ipv6(RTAP_TEST_IFACE, true) < 0) {
		printf("this kernel has no IPv6\n");
		return TEST_SKIPPED;
	}
	return check_address_survives(AF_INET6, "2001:db8::1", 64);
}

struct unit_test_suite rtap_control_suite = {
	.suite_name = "rtap: control",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, mtu_set_reaches_kernel),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_set_while_stopped_lets_larger_frames_pass),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_set_while_started_lets_larger_frames_pass),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, mtu_of_configure_reaches_kernel),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, mtu_outside_limits_is_refused),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, mtu_that_would_truncate_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, jumbo_frames_pass_in_large_mbufs),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, mac_set_reaches_kernel),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, mac_set_survives_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mac_changed_by_kernel_harms_no_traffic),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, start_brings_interface_up),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			link_down_and_up_set_interface_flag),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, link_get_follows_kernel),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, link_is_down_while_stopped),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			traffic_resumes_after_kernel_down_and_up),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, carrier_follows_start_and_stop),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			ipv4_address_survives_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			ipv6_address_survives_stop_and_start),
		TEST_CASES_END()
	}
};
