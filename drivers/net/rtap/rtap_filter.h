/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_FILTER_H_
#define _RTAP_FILTER_H_

/*
 * Which frames are for the port, by their destination. The kernel hands over
 * every frame that it transmits on the interface, so the choice is made here.
 *
 * Control changes a filter while lcores use it, of this process or another:
 * each entry is one word, written at once, and 0 if it is free.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_stdatomic.h>

/* Addresses of the port, its own among them; each is compared with in turn. */
#define RTAP_MAX_MACS 64
#define RTAP_MAX_GROUPS 256

enum rtap_filter_mode {
	RTAP_FILTER_PROMISCUOUS = 1 << 0,  /* every frame */
	RTAP_FILTER_ALLMULTICAST = 1 << 1, /* every frame to a group */
};

struct __rte_cache_aligned rtap_filter {
	RTE_ATOMIC(uint32_t) mode;       /* RTAP_FILTER_* */
	RTE_ATOMIC(uint32_t) nb_unicast; /* up to the last that is not free */
	RTE_ATOMIC(uint64_t) unicast[RTAP_MAX_MACS]; /* by their index in ethdev, 0: own */
	RTE_ATOMIC(uint32_t) nb_groups;  /* as nb_unicast */
	RTE_ATOMIC(uint64_t) groups[RTAP_MAX_GROUPS];
};

/* An address as a word: its bytes as they lie in memory, and zeros. */
static inline uint64_t
rtap_filter_word(const struct rte_ether_addr *address)
{
	uint64_t word = 0;

	memcpy(&word, address, sizeof(*address));
	return word;
}

/* What rtap_filter_accepts() does with a frame that is not to the port's own address. */
bool rtap_filter_accepts_other(const struct rtap_filter *filter,
		const struct rte_ether_addr *to);

static inline bool
rtap_filter_accepts(const struct rtap_filter *filter, const struct rte_ether_addr *to)
{
	uint32_t mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);

	if ((mode & RTAP_FILTER_PROMISCUOUS) != 0)
		return true;
	return likely(rtap_filter_word(to) ==
		rte_atomic_load_explicit(&filter->unicast[0], rte_memory_order_relaxed)) ||
		rtap_filter_accepts_other(filter, to);
}

void rtap_filter_set_unicast(struct rtap_filter *filter, uint32_t index,
		const struct rte_ether_addr *address);
void rtap_filter_clear_unicast(struct rtap_filter *filter, uint32_t index);

#endif /* _RTAP_FILTER_H_ */
