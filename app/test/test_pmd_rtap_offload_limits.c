/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: limits of the interface on aggregates, which the port narrows
 * where its configuration needs it, and leaves to others otherwise.
 */

#include <stdint.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define RX_CKSUM (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define RX_LRO RTE_ETH_RX_OFFLOAD_TCP_LRO
#define TX_TUNNEL (RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO | RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO)
#define LONGEST 65535
#define LRO_SIZE 32768
/* The kernel's default, and the least that all kernels take. */
#define USUAL_SEGS 65535
#define LIMITED_SIZE 512

/* The interface keeps them until they are changed. */
static int
expect_limits(uint32_t max_size, uint32_t max_segs)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "not there");
	TEST_ASSERT(link.gso_max_size == max_size && link.gso_max_segs == max_segs,
		"limits of %u bytes and %u packets", link.gso_max_size, link.gso_max_segs);
	return TEST_SUCCESS;
}

/* A port that is configured for tunnels only, and so takes no aggregates. */
static int
run_with_limits(void)
{
	const struct rtap_port_conf conf = { .tx_offloads = TX_TUNNEL };
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist=1",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & TX_TUNNEL) == 0)
		return TEST_SKIPPED;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_limits(LIMITED_SIZE, 1);
}

static int
limits_end_with_next_configuration(void)
{
	const struct rtap_port_conf plain = { .rx_offloads = RX_CKSUM };
	int ret = run_with_limits();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (rtap_port_run_as(&plain) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_limits(LONGEST + 1, USUAL_SEGS);
}

static int
limits_end_with_port(void)
{
	int ret = run_with_limits();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	return expect_limits(LONGEST + 1, USUAL_SEGS);
}

/* As a process leaves them that is killed. */
static int
limits_of_former_port_end_at_start(void)
{
	int ret = run_with_limits();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_gso_limits(RTAP_TEST_IFACE, LIMITED_SIZE, 1),
		"cannot limit the interface");
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no second device");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	return expect_limits(LONGEST + 1, USUAL_SEGS);
}

/* Limits that are not the port's. */

static int
set_limits(uint32_t max_size, uint32_t max_segs)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_gso_limits(RTAP_TEST_IFACE, max_size, max_segs),
		"cannot limit the interface");
	return TEST_SUCCESS;
}

static int
setup_persistent(void)
{
	rtap_setup_none();
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist=1",
		&rtap_fx.port), "no device");
	return TEST_SUCCESS;
}

static int
run_with_lro(uint32_t max_lro_pkt_size)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RX_LRO,
		.max_lro_pkt_size = max_lro_pkt_size,
	};

	return rtap_port_run_as(&conf);
}

/* The same after another start; in the end, what would be there without the port. */
static int
check_limits_until_end(uint32_t running_size, uint32_t running_segs, uint32_t size,
		uint32_t segs)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (expect_limits(running_size, running_segs) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	return expect_limits(size, segs);
}

static int
narrower_limits_of_administrator_stay(void)
{
	if (set_limits(20000, 10) != TEST_SUCCESS || run_with_lro(LRO_SIZE) != TEST_SUCCESS ||
	    expect_limits(20000, 10) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_limits_until_end(20000, 10, 20000, 10);
}

static int
narrower_one_of_two_limits_stays(void)
{
	if (set_limits(60000, 10) != TEST_SUCCESS || run_with_lro(LRO_SIZE) != TEST_SUCCESS ||
	    expect_limits(LRO_SIZE + 1, 10) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_limits_until_end(LRO_SIZE + 1, 10, 60000, 10);
}

static int
limits_found_come_back_with_next_configuration(void)
{
	if (set_limits(60000, 100) != TEST_SUCCESS || run_with_lro(LRO_SIZE) != TEST_SUCCESS ||
	    expect_limits(LRO_SIZE + 1, 100) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (run_with_lro(LONGEST) != TEST_SUCCESS || expect_limits(60000, 100) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_limits_until_end(60000, 100, 60000, 100);
}

/* The size is set by hand while the port has narrowed both. */
static int
limit_that_was_set_since_stays(void)
{
	const int ret = run_with_limits();

	if (ret != TEST_SUCCESS)
		return ret;
	if (set_limits(20000, 1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	return expect_limits(20000, USUAL_SEGS);
}

struct unit_test_suite rtap_offload_limits_suite = {
	.suite_name = "rtap: limits on aggregates",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, limits_end_with_next_configuration),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, limits_end_with_port),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, limits_of_former_port_end_at_start),
		TEST_CASE_ST(setup_persistent, rtap_teardown,
			narrower_limits_of_administrator_stay),
		TEST_CASE_ST(setup_persistent, rtap_teardown, narrower_one_of_two_limits_stays),
		TEST_CASE_ST(setup_persistent, rtap_teardown,
			limits_found_come_back_with_next_configuration),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, limit_that_was_set_since_stays),
		TEST_CASES_END()
	}
};
