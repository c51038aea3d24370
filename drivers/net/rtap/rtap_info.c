/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what an application can ask of a port and its queues. Changes nothing.
 */

#include "rtap.h"

int
rtap_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct rtap_shared *shared = rtap_shared(dev);
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

	info->if_index = shared->if_index;
	info->min_mtu = shared->min_mtu;
	info->max_mtu = shared->max_mtu;
	info->max_rx_pktlen = rtap_frame_len(shared->max_mtu);
	info->min_rx_bufsize = rtap_frame_len(shared->min_mtu) + 1;
	info->max_rx_queues = RTAP_MAX_QUEUES;
	info->max_tx_queues = RTAP_MAX_QUEUES;
	info->max_mac_addrs = 1;
	info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	info->rx_desc_lim = desc_lim;
	info->tx_desc_lim = desc_lim;
	info->default_rxportconf = preferred;
	info->default_txportconf = preferred;
	return 0;
}

void
rtap_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue_id, struct rte_eth_rxq_info *info)
{
	const struct rtap_rx_queue *q = dev->data->rx_queues[queue_id];

	info->mp = q->pool;
	info->nb_desc = q->nb_desc;
	info->rx_buf_size = q->room;
	info->scattered_rx = dev->data->scattered_rx;
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
