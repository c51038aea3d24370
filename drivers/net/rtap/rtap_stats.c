/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the statistics: sums the counters of the queues and asks the kernel for
 * what it dropped. A counter is never written here, it belongs to its lcore.
 */

#include <stddef.h>

#include <rte_string_fns.h>

#include "rtap.h"

/* Frames the kernel had for us and dropped; what was last known of an interface that is gone. */
static uint64_t
get_kernel_drops(struct rte_eth_dev *dev)
{
	struct rtap_shared *shared = rtap_shared(dev);
	struct rtap_nl *nl = &rtap_process(dev)->stats_nl;
	struct rtap_place place;
	uint64_t drops;

	if (rtap_place_get(dev, nl, &place) < 0 || rtap_nl_get_stats(nl, place, &drops) < 0)
		return rte_atomic_load_explicit(&shared->tx_dropped, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&shared->tx_dropped, drops, rte_memory_order_relaxed);
	return drops;
}

/* Extended statistics of receive: sums over the queues. */
static const struct {
	const char *name;
	size_t offset; /* of the counter in the queue */
} rx_xstats[] = {
	{ "rx_filtered_packets", offsetof(struct rtap_rx_queue, filtered) },
};

static void
add_rx_queue(const struct rtap_rx_queue *q, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats)
{
	uint64_t packets = rtap_counter_read(&q->packets);
	uint64_t bytes = rtap_counter_read(&q->bytes);
	uint64_t errors = rtap_counter_read(&q->errors);

	stats->ipackets += packets;
	stats->ibytes += bytes;
	stats->ierrors += errors;
	stats->rx_nombuf += rtap_counter_read(&q->nombuf);
	if (qstats == NULL || q->queue_id >= RTE_ETHDEV_QUEUE_STAT_CNTRS)
		return;
	qstats->q_ipackets[q->queue_id] = packets;
	qstats->q_ibytes[q->queue_id] = bytes;
	qstats->q_errors[q->queue_id] = errors;
}

static void
add_tx_queue(const struct rtap_tx_queue *q, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats)
{
	uint64_t packets = rtap_counter_read(&q->packets);
	uint64_t bytes = rtap_counter_read(&q->bytes);

	stats->opackets += packets;
	stats->obytes += bytes;
	stats->oerrors += rtap_counter_read(&q->errors);
	if (qstats == NULL || q->queue_id >= RTE_ETHDEV_QUEUE_STAT_CNTRS)
		return;
	qstats->q_opackets[q->queue_id] = packets;
	qstats->q_obytes[q->queue_id] = bytes;
}

int
rtap_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats)
{
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL)
			add_rx_queue(dev->data->rx_queues[i], stats, qstats);
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		if (dev->data->tx_queues[i] != NULL)
			add_tx_queue(dev->data->tx_queues[i], stats, qstats);
	}
	stats->imissed = get_kernel_drops(dev) - rtap_shared(dev)->tx_dropped_base;
	return 0;
}

static void
reset_rx_queue(struct rtap_rx_queue *q)
{
	rtap_counter_reset(&q->packets);
	rtap_counter_reset(&q->bytes);
	rtap_counter_reset(&q->errors);
	rtap_counter_reset(&q->nombuf);
	rtap_counter_reset(&q->filtered);
}

static void
reset_tx_queue(struct rtap_tx_queue *q)
{
	rtap_counter_reset(&q->packets);
	rtap_counter_reset(&q->bytes);
	rtap_counter_reset(&q->errors);
}

int
rtap_stats_reset(struct rte_eth_dev *dev)
{
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL)
			reset_rx_queue(dev->data->rx_queues[i]);
	}
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++) {
		if (dev->data->tx_queues[i] != NULL)
			reset_tx_queue(dev->data->tx_queues[i]);
	}
	rtap_shared(dev)->tx_dropped_base = get_kernel_drops(dev);
	return 0;
}

static uint64_t
sum_rx_counter(const struct rte_eth_dev *dev, size_t offset)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL)
			sum += rtap_counter_read(RTE_PTR_ADD(dev->data->rx_queues[i], offset));
	}
	return sum;
}

int
rtap_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	if (n < RTE_DIM(rx_xstats))
		return RTE_DIM(rx_xstats);
	for (unsigned int i = 0; i < RTE_DIM(rx_xstats); i++) {
		xstats[i].id = i;
		xstats[i].value = sum_rx_counter(dev, rx_xstats[i].offset);
	}
	return RTE_DIM(rx_xstats);
}

int
rtap_xstats_get_names(struct rte_eth_dev *dev __rte_unused, struct rte_eth_xstat_name *names,
		unsigned int n)
{
	if (names == NULL || n < RTE_DIM(rx_xstats))
		return RTE_DIM(rx_xstats);
	for (unsigned int i = 0; i < RTE_DIM(rx_xstats); i++)
		strlcpy(names[i].name, rx_xstats[i].name, sizeof(names[i].name));
	return RTE_DIM(rx_xstats);
}
