/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what the port says about itself, and what configure and
 * queue set-up accept and refuse.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_log.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define MAX_QUEUES 128
#define SMALL_ROOM (RTE_PKTMBUF_HEADROOM + 256)

static int
info_names_driver(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT(strcmp(info.driver_name, RTAP_TEST_DRIVER) == 0,
		"driver is called %s", info.driver_name);
	return TEST_SUCCESS;
}

static int
info_gives_interface_index(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.if_index, if_nametoindex(RTAP_TEST_IFACE),
		"if_index is %u", info.if_index);
	return TEST_SUCCESS;
}

static int
info_allows_128_queue_pairs(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.max_rx_queues, MAX_QUEUES, "%u Rx queues",
		info.max_rx_queues);
	TEST_ASSERT_EQUAL(info.max_tx_queues, MAX_QUEUES, "%u Tx queues",
		info.max_tx_queues);
	return TEST_SUCCESS;
}

static int
info_mtu_limits_are_the_kernels(void)
{
	struct rtap_kernel_link link;
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(info.min_mtu, RTE_ETHER_MIN_MTU, "min_mtu is %u",
		info.min_mtu);
	TEST_ASSERT_EQUAL(info.max_mtu, link.max_mtu, "max_mtu is %u, the kernel's %u",
		info.max_mtu, link.max_mtu);
	return TEST_SUCCESS;
}

static int
mac_is_inherited_from_kernel(void)
{
	struct rtap_kernel_link link;
	struct rte_ether_addr mac;

	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &mac), "no MAC");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(rte_is_same_ether_addr(&mac, &link.mac), "port has "
		RTE_ETHER_ADDR_PRT_FMT ", kernel " RTE_ETHER_ADDR_PRT_FMT,
		RTE_ETHER_ADDR_BYTES(&mac), RTE_ETHER_ADDR_BYTES(&link.mac));
	TEST_ASSERT(rte_is_valid_assigned_ether_addr(&mac), "not an assigned MAC");
	return TEST_SUCCESS;
}

static int
check_offloads_refused(uint64_t rx_offload, uint64_t tx_offload)
{
	const struct rte_eth_conf conf = {
		.rxmode.offloads = rx_offload,
		.txmode.offloads = tx_offload,
	};

	TEST_ASSERT(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf) < 0,
		"Rx offload %#" PRIx64 ", Tx offload %#" PRIx64 " accepted",
		rx_offload, tx_offload);
	return TEST_SUCCESS;
}

static int
check_each_offload_refused(uint64_t rx_claimed, uint64_t tx_claimed)
{
	uint64_t bit;

	for (unsigned int i = 0; i < 64; i++) {
		bit = RTE_BIT64(i);
		if ((rx_claimed & bit) == 0 &&
				check_offloads_refused(bit, 0) != TEST_SUCCESS)
			return TEST_FAILED;
		if ((tx_claimed & bit) == 0 &&
				check_offloads_refused(0, bit) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
unclaimed_offloads_are_refused(void)
{
	/* ethdev reports each refusal: a hundred lines that nobody needs. */
	const int logtype = rte_log_register("lib.ethdev");
	const int level = rte_log_get_level(logtype);
	struct rte_eth_dev_info info;
	int ret;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	rte_log_set_level(logtype, RTE_LOG_EMERG);
	ret = check_each_offload_refused(info.rx_offload_capa, info.tx_offload_capa);
	rte_log_set_level(logtype, level);
	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "port is spoiled");
	return TEST_SUCCESS;
}

static int
claimed_offloads_are_accepted(void)
{
	struct rte_eth_conf conf = { .link_speeds = 0 };
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	conf.rxmode.offloads = info.rx_offload_capa;
	conf.txmode.offloads = info.tx_offload_capa;
	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf),
		"what the port claims is refused");
	return TEST_SUCCESS;
}

static int
unclaimed_rss_is_refused(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP,
	};
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.flow_type_rss_offloads & RTE_ETH_RSS_IP) != 0)
		return TEST_SUCCESS;
	TEST_ASSERT(rte_eth_dev_configure(rtap_fx.port, 2, 2, &conf) < 0,
		"RSS is not claimed but accepted");
	return TEST_SUCCESS;
}

static int
unequal_queue_counts_are_refused(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, 2, 1, &conf), -EINVAL,
		"2 Rx, 1 Tx");
	TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, 1, 2, &conf), -EINVAL,
		"1 Rx, 2 Tx");
	TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, 1, 0, &conf), -EINVAL,
		"1 Rx, 0 Tx");
	TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, 0, 1, &conf), -EINVAL,
		"0 Rx, 1 Tx");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "port is spoiled");
	return TEST_SUCCESS;
}

static int
more_than_128_queue_pairs_are_refused(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, MAX_QUEUES + 1,
		MAX_QUEUES + 1, &conf), -EINVAL, "129 queue pairs");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "port is spoiled");
	return TEST_SUCCESS;
}

/* The kernel spreads over the queues that it counts, so it must count all. */
static int
check_kernel_counts_queues(uint16_t nb_queues)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, nb_queues),
		"no start with %u queue pairs", nb_queues);
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.nb_tap_queues, nb_queues,
		"the kernel counts %u queues instead of %u", link.nb_tap_queues,
		nb_queues);
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return TEST_SUCCESS;
}

static int
kernel_counts_1_queue(void)
{
	return check_kernel_counts_queues(1);
}

static int
kernel_counts_2_queues(void)
{
	return check_kernel_counts_queues(2);
}

static int
kernel_counts_5_queues(void)
{
	return check_kernel_counts_queues(5);
}

static int
kernel_counts_128_queues(void)
{
	return check_kernel_counts_queues(MAX_QUEUES);
}

static int
setup_one_rx(uint16_t nb_desc, struct rte_mempool *pool)
{
	return rte_eth_rx_queue_setup(rtap_fx.port, 0, nb_desc,
		rte_eth_dev_socket_id(rtap_fx.port), NULL, pool);
}

static int
setup_one_tx(uint16_t nb_desc)
{
	return rte_eth_tx_queue_setup(rtap_fx.port, 0, nb_desc,
		rte_eth_dev_socket_id(rtap_fx.port), NULL);
}

static int
configure_one(struct rte_eth_dev_info *info)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, info), "no info");
	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf),
		"no configure");
	return TEST_SUCCESS;
}

static int
check_ring_sizes_work(uint16_t nb_rx_desc, uint16_t nb_tx_desc)
{
	TEST_ASSERT_SUCCESS(setup_one_rx(nb_rx_desc, rtap_fx.pool),
		"%u Rx descriptors", nb_rx_desc);
	TEST_ASSERT_SUCCESS(setup_one_tx(nb_tx_desc), "%u Tx descriptors", nb_tx_desc);
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic with %u and %u descriptors", nb_rx_desc, nb_tx_desc);
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return TEST_SUCCESS;
}

static int
ring_sizes_within_limits_work(void)
{
	struct rte_eth_dev_info info;

	if (configure_one(&info) != TEST_SUCCESS)
		return TEST_FAILED;
	if (check_ring_sizes_work(info.rx_desc_lim.nb_min,
			info.tx_desc_lim.nb_min) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_ring_sizes_work(
		RTE_MIN(info.rx_desc_lim.nb_max, rte_mempool_avail_count(rtap_fx.pool) / 2),
		info.tx_desc_lim.nb_max);
}

static int
ring_size_needs_no_power_of_two(void)
{
	struct rte_eth_dev_info info;

	if (configure_one(&info) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(info.rx_desc_lim.nb_align <= 1 && info.tx_desc_lim.nb_align <= 1,
		"ring sizes must be multiples of %u and %u",
		info.rx_desc_lim.nb_align, info.tx_desc_lim.nb_align);
	return check_ring_sizes_work(97, 211);
}

static int
ring_size_beyond_limit_is_refused(void)
{
	struct rte_eth_dev_info info;

	if (configure_one(&info) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(info.rx_desc_lim.nb_max < UINT16_MAX &&
		info.tx_desc_lim.nb_max < UINT16_MAX, "no limit is published");
	TEST_ASSERT(setup_one_rx(info.rx_desc_lim.nb_max + 1, rtap_fx.pool) < 0,
		"%u Rx descriptors", info.rx_desc_lim.nb_max + 1);
	TEST_ASSERT(setup_one_tx(info.tx_desc_lim.nb_max + 1) < 0,
		"%u Tx descriptors", info.tx_desc_lim.nb_max + 1);
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1),
		"queues cannot be set up after that");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

static int
pool_with_too_small_mbufs_is_refused(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rtap_small", 255, 0, 0,
		SMALL_ROOM, (int)rte_socket_id());
	struct rte_eth_dev_info info;
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = configure_one(&info);
	if (ret == TEST_SUCCESS)
		ret = setup_one_rx(RTAP_TEST_NB_DESC, pool);
	rte_mempool_free(pool);
	TEST_ASSERT(ret < 0, "mbufs of %u bytes for an MTU of 1500", SMALL_ROOM);
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1),
		"queues cannot be set up after that");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

static int
start_without_queues_is_refused(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 2, 2, &conf),
		"no configure");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1), "no queue 0");
	TEST_ASSERT(rte_eth_dev_start(rtap_fx.port) < 0,
		"started with queue 1 not set up");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 2), "no queues");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start after that");
	return TEST_SUCCESS;
}

static int
queue_can_be_set_up_twice(void)
{
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 1), "no queues");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1), "not again");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_config_suite = {
	.suite_name = "rtap: information and configuration",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, info_names_driver),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, info_gives_interface_index),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, info_allows_128_queue_pairs),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, info_mtu_limits_are_the_kernels),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, mac_is_inherited_from_kernel),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, unclaimed_offloads_are_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, claimed_offloads_are_accepted),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, unclaimed_rss_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, unequal_queue_counts_are_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			more_than_128_queue_pairs_are_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, kernel_counts_1_queue),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, kernel_counts_2_queues),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, kernel_counts_5_queues),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, kernel_counts_128_queues),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, ring_sizes_within_limits_work),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, ring_size_needs_no_power_of_two),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, ring_size_beyond_limit_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			pool_with_too_small_mbufs_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, start_without_queues_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, queue_can_be_set_up_twice),
		TEST_CASES_END()
	}
};
