/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: an interface that was given a MAC address of its own,
 * so that the port is a second host on the wire.
 */

#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define APART_ARGS RTAP_TEST_ARGS ",mac=02:72:74:61:70:01"

static const struct rte_ether_addr given_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x01 },
};

/* What the port makes of it, as the guide tells. */
static const struct rte_ether_addr derived_mac = {
	.addr_bytes = { 0x42, 0x72, 0x74, 0x61, 0x70, 0x01 },
};

static const struct rte_ether_addr other_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x55 },
};

static int
setup_apart(void)
{
	rtap_setup_none();
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, APART_ARGS, &rtap_fx.port),
		"\"" APART_ARGS "\" was refused");
	return TEST_SUCCESS;
}

static int
check_macs(const struct rte_ether_addr *of_kernel, const struct rte_ether_addr *of_port)
{
	struct rtap_kernel_link link;
	struct rte_ether_addr mac;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(rte_is_same_ether_addr(&link.mac, of_kernel),
		"kernel has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&link.mac));
	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &mac), "no MAC");
	TEST_ASSERT(rte_is_same_ether_addr(&mac, of_port),
		"port has " RTE_ETHER_ADDR_PRT_FMT, RTE_ETHER_ADDR_BYTES(&mac));
	return TEST_SUCCESS;
}

static int
set_port_mac(const struct rte_ether_addr *mac)
{
	struct rte_ether_addr copy = *mac;

	TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &copy),
		"MAC refused");
	return TEST_SUCCESS;
}

static int
given_mac_is_the_interface_s_alone(void)
{
	if (check_macs(&given_mac, &derived_mac) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return check_macs(&given_mac, &derived_mac);
}

static int
mac_of_a_vendor_makes_a_local_one(void)
{
	static const struct rte_ether_addr vendor_mac = {
		.addr_bytes = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 },
	};
	static const struct rte_ether_addr local_mac = {
		.addr_bytes = { 0x42, 0x11, 0x22, 0x33, 0x44, 0x55 },
	};

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV,
		RTAP_TEST_ARGS ",mac=00:11:22:33:44:55", &rtap_fx.port), "refused");
	return check_macs(&vendor_mac, &local_mac);
}

static int
port_mac_can_be_set_apart(void)
{
	if (set_port_mac(&other_mac) != TEST_SUCCESS ||
	    check_macs(&given_mac, &other_mac) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_macs(&given_mac, &other_mac);
}

static int
kernel_mac_can_be_set_apart(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_mac(RTAP_TEST_IFACE, &other_mac),
		"kernel refuses");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return check_macs(&other_mac, &derived_mac);
}

static int
check_second_run(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, APART_ARGS ",persist",
		&rtap_fx.port), "not taken over");
	return check_macs(&given_mac, &derived_mac);
}

static int
check_second_run_after(const char *args)
{
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port), "refused");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	ret = check_second_run();
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	return ret;
}

static int
restarted_port_has_the_same_macs(void)
{
	return check_second_run_after(APART_ARGS ",persist");
}

/* One that had another address before, as left by a run without the argument. */
static int
interface_taken_over_gets_the_given_mac(void)
{
	return check_second_run_after(RTAP_TEST_ARGS ",persist");
}

struct unit_test_suite rtap_apart_suite = {
	.suite_name = "rtap: two MAC addresses",
	.unit_test_cases = {
		TEST_CASE_ST(setup_apart, rtap_teardown, given_mac_is_the_interface_s_alone),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, mac_of_a_vendor_makes_a_local_one),
		TEST_CASE_ST(setup_apart, rtap_teardown, port_mac_can_be_set_apart),
		TEST_CASE_ST(setup_apart, rtap_teardown, kernel_mac_can_be_set_apart),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, restarted_port_has_the_same_macs),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_gets_the_given_mac),
		TEST_CASES_END()
	}
};
