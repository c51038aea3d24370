/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the control operations on the interface: link, flags, MAC address, MTU
 * and queue length, all by netlink and index.
 */

#include <errno.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_tap.h"

void
rtap_describe_link(const struct rtap_link *kernel, struct rte_eth_link *link)
{
	bool is_up = kernel != NULL && (kernel->flags & IFF_UP) != 0 && kernel->carrier;

	*link = (struct rte_eth_link) {
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = is_up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN,
		.link_speed = is_up ? RTE_ETH_SPEED_NUM_UNKNOWN : RTE_ETH_SPEED_NUM_NONE,
	};
}

int
rtap_link_update(struct rte_eth_dev *dev, int wait_to_complete __rte_unused)
{
	struct rte_eth_link link;
	struct rtap_link kernel;
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	ret = rtap_ask_link(dev, &kernel);
	/* An interface that was deleted is down; of one that cannot be asked nothing is known. */
	if (ret < 0 && ret != -ENODEV)
		return ret;
	rtap_describe_link(ret == 0 ? &kernel : NULL, &link);
	return rte_eth_linkstatus_set(dev, &link);
}

/* A secondary process has no queue to ask. */
int
rtap_is_removed(struct rte_eth_dev *dev)
{
	int fd = rtap_process(dev)->keep_alive_fd;
	char name[IFNAMSIZ];

	return fd >= 0 && rtap_tap_get_name(fd, name) == -ENODEV;
}

static int
apply_up(const struct rtap_change *change, const void *arg)
{
	const unsigned int *flags = arg;

	return rtap_nl_change_flags(change->nl, change->if_index, *flags, IFF_UP);
}

/* Each start asks for what is set already, where a change could take a privilege. */
static int
change_up(struct rte_eth_dev *dev, unsigned int flags)
{
	struct rtap_link link;
	int ret = rtap_need_link(dev, &link);

	if (ret < 0 || ((link.flags ^ flags) & IFF_UP) == 0)
		return ret;
	return rtap_change_or_log(dev, apply_up, &flags, "the state");
}

int
rtap_set_link_up(struct rte_eth_dev *dev)
{
	return change_up(dev, IFF_UP);
}

int
rtap_set_link_down(struct rte_eth_dev *dev)
{
	return change_up(dev, 0);
}

/* Who has no privilege may leave that to somebody else: the port has no link until then. */
int
rtap_start_link(struct rte_eth_dev *dev)
{
	const unsigned int up = IFF_UP;
	struct rtap_link link;
	int ret = rtap_need_link(dev, &link);

	if (ret < 0 || (link.flags & IFF_UP) != 0)
		return ret;
	ret = rtap_change(dev, apply_up, &up);
	if (ret != -EPERM)
		return ret;
	PMD_LOG(WARNING, "%s: the interface is down, to bring it up CAP_NET_ADMIN is needed",
		dev->data->name);
	return 0;
}

static int
apply_mac(const struct rtap_change *change, const void *mac)
{
	struct rtap_place place = rtap_place_here(change->if_index);
	struct rte_ether_addr current;

	if (rtap_nl_get_mac(change->nl, place, &current) == 0 &&
			rte_is_same_ether_addr(&current, mac))
		return 0;
	return rtap_nl_set_mac(change->nl, change->if_index, mac);
}

/*
 * ethdev sets the port's own address again at each start. That would undo what
 * an administrator has set on the interface since, and empty the kernel's ARP cache.
 */
int
rtap_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct rtap_shared *shared = rtap_shared(dev);
	bool is_replay = mac == &dev->data->mac_addrs[0];
	int ret = 0;

	if (!shared->is_mac_apart && !is_replay)
		ret = rtap_change_or_log(dev, apply_mac, mac, "the MAC address");
	if (ret == 0)
		rtap_filter_set_unicast(&shared->filter, 0, mac);
	return ret;
}

/* Nothing is refused that the queues set up so far can hold. */
static int
check_mtu(const struct rte_eth_dev *dev, uint16_t mtu)
{
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct rtap_rx_queue *q = dev->data->rx_queues[i];
		int ret = q == NULL ? 0 : rtap_rx_check_mtu(dev, q, mtu);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Returns whether a frame may take several mbufs. */
static bool
set_queues_mtu(struct rte_eth_dev *dev, uint16_t mtu,
		bool (*set)(struct rtap_rx_queue *q, uint32_t mtu))
{
	bool is_scattered = false;

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL)
			is_scattered |= set(dev->data->rx_queues[i], mtu);
	}
	return is_scattered;
}

static int
apply_mtu(const struct rtap_change *change, const void *arg)
{
	const uint16_t *mtu = arg;

	return rtap_nl_set_mtu(change->nl, change->if_index, *mtu);
}

/*
 * The queues may be polled meanwhile, and longer frames may wait in the kernel:
 * until the next start they are ready for the largest MTU since the last one.
 */
int
rtap_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct rtap_shared *shared = rtap_shared(dev);
	int ret = check_mtu(dev, mtu);

	if (ret < 0)
		return ret;
	dev->data->scattered_rx = set_queues_mtu(dev, mtu, rtap_rx_allow_mtu);
	ret = rtap_change_or_log(dev, apply_mtu, &mtu, "the MTU");
	if (ret < 0)
		return ret;
	shared->agreed_mtu = mtu;
	shared->is_mtu_wanted = false;
	shared->is_mtu_chosen = mtu != RTE_ETHER_MTU;
	return 0;
}

/*
 * ethdev fills in the usual MTU where the application asks for none: that alone
 * is no reason to change what an administrator has set on the interface. Only
 * if the application had chosen the one that is there does it mean a change.
 */
void
rtap_mtu_configure(struct rte_eth_dev *dev)
{
	struct rtap_shared *shared = rtap_shared(dev);
	bool is_usual = dev->data->mtu == RTE_ETHER_MTU;
	struct rtap_link link;

	shared->is_mtu_wanted = !is_usual || (shared->is_mtu_chosen &&
		rtap_ask_link(dev, &link) == 0 &&
		link.mtu == shared->agreed_mtu);
	shared->is_mtu_chosen = !is_usual;
}

static bool
fits_queues(const struct rte_eth_dev *dev, uint32_t mtu)
{
	if (mtu > rtap_shared(dev)->max_mtu)
		return false;
	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		if (!rtap_rx_fits_mtu(dev->data->rx_queues[i], mtu))
			return false;
	}
	return true;
}

/* Each MTU that is refused is told of once, as there is much other news of an interface. */
static bool
can_take_mtu(const struct rte_eth_dev *dev, uint32_t mtu)
{
	struct rtap_shared *shared = rtap_shared(dev);
	bool can = mtu == dev->data->mtu || fits_queues(dev, mtu);

	if (!can && mtu != shared->refused_mtu)
		PMD_LOG(WARNING, "%s: MTU %u of the interface makes frames too long for the mbufs",
			dev->data->name, mtu);
	shared->refused_mtu = can ? 0 : mtu;
	return can;
}

/* An application that cannot take the frames would rather run without them than not at all. */
static void
inherit_mtu(struct rte_eth_dev *dev, uint32_t mtu)
{
	if (!can_take_mtu(dev, mtu) || mtu == dev->data->mtu)
		return;
	PMD_LOG(INFO, "%s: MTU %u of the interface taken over", dev->data->name, mtu);
	dev->data->mtu = mtu;
}

/*
 * Old news come before newer ones, so that the last is right. The bit for scattered Rx
 * is left as it is: control functions write others of the same byte at any time.
 */
void
rtap_mtu_follow(struct rte_eth_dev *dev, uint32_t mtu)
{
	if (!can_take_mtu(dev, mtu) || mtu == dev->data->mtu)
		return;
	set_queues_mtu(dev, mtu, rtap_rx_allow_mtu);
	dev->data->mtu = mtu;
}

/* Whoever has set an MTU last has it: the application by asking, or the interface. */
static int
agree_on_mtu(struct rte_eth_dev *dev, uint32_t current)
{
	struct rtap_shared *shared = rtap_shared(dev);
	int ret;

	shared->refused_mtu = 0;
	if (!shared->is_mtu_wanted) {
		/* The port may have followed it already. */
		if (current != shared->agreed_mtu)
			shared->is_mtu_chosen = false;
		inherit_mtu(dev, current);
	}
	ret = check_mtu(dev, dev->data->mtu);
	if (ret < 0)
		return ret;
	dev->data->scattered_rx = set_queues_mtu(dev, dev->data->mtu, rtap_rx_set_mtu);
	shared->agreed_mtu = dev->data->mtu;
	if (!shared->is_mtu_wanted || current == dev->data->mtu)
		return 0;
	return rtap_change_or_log(dev, apply_mtu, &dev->data->mtu, "the MTU");
}

static int
apply_queue_len(const struct rtap_change *change, const void *arg)
{
	const uint32_t *queue_len = arg;

	return rtap_nl_set_queue_len(change->nl, change->if_index, *queue_len);
}

/* Packets wait in the kernel's queue, so that it is as long as the longest of ours at least. */
static int
lengthen_queue(struct rte_eth_dev *dev, uint32_t current)
{
	uint32_t queue_len = current;
	int ret;

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct rtap_rx_queue *q = dev->data->rx_queues[i];

		queue_len = RTE_MAX(queue_len, q->nb_desc);
	}
	if (queue_len == current)
		return 0;
	ret = rtap_change(dev, apply_queue_len, &queue_len);
	if (ret != -EPERM)
		return ret;
	/* Packets are lost earlier, but the administrator may have meant it so. */
	PMD_LOG(NOTICE, "%s: the interface holds %u packets, to hold %u CAP_NET_ADMIN is needed",
		dev->data->name, current, queue_len);
	return 0;
}

/* Brings the interface to what was configured, as far as it is not there yet. */
int
rtap_apply_config(struct rte_eth_dev *dev)
{
	struct rtap_link link;
	int ret = rtap_need_link(dev, &link);

	if (ret < 0)
		return ret;
	ret = agree_on_mtu(dev, link.mtu);
	if (ret < 0)
		return ret;
	rtap_shared(dev)->is_mtu_wanted = false;
	return lengthen_queue(dev, link.queue_len);
}
