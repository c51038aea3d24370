/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the life of a port and its queues: probe and remove, configure, start,
 * stop, close. What a queue does with packets is elsewhere, and so are the
 * operations on the interface.
 */

#include <errno.h>

#include <bus_vdev_driver.h>
#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_tap.h"
#include "rtap_trace.h"

#define DERIVED_MAC_BIT 0x40

static int
rtap_configure(struct rte_eth_dev *dev)
{
	uint16_t nb_rx = dev->data->nb_rx_queues;
	uint16_t nb_tx = dev->data->nb_tx_queues;
	int ret;

	if (nb_rx != nb_tx) {
		PMD_LOG(ERR, "%s: %u Rx and %u Tx queues asked, the numbers must be equal",
			dev->data->name, nb_rx, nb_tx);
		return -EINVAL;
	}
	rtap_rx_intr_close(dev);
	ret = rtap_queues_resize(dev, nb_rx);
	if (ret == 0) {
		rtap_mtu_configure(dev);
		ret = rtap_negotiate_offloads(dev);
	}
	if (ret == 0)
		ret = rtap_rx_intr_open(dev);
	if (ret == 0)
		ret = rtap_lsc_set(dev, false);
	if (ret < 0) {
		/* ethdev leaves a port that failed to configure without queues. */
		rtap_rx_intr_close(dev);
		rtap_queues_close_from(rtap_process(dev), 0);
		return ret;
	}
	rtap_trace_configure(dev->data->port_id, nb_rx, rtap_shared(dev)->offload.tun_features,
		rtap_shared(dev)->offload.hdr_len);
	return 0;
}

/* The kernel refuses a carrier to an interface without an attached queue. */
static int
raise_carrier(struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED)
			return rtap_tap_set_carrier(rtap_process(dev)->keep_alive_fd, true);
	}
	return 0;
}

/*
 * A queue of the interface is attached while its Rx queue is started. One that
 * is not can still be written to, but not with NAPI: that is a matter of the guide.
 */
static int
start_rx_queue(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_queue_pair *pair = &process->queues[queue_id];
	struct rtap_rx_queue *q;
	int ret;

	ret = rtap_late_renew_rx(dev, queue_id);
	if (ret < 0)
		return ret;
	q = dev->data->rx_queues[queue_id];
	ret = rtap_rx_start(q, pair->tap_fd, process->args.without);
	if (ret < 0)
		return ret;
	ret = rtap_tap_attach(pair->tap_fd);
	if (ret < 0)
		goto undo_start;
	ret = rtap_rx_intr_watch(pair);
	if (ret < 0)
		goto undo_attach;
	dev->data->rx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;

undo_attach:
	rtap_tap_detach(pair->tap_fd);
undo_start:
	rtap_rx_stop(q);
	return ret;
}

static void
stop_rx_queue(struct rte_eth_dev *dev, uint16_t queue_id)
{
	rtap_rx_intr_unwatch(&rtap_process(dev)->queues[queue_id]);
	/* Fails when the interface was deleted, and then there is nothing to detach. */
	rtap_tap_detach(rtap_process(dev)->queues[queue_id].tap_fd);
	rtap_rx_stop(dev->data->rx_queues[queue_id]);
	dev->data->rx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
}

static int
start_tx_queue(struct rte_eth_dev *dev, uint16_t queue_id)
{
	const struct rtap_process *process = rtap_process(dev);
	int ret = rtap_late_renew_tx(dev, queue_id);

	if (ret == 0)
		ret = rtap_tx_start(dev->data->tx_queues[queue_id],
			process->queues[queue_id].tap_fd, process->args.without);
	if (ret == 0)
		dev->data->tx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	return ret;
}

static void
stop_tx_queue(struct rte_eth_dev *dev, uint16_t queue_id)
{
	rtap_tx_stop(dev->data->tx_queues[queue_id]);
	dev->data->tx_queue_state[queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
}

static int
rtap_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id)
{
	int ret;

	rtap_recall_queues(dev);
	ret = start_rx_queue(dev, queue_id);
	if (ret == 0)
		ret = raise_carrier(dev);
	if (ret < 0 && dev->data->rx_queue_state[queue_id] == RTE_ETH_QUEUE_STATE_STARTED)
		stop_rx_queue(dev, queue_id);
	rtap_lend_queues(dev);
	return ret;
}

static int
rtap_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id)
{
	rtap_recall_queues(dev);
	stop_rx_queue(dev, queue_id);
	rtap_lend_queues(dev);
	return 0;
}

static int
rtap_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue_id)
{
	int ret;

	rtap_recall_queues(dev);
	ret = start_tx_queue(dev, queue_id);
	rtap_lend_queues(dev);
	return ret;
}

static int
rtap_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue_id)
{
	rtap_recall_queues(dev);
	stop_tx_queue(dev, queue_id);
	rtap_lend_queues(dev);
	return 0;
}

/* ethdev lets an application start a port whose queues it forgot. */
static int
check_queues(const struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL && dev->data->tx_queues[i] != NULL)
			continue;
		PMD_LOG(ERR, "%s: %s queue %u is not set up", dev->data->name,
			dev->data->rx_queues[i] == NULL ? "Rx" : "Tx", i);
		return -EINVAL;
	}
	return 0;
}

/* All polls are told to end before one is waited for. */
static void
drain_queues(struct rte_eth_dev *dev)
{
	struct rtap_uring *rings[RTAP_MAX_QUEUES];
	uint16_t nb_queues = dev->data->nb_rx_queues;

	for (uint16_t i = 0; i < nb_queues; i++)
		rings[i] = rtap_process(dev)->queues[i].rx;
	rtap_uring_drain(rings, nb_queues);
}

static void
stop_queues(struct rte_eth_dev *dev)
{
	drain_queues(dev);
	for (uint16_t i = dev->data->nb_rx_queues; i-- > 0; ) {
		if (dev->data->tx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED)
			stop_tx_queue(dev, i);
		if (dev->data->rx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED)
			stop_rx_queue(dev, i);
	}
}

/* The kernel numbers queues in the order in which they are attached: so do we. */
static int
start_queues(struct rte_eth_dev *dev)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct rtap_rx_queue *rxq = dev->data->rx_queues[i];
		const struct rtap_tx_queue *txq = dev->data->tx_queues[i];
		int ret = 0;

		if (!rxq->is_deferred)
			ret = start_rx_queue(dev, i);
		if (ret == 0 && !txq->is_deferred)
			ret = start_tx_queue(dev, i);
		if (ret < 0) {
			stop_queues(dev);
			return ret;
		}
	}
	return 0;
}

static int
rtap_start(struct rte_eth_dev *dev)
{
	int ret = check_queues(dev);

	if (ret == 0)
		ret = rtap_apply_offloads(dev);
	if (ret == 0)
		ret = rtap_apply_config(dev);
	if (ret == 0)
		ret = start_queues(dev);
	if (ret < 0)
		return ret;
	ret = rtap_start_link(dev);
	if (ret == 0)
		ret = raise_carrier(dev);
	if (ret < 0)
		goto undo;
	/* Last, so that no callback sees a port of which the start may still fail. */
	rtap_link_update(dev, 0);
	ret = rtap_lsc_set(dev, true);
	if (ret < 0)
		goto undo;
	rtap_lend_queues(dev);
	rtap_trace_start(dev->data->port_id);
	return 0;

undo:
	/* The deletion of the interface is told while the port is stopped, too. */
	rtap_lsc_set(dev, false);
	rtap_tap_set_carrier(rtap_process(dev)->keep_alive_fd, false);
	stop_queues(dev);
	return ret;
}

/*
 * The carrier goes, as with a NIC whose driver is down. The interface stays
 * administratively up: taking it down would cost the user's IPv6 addresses and routes.
 */
static int
rtap_stop(struct rte_eth_dev *dev)
{
	rtap_recall_queues(dev);
	rtap_lsc_set(dev, false);
	rtap_tap_set_carrier(rtap_process(dev)->keep_alive_fd, false);
	stop_queues(dev);
	dev->data->dev_started = 0;
	rtap_link_update(dev, 0);
	rtap_trace_stop(dev->data->port_id);
	return 0;
}

static int
rtap_close(struct rte_eth_dev *dev)
{
	rtap_view_remove(dev);
	if (dev->data->dev_started)
		rtap_stop(dev);
	rtap_trace_close(dev->data->port_id);
	/* Other processes know from this that there is nobody left to ask. */
	rte_atomic_store_explicit(&rtap_shared(dev)->token, 0, rte_memory_order_relaxed);
	rtap_lift_limits(dev);
	rtap_withdraw_offloads(dev);
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++)
		rtap_rx_queue_release(dev, i);
	for (uint16_t i = 0; i < dev->data->nb_tx_queues; i++)
		rtap_tx_queue_release(dev, i);
	rtap_late_close(dev);
	rtap_process_release(dev);
	return 0;
}

static const struct eth_dev_ops rtap_ops = {
	.dev_configure = rtap_configure,
	.dev_start = rtap_start,
	.dev_stop = rtap_stop,
	.dev_close = rtap_close,
	.is_removed = rtap_is_removed,

	.dev_infos_get = rtap_infos_get,
	.dev_supported_ptypes_get = rtap_supported_ptypes_get,
	.dev_ptypes_set = rtap_ptypes_set,
	.eth_dev_priv_dump = rtap_dump,

	.link_update = rtap_link_update,
	.dev_set_link_up = rtap_set_link_up,
	.dev_set_link_down = rtap_set_link_down,

	.promiscuous_enable = rtap_promiscuous_enable,
	.promiscuous_disable = rtap_promiscuous_disable,
	.allmulticast_enable = rtap_allmulticast_enable,
	.allmulticast_disable = rtap_allmulticast_disable,
	.mac_addr_set = rtap_mac_addr_set,
	.mac_addr_add = rtap_mac_addr_add,
	.mac_addr_remove = rtap_mac_addr_remove,
	.set_mc_addr_list = rtap_set_mc_addr_list,
	.mtu_set = rtap_mtu_set,
	.vlan_offload_set = rtap_vlan_offload_set,
	.vlan_strip_queue_set = rtap_vlan_strip_queue_set,

	.rx_queue_setup = rtap_rx_queue_setup,
	.rx_queue_release = rtap_rx_queue_release,
	.rx_queue_start = rtap_rx_queue_start,
	.rx_queue_stop = rtap_rx_queue_stop,
	.rx_queue_intr_enable = rtap_rx_queue_intr_enable,
	.rx_queue_intr_disable = rtap_rx_queue_intr_disable,
	.get_monitor_addr = rtap_get_monitor_addr,
	.rxq_info_get = rtap_rxq_info_get,
	.rx_burst_mode_get = rtap_rx_burst_mode_get,
	.tx_queue_setup = rtap_tx_queue_setup,
	.tx_queue_release = rtap_tx_queue_release,
	.tx_queue_start = rtap_tx_queue_start,
	.tx_queue_stop = rtap_tx_queue_stop,
	.tx_done_cleanup = rtap_tx_done_cleanup,
	.txq_info_get = rtap_txq_info_get,
	.tx_burst_mode_get = rtap_tx_burst_mode_get,

	.stats_get = rtap_stats_get,
	.stats_reset = rtap_stats_reset,
	.xstats_get = rtap_xstats_get,
	.xstats_get_names = rtap_xstats_get_names,
	.xstats_get_by_id = rtap_xstats_get_by_id,
	.xstats_get_names_by_id = rtap_xstats_get_names_by_id,
	.xstats_reset = rtap_stats_reset,
};

/*
 * Address of a port whose interface was given one: the same after each restart, for
 * neighbors. Locally administered, and with a bit changed that numbering leaves alone.
 */
static void
derive_mac(struct rte_ether_addr *mac, const struct rte_ether_addr *kernel_mac)
{
	*mac = *kernel_mac;
	mac->addr_bytes[0] = (mac->addr_bytes[0] ^ DERIVED_MAC_BIT) | RTE_ETHER_LOCAL_ADMIN_ADDR;
}

/* Fills in what the port takes from its interface. */
static int
inherit_interface(struct rte_eth_dev *dev)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_shared *shared = rtap_shared(dev);
	struct rtap_link link;
	char name[IFNAMSIZ];
	int ret;

	ret = rtap_tap_get_name(process->keep_alive_fd, name);
	if (ret == 0)
		ret = rtap_nl_get_link_by_name(&process->nl, RTAP_NETNS_OWN, name, &link);
	if (ret != 0) {
		PMD_LOG_ERRNO(ERR, -ret, "%s: the interface is gone", dev->data->name);
		return ret;
	}

	/* Seen free a moment ago, but another process may have come between. */
	if (link.nb_queues + link.nb_detached > 1) {
		PMD_LOG(ERR, "interface '%s' is in use, another process has just opened it", name);
		return -EBUSY;
	}

	rte_atomic_store_explicit(&shared->if_index, link.if_index, rte_memory_order_relaxed);
	shared->min_mtu = RTE_MAX(link.min_mtu, (uint32_t)RTE_ETHER_MIN_MTU);
	shared->max_mtu = RTE_MIN(link.max_mtu, (uint32_t)UINT16_MAX);
	dev->data->mtu = RTE_MIN(link.mtu, shared->max_mtu);
	shared->agreed_mtu = dev->data->mtu;
	rtap_limits_init(shared, &link);
	rtap_stats_init(shared, &link.stats);

	dev->data->mac_addrs = rte_calloc("rtap_mac", RTAP_MAX_MACS, sizeof(link.mac), 0);
	if (dev->data->mac_addrs == NULL) {
		PMD_LOG(ERR, "%s: no memory for addresses", dev->data->name);
		return -ENOMEM;
	}
	dev->data->mac_addrs[0] = link.mac;
	shared->is_mac_apart = !rte_is_zero_ether_addr(&process->args.mac);
	if (shared->is_mac_apart)
		derive_mac(&dev->data->mac_addrs[0], &process->args.mac);
	rtap_filter_set_unicast(&shared->filter, 0, &dev->data->mac_addrs[0]);
	PMD_LOG(INFO, "%s: interface '%s', index %d", dev->data->name, name, link.if_index);
	return 0;
}

/* What an ethdev is in the primary process. */
static void
set_functions(struct rte_eth_dev *dev)
{
	dev->dev_ops = &rtap_ops;
	dev->rx_pkt_burst = rtap_rx_burst;
	dev->rx_queue_count = rtap_rx_queue_count;
	dev->rx_descriptor_status = rtap_rx_descriptor_status;
	dev->tx_pkt_burst = rtap_tx_burst;
	dev->tx_pkt_prepare = rtap_tx_prepare;
	dev->tx_descriptor_status = rtap_tx_descriptor_status;
}

static int
rtap_create(struct rte_eth_dev *dev, const struct rtap_args *args)
{
	struct rtap_shared *shared = rtap_shared(dev);
	const struct rtap_mp_port port = {
		.name = dev->data->name,
		.layout = RTAP_LAYOUT,
		.token = rte_rand(),
	};
	int ret = rtap_process_create(dev, 0);

	if (ret < 0)
		return ret;
	rte_atomic_store_explicit(&shared->token, port.token, rte_memory_order_relaxed);
	shared->without = args->without;
	rtap_process(dev)->args = *args;
	shared->offload.ptype_mask = RTE_PTYPE_ALL_MASK;
	ret = rtap_iface_open(rtap_process(dev));
	if (ret == 0)
		ret = inherit_interface(dev);
	if (ret == 0)
		ret = rtap_iface_probe_offloads(rtap_process(dev)->keep_alive_fd,
			&shared->offload.kernel_features);
	if (ret == 0)
		ret = rtap_iface_set_up(rtap_process(dev), rtap_if_index(dev));
	if (ret < 0)
		return ret;

	rtap_process(dev)->lender = rtap_mp_lender_create(&port);
	if (rtap_process(dev)->lender == NULL)
		return -rte_errno;
	/* Extended statistics have those of each queue already: ethdev would add some again. */
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV;
	set_functions(dev);
	return 0;
}

static int
probe_primary(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev;
	struct rtap_args args;
	int ret;

	ret = rtap_devargs_parse(&args, rte_vdev_device_args(vdev));
	/* To find out at start would be late: the application has set up all else by then. */
	if (ret == 0)
		ret = rtap_uring_check();
	if (ret < 0)
		return ret;

	dev = rte_eth_vdev_allocate(vdev, sizeof(struct rtap_shared));
	if (dev == NULL) {
		PMD_LOG(ERR, "cannot allocate an ethdev for %s", rte_vdev_device_name(vdev));
		return -ENOMEM;
	}
	ret = rtap_create(dev, &args);
	if (ret < 0) {
		rtap_process_release(dev);
		rte_eth_dev_release_port(dev);
		return ret;
	}
	rtap_view_add(dev);
	rtap_trace_probe(dev->data->name, dev->data->port_id, rtap_if_index(dev));
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
rtap_probe(struct rte_vdev_device *vdev)
{
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		return probe_primary(vdev);
	return rtap_secondary_probe(vdev);
}

static int
rtap_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return rtap_secondary_remove(vdev);
	dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));
	/* ethdev has released it already if the application closed the port. */
	if (dev == NULL)
		return 0;
	rtap_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver rtap_driver = {
	.probe = rtap_probe,
	.remove = rtap_remove,
};

RTE_PMD_REGISTER_VDEV(net_rtap, rtap_driver);
RTE_PMD_REGISTER_ALIAS(net_rtap, eth_rtap);
RTE_PMD_REGISTER_PARAM_STRING(net_rtap,
	RTAP_ARG_IFACE "=<string> "
	RTAP_ARG_CREATE "=<0|1> "
	RTAP_ARG_PERSIST "=<0|1> "
	RTAP_ARG_OWNER "=<string> "
	RTAP_ARG_GROUP "=<string> "
	RTAP_ARG_MAC "=<xx:xx:xx:xx:xx:xx> "
	RTAP_ARG_NAPI "=<0|1> "
	RTAP_ARG_USO "=<0|1>");
