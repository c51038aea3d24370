/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the looking at ports from outside: by threads that neither control a port
 * nor poll its queues, as telemetry does, while others do both. It changes nothing.
 *
 * A close waits until nobody looks at the port any more. Everything else goes on
 * meanwhile: a queue or a ring is only kept from being freed for the moment in
 * which its values are copied. What a lcore writes at that time is copied as it
 * is before or after; values of one queue need not be of the same instant.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_string_fns.h>

#include "rtap.h"
#include "rtap_tap.h"
#include "rtap_view.h"

const struct rtap_name rtap_view_tun_names[] = {
	{ TUN_F_CSUM, "TUN_F_CSUM" },
	{ TUN_F_TSO4, "TUN_F_TSO4" },
	{ TUN_F_TSO6, "TUN_F_TSO6" },
	{ TUN_F_TSO_ECN, "TUN_F_TSO_ECN" },
	{ RTAP_TUN_F_USO4, "TUN_F_USO4" },
	{ RTAP_TUN_F_USO6, "TUN_F_USO6" },
	{ RTAP_TUN_F_UDP_TUNNEL_GSO, "TUN_F_UDP_TUNNEL_GSO" },
	{ 0, NULL },
};

/* Ports of this process, by their place in rte_eth_devices, and who looks at them. */
static struct {
	bool is_there;
	unsigned int nb_viewers;
} ports[RTE_MAX_ETHPORTS];

/* Of the ports, and of the pointers to rings and queues. Nobody waits while holding it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_left = PTHREAD_COND_INITIALIZER;

void
rtap_view_add(const struct rte_eth_dev *dev)
{
	pthread_mutex_lock(&lock);
	ports[dev - rte_eth_devices].is_there = true;
	pthread_mutex_unlock(&lock);
}

void
rtap_view_remove(const struct rte_eth_dev *dev)
{
	pthread_mutex_lock(&lock);
	ports[dev - rte_eth_devices].is_there = false;
	while (ports[dev - rte_eth_devices].nb_viewers > 0)
		pthread_cond_wait(&is_left, &lock);
	pthread_mutex_unlock(&lock);
}

static bool
enter(uint16_t port_id)
{
	bool is_there;

	if (port_id >= RTE_MAX_ETHPORTS)
		return false;
	pthread_mutex_lock(&lock);
	is_there = ports[port_id].is_there;
	if (is_there)
		ports[port_id].nb_viewers++;
	pthread_mutex_unlock(&lock);
	return is_there;
}

static void
leave(uint16_t port_id)
{
	pthread_mutex_lock(&lock);
	ports[port_id].nb_viewers--;
	pthread_cond_broadcast(&is_left);
	pthread_mutex_unlock(&lock);
}

uint16_t
rtap_view_next(uint16_t port_id)
{
	pthread_mutex_lock(&lock);
	while (port_id < RTE_MAX_ETHPORTS && !ports[port_id].is_there)
		port_id++;
	pthread_mutex_unlock(&lock);
	return port_id;
}

void
rtap_view_set_ring(struct rtap_uring **ring, struct rtap_uring *u)
{
	pthread_mutex_lock(&lock);
	*ring = u;
	pthread_mutex_unlock(&lock);
}

void
rtap_view_set_rx_queue(uint16_t port_id, uint16_t queue_id, struct rtap_rx_queue *q)
{
	pthread_mutex_lock(&lock);
	rtap_queue_pair(port_id, queue_id)->rx_queue = q;
	pthread_mutex_unlock(&lock);
}

void
rtap_view_set_tx_queue(uint16_t port_id, uint16_t queue_id, struct rtap_tx_queue *q)
{
	pthread_mutex_lock(&lock);
	rtap_queue_pair(port_id, queue_id)->tx_queue = q;
	pthread_mutex_unlock(&lock);
}

/* In the primary its queues, in a secondary what it has borrowed of them. */
static void
hold_pair(const struct rte_eth_dev *dev, uint16_t queue_id, const struct rtap_rx_queue **rx,
		const struct rtap_tx_queue **tx)
{
	const struct rtap_process *process = rtap_process(dev);

	if (process->borrower != NULL) {
		rtap_borrower_hold(dev, queue_id, rx, tx);
		return;
	}
	pthread_mutex_lock(&lock);
	*rx = process->queues[queue_id].rx_queue;
	*tx = process->queues[queue_id].tx_queue;
}

static void
let_go_pair(const struct rte_eth_dev *dev, uint16_t queue_id)
{
	if (rtap_process(dev)->borrower != NULL)
		rtap_borrower_let_go(dev, queue_id);
	else
		pthread_mutex_unlock(&lock);
}

/* Of a queue that has no ring in this process. */
static enum rtap_view_state
state_without_ring(const struct rte_eth_dev *dev, bool is_known, uint8_t ethdev_state)
{
	if (!is_known && rtap_process(dev)->borrower == NULL)
		return RTAP_VIEW_NOT_SET_UP;
	return ethdev_state == RTE_ETH_QUEUE_STATE_STOPPED ?
		RTAP_VIEW_STOPPED : RTAP_VIEW_NOT_POLLED;
}

static enum rtap_view_state
rx_state(const struct rtap_rx_queue *q, const struct rtap_uring *u)
{
	if (q->is_gone)
		return RTAP_VIEW_DELETED;
	if (u->is_armed)
		return rtap_uring_is_woken(u) ? RTAP_VIEW_WOKEN : RTAP_VIEW_ARMED;
	return q->is_drained ? RTAP_VIEW_DRAINED : RTAP_VIEW_BUSY;
}

static void
view_ring(const struct rtap_uring *u, struct rtap_view_queue *view)
{
	view->ring_features = u->features;
	view->nb_regions = u->nb_regions;
	view->armed_by = u->armed_by;
}

static void
view_rx(const struct rtap_rx_queue *q, struct rtap_view_queue *view)
{
	view->is_known = true;
	view->is_deferred = q->is_deferred;
	view->nb_desc = q->nb_desc;
	view->offloads = q->offloads;
	view->process_id = q->process_id;
	view->room = q->room;
	view->nb_segs = rte_atomic_load_explicit(&q->nb_segs, rte_memory_order_relaxed);
	view->nb_stock = q->nb_stock;
	view->nb_expected = q->nb_expected;
	strlcpy(view->pool, q->pool->name, sizeof(view->pool));
}

static void
view_tx(const struct rtap_tx_queue *q, struct rtap_view_queue *view)
{
	view->is_known = true;
	view->is_deferred = q->is_deferred;
	view->nb_desc = q->nb_desc;
	view->offloads = q->offloads;
}

void
rtap_view_pair(const struct rte_eth_dev *dev, uint16_t queue_id, struct rtap_view_pair *view)
{
	const struct rtap_queue_pair *pair = &rtap_process(dev)->queues[queue_id];
	const struct rtap_rx_queue *rx;
	const struct rtap_tx_queue *tx;

	hold_pair(dev, queue_id, &rx, &tx);
	view->tap_fd = pair->tap_fd;
	view->intr_fd = pair->intr_fd;
	view->is_intr_enabled = pair->is_intr_enabled;
	if (rx != NULL)
		view_rx(rx, &view->rx);
	if (tx != NULL)
		view_tx(tx, &view->tx);
	if (rx != NULL && pair->rx != NULL) {
		view_ring(pair->rx, &view->rx);
		view->rx.state = rx_state(rx, pair->rx);
	} else {
		view->rx.state = state_without_ring(dev, rx != NULL,
			dev->data->rx_queue_state[queue_id]);
	}
	if (tx != NULL && pair->tx != NULL) {
		view_ring(pair->tx, &view->tx);
		view->tx.state = RTAP_VIEW_READY;
	} else {
		view->tx.state = state_without_ring(dev, tx != NULL,
			dev->data->tx_queue_state[queue_id]);
	}
	let_go_pair(dev, queue_id);
}

static void
view_filter(const struct rtap_filter *filter, struct rtap_view_filter *view)
{
	view->mode = rte_atomic_load_explicit(&filter->mode, rte_memory_order_relaxed);
	for (unsigned int i = 0; i < RTAP_MAX_MACS; i++) {
		uint64_t word = rte_atomic_load_explicit(&filter->unicast[i],
			rte_memory_order_relaxed);

		if (word != 0)
			view->unicast[view->nb_unicast++] = word;
	}
	for (unsigned int i = 0; i < RTAP_MAX_GROUPS; i++) {
		uint64_t word = rte_atomic_load_explicit(&filter->groups[i],
			rte_memory_order_relaxed);

		if (word != 0)
			view->groups[view->nb_groups++] = word;
	}
}

static void
view_place(struct rtap_location *location, struct rtap_view *view)
{
	pthread_mutex_lock(&location->lock);
	view->is_lost = location->is_lost;
	view->netns = location->netns.inode;
	view->home = location->home.inode;
	view->is_moved = view->netns != 0 && !rtap_netns_equal(&location->netns, &location->home);
	pthread_mutex_unlock(&location->lock);
	view->is_netns_known = view->netns != 0 && !view->is_lost;
}

/* Asks the kernel, with the socket that no control operation holds. */
static void
view_interface(struct rte_eth_dev *dev, struct rtap_view *view)
{
	struct rtap_process *process = rtap_process(dev);

	view->link_error = -rtap_ask_link_by(dev, &process->stats_nl, &view->link);
	view_place(&process->location, view);
	view->if_index = rtap_if_index(dev);
	view->keep_alive_fd = process->keep_alive_fd;
	/* Who has no queue to ask cannot tell it from one that was moved. */
	view->is_deleted = view->link_error == ENODEV && view->keep_alive_fd >= 0;
	view->control_fd = process->nl.fd;
	view->stats_fd = process->stats_nl.fd;
	if (view->link_error == 0)
		strlcpy(view->if_name, view->link.name, sizeof(view->if_name));
	else if (view->keep_alive_fd >= 0 &&
			rtap_tap_get_name(view->keep_alive_fd, view->if_name) < 0)
		view->if_name[0] = '\0';
}

static void
view_process(const struct rte_eth_dev *dev, struct rtap_view *view)
{
	const struct rte_eth_intr_conf *conf = &dev->data->dev_conf.intr_conf;
	const struct rtap_process *process = rtap_process(dev);

	view->process_id = process->queues[0].process_id;
	view->args = process->args;
	view->is_secondary = process->borrower != NULL;
	if (view->is_secondary)
		view->has_loan = rtap_borrower_has_loan(dev);
	else
		rtap_mp_get_lending(process->lender, &view->lending);
	view->has_link_events = process->intr != NULL && conf->lsc != 0 && view->is_started;
	view->has_removal_events = process->intr != NULL && conf->rmv != 0;
	view->is_removal_told = process->is_removal_told;
}

/* A primary that closes the port empties ethdev's data: they are read before the check. */
static int
view_shared(const struct rte_eth_dev *dev, struct rtap_view *view)
{
	const struct rtap_shared *shared = rtap_shared(dev);
	const struct rte_ether_addr *macs = dev->data->mac_addrs;
	int ret = rtap_check_port(dev);

	if (ret < 0)
		return ret;
	view->port_id = dev->data->port_id;
	strlcpy(view->device, dev->data->name, sizeof(view->device));
	view->is_started = dev->data->dev_started;
	view->mtu = dev->data->mtu;
	view->min_mtu = shared->min_mtu;
	view->max_mtu = shared->max_mtu;
	view->agreed_mtu = shared->agreed_mtu;
	view->mac = macs[0];
	view->is_mac_apart = shared->is_mac_apart;
	view_filter(&shared->filter, &view->filter);
	view->offload = shared->offload;
	view->is_gso_limited = shared->is_gso_limited;
	view->nb_queues = RTE_MIN(dev->data->nb_rx_queues, RTAP_MAX_QUEUES);
	return 0;
}

static int
view_port(struct rte_eth_dev *dev, struct rtap_view *view)
{
	int ret = view_shared(dev, view);

	if (ret < 0)
		return ret;
	view_process(dev, view);
	view_interface(dev, view);
	/* It may have been closed before the kernel had answered. */
	ret = rtap_check_port(dev);
	if (ret < 0)
		return ret;
	for (uint16_t i = 0; i < view->nb_queues; i++)
		rtap_view_pair(dev, i, &view->pairs[i]);
	return 0;
}

uint16_t
rtap_view_place_of(const struct rte_eth_dev *dev)
{
	return dev - rte_eth_devices;
}

struct rtap_view *
rtap_view_take(uint16_t port_id)
{
	struct rtap_view *view;
	int ret = -ENOMEM;

	if (!enter(port_id)) {
		rte_errno = ENODEV;
		return NULL;
	}
	view = calloc(1, sizeof(*view));
	if (view != NULL)
		ret = view_port(&rte_eth_devices[port_id], view);
	leave(port_id);
	if (ret == 0)
		return view;
	free(view);
	rte_errno = -ret;
	return NULL;
}

const char *
rtap_view_state_name(enum rtap_view_state state)
{
	static const char *const names[] = {
		[RTAP_VIEW_NOT_SET_UP] = "not set up",
		[RTAP_VIEW_STOPPED] = "stopped",
		[RTAP_VIEW_NOT_POLLED] = "not polled here",
		[RTAP_VIEW_DELETED] = "interface deleted",
		[RTAP_VIEW_BUSY] = "busy",
		[RTAP_VIEW_DRAINED] = "drained",
		[RTAP_VIEW_ARMED] = "armed",
		[RTAP_VIEW_WOKEN] = "woken",
		[RTAP_VIEW_READY] = "ready",
	};

	return names[state];
}
