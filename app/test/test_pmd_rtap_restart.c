/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what was set on the interface is still there after the
 * port, or another one in its place, has started again.
 */

#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define PERSIST_ARGS RTAP_TEST_ARGS ",persist"
#define SMALLER_MTU 1400
/* Fits the mbufs of the common pool. */
#define LARGER_MTU 1900
#define JUMBO_MTU 9000

static const struct rte_ether_addr kernel_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x66 },
};

static const struct rtap_port_conf scatter_conf = {
	.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
	.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
};

static int
set_kernel_mtu(int mtu)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU, mtu),
		"the kernel refuses MTU %d", mtu);
	return TEST_SUCCESS;
}

static int
set_port_mtu(uint16_t mtu)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, mtu), "MTU %u refused", mtu);
	return TEST_SUCCESS;
}

static int
stop(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "not stopped");
	return TEST_SUCCESS;
}

static int
start(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "not started");
	return TEST_SUCCESS;
}

static int
run_with_mtu(uint16_t mtu)
{
	const struct rtap_port_conf conf = { .mtu = mtu };

	return rtap_port_run_as(&conf);
}

static int
mtu_of_interface_is_left_by_first_start(void)
{
	if (set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(SMALLER_MTU);
}

static int
mtu_of_interface_survives_stop_and_start(void)
{
	if (set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    start() != TEST_SUCCESS || rtap_port_check_mtu(SMALLER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	if (stop() != TEST_SUCCESS || set_kernel_mtu(LARGER_MTU) != TEST_SUCCESS ||
	    start() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(LARGER_MTU);
}

static int
mtu_of_interface_survives_configuration(void)
{
	if (set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(SMALLER_MTU);
}

static int
mtu_of_interface_wins_over_earlier_one_of_port(void)
{
	if (set_port_mtu(LARGER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || start() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(SMALLER_MTU);
}

static int
mtu_of_configuration_wins_over_interface(void)
{
	if (set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    run_with_mtu(LARGER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(LARGER_MTU);
}

/* As with any port: what is not asked for again is not kept. */
static int
configuration_without_mtu_undoes_that_of_port(void)
{
	if (set_port_mtu(LARGER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(RTE_ETHER_MTU);
}

static int
configuration_without_mtu_leaves_what_was_set_since(void)
{
	if (set_port_mtu(LARGER_MTU) != TEST_SUCCESS ||
	    set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(SMALLER_MTU);
}

static int
mtu_of_interface_beyond_mbufs_is_left_alone(void)
{
	struct rtap_kernel_link link;
	uint16_t mtu;

	if (stop() != TEST_SUCCESS || set_kernel_mtu(JUMBO_MTU) != TEST_SUCCESS ||
	    start() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.mtu, JUMBO_MTU, "the kernel's is %u", link.mtu);
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_mtu(rtap_fx.port, &mtu), "no MTU");
	TEST_ASSERT_EQUAL(mtu, RTE_ETHER_MTU, "the port's is %u", mtu);
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

static int
mtu_of_interface_lets_jumbo_frames_in(void)
{
	const uint16_t room = RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM;

	if (set_kernel_mtu(JUMBO_MTU) != TEST_SUCCESS ||
	    rtap_port_run_as(&scatter_conf) != TEST_SUCCESS ||
	    rtap_port_check_mtu(JUMBO_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_chain(room, RTAP_TEST_JUMBO_LEN, 0);
}

static int
run_with_link_events(void)
{
	const struct rte_eth_conf conf = {
		.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.intr_conf.lsc = 1,
	};

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf), "no configure");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1), "no queues");
	if (start() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_open_socket();
}

static bool
port_mtu_becomes(uint16_t expected)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	uint16_t mtu;

	do {
		if (rte_eth_dev_get_mtu(rtap_fx.port, &mtu) == 0 && mtu == expected)
			return true;
	} while (rtap_deadline_wait(&deadline));
	return false;
}

static int
mtu_of_interface_is_followed_with_link_events(void)
{
	const uint16_t room = RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM;

	if (run_with_link_events() != TEST_SUCCESS || set_kernel_mtu(JUMBO_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(port_mtu_becomes(JUMBO_MTU), "the port does not follow");
	if (rtap_port_check_chain(room, RTAP_TEST_JUMBO_LEN, 0) != TEST_SUCCESS ||
	    set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(port_mtu_becomes(SMALLER_MTU), "the port does not follow");
	return TEST_SUCCESS;
}

/* That the application has chosen one before does not make this one its choice. */
static int
mtu_followed_survives_start_and_configuration(void)
{
	if (run_with_link_events() != TEST_SUCCESS || set_port_mtu(JUMBO_MTU) != TEST_SUCCESS ||
	    set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(port_mtu_becomes(SMALLER_MTU), "the port does not follow");
	if (stop() != TEST_SUCCESS || start() != TEST_SUCCESS ||
	    rtap_port_check_mtu(SMALLER_MTU) != TEST_SUCCESS || stop() != TEST_SUCCESS ||
	    run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(SMALLER_MTU);
}

/* Its own changes come back to it as events, some of them late. */
static int
own_mtu_changes_are_kept_with_link_events(void)
{
	static const uint16_t mtus[] = { 1600, 9000, 1300, 68, 1900 };

	if (run_with_link_events() != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < 20 * RTE_DIM(mtus); i++) {
		if (set_port_mtu(mtus[i % RTE_DIM(mtus)]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	TEST_ASSERT(port_mtu_becomes(mtus[RTE_DIM(mtus) - 1]), "the port has an earlier one");
	/* They are still known to be the application's choice. */
	if (stop() != TEST_SUCCESS || run_with_mtu(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_port_check_mtu(RTE_ETHER_MTU);
}

static int
check_macs(const struct rte_ether_addr *of_kernel, const struct rte_ether_addr *of_port)
{
	struct rtap_kernel_link link;
	struct rte_ether_addr mac;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &mac), "no MAC");
	TEST_ASSERT(rte_is_same_ether_addr(&link.mac, of_kernel),
		"kernel has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&link.mac));
	TEST_ASSERT(rte_is_same_ether_addr(&mac, of_port),
		"port has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
	return TEST_SUCCESS;
}

static int
mac_of_interface_survives_stop_and_start(void)
{
	struct rte_ether_addr own;

	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &own), "no MAC");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_mac(RTAP_TEST_IFACE, &kernel_mac), "refused");
	if (stop() != TEST_SUCCESS || start() != TEST_SUCCESS ||
	    check_macs(&kernel_mac, &own) != TEST_SUCCESS)
		return TEST_FAILED;
	/* Asked for by name, it is another matter, even if the port has it already. */
	TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &own), "refused");
	return check_macs(&own, &own);
}

/* What an administrator does with an interface before the next start. */
static int
prepare_interface(const struct in6_addr *addr)
{
	if (set_kernel_mtu(SMALLER_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_mac(RTAP_TEST_IFACE, &kernel_mac), "no MAC");
	TEST_ASSERT_SUCCESS(rtap_kernel_addr_add(RTAP_TEST_IFACE, AF_INET, addr, 24),
		"no address");
	return TEST_SUCCESS;
}

static int
make_and_remove(uint16_t nb_queues)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, PERSIST_ARGS, &rtap_fx.port),
		"cannot create");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, nb_queues), "no start");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	return TEST_SUCCESS;
}

static int
check_taken_over(uint16_t nb_queues, const struct rtap_kernel_link *before,
		const struct in6_addr *addr)
{
	struct rtap_kernel_link after;
	uint16_t mtu;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, PERSIST_ARGS, &rtap_fx.port),
		"not taken over");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_mtu(rtap_fx.port, &mtu), "no MTU");
	TEST_ASSERT_EQUAL(mtu, SMALLER_MTU, "the new port's MTU is %u", mtu);
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, nb_queues), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &after), "no link");
	TEST_ASSERT_EQUAL(after.ifindex, before->ifindex, "another interface");
	TEST_ASSERT_EQUAL(after.nb_tap_queues, nb_queues, "%u queues", after.nb_tap_queues);
	TEST_ASSERT(rtap_kernel_addr_exists(RTAP_TEST_IFACE, AF_INET, addr), "address lost");
	if (rtap_port_check_mtu(SMALLER_MTU) != TEST_SUCCESS ||
	    check_macs(&kernel_mac, &kernel_mac) != TEST_SUCCESS ||
	    rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	return TEST_SUCCESS;
}

static int
kept_interface_is_as_it_was(void)
{
	static const uint16_t counts[] = { 4, 1, 3 };
	struct rtap_kernel_link before;
	struct in6_addr addr;
	int ret = TEST_SUCCESS;

	inet_pton(AF_INET, "192.0.2.1", &addr);
	if (make_and_remove(2) != TEST_SUCCESS)
		return TEST_FAILED;
	if (rtap_kernel_link_get(RTAP_TEST_IFACE, &before) < 0 ||
	    prepare_interface(&addr) != TEST_SUCCESS)
		ret = TEST_FAILED;
	for (unsigned int i = 0; i < RTE_DIM(counts) && ret == TEST_SUCCESS; i++)
		ret = check_taken_over(counts[i], &before, &addr);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	return ret;
}

struct unit_test_suite rtap_restart_suite = {
	.suite_name = "rtap: restart",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			mtu_of_interface_is_left_by_first_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_of_interface_survives_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_of_interface_survives_configuration),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_of_interface_wins_over_earlier_one_of_port),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_of_configuration_wins_over_interface),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			configuration_without_mtu_undoes_that_of_port),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			configuration_without_mtu_leaves_what_was_set_since),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mtu_of_interface_beyond_mbufs_is_left_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			mtu_of_interface_lets_jumbo_frames_in),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			mtu_of_interface_is_followed_with_link_events),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			mtu_followed_survives_start_and_configuration),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			own_mtu_changes_are_kept_with_link_events),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			mac_of_interface_survives_stop_and_start),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, kept_interface_is_as_it_was),
		TEST_CASES_END()
	}
};
