/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what a port has agreed on with the kernel: the offloads of its
 * configuration, and what follows from them for its queues. What they mean for
 * a packet is elsewhere.
 */

#include <errno.h>

#include <rte_mbuf_ptype.h>

#include "rtap.h"
#include "rtap_log.h"

/* The kernel's default of gso_max_segs. */
#define MAX_AGGREGATED 65535

/* The least gso_max_size that every kernel takes. */
#define MIN_AGGREGATE 512

static uint32_t
get_max_aggregate(const struct rte_eth_dev *dev)
{
	const struct rte_eth_rxmode *rxmode = &dev->data->dev_conf.rxmode;

	if ((rxmode->offloads & RTE_ETH_RX_OFFLOAD_TCP_LRO) == 0)
		return 0;
	/* What ethdev fills in for an application that gives no size is one frame. */
	if (rxmode->max_lro_pkt_size > rtap_frame_len(dev->data->mtu) &&
			rxmode->max_lro_pkt_size >= MIN_AGGREGATE)
		return rxmode->max_lro_pkt_size;
	PMD_LOG(NOTICE, "%s: LRO has no effect, a max_lro_pkt_size of %u is no more than a frame",
		dev->data->name, rxmode->max_lro_pkt_size);
	return 0;
}

int
rtap_negotiate_offloads(struct rte_eth_dev *dev)
{
	const struct rtap_process *process = rtap_process(dev);
	struct rtap_offload *o = &rtap_shared(dev)->offload;
	int ret;

	rtap_offload_choose(o, dev->data->dev_conf.rxmode.offloads,
		dev->data->dev_conf.txmode.offloads, get_max_aggregate(dev), process->args.uso);
	ret = rtap_iface_set_offload(process->keep_alive_fd, o->tun_features, o->hdr_len);
	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot set the offloads", dev->data->name);
	return ret;
}

static const struct rtap_limits usual_limits = {
	.size = RTAP_MAX_AGGREGATE + 1,
	.segs = MAX_AGGREGATED,
};

/*
 * Where the kernel may aggregate but the application wants none. Both limits are
 * needed: the kernel heeds the number in what it sends, and only the size in
 * aggregates that it forwards for others or got from a packet socket, which it
 * has not counted.
 */
static const struct rtap_limits no_aggregates = {
	.size = MIN_AGGREGATE,
	.segs = 1,
};

static struct rtap_limits
choose_limits(const struct rtap_offload *o)
{
	struct rtap_limits limits = usual_limits;

	if ((o->tun_features & RTAP_TUN_TSO) != RTAP_TUN_TSO)
		return limits;
	if (o->max_aggregate == 0)
		return no_aggregates;
	limits.size = o->max_aggregate + 1;
	return limits;
}

static int
apply_limits(const struct rtap_change *change, const void *arg)
{
	const struct rtap_limits *limits = arg;

	return rtap_nl_set_gso_limits(change->nl, change->if_index, limits->size, limits->segs);
}

static bool
are_equal(const struct rtap_limits *a, const struct rtap_limits *b)
{
	return a->size == b->size && a->segs == b->segs;
}

static struct rtap_limits
limits_of(const struct rtap_link *link)
{
	return (struct rtap_limits){ .size = link->gso_max_size, .segs = link->gso_max_segs };
}

/* A port that took no aggregates may have been killed before it could lift its limits. */
void
rtap_limits_init(struct rtap_shared *shared, const struct rtap_link *link)
{
	shared->limits_set = limits_of(link);
	shared->is_gso_limited = are_equal(&shared->limits_set, &no_aggregates);
	shared->limits_found = shared->is_gso_limited ? usual_limits : shared->limits_set;
}

/* Each limit that is not what the port has set is somebody else's, to be kept. */
static void
find_limits(struct rtap_shared *shared, const struct rtap_limits *current)
{
	if (current->size != shared->limits_set.size)
		shared->limits_found.size = current->size;
	if (current->segs != shared->limits_set.segs)
		shared->limits_found.segs = current->segs;
}

/*
 * What a port has left that was killed is narrower than need be, but good enough: that
 * is what the limits are then.
 */
static int
change_limits(struct rte_eth_dev *dev, const struct rtap_limits *current,
		struct rtap_limits *limits)
{
	int ret;

	if (are_equal(current, limits))
		return 0;
	if (limits->size < current->size || limits->segs < current->segs)
		return rtap_change_or_log(dev, apply_limits, limits, "limits on aggregates");
	ret = rtap_change(dev, apply_limits, limits);
	if (ret != -EPERM)
		return ret;
	*limits = *current;
	return 0;
}

/* The interface gets what it had without the port, but no more than what is allowed. */
static int
limit_aggregates(struct rte_eth_dev *dev, const struct rtap_limits *allowed)
{
	struct rtap_shared *shared = rtap_shared(dev);
	struct rtap_limits current;
	struct rtap_limits limits;
	struct rtap_link link;
	int ret;

	ret = rtap_need_link(dev, &link);
	if (ret < 0)
		return ret;
	current = limits_of(&link);
	find_limits(shared, &current);
	limits.size = RTE_MIN(shared->limits_found.size, allowed->size);
	limits.segs = RTE_MIN(shared->limits_found.segs, allowed->segs);
	ret = change_limits(dev, &current, &limits);
	if (ret < 0)
		return ret;
	shared->limits_set = limits;
	shared->is_gso_limited = !are_equal(&limits, &shared->limits_found);
	return 0;
}

void
rtap_lift_limits(struct rte_eth_dev *dev)
{
	if (rtap_shared(dev)->is_gso_limited && rtap_is_removed(dev) == 0)
		limit_aggregates(dev, &usual_limits);
}

/*
 * A persistent interface keeps its offloads and the length of its header, and who has
 * it next need not set them: net_tap would take checksums that are not finished. A
 * descriptor is enough for it, without privilege; what fails has its message.
 */
void
rtap_withdraw_offloads(struct rte_eth_dev *dev)
{
	rtap_iface_set_offload(rtap_process(dev)->keep_alive_fd, 0, RTAP_VNET_HDR_LEN);
}

int
rtap_apply_offloads(struct rte_eth_dev *dev)
{
	const struct rtap_offload *o = &rtap_shared(dev)->offload;
	const struct rtap_limits limits = choose_limits(o);

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		rtap_rx_set_offload(dev->data->rx_queues[i], o);
		rtap_tx_set_offload(dev->data->tx_queues[i], o);
	}
	return limit_aggregates(dev, &limits);
}

void
rtap_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue_id, int on)
{
	struct rtap_rx_queue *q = dev->data->rx_queues[queue_id];

	if (q == NULL)
		return;
	if (on)
		q->offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	else
		q->offloads &= ~RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	rte_atomic_store_explicit(&q->offload.rx_offloads, q->offloads, rte_memory_order_relaxed);
}

/* ethdev has written the new state into the configuration. */
int
rtap_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	bool on = (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;

	if ((mask & RTE_ETH_VLAN_STRIP_MASK) == 0)
		return 0;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		rtap_vlan_strip_queue_set(dev, i, on);
	return 0;
}

const uint32_t *
rtap_supported_ptypes_get(struct rte_eth_dev *dev __rte_unused, size_t *no_of_elements)
{
	static const uint32_t ptypes[] = {
		RTE_PTYPE_L2_ETHER,
		RTE_PTYPE_L2_ETHER_VLAN,
		RTE_PTYPE_L2_ETHER_QINQ,
		RTE_PTYPE_L3_IPV4,
		RTE_PTYPE_L3_IPV4_EXT,
		RTE_PTYPE_L3_IPV6,
		RTE_PTYPE_L3_IPV6_EXT,
		RTE_PTYPE_L4_FRAG,
		RTE_PTYPE_L4_TCP,
		RTE_PTYPE_L4_UDP,
		RTE_PTYPE_L4_SCTP,
		RTE_PTYPE_TUNNEL_IP,
		RTE_PTYPE_TUNNEL_GRE,
		RTE_PTYPE_INNER_L2_ETHER,
		RTE_PTYPE_INNER_L2_ETHER_VLAN,
		RTE_PTYPE_INNER_L2_ETHER_QINQ,
		RTE_PTYPE_INNER_L3_IPV4,
		RTE_PTYPE_INNER_L3_IPV4_EXT,
		RTE_PTYPE_INNER_L3_IPV6,
		RTE_PTYPE_INNER_L3_IPV6_EXT,
		RTE_PTYPE_INNER_L4_FRAG,
		RTE_PTYPE_INNER_L4_TCP,
		RTE_PTYPE_INNER_L4_UDP,
		RTE_PTYPE_INNER_L4_SCTP,
	};

	*no_of_elements = RTE_DIM(ptypes);
	return ptypes;
}

/* From the next frame on, while bursts are under way. */
int
rtap_ptypes_set(struct rte_eth_dev *dev, uint32_t ptype_mask)
{
	rte_atomic_store_explicit(&rtap_shared(dev)->offload.ptype_mask, ptype_mask,
		rte_memory_order_relaxed);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		struct rtap_rx_queue *q = dev->data->rx_queues[i];

		if (q != NULL)
			rte_atomic_store_explicit(&q->offload.ptype_mask, ptype_mask,
				rte_memory_order_relaxed);
	}
	return 0;
}
