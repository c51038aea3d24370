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

static uint64_t
get_word(const RTE_ATOMIC(uint64_t) *entry)
{
	return rte_atomic_load_explicit(entry, rte_memory_order_relaxed);
}

static void
set_word(RTE_ATOMIC(uint64_t) *entry, uint64_t word)
{
	rte_atomic_store_explicit(entry, word, rte_memory_order_relaxed);
}

/* The word of address 0 is that of a free entry, and no address to send to. */
static bool
has_word(const RTE_ATOMIC(uint64_t) *entries, uint32_t nb_entries, uint64_t word)
{
	for (uint32_t i = 0; i < nb_entries; i++) {
		if (get_word(&entries[i]) == word)
			return word != 0;
	}
	return false;
}

/* Up to the last that is not free. */
static uint32_t
count_entries(const RTE_ATOMIC(uint64_t) *entries, uint32_t nb_max)
{
	while (nb_max > 0 && get_word(&entries[nb_max - 1]) == 0)
		nb_max--;
	return nb_max;
}

bool
rtap_filter_accepts_other(const struct rtap_filter *filter, const struct rte_ether_addr *to)
{
	uint32_t mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);
	uint32_t nb_unicast = rte_atomic_load_explicit(&filter->nb_unicast,
		rte_memory_order_relaxed);

	if (rte_is_multicast_ether_addr(to) && (rte_is_broadcast_ether_addr(to) ||
			(mode & RTAP_FILTER_ALLMULTICAST) != 0))
		return true;
	return has_word(filter->unicast, nb_unicast, rtap_filter_word(to));
}

static void
change_unicast(struct rtap_filter *filter, uint32_t index, uint64_t word)
{
	set_word(&filter->unicast[index], word);
	rte_atomic_store_explicit(&filter->nb_unicast,
		count_entries(filter->unicast, RTAP_MAX_MACS), rte_memory_order_relaxed);
}

void
rtap_filter_set_unicast(struct rtap_filter *filter, uint32_t index,
		const struct rte_ether_addr *address)
{
	change_unicast(filter, index, rtap_filter_word(address));
}

void
rtap_filter_clear_unicast(struct rtap_filter *filter, uint32_t index)
{
	change_unicast(filter, index, 0);
}

/* There are no pools to choose from. */
int
rtap_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		uint32_t pool __rte_unused)
{
	int ret = rtap_refuse_secondary(dev, "add a MAC address to");

	if (ret == 0)
		rtap_filter_set_unicast(&rtap_shared(dev)->filter, index, mac);
	return ret;
}

void
rtap_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	if (rtap_refuse_secondary(dev, "remove a MAC address of") == 0)
		rtap_filter_clear_unicast(&rtap_shared(dev)->filter, index);
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
