/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what an application can ask of a port and its queues, limits and state.
 * Changes nothing.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include <rte_eal.h>

#include "rtap.h"
#include "rtap_view.h"

int
rtap_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct rtap_shared *shared = rtap_shared(dev);
	uint32_t kernel_features;
	const struct rte_eth_desc_lim desc_lim = {
		.nb_min = RTAP_MIN_DESC,
		.nb_max = RTAP_MAX_DESC,
		.nb_align = 1,
		.nb_seg_max = RTAP_TX_MAX_SEGS,
		.nb_mtu_seg_max = RTAP_TX_MAX_SEGS,
	};
	const struct rte_eth_dev_portconf preferred = {
		.burst_size = RTAP_DEFAULT_BURST,
		.ring_size = RTAP_DEFAULT_DESC,
		.nb_queues = 1,
	};
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	kernel_features = shared->offload.kernel_features;
	info->if_index = rtap_if_index(dev);
	info->min_mtu = shared->min_mtu;
	info->max_mtu = shared->max_mtu;
	info->max_rx_pktlen = rtap_frame_len(shared->max_mtu);
	info->min_rx_bufsize = rtap_frame_len(shared->min_mtu) + 1;
	info->max_rx_queues = RTAP_MAX_QUEUES;
	info->max_tx_queues = RTAP_MAX_QUEUES;
	info->max_mac_addrs = RTAP_MAX_MACS;
	info->max_lro_pkt_size = RTAP_MAX_AGGREGATE;
	info->rx_offload_capa = rtap_offload_rx_capa(kernel_features);
	info->rx_queue_offload_capa = info->rx_offload_capa & RTAP_OFFLOAD_RX_QUEUE;
	info->tx_offload_capa = rtap_offload_tx_capa(kernel_features);
	info->tx_queue_offload_capa = info->tx_offload_capa & RTAP_OFFLOAD_TX_QUEUE;
	info->rx_desc_lim = desc_lim;
	info->tx_desc_lim = desc_lim;
	info->default_rxconf.rx_drop_en = 1;
	info->default_rxportconf = preferred;
	info->default_txportconf = preferred;
	return 0;
}

/* The kernel drops what does not fit into its queue. */
void
rtap_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_rxq_info *info)
{
	const struct rtap_rx_queue *q = dev->data->rx_queues[queue_id];

	info->mp = q->pool;
	info->nb_desc = q->nb_desc;
	info->rx_buf_size = q->room;
	info->scattered_rx = rte_atomic_load_explicit(&q->nb_segs, rte_memory_order_relaxed) > 1;
	info->conf.rx_drop_en = 1;
	info->conf.rx_deferred_start = q->is_deferred;
	info->conf.offloads = q->offloads;
}

void
rtap_txq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_txq_info *info)
{
	const struct rtap_tx_queue *q = dev->data->tx_queues[queue_id];

	info->nb_desc = q->nb_desc;
	info->conf.tx_deferred_start = q->is_deferred;
	info->conf.offloads = q->offloads;
}

static const char *
name_if(const struct rtap_view_queue *view, enum rtap_uring_feature feature, const char *name)
{
	return (view->ring_features & feature) != 0 ? name : "";
}

/* The way that packets take, as far as a ring has no part in it. */
static const char *
name_way(const struct rtap_view_queue *view)
{
	switch (view->state) {
	case RTAP_VIEW_NOT_SET_UP:
		return "Not set up";
	case RTAP_VIEW_STOPPED:
		return "Stopped";
	case RTAP_VIEW_NOT_POLLED:
		return "Not polled by this process";
	default:
		return (view->ring_features & RTAP_URING_NOWAIT) != 0 ?
			"io_uring batch" : "System call per packet";
	}
}

/* Without batches the ring still waits for packets, but does not read into buffers. */
int
rtap_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_burst_mode *mode)
{
	struct rtap_view_pair view = { .tap_fd = -1 };
	const struct rtap_view_queue *rx = &view.rx;

	rtap_view_pair(dev, queue_id, &view);
	mode->flags = RTE_ETH_BURST_FLAG_PER_QUEUE;
	snprintf(mode->info, sizeof(mode->info), "%s%s%s%s", name_way(rx),
		name_if(rx, RTAP_URING_TASKRUN_FLAG, ", wake-up flag"),
		name_if(rx, RTAP_URING_FIXED_FILE, ", registered file"),
		(rx->ring_features & RTAP_URING_NOWAIT) == 0 ? "" :
		name_if(rx, RTAP_URING_FIXED_BUFFERS, ", registered buffers"));
	return 0;
}

/* Without batches the ring has no part in it. */
int
rtap_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_burst_mode *mode)
{
	struct rtap_view_pair view = { .tap_fd = -1 };
	const struct rtap_view_queue *tx = &view.tx;

	rtap_view_pair(dev, queue_id, &view);
	if ((tx->ring_features & RTAP_URING_NOWAIT) == 0)
		view.tx.ring_features = 0;
	mode->flags = RTE_ETH_BURST_FLAG_PER_QUEUE;
	snprintf(mode->info, sizeof(mode->info), "%s%s%s", name_way(tx),
		name_if(tx, RTAP_URING_SKIP_SUCCESS, ", silent success"),
		name_if(tx, RTAP_URING_FIXED_FILE, ", registered file"));
	return 0;
}

/* The kernel tells whether packets wait, not how many: 1 if they do. */
int
rtap_rx_queue_count(void *queue)
{
	const struct rtap_rx_queue *q = queue;
	const struct rtap_uring *u = rtap_queue_pair(q->port_id, q->queue_id)->rx;
	struct pollfd waiting = { .events = POLLIN };

	if (u == NULL || q->is_gone)
		return 0;
	if (u->is_armed && !rtap_uring_is_woken(u) && u->armed_by == rte_gettid())
		return 0;
	waiting.fd = u->tap_fd;
	return poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

int
rtap_rx_descriptor_status(void *queue, uint16_t offset)
{
	const struct rtap_rx_queue *q = queue;

	if (offset >= q->nb_desc)
		return -EINVAL;
	return offset == 0 && rtap_rx_queue_count(queue) > 0 ?
		RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

/* Writes are complete when the burst returns. */
int
rtap_tx_descriptor_status(void *queue, uint16_t offset)
{
	const struct rtap_tx_queue *q = queue;

	return offset < q->nb_desc ? RTE_ETH_TX_DESC_DONE : -EINVAL;
}

int
rtap_tx_done_cleanup(void *queue __rte_unused, uint32_t free_cnt __rte_unused)
{
	return 0;
}
