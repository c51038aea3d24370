/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the filter of received frames: the promiscuous modes and the addresses
 * of the port. They concern what the application receives. The modes of the
 * same names that the interface has concern what the kernel receives, which is
 * the other direction: those are left to the administrator.
 */

#include "rtap.h"
#include "rtap_filter.h"

bool
rtap_filter_accepts_other(const struct rtap_filter *filter, const struct rte_ether_addr *to)
{
	uint32_t mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);

	if (!rte_is_multicast_ether_addr(to))
		return false;
	return rte_is_broadcast_ether_addr(to) || (mode & RTAP_FILTER_ALLMULTICAST) != 0;
}

void
rtap_filter_set_own(struct rtap_filter *filter, const struct rte_ether_addr *address)
{
	rte_atomic_store_explicit(&filter->own, rtap_filter_word(address),
		rte_memory_order_relaxed);
}

static int
change_mode(struct rte_eth_dev *dev, uint32_t bits, uint32_t mask)
{
	struct rtap_filter *filter = &rtap_shared(dev)->filter;
	uint32_t mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);
	int ret = rtap_refuse_secondary(dev, "change the filter of");

	if (ret < 0)
		return ret;
	rte_atomic_store_explicit(&filter->mode, (mode & ~mask) | bits,
		rte_memory_order_relaxed);
	return 0;
}

int
rtap_promiscuous_enable(struct rte_eth_dev *dev)
{
	return change_mode(dev, RTAP_FILTER_PROMISCUOUS, RTAP_FILTER_PROMISCUOUS);
}

int
rtap_promiscuous_disable(struct rte_eth_dev *dev)
{
	return change_mode(dev, 0, RTAP_FILTER_PROMISCUOUS);
}

int
rtap_allmulticast_enable(struct rte_eth_dev *dev)
{
	return change_mode(dev, RTAP_FILTER_ALLMULTICAST, RTAP_FILTER_ALLMULTICAST);
}

int
rtap_allmulticast_disable(struct rte_eth_dev *dev)
{
	return change_mode(dev, 0, RTAP_FILTER_ALLMULTICAST);
}
