/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the port as a secondary process has it: probe and remove, and the table
 * of what such a process may do. Control operations are the primary's alone.
 */

#include <errno.h>
#include <string.h>

#include <bus_vdev_driver.h>
#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_cycles.h>

#include "rtap.h"
#include "rtap_log.h"

/* A thread that has looked for its queue has called its function after that time. */
#define CALL_US 10000

int
rtap_check_port(const struct rte_eth_dev *dev)
{
	if (rtap_process(dev)->borrower == NULL || rtap_borrower_has_port(dev))
		return 0;
	PMD_LOG(ERR, "%s: %s", dev->device->name, rtap_mp_explain(ENODEV));
	return -ENODEV;
}

static int
refuse(struct rte_eth_dev *dev)
{
	PMD_LOG(ERR, "%s: only the primary process can change the port", dev->device->name);
	return -ENOTSUP;
}

static int
refuse_queue(struct rte_eth_dev *dev, uint16_t queue_id __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mac(struct rte_eth_dev *dev, struct rte_ether_addr *mac __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac __rte_unused,
		uint32_t index __rte_unused, uint32_t pool __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mac_list(struct rte_eth_dev *dev, struct rte_ether_addr *list __rte_unused,
		uint32_t n __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mtu(struct rte_eth_dev *dev, uint16_t mtu __rte_unused)
{
	return refuse(dev);
}

/* Data of a port that are this process's own, and its number there. */
static struct rte_eth_dev_data *
own_data(const struct rte_eth_dev *dev)
{
	static struct rte_eth_dev_data own[RTE_MAX_ETHPORTS];

	return &own[dev - rte_eth_devices];
}

/*
 * ethdev is about to ask the port's data for its number, by which it ends the
 * bursts of this process. What the primary has closed, or closes just now, has
 * the number 0, which is another port: from here on the data are this process's.
 */
static void
keep_number(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_data *own = own_data(dev);

	memset(own, 0, sizeof(*own));
	own->port_id = dev - rte_eth_devices;
	dev->data = own;
}

static void
set_dummies(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->rx_queue_count = rte_eth_queue_count_dummy;
	dev->rx_descriptor_status = rte_eth_descriptor_status_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_prepare = rte_eth_tx_pkt_prepare_dummy;
	dev->tx_descriptor_status = rte_eth_descriptor_status_dummy;
}

/* What bursts of this process call: last, when they find the gates. */
static void
show_functions(const struct rte_eth_dev *dev)
{
	struct rte_eth_fp_ops *fp_ops = &rte_eth_fp_ops[dev - rte_eth_devices];

	rte_delay_us_sleep(CALL_US);
	fp_ops->rx_pkt_burst = dev->rx_pkt_burst;
	fp_ops->rx_queue_count = dev->rx_queue_count;
	fp_ops->rx_descriptor_status = dev->rx_descriptor_status;
	fp_ops->tx_pkt_burst = dev->tx_pkt_burst;
	fp_ops->tx_pkt_prepare = dev->tx_pkt_prepare;
	fp_ops->tx_descriptor_status = dev->tx_descriptor_status;
}

/*
 * Lcores may poll the number of the port already. ethdev has them look for a queue in
 * arrays of the primary, which a port that is not configured has not, and tells the
 * application of the port, which takes its time: till then, dummies look at no queue.
 */
static void
finish_probing(struct rte_eth_dev *dev)
{
	static void *no_queues[RTE_MAX_QUEUES_PER_PORT];
	struct rte_eth_dev_data *shared = dev->data;
	struct rte_eth_dev_data *own = own_data(dev);

	*own = *shared;
	own->port_id = dev - rte_eth_devices;
	if (own->rx_queues == NULL)
		own->rx_queues = no_queues;
	if (own->tx_queues == NULL)
		own->tx_queues = no_queues;
	dev->data = own;
	set_dummies(dev);
	rte_eth_dev_probing_finish(dev);
	dev->data = shared;
	rtap_borrower_set_functions(dev);
	show_functions(dev);
}

static void
release(struct rte_eth_dev *dev)
{
	rtap_view_remove(dev);
	rtap_borrower_destroy(dev);
	rtap_process_release(dev);
}

static int
secondary_close(struct rte_eth_dev *dev)
{
	release(dev);
	keep_number(dev);
	return 0;
}

static int
secondary_is_removed(struct rte_eth_dev *dev)
{
	return !rtap_borrower_has_port(dev);
}

/*
 * Without configure, stop and queue set-up: for these, ethdev changes what all
 * processes share before it asks the driver. It refuses them itself.
 */
static const struct eth_dev_ops secondary_ops = {
	.dev_start = refuse,
	.dev_close = secondary_close,
	.is_removed = secondary_is_removed,

	.dev_infos_get = rtap_infos_get,
	.dev_supported_ptypes_get = rtap_supported_ptypes_get,
	.eth_dev_priv_dump = rtap_dump,

	.link_update = rtap_link_update,
	.dev_set_link_up = refuse,
	.dev_set_link_down = refuse,

	.promiscuous_enable = refuse,
	.promiscuous_disable = refuse,
	.allmulticast_enable = refuse,
	.allmulticast_disable = refuse,
	.mac_addr_set = refuse_mac,
	.mac_addr_add = refuse_mac_add,
	.set_mc_addr_list = refuse_mac_list,
	.mtu_set = refuse_mtu,

	.stats_get = rtap_stats_get,
	.stats_reset = rtap_stats_reset,
	.xstats_get = rtap_xstats_get,
	.xstats_get_names = rtap_xstats_get_names,
	.xstats_get_by_id = rtap_xstats_get_by_id,
	.xstats_get_names_by_id = rtap_xstats_get_names_by_id,
	.xstats_reset = rtap_stats_reset,

	.rx_queue_start = refuse_queue,
	.rx_queue_stop = refuse_queue,
	.rxq_info_get = rtap_rxq_info_get,
	.rx_burst_mode_get = rtap_rx_burst_mode_get,
	.tx_queue_start = refuse_queue,
	.tx_queue_stop = refuse_queue,
	.tx_done_cleanup = rtap_tx_done_cleanup,
	.txq_info_get = rtap_txq_info_get,
	.tx_burst_mode_get = rtap_tx_burst_mode_get,
};

/* What it is the result of logs nothing itself. */
static int
tell_result(const char *name, int ret)
{
	if (ret < 0)
		PMD_LOG(ERR, "%s: cannot be attached, %s", name, rtap_mp_explain(-ret));
	return ret;
}

static int
create_secondary(struct rte_eth_dev *dev, const char *name)
{
	struct rtap_mp_port port = { .name = name, .layout = RTAP_LAYOUT };
	uint32_t process_id;
	int ret = tell_result(name, rtap_mp_greet(&port, &process_id));

	if (ret == 0)
		ret = rtap_process_create(dev, process_id);
	return ret < 0 ? ret : tell_result(name, rtap_borrower_create(dev, &port));
}

int
rtap_secondary_probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(name);
	int ret;

	if (dev == NULL) {
		PMD_LOG(ERR, "the primary process has no port %s", name);
		return -ENODEV;
	}
	/* The primary may have closed one of our ports and made this one in its place. */
	if (dev->dev_ops == &secondary_ops)
		release(dev);
	ret = create_secondary(dev, name);
	if (ret < 0) {
		rtap_borrower_destroy(dev);
		rtap_process_release(dev);
		keep_number(dev);
		rte_eth_dev_release_port(dev);
		return ret;
	}
	dev->device = &vdev->device;
	dev->dev_ops = &secondary_ops;
	rtap_view_add(dev);
	finish_probing(dev);
	return 0;
}

/* Not by name: what the primary has closed has none any more. */
static struct rte_eth_dev *
find_port(const struct rte_vdev_device *vdev)
{
	for (uint16_t i = 0; i < RTE_MAX_ETHPORTS; i++) {
		struct rte_eth_dev *dev = &rte_eth_devices[i];

		if (dev->state != RTE_ETH_DEV_UNUSED && dev->device == &vdev->device)
			return dev;
	}
	return NULL;
}

int
rtap_secondary_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = find_port(vdev);

	/* ethdev has released it already if the application closed the port. */
	if (dev == NULL)
		return 0;
	secondary_close(dev);
	return rte_eth_dev_release_port(dev);
}
