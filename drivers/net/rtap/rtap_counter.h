/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_COUNTER_H_
#define _RTAP_COUNTER_H_

/*
 * What the queues count. A counter is a member here and a row in rtap_stats.c.
 * Only the lcore that polls the queue adds to it; a reset remembers the value
 * in a second struct of the same kind instead of writing to this one.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_stdatomic.h>

/*
 * Other threads read it whole at any time. A 32-bit x86 does so only if it is
 * aligned, and by itself aligns such members to four bytes.
 */
struct rtap_counter {
	alignas(sizeof(uint64_t)) RTE_ATOMIC(uint64_t) value;
};

static_assert(alignof(struct rtap_counter) == 8 && sizeof(struct rtap_counter) == 8,
	"counters are aligned in every struct and array");

/* Those of each burst first, one after the other. */
struct __rte_cache_aligned rtap_rx_counters {
	struct rtap_counter packets;
	struct rtap_counter bytes;
	struct rtap_counter submits;       /* system calls through the ring */
	struct rtap_counter batches;       /* those of them with reads */
	struct rtap_counter batch_packets; /* that came by them */
	struct rtap_counter empty_reads;
	struct rtap_counter polls;         /* armed */
	struct rtap_counter wake_ups;      /* polls that reported packets */
	struct rtap_counter filtered;      /* not for the port */
	struct rtap_counter errors;
	struct rtap_counter nombuf;
	struct rtap_counter fallback;      /* control, at start; 1: no batches */
};

struct __rte_cache_aligned rtap_tx_counters {
	struct rtap_counter packets;
	struct rtap_counter bytes;
	struct rtap_counter submits;       /* system calls through the ring */
	struct rtap_counter batches;       /* those that the kernel took packets of */
	struct rtap_counter batch_packets; /* that it took, sent or not */
	struct rtap_counter apart;         /* headers that are not in the headroom */
	struct rtap_counter errors;
	struct rtap_counter refused;       /* errors that the kernel was not asked about */
	struct rtap_counter fallback;      /* control, at start; 1: no batches */
};

/* Of the interface, whose receive is the port's transmit. */
struct rtap_kernel_counters {
	struct rtap_counter rx_packets;
	struct rtap_counter tx_packets;
	struct rtap_counter rx_bytes;
	struct rtap_counter tx_bytes;
	struct rtap_counter rx_dropped;
	struct rtap_counter tx_dropped;
};

static inline uint64_t
rtap_counter_read(const struct rtap_counter *counter)
{
	return rte_atomic_load_explicit(&counter->value, rte_memory_order_relaxed);
}

static inline void
rtap_counter_set(struct rtap_counter *counter, uint64_t value)
{
	rte_atomic_store_explicit(&counter->value, value, rte_memory_order_relaxed);
}

static inline void
rtap_counter_add(struct rtap_counter *counter, uint64_t n)
{
	rtap_counter_set(counter, rtap_counter_read(counter) + n);
}

#endif /* _RTAP_COUNTER_H_ */
