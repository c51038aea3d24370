/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the statistics: what the counters of the queues are called, their sums,
 * and what the kernel counts. A counter is never written here, it belongs to
 * its lcore: a reset remembers its value.
 */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include <rte_string_fns.h>

#include "rtap.h"

/* A counter in one of the structs of rtap_counter.h. */
struct row {
	const char *name;
	size_t offset;
	bool is_state; /* that no reset changes */
};

#define RX_ROW(text, member) \
	{ .name = (text), .offset = offsetof(struct rtap_rx_counters, member) }

#define TX_ROW(text, member) \
	{ .name = (text), .offset = offsetof(struct rtap_tx_counters, member) }

#define RX_STATE(text, member) { .name = (text), .is_state = true, \
	.offset = offsetof(struct rtap_rx_counters, member) }

#define TX_STATE(text, member) { .name = (text), .is_state = true, \
	.offset = offsetof(struct rtap_tx_counters, member) }

#define KERNEL_ROW(text, member) \
	{ .name = (text), .offset = offsetof(struct rtap_kernel_counters, member) }

static const struct row rx_rows[] = {
	RX_ROW("packets", packets),
	RX_ROW("bytes", bytes),
	RX_ROW("errors", errors),
	RX_ROW("mbuf_allocation_errors", nombuf),
	RX_ROW("filtered_packets", filtered),
	RX_ROW("size_64_packets", frames.sizes[0]),
	RX_ROW("size_65_to_127_packets", frames.sizes[1]),
	RX_ROW("size_128_to_255_packets", frames.sizes[2]),
	RX_ROW("size_256_to_511_packets", frames.sizes[3]),
	RX_ROW("size_512_to_1023_packets", frames.sizes[4]),
	RX_ROW("size_1024_to_1518_packets", frames.sizes[5]),
	RX_ROW("size_1519_to_max_packets", frames.sizes[6]),
	RX_ROW("unicast_packets", frames.casts[0]),
	RX_ROW("multicast_packets", frames.casts[1]),
	RX_ROW("broadcast_packets", frames.casts[2]),
	RX_ROW("multi_segment_packets", chains),
	RX_ROW("lro_packets", lro),
	RX_ROW("uso_packets", uso),
	RX_ROW("l4_checksum_unknown_packets", l4_checksums[0]),
	RX_ROW("l4_checksum_good_packets", l4_checksums[2]),
	RX_ROW("l4_checksum_none_packets", l4_checksums[3]),
	RX_ROW("ip_checksum_good_packets", ip_good),
	RX_ROW("ip_checksum_bad_packets", ip_bad),
	RX_ROW("vlan_stripped_packets", stripped),
	RX_ROW("submits", submits),
	RX_ROW("batches", batches),
	RX_ROW("batch_packets", batch_packets),
	RX_ROW("empty_reads", empty_reads),
	RX_ROW("polls_armed", polls),
	RX_ROW("wake_ups", wake_ups),
	RX_STATE("fallback", fallback),
};

static const struct row tx_rows[] = {
	TX_ROW("packets", packets),
	TX_ROW("bytes", bytes),
	TX_ROW("errors", errors),
	TX_ROW("refused_packets", refused),
	TX_ROW("size_64_packets", frames.sizes[0]),
	TX_ROW("size_65_to_127_packets", frames.sizes[1]),
	TX_ROW("size_128_to_255_packets", frames.sizes[2]),
	TX_ROW("size_256_to_511_packets", frames.sizes[3]),
	TX_ROW("size_512_to_1023_packets", frames.sizes[4]),
	TX_ROW("size_1024_to_1518_packets", frames.sizes[5]),
	TX_ROW("size_1519_to_max_packets", frames.sizes[6]),
	TX_ROW("unicast_packets", frames.casts[0]),
	TX_ROW("multicast_packets", frames.casts[1]),
	TX_ROW("broadcast_packets", frames.casts[2]),
	TX_ROW("multi_segment_packets", chains),
	TX_ROW("tso_packets", tso),
	TX_ROW("uso_packets", uso),
	TX_ROW("l4_checksum_packets", l4_checksums),
	TX_ROW("ip_checksum_packets", ip_checksums),
	TX_ROW("vlan_inserted_packets", inserted),
	TX_ROW("separate_headers", apart),
	TX_ROW("submits", submits),
	TX_ROW("batches", batches),
	TX_ROW("batch_packets", batch_packets),
	TX_STATE("fallback", fallback),
};

/* Of the port. What the interface transmits, the port receives. */
static const struct row kernel_rows[] = {
	KERNEL_ROW("rx_kernel_packets", tx_packets),
	KERNEL_ROW("rx_kernel_bytes", tx_bytes),
	KERNEL_ROW("rx_kernel_dropped_packets", tx_dropped),
	KERNEL_ROW("tx_kernel_packets", rx_packets),
	KERNEL_ROW("tx_kernel_bytes", rx_bytes),
	KERNEL_ROW("tx_kernel_dropped_packets", rx_dropped),
};

/* Of the port, over all its receive queues. */
static const struct row sum_rows[] = {
	RX_ROW("rx_filtered_packets", filtered),
};

static uint64_t
since_reset(const struct rtap_counter *count, const struct rtap_counter *base)
{
	return rtap_counter_read(count) - rtap_counter_read(base);
}

static uint64_t
read_row(const struct row *row, const void *count, const void *base)
{
	const struct rtap_counter *counter = RTE_PTR_ADD(count, row->offset);

	return row->is_state ? rtap_counter_read(counter) :
		since_reset(counter, RTE_PTR_ADD(base, row->offset));
}

/* The counters go on, what is read of them starts from zero. */
static void
reset_rows(const struct row *rows, unsigned int nb_rows, const void *count, void *base)
{
	for (unsigned int i = 0; i < nb_rows; i++)
		rtap_counter_set(RTE_PTR_ADD(base, rows[i].offset),
			rtap_counter_read(RTE_PTR_ADD(count, rows[i].offset)));
}

static void
set_kernel_counters(struct rtap_kernel_counters *kernel, const struct rtap_link_stats *stats)
{
	rtap_counter_set(&kernel->rx_packets, stats->rx_packets);
	rtap_counter_set(&kernel->tx_packets, stats->tx_packets);
	rtap_counter_set(&kernel->rx_bytes, stats->rx_bytes);
	rtap_counter_set(&kernel->tx_bytes, stats->tx_bytes);
	rtap_counter_set(&kernel->rx_dropped, stats->rx_dropped);
	rtap_counter_set(&kernel->tx_dropped, stats->tx_dropped);
}

/*
 * What is counted of a port. The primary may close the port at any time and wait for
 * no reader in a secondary, which finds ethdev's data of it empty then: they are read
 * once, before the check that the port is there, and again after waiting for the kernel.
 */
struct counted {
	struct rtap_shared *shared;
	void **rx_queues;
	void **tx_queues;
	uint16_t nb_rx_queues;
	uint16_t nb_tx_queues;
};

static int
find_counted(const struct rte_eth_dev *dev, struct counted *c)
{
	c->shared = rtap_shared(dev);
	c->rx_queues = dev->data->rx_queues;
	c->tx_queues = dev->data->tx_queues;
	c->nb_rx_queues = c->rx_queues == NULL ? 0 : dev->data->nb_rx_queues;
	c->nb_tx_queues = c->tx_queues == NULL ? 0 : dev->data->nb_tx_queues;
	return rtap_check_port(dev);
}

void
rtap_stats_init(struct rtap_shared *shared, const struct rtap_link_stats *stats)
{
	set_kernel_counters(&shared->kernel, stats);
	set_kernel_counters(&shared->kernel_base, stats);
}

/* Of an interface that is gone, what the kernel was last known to have counted stays. */
static int
find_counted_now(struct rte_eth_dev *dev, struct counted *c)
{
	struct rtap_nl *nl = &rtap_process(dev)->stats_nl;
	struct rtap_link_stats stats;
	struct rtap_place place;
	bool is_known;
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	is_known = rtap_place_get(dev, nl, &place) == 0 &&
		rtap_nl_get_stats(nl, place, &stats) == 0;
	ret = find_counted(dev, c);
	if (ret == 0 && is_known)
		set_kernel_counters(&c->shared->kernel, &stats);
	return ret;
}

static uint64_t
read_kernel_row(const struct rtap_shared *shared, const struct row *row)
{
	return read_row(row, &shared->kernel, &shared->kernel_base);
}

/* A queue that is not set up has counted nothing. */
static uint64_t
read_rx_row(const struct counted *c, uint16_t queue_id, const struct row *row)
{
	const struct rtap_rx_queue *q = c->rx_queues[queue_id];

	return q == NULL ? 0 : read_row(row, &q->count, &q->base);
}

static uint64_t
read_tx_row(const struct counted *c, uint16_t queue_id, const struct row *row)
{
	const struct rtap_tx_queue *q = c->tx_queues[queue_id];

	return q == NULL ? 0 : read_row(row, &q->count, &q->base);
}

static uint64_t
sum_rx_row(const struct counted *c, const struct row *row)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < c->nb_rx_queues; i++)
		sum += read_rx_row(c, i, row);
	return sum;
}

static void
add_rx_queue(const struct rtap_rx_queue *q, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats)
{
	uint64_t packets = since_reset(&q->count.packets, &q->base.packets);
	uint64_t bytes = since_reset(&q->count.bytes, &q->base.bytes);
	uint64_t errors = since_reset(&q->count.errors, &q->base.errors);

	stats->ipackets += packets;
	stats->ibytes += bytes;
	stats->ierrors += errors;
	stats->rx_nombuf += since_reset(&q->count.nombuf, &q->base.nombuf);
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
	uint64_t packets = since_reset(&q->count.packets, &q->base.packets);
	uint64_t bytes = since_reset(&q->count.bytes, &q->base.bytes);

	stats->opackets += packets;
	stats->obytes += bytes;
	stats->oerrors += since_reset(&q->count.errors, &q->base.errors);
	if (qstats == NULL || q->queue_id >= RTE_ETHDEV_QUEUE_STAT_CNTRS)
		return;
	qstats->q_opackets[q->queue_id] = packets;
	qstats->q_obytes[q->queue_id] = bytes;
}

int
rtap_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats)
{
	struct counted c;
	int ret = find_counted_now(dev, &c);

	if (ret < 0)
		return ret;
	for (uint16_t i = 0; i < c.nb_rx_queues; i++) {
		const struct rtap_rx_queue *q = c.rx_queues[i];

		if (q != NULL)
			add_rx_queue(q, stats, qstats);
	}
	for (uint16_t i = 0; i < c.nb_tx_queues; i++) {
		const struct rtap_tx_queue *q = c.tx_queues[i];

		if (q != NULL)
			add_tx_queue(q, stats, qstats);
	}
	stats->imissed = since_reset(&c.shared->kernel.tx_dropped,
		&c.shared->kernel_base.tx_dropped);
	return 0;
}

int
rtap_stats_reset(struct rte_eth_dev *dev)
{
	struct counted c;
	int ret = find_counted_now(dev, &c);

	if (ret < 0)
		return ret;
	for (uint16_t i = 0; i < c.nb_rx_queues; i++) {
		struct rtap_rx_queue *q = c.rx_queues[i];

		if (q != NULL)
			reset_rows(rx_rows, RTE_DIM(rx_rows), &q->count, &q->base);
	}
	for (uint16_t i = 0; i < c.nb_tx_queues; i++) {
		struct rtap_tx_queue *q = c.tx_queues[i];

		if (q != NULL)
			reset_rows(tx_rows, RTE_DIM(tx_rows), &q->count, &q->base);
	}
	reset_rows(kernel_rows, RTE_DIM(kernel_rows), &c.shared->kernel, &c.shared->kernel_base);
	return 0;
}

/* One extended statistic. Their numbers follow the order of the kinds. */
struct xstat {
	enum {
		XSTAT_KERNEL,
		XSTAT_SUM,
		XSTAT_RX,
		XSTAT_TX,
	} kind;
	uint16_t queue_id; /* of the last two */
	const struct row *row;
};

static unsigned int
count_xstats(const struct counted *c)
{
	return RTE_DIM(kernel_rows) + RTE_DIM(sum_rows) +
		c->nb_rx_queues * RTE_DIM(rx_rows) + c->nb_tx_queues * RTE_DIM(tx_rows);
}

/* The number is below count_xstats(). */
static struct xstat
find_xstat(const struct counted *c, unsigned int id)
{
	const unsigned int nb_rx = c->nb_rx_queues * RTE_DIM(rx_rows);
	struct xstat xstat = { .kind = XSTAT_KERNEL };

	if (id < RTE_DIM(kernel_rows)) {
		xstat.row = &kernel_rows[id];
		return xstat;
	}
	id -= RTE_DIM(kernel_rows);
	if (id < RTE_DIM(sum_rows)) {
		xstat.kind = XSTAT_SUM;
		xstat.row = &sum_rows[id];
		return xstat;
	}
	id -= RTE_DIM(sum_rows);
	if (id < nb_rx) {
		xstat.kind = XSTAT_RX;
		xstat.queue_id = id / RTE_DIM(rx_rows);
		xstat.row = &rx_rows[id % RTE_DIM(rx_rows)];
		return xstat;
	}
	id -= nb_rx;
	xstat.kind = XSTAT_TX;
	xstat.queue_id = id / RTE_DIM(tx_rows);
	xstat.row = &tx_rows[id % RTE_DIM(tx_rows)];
	return xstat;
}

static uint64_t
read_xstat(const struct counted *c, unsigned int id)
{
	const struct xstat xstat = find_xstat(c, id);

	switch (xstat.kind) {
	case XSTAT_KERNEL:
		return read_kernel_row(c->shared, xstat.row);
	case XSTAT_SUM:
		return sum_rx_row(c, xstat.row);
	case XSTAT_RX:
		return read_rx_row(c, xstat.queue_id, xstat.row);
	default:
		return read_tx_row(c, xstat.queue_id, xstat.row);
	}
}

static void
name_xstat(const struct counted *c, unsigned int id, struct rte_eth_xstat_name *name)
{
	const struct xstat xstat = find_xstat(c, id);

	if (xstat.kind == XSTAT_RX || xstat.kind == XSTAT_TX)
		snprintf(name->name, sizeof(name->name), "%s_q%u_%s",
			xstat.kind == XSTAT_RX ? "rx" : "tx", xstat.queue_id, xstat.row->name);
	else
		strlcpy(name->name, xstat.row->name, sizeof(name->name));
}

/* Their number, or a negative errno if there is no port to have any. */
static int
find_xstats(const struct rte_eth_dev *dev, struct counted *c)
{
	int ret = find_counted(dev, c);

	return ret < 0 ? ret : (int)count_xstats(c);
}

static int
find_xstats_now(struct rte_eth_dev *dev, struct counted *c)
{
	int ret = find_counted_now(dev, c);

	return ret < 0 ? ret : (int)count_xstats(c);
}

/* True if any of the numbers is one of the kernel's counters. */
static bool
has_kernel_row(const uint64_t *ids, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (ids[i] < RTE_DIM(kernel_rows))
			return true;
	}
	return false;
}

static bool
are_xstats(const uint64_t *ids, unsigned int n, int count)
{
	for (unsigned int i = 0; i < n; i++) {
		if (ids[i] >= (uint64_t)count)
			return false;
	}
	return true;
}

int
rtap_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	struct counted c;
	int count = find_xstats(dev, &c);

	if (count < 0 || n < (unsigned int)count)
		return count;
	count = find_xstats_now(dev, &c);
	if (count < 0 || n < (unsigned int)count)
		return count;
	for (int i = 0; i < count; i++) {
		xstats[i].id = i;
		xstats[i].value = read_xstat(&c, i);
	}
	return count;
}

int
rtap_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
		unsigned int n)
{
	struct counted c;
	int count = find_xstats(dev, &c);

	if (count < 0 || names == NULL || n < (unsigned int)count)
		return count;
	for (int i = 0; i < count; i++)
		name_xstat(&c, i, &names[i]);
	return count;
}

/* ethdev calls neither this nor the next function for all that there are (ids NULL). */
int
rtap_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
		unsigned int n)
{
	struct counted c;
	int count = find_xstats(dev, &c);

	if (count >= 0 && ids != NULL && has_kernel_row(ids, n))
		count = find_xstats_now(dev, &c);
	if (count < 0)
		return count;
	if (ids == NULL || !are_xstats(ids, n, count))
		return -EINVAL;
	for (unsigned int i = 0; i < n; i++)
		values[i] = read_xstat(&c, ids[i]);
	return n;
}

int
rtap_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
		struct rte_eth_xstat_name *names, unsigned int n)
{
	struct counted c;
	int count = find_xstats(dev, &c);

	if (count < 0)
		return count;
	if (ids == NULL || !are_xstats(ids, n, count))
		return -EINVAL;
	for (unsigned int i = 0; i < n; i++)
		name_xstat(&c, ids[i], &names[i]);
	return n;
}
