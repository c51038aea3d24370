/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_COMPAT_H_
#define _RTAP_COMPAT_H_

/*
 * Builds sources that are written for the current DPDK with releases from
 * 22.11 on. devtools/graft.py puts this header in front of the files of the
 * driver and of its autotest, on older trees only; no source includes it.
 * Each part names the release that made it unnecessary.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>
#include <rte_log.h>
#include <rte_version.h>

/* 23.03: unsigned numbers of telemetry have the name of their meaning. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint(data, name, value) \
	rte_tel_data_add_dict_u64(data, name, value)
#endif

/* 23.03: locks are annotated for the analysis of clang. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define __rte_no_thread_safety_analysis
#endif

/* 23.11: atomics with the names of C11. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
#else
#define RTE_ATOMIC(type) type
typedef int rte_memory_order;
#define rte_memory_order_relaxed __ATOMIC_RELAXED
#define rte_memory_order_acquire __ATOMIC_ACQUIRE
#define rte_memory_order_release __ATOMIC_RELEASE
#define rte_memory_order_acq_rel __ATOMIC_ACQ_REL
#define rte_memory_order_seq_cst __ATOMIC_SEQ_CST
#define rte_atomic_load_explicit __atomic_load_n
#define rte_atomic_store_explicit __atomic_store_n
#define rte_atomic_exchange_explicit __atomic_exchange_n
#define rte_atomic_fetch_add_explicit __atomic_fetch_add
#define rte_atomic_fetch_sub_explicit __atomic_fetch_sub
#define rte_atomic_fetch_and_explicit __atomic_fetch_and
#define rte_atomic_fetch_or_explicit __atomic_fetch_or
#define rte_atomic_compare_exchange_strong_explicit(ptr, expected, desired, success, failure) \
	__atomic_compare_exchange_n(ptr, expected, desired, 0, success, failure)
#define rte_atomic_compare_exchange_weak_explicit(ptr, expected, desired, success, failure) \
	__atomic_compare_exchange_n(ptr, expected, desired, 1, success, failure)
#endif

/* 23.11 (empty lines between data of two lcores), 24.03. */
#ifndef RTE_CACHE_GUARD
#define RTE_CACHE_GUARD
#endif
#ifndef RTE_MIN_T
#define RTE_MIN_T(a, b, t) RTE_MIN((t)(a), (t)(b))
#define RTE_MAX_T(a, b, t) RTE_MAX((t)(a), (t)(b))
#endif

/* 24.03: log macros that end the line. */
#ifndef RTE_LOG_LINE
#define RTE_LOG_LINE(level, type, ...) \
	RTE_LOG(level, type, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", RTE_FMT_TAIL(__VA_ARGS__ ,)))
#define RTE_LOG_DP_LINE(level, type, ...) \
	RTE_LOG_DP(level, type, RTE_FMT(RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		RTE_FMT_TAIL(__VA_ARGS__ ,)))
#endif
#ifndef RTE_LOG_LINE_PREFIX
#define RTE_LOG_COMMA ,
#define RTE_LOG_LINE_PREFIX(level, type, prefix, args, ...) \
	RTE_LOG(level, type, RTE_FMT(prefix RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		args RTE_LOG_COMMA RTE_FMT_TAIL(__VA_ARGS__ ,)))
#define RTE_LOG_DP_LINE_PREFIX(level, type, prefix, args, ...) \
	RTE_LOG_DP(level, type, RTE_FMT(prefix RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", \
		args RTE_LOG_COMMA RTE_FMT_TAIL(__VA_ARGS__ ,)))
#endif

/* 24.11: the variant that takes keys without a value, as the only one did before. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 11, 0, 0)
#define rte_kvargs_process_opt rte_kvargs_process
#endif

/* 24.11: checksums have a header of their own; its stand-in includes this file. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 11, 0, 0)
#include <rte_ip.h>
#endif

/* 25.11: stand-ins for what a port cannot do yet. Before, it had no function for it. */
#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)
#define rte_eth_tx_pkt_prepare_dummy NULL
#define rte_eth_queue_count_dummy NULL
#define rte_eth_descriptor_status_dummy NULL
#endif

/* 25.03: attributes around a packed structure instead of behind it. */
#ifndef __rte_packed_begin
#define __rte_packed_begin
#define __rte_packed_end __rte_packed
#endif

/* 23.11: kinds of tests, flags of fast ones. 26.03: names for their values. */
#ifdef REGISTER_TEST_COMMAND
#ifndef REGISTER_FAST_TEST
#define REGISTER_FAST_TEST(cmd, no_huge, asan, func) REGISTER_TEST_COMMAND(cmd, func)
#define REGISTER_DRIVER_TEST REGISTER_TEST_COMMAND
#endif
#else

/*
 * Operations of which the signature has changed. Where the name of one is
 * followed by parameters, so in its prototype and its definition, it becomes
 * another name; where it stands alone, in the table of operations, it means
 * the function here, which has the old signature and calls the other.
 * The operation must not be static, and parameters must follow on its line.
 */
#include <ethdev_driver.h>

/* 24.03: the list of packet types comes with its length and has no end mark. */
#if RTE_VERSION < RTE_VERSION_NUM(24, 3, 0, 0)
#define RTAP_COMPAT_MAX_PTYPES 64
const uint32_t *rtap_counted_ptypes_get(struct rte_eth_dev *dev, size_t *no_of_elements);

static inline const uint32_t *
rtap_supported_ptypes_get(struct rte_eth_dev *dev)
{
	static uint32_t marked[RTAP_COMPAT_MAX_PTYPES + 1];
	size_t count = 0;
	const uint32_t *ptypes = rtap_counted_ptypes_get(dev, &count);

	if (ptypes == NULL)
		return NULL;
	count = RTE_MIN(count, (size_t)RTAP_COMPAT_MAX_PTYPES);
	memcpy(marked, ptypes, count * sizeof(marked[0]));
	marked[count] = RTE_PTYPE_UNKNOWN;
	return marked;
}
#define rtap_supported_ptypes_get(...) rtap_counted_ptypes_get(__VA_ARGS__)
#endif

/* 25.11: counters of queues in a structure of their own, which may be absent. */
#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)
struct eth_queue_stats {
	uint64_t q_ipackets[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_opackets[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_ibytes[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_obytes[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_errors[RTE_ETHDEV_QUEUE_STAT_CNTRS];
};

int rtap_split_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats);

static inline int
rtap_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct eth_queue_stats qstats = { .q_ipackets = { 0 } };
	int ret = rtap_split_stats_get(dev, stats, &qstats);

	memcpy(stats->q_ipackets, qstats.q_ipackets, sizeof(qstats.q_ipackets));
	memcpy(stats->q_opackets, qstats.q_opackets, sizeof(qstats.q_opackets));
	memcpy(stats->q_ibytes, qstats.q_ibytes, sizeof(qstats.q_ibytes));
	memcpy(stats->q_obytes, qstats.q_obytes, sizeof(qstats.q_obytes));
	memcpy(stats->q_errors, qstats.q_errors, sizeof(qstats.q_errors));
	return ret;
}
#define rtap_stats_get(...) rtap_split_stats_get(__VA_ARGS__)
#endif

/* 25.11: a count of descriptors may be a negative error. */
#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)
int rtap_signed_rx_queue_count(void *queue);
int rtap_signed_gate_rx_queue_count(void *queue);

static inline uint32_t
rtap_rx_queue_count(void *queue)
{
	int count = rtap_signed_rx_queue_count(queue);

	return RTE_MAX(count, 0);
}
#define rtap_rx_queue_count(...) rtap_signed_rx_queue_count(__VA_ARGS__)

static inline uint32_t
rtap_gate_rx_queue_count(void *queue)
{
	int count = rtap_signed_gate_rx_queue_count(queue);

	return RTE_MAX(count, 0);
}
#define rtap_gate_rx_queue_count(...) rtap_signed_gate_rx_queue_count(__VA_ARGS__)
#endif

#endif /* REGISTER_TEST_COMMAND */

#endif /* _RTAP_COMPAT_H_ */
