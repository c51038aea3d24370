/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the filter of received frames: the promiscuous modes and the addresses
 * of the port. They concern what the application receives. The modes of the
 * same names that the interface has concern what the kernel receives, which is
 * the other direction: those are left to the administrator.
 */

#include <errno.h>

#include "rtap.h"
#include "rtap_filter.h"
#include "rtap_log.h"

static uint64_t
get_word(const RTE_ATOMIC(uint64_t) *entry)
{
	return rte_atomic_load_explicit(entry, rte_memory_order_relaxed);
}

static uint32_t
get_count(const RTE_ATOMIC(uint32_t) *count)
{
	return rte_atomic_load_explicit(count, rte_memory_order_relaxed);
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
	uint64_t word = rtap_filter_word(to);

	if (rte_is_multicast_ether_addr(to) && (rte_is_broadcast_ether_addr(to) ||
			(mode & RTAP_FILTER_ALLMULTICAST) != 0))
		return true;
	return has_word(filter->unicast, get_count(&filter->nb_unicast), word) ||
		has_word(filter->groups, get_count(&filter->nb_groups), word);
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
	rtap_filter_set_unicast(&rtap_shared(dev)->filter, index, mac);
	return 0;
}

void
rtap_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	rtap_filter_clear_unicast(&rtap_shared(dev)->filter, index);
}

static bool
is_in_list(const struct rte_ether_addr *list, uint32_t n, uint64_t word)
{
	for (uint32_t i = 0; i < n; i++) {
		if (rtap_filter_word(&list[i]) == word)
			return true;
	}
	return false;
}

/* What is not in the new list has been removed: there is a free entry. */
static void
add_group(struct rtap_filter *filter, uint64_t word)
{
	uint32_t i = 0;

	if (has_word(filter->groups, RTAP_MAX_GROUPS, word))
		return;
	while (get_word(&filter->groups[i]) != 0)
		i++;
	set_word(&filter->groups[i], word);
}

/* A group that is in the old list and in the new one is never missing. */
static void
replace_groups(struct rtap_filter *filter, const struct rte_ether_addr *list, uint32_t n)
{
	for (uint32_t i = 0; i < RTAP_MAX_GROUPS; i++) {
		if (!is_in_list(list, n, get_word(&filter->groups[i])))
			set_word(&filter->groups[i], 0);
	}
	for (uint32_t i = 0; i < n; i++)
		add_group(filter, rtap_filter_word(&list[i]));
	rte_atomic_store_explicit(&filter->nb_groups,
		count_entries(filter->groups, RTAP_MAX_GROUPS), rte_memory_order_relaxed);
}

int
rtap_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t n)
{
	if (n > RTAP_MAX_GROUPS) {
		PMD_LOG(ERR, "%s: %u multicast addresses, at most %u are possible",
			dev->data->name, n, RTAP_MAX_GROUPS);
		return -ENOSPC;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!rte_is_multicast_ether_addr(&list[i]))
			return -EINVAL;
	}
	replace_groups(&rtap_shared(dev)->filter, list, n);
	return 0;
}

static int
change_mode(struct rte_eth_dev *dev, uint32_t bits, uint32_t mask)
{
	struct rtap_filter *filter = &rtap_shared(dev)->filter;
	uint32_t mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);

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
