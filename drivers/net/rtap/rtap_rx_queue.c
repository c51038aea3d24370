/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the life of receive queues: set-up, the frames that they are ready for,
 * start and stop. What a started queue does with packets is in rtap_rx.c.
 */

#include <errno.h>
#include <sys/uio.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_trace.h"

/* Mbufs for the longest frame, with room for a byte more to tell a frame that was cut. */
static uint32_t
count_segs(const struct rtap_rx_queue *q, uint32_t mtu)
{
	uint32_t max_len = rtap_frame_len(mtu);

	if (q->offload.max_aggregate > 0)
		max_len = RTE_MAX(max_len, q->offload.max_aggregate + RTE_VLAN_HLEN);
	return max_len / q->room + 1;
}

static uint32_t
max_segs(const struct rtap_rx_queue *q)
{
	bool has_scatter = q->offload.max_aggregate > 0 ||
		(q->offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;

	return has_scatter ? RTAP_RX_MAX_SEGS : 1;
}

bool
rtap_rx_fits_mtu(const struct rtap_rx_queue *q, uint32_t mtu)
{
	return count_segs(q, mtu) <= max_segs(q);
}

int
rtap_rx_check_mtu(const struct rte_eth_dev *dev, const struct rtap_rx_queue *q, uint32_t mtu)
{
	if (rtap_rx_fits_mtu(q, mtu))
		return 0;
	if (q->offload.max_aggregate > 0)
		PMD_LOG(ERR, "%s: aggregates of %u bytes are more than Rx queue %u takes, %u",
			dev->data->name, q->offload.max_aggregate, q->queue_id,
			max_segs(q) * q->room - 1);
	else
		PMD_LOG(ERR, "%s: MTU %u makes frames of %u bytes, Rx queue %u takes %u%s",
			dev->data->name, mtu, rtap_frame_len(mtu), q->queue_id,
			max_segs(q) * q->room - 1,
			max_segs(q) > 1 ? "" : " without scattered Rx");
	return -EINVAL;
}

void
rtap_rx_set_offload(struct rtap_rx_queue *q, const struct rtap_offload *offload)
{
	q->offload = *offload;
	rte_atomic_store_explicit(&q->offload.rx_offloads, q->offloads, rte_memory_order_relaxed);
}

static bool
set_segs(struct rtap_rx_queue *q, uint16_t nb_segs)
{
	rte_atomic_store_explicit(&q->nb_segs, nb_segs, rte_memory_order_relaxed);
	return nb_segs > 1;
}

bool
rtap_rx_set_mtu(struct rtap_rx_queue *q, uint32_t mtu)
{
	return set_segs(q, count_segs(q, mtu));
}

bool
rtap_rx_allow_mtu(struct rtap_rx_queue *q, uint32_t mtu)
{
	uint16_t nb_segs = rte_atomic_load_explicit(&q->nb_segs, rte_memory_order_relaxed);
	uint16_t needed = count_segs(q, mtu);

	/* Control and the interrupt thread may do so at a time. */
	while (nb_segs < needed && !rte_atomic_compare_exchange_weak_explicit(&q->nb_segs,
			&nb_segs, needed, rte_memory_order_relaxed, rte_memory_order_relaxed))
		;
	return RTE_MAX(nb_segs, needed) > 1;
}

int
rtap_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	uint16_t room = rte_pktmbuf_data_room_size(pool);
	struct rtap_rx_queue *q;
	int ret;

	if (room <= RTE_PKTMBUF_HEADROOM) {
		PMD_LOG(ERR, "%s: mbufs of pool %s have no room behind their headroom",
			dev->data->name, pool->name);
		return -EINVAL;
	}

	q = rte_zmalloc_socket("rtap_rx_queue", sizeof(*q), RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL) {
		PMD_LOG(ERR, "%s: no memory for Rx queue %u", dev->data->name, queue_id);
		return -ENOMEM;
	}
	q->pool = pool;
	q->filter = &rtap_shared(dev)->filter;
	q->port_id = dev->data->port_id;
	q->queue_id = queue_id;
	q->nb_desc = nb_desc;
	q->room = room - RTE_PKTMBUF_HEADROOM;
	q->is_deferred = conf->rx_deferred_start;
	/* ethdev leaves those of the port out of the queue's. */
	q->offloads = conf->offloads | dev->data->dev_conf.rxmode.offloads;
	rtap_rx_set_offload(q, &rtap_shared(dev)->offload);

	ret = rtap_rx_check_mtu(dev, q, dev->data->mtu);
	if (ret < 0) {
		rte_free(q);
		return ret;
	}
	rtap_rx_set_mtu(q, dev->data->mtu);
	dev->data->rx_queues[queue_id] = q;
	rtap_view_set_rx_queue(q->port_id, queue_id, q);
	rtap_trace_rx_queue_setup(q->port_id, queue_id, nb_desc, q->room);
	return 0;
}

void
rtap_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_rx_queue *q = dev->data->rx_queues[queue_id];

	if (q == NULL)
		return;
	rtap_rx_stop(q);
	rtap_view_set_rx_queue(q->port_id, queue_id, NULL);
	dev->data->rx_queues[queue_id] = NULL;
	rtap_late_free_rx(dev, q);
}

/* What rte_mempool_mem_iter() found so far. */
struct region_list {
	struct iovec regions[RTAP_URING_MAX_REGIONS];
	unsigned int nb_regions;
	bool is_full;
};

/* The next piece follows the last region so closely that one region takes both. */
static bool
extends_region(const struct region_list *list, const struct iovec *piece)
{
	const struct iovec *last;

	if (list->nb_regions == 0)
		return false;
	last = &list->regions[list->nb_regions - 1];
	return RTE_PTR_ADD(last->iov_base, last->iov_len) == piece->iov_base &&
		last->iov_len + piece->iov_len <= RTAP_URING_MAX_REGION_LEN;
}

static void
add_piece(struct region_list *list, const struct iovec *piece)
{
	if (extends_region(list, piece))
		list->regions[list->nb_regions - 1].iov_len += piece->iov_len;
	else if (list->nb_regions < RTAP_URING_MAX_REGIONS)
		list->regions[list->nb_regions++] = *piece;
	else
		list->is_full = true;
}

static void
add_chunk(struct rte_mempool *pool __rte_unused, void *arg, struct rte_mempool_memhdr *chunk,
		unsigned int index __rte_unused)
{
	for (size_t offset = 0; offset < chunk->len; offset += RTAP_URING_MAX_REGION_LEN) {
		const struct iovec piece = {
			.iov_base = RTE_PTR_ADD(chunk->addr, offset),
			.iov_len = RTE_MIN(chunk->len - offset, RTAP_URING_MAX_REGION_LEN),
		};

		add_piece(arg, &piece);
	}
}

/* Costs only speed if it cannot be: by RLIMIT_MEMLOCK, by kind or number of the pieces. */
static void
register_pool(struct rtap_uring *u, struct rte_mempool *pool)
{
	struct region_list list = { .nb_regions = 0 };
	int ret = -E2BIG;

	rte_mempool_mem_iter(pool, add_chunk, &list);
	if (!list.is_full)
		ret = rtap_uring_register_regions(u, list.regions, list.nb_regions);
	if (ret == -ENOMEM)
		PMD_LOG(NOTICE, "slower without locked memory of pool %s, raise RLIMIT_MEMLOCK",
			pool->name);
	else if (ret < 0)
		PMD_LOG_ERRNO(DEBUG, -ret, "memory of pool %s is not registered", pool->name);
}

int
rtap_rx_start(struct rtap_rx_queue *q, int tap_fd, unsigned int without)
{
	struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u;

	if (pair->rx != NULL)
		return -EBUSY;
	u = rtap_uring_create(RTAP_RING_ENTRIES, tap_fd, without);
	if (u == NULL)
		return -rte_errno;
	register_pool(u, q->pool);
	rtap_counter_set(&q->count.fallback, !rtap_uring_has(u, RTAP_URING_NOWAIT));

	q->nb_expected = 0;
	q->is_drained = false;
	q->is_gone = false;
	rtap_view_set_ring(&pair->rx, u);
	return 0;
}

void
rtap_rx_free_stock(struct rtap_rx_queue *q)
{
	if (q->is_busy)
		rtap_rx_abandon_stock(q);
	rte_pktmbuf_free_bulk(q->stock, q->nb_stock);
	q->nb_stock = 0;
}

void
rtap_rx_stop(struct rtap_rx_queue *q)
{
	struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u = pair->rx;

	rtap_view_set_ring(&pair->rx, NULL);
	rtap_uring_drain(&u, 1);
	rtap_uring_destroy(u);
	if (!pair->is_rx_late)
		rtap_rx_free_stock(q);
}
