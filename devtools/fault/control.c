/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Operations on a started port that change or ask for something, and whether
 * they had their effect.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "control.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define OTHER_MTU 1400

static const struct rte_ether_addr other_mac = {
	.addr_bytes = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 },
};
static struct rte_ether_addr first_mac;

static int
expect(bool is_so)
{
	return is_so ? 0 : -EILSEQ;
}

static int
check_mtu(uint16_t wanted)
{
	struct rtap_kernel_link link;
	uint16_t mtu;
	int ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &link);

	if (ret == 0)
		ret = rte_eth_dev_get_mtu(rtap_fx.port, &mtu);
	return ret < 0 ? ret : expect(link.mtu == wanted && mtu == wanted);
}

int
control_set_mtu(void)
{
	return rte_eth_dev_set_mtu(rtap_fx.port, OTHER_MTU);
}

int
control_has_mtu(void)
{
	return check_mtu(OTHER_MTU);
}

int
control_reset_mtu(void)
{
	int ret = rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MTU);

	return ret < 0 ? ret : check_mtu(RTE_ETHER_MTU);
}

int
control_note_mac(void)
{
	return rte_eth_macaddr_get(rtap_fx.port, &first_mac);
}

int
control_set_mac(void)
{
	struct rte_ether_addr mac = other_mac;

	return rte_eth_dev_default_mac_addr_set(rtap_fx.port, &mac);
}

int
control_has_mac(void)
{
	struct rtap_kernel_link link;
	int ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &link);

	return ret < 0 ? ret : expect(rte_is_same_ether_addr(&link.mac, &other_mac));
}

int
control_reset_mac(void)
{
	return rte_eth_dev_default_mac_addr_set(rtap_fx.port, &first_mac);
}

int
control_set_down(void)
{
	return rte_eth_dev_set_link_down(rtap_fx.port);
}

int
control_set_up(void)
{
	return rte_eth_dev_set_link_up(rtap_fx.port);
}

int
control_is_up(void)
{
	return rtap_kernel_link_wait(RTAP_TEST_IFACE, rtap_kernel_is_running);
}

int
control_knows_down(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_eth_link link;

	do {
		if (rte_eth_link_get_nowait(rtap_fx.port, &link) == 0 &&
				link.link_status == RTE_ETH_LINK_DOWN)
			return 0;
	} while (rtap_deadline_wait(&deadline));
	return -EILSEQ;
}

/* By the kernel's side: the driver hears of it on the interrupt thread. */
int
control_hear_down(void)
{
	int ret = rtap_kernel_set_down(RTAP_TEST_IFACE);

	return ret < 0 ? ret : control_knows_down();
}

int
control_bring_up(void)
{
	int ret = rtap_kernel_set_up(RTAP_TEST_IFACE);

	return ret < 0 ? ret : control_is_up();
}

int
control_get_link(void)
{
	struct rte_eth_link link;
	int ret = rte_eth_link_get_nowait(rtap_fx.port, &link);

	return ret < 0 ? ret : expect(link.link_status == RTE_ETH_LINK_UP);
}

int
control_get_stats(void)
{
	struct rte_eth_stats stats;

	return rte_eth_stats_get(rtap_fx.port, &stats);
}

int
control_reset_stats(void)
{
	return rte_eth_stats_reset(rtap_fx.port);
}

int
control_get_xstats(void)
{
	struct rte_eth_xstat *xstats;
	int n = rte_eth_xstats_get(rtap_fx.port, NULL, 0);
	int ret;

	if (n <= 0)
		return n;
	xstats = calloc(n, sizeof(*xstats));
	ret = xstats == NULL ? -ENOMEM : rte_eth_xstats_get(rtap_fx.port, xstats, n);
	free(xstats);
	return ret < 0 ? ret : expect(ret == n);
}

int
control_get_info(void)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(rtap_fx.port, &info);
}

int
control_dump(void)
{
	FILE *file = fopen("/dev/null", "w");
	int ret;

	if (file == NULL)
		return -errno;
	ret = rte_eth_dev_priv_dump(rtap_fx.port, file);
	fclose(file);
	return ret;
}

int
control_set_filters(void)
{
	struct rte_ether_addr mac = other_mac;
	struct rte_ether_addr group = { .addr_bytes = { 0x33, 0x33, 0, 0, 0, 1 } };
	int ret = rte_eth_promiscuous_disable(rtap_fx.port);

	if (ret == 0)
		ret = rte_eth_allmulticast_enable(rtap_fx.port);
	if (ret == 0)
		ret = rte_eth_dev_mac_addr_add(rtap_fx.port, &mac, 0);
	if (ret == 0)
		ret = rte_eth_dev_set_mc_addr_list(rtap_fx.port, &group, 1);
	return ret;
}

int
control_reset_filters(void)
{
	struct rte_ether_addr mac = other_mac;
	int ret = rte_eth_promiscuous_enable(rtap_fx.port);

	if (ret == 0)
		ret = rte_eth_allmulticast_disable(rtap_fx.port);
	if (ret == 0)
		ret = rte_eth_dev_mac_addr_remove(rtap_fx.port, &mac);
	if (ret == 0)
		ret = rte_eth_dev_set_mc_addr_list(rtap_fx.port, NULL, 0);
	return ret;
}

int
control_enable_interrupt(void)
{
	return rte_eth_dev_rx_intr_enable(rtap_fx.port, 0);
}

int
control_disable_interrupt(void)
{
	return rte_eth_dev_rx_intr_disable(rtap_fx.port, 0);
}

int
control_stop_rx_queue(void)
{
	return rte_eth_dev_rx_queue_stop(rtap_fx.port, 0);
}

int
control_start_rx_queue(void)
{
	return rte_eth_dev_rx_queue_start(rtap_fx.port, 0);
}

int
control_stop_tx_queue(void)
{
	return rte_eth_dev_tx_queue_stop(rtap_fx.port, 0);
}

int
control_start_tx_queue(void)
{
	return rte_eth_dev_tx_queue_start(rtap_fx.port, 0);
}
