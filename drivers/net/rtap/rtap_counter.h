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

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
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

/* By length, without header and CRC: up to 64, 127, 255, 511, 1023, 1518, and above. */
#define RTAP_NB_SIZES 7
#define RTAP_SIZE_MIN 64
#define RTAP_SIZE_MAX 1518

/* By destination: unicast, multicast, broadcast. */
#define RTAP_NB_CASTS 3

/* By what the mbuf says of the checksum of layer 4: unknown, bad, good, none. */
#define RTAP_NB_CHECKSUMS 4

/* What is to be seen in any frame. */
struct rtap_frame_counters {
	struct rtap_counter sizes[RTAP_NB_SIZES];
	struct rtap_counter casts[RTAP_NB_CASTS];
};

/* Those of each burst and packet first, one after the other. */
struct __rte_cache_aligned rtap_rx_counters {
	struct rtap_counter packets;
	struct rtap_counter bytes;
	struct rtap_counter submits;       /* system calls through the ring */
	struct rtap_counter batches;       /* those of them with reads */
	struct rtap_counter batch_packets; /* that came by them */
	struct rtap_counter empty_reads;
	struct rtap_counter polls;         /* armed */
	struct rtap_counter wake_ups;      /* polls that reported packets */
	struct rtap_frame_counters frames;
	struct rtap_counter l4_checksums[RTAP_NB_CHECKSUMS];
	struct rtap_counter ip_good;
	struct rtap_counter ip_bad;
	struct rtap_counter chains;        /* packets of several segments */
	struct rtap_counter lro;           /* aggregates of TCP */
	struct rtap_counter uso;           /* aggregates of UDP */
	struct rtap_counter stripped;      /* VLAN tags */
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
	struct rtap_counter chains;        /* packets of several segments */
	struct rtap_counter inserted;      /* VLAN tags */
	struct rtap_frame_counters frames;
	struct rtap_counter l4_checksums;  /* packets whose checksum the kernel completes */
	struct rtap_counter ip_checksums;  /* packets whose checksum the driver completes */
	struct rtap_counter tso;           /* packets of TCP to be segmented */
	struct rtap_counter uso;           /* packets of UDP to be segmented */
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

static inline unsigned int
rtap_size_class(uint32_t len)
{
	if (len <= RTAP_SIZE_MIN)
		return 0;
	if (len > RTAP_SIZE_MAX)
		return RTAP_NB_SIZES - 1;
	/* From here on a class has as many bits as its longest length. */
	return rte_fls_u32(len) - (rte_fls_u32(RTAP_SIZE_MIN) - 1);
}

static inline unsigned int
rtap_cast_class(const struct rte_mbuf *m)
{
	const struct rte_ether_addr *addr = rte_pktmbuf_mtod(m, const struct rte_ether_addr *);
	struct rte_ether_addr copy;

	/* An application may split a frame anywhere. */
	if (unlikely(m->data_len < sizeof(copy)))
		addr = rte_pktmbuf_read(m, 0, sizeof(copy), &copy);
	if (likely(!rte_is_multicast_ether_addr(addr)))
		return 0;
	return rte_is_broadcast_ether_addr(addr) ? 2 : 1;
}

/* Of a frame that was accepted, and so has an Ethernet header. */
static inline void
rtap_frame_count(struct rtap_frame_counters *frames, const struct rte_mbuf *m)
{
	rtap_counter_add(&frames->sizes[rtap_size_class(m->pkt_len)], 1);
	rtap_counter_add(&frames->casts[rtap_cast_class(m)], 1);
}

/* The two flags that the mask has, as one number: see RTAP_NB_CHECKSUMS. */
static inline unsigned int
rtap_checksum_class(uint64_t ol_flags)
{
	return ((ol_flags & RTE_MBUF_F_RX_L4_CKSUM_BAD) != 0) +
		2 * ((ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD) != 0);
}

#endif /* _RTAP_COUNTER_H_ */
