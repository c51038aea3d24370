/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the knowledge where the interface is. It may be moved to another network
 * namespace at any time, and get another index there, so that is asked before
 * each operation. The netlink sockets stay where they were opened. They ask for
 * the interface by the name that their namespace has for another one; what
 * changes the interface takes a socket there, for the time of the operation.
 * Nothing of ours keeps a namespace in being that all others have left.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_tap.h"
#include "rtap_trace.h"

/* Who follows an interface may be too late several times, but not always. */
#define FOLLOW_TRIES 100

int
rtap_location_init(struct rtap_location *location, const struct rtap_nl *nl)
{
	int fd = rtap_nl_get_netns(nl);
	int ret = 0;

	pthread_mutex_init(&location->lock, NULL);
	location->place.netns_id = RTAP_NETNS_OWN;
	/* Who may not ask where a socket is may not ask where an interface is, either. */
	if (fd >= 0) {
		ret = rtap_netns_identify(fd, &location->home);
		close(fd);
	}
	return ret;
}

void
rtap_location_destroy(struct rtap_location *location)
{
	pthread_mutex_destroy(&location->lock);
}

/* 0 if the queue's interface is in that namespace, -EAGAIN if it is in another. */
static int
check_netns(int tap_fd, const struct rtap_netns *netns)
{
	int fd = rtap_tap_get_netns(tap_fd);
	struct rtap_netns current;
	int ret;

	if (fd < 0)
		return fd;
	ret = rtap_netns_identify(fd, &current);
	close(fd);
	if (ret < 0)
		return ret;
	return rtap_netns_equal(&current, netns) ? 0 : -EAGAIN;
}

/* One look; -ENODEV if the interface was deleted, -EAGAIN if it got away meanwhile. */
static int
look(const struct rtap_process *process, struct rtap_nl *nl, const struct rtap_netns *netns,
		struct rtap_place *place)
{
	int tap_fd = process->keep_alive_fd;
	struct rtap_link link;
	char name[IFNAMSIZ];
	char name_after[IFNAMSIZ];
	int ret = rtap_tap_get_name(tap_fd, name);

	if (ret < 0)
		return ret;
	ret = rtap_nl_get_link_by_name(nl, place->netns_id, name, &link);
	if (ret < 0)
		return ret == -ENODEV ? -EAGAIN : ret;
	ret = rtap_tap_get_name(tap_fd, name_after);
	if (ret < 0)
		return ret;
	place->if_index = link.if_index;
	return strcmp(name, name_after) == 0 ? check_netns(tap_fd, netns) : -EAGAIN;
}

/* The interface is not where it was: finds its place in the given namespace. */
static int
follow(const struct rtap_process *process, struct rtap_nl *nl, int netns_fd,
		const struct rtap_netns *netns, struct rtap_place *place)
{
	int ret = 0;

	place->netns_id = RTAP_NETNS_OWN;
	if (!rtap_netns_equal(netns, &process->location.home))
		ret = rtap_nl_get_netns_id(nl, netns_fd, &place->netns_id);
	return ret < 0 ? ret : look(process, nl, netns, place);
}

/* It may have been away meanwhile: then its former index is that of another, or of none. */
static bool
is_in_place(const struct rtap_process *process, struct rtap_nl *nl)
{
	char expected[IFNAMSIZ];
	char name[IFNAMSIZ];

	return rtap_nl_get_name(nl, process->location.place, name) == 0 &&
		rtap_tap_get_name(process->keep_alive_fd, expected) == 0 &&
		strcmp(name, expected) == 0;
}

/* Sees to it that the place is that of the interface, which is in the given namespace. */
static int
update_place(struct rte_eth_dev *dev, struct rtap_nl *nl, int netns_fd)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_location *location = &process->location;
	struct rtap_netns netns;
	struct rtap_place place;
	int ret = rtap_netns_identify(netns_fd, &netns);

	if (ret < 0)
		return ret;
	if (rtap_netns_equal(&netns, &location->netns) && is_in_place(process, nl))
		return 0;
	ret = follow(process, nl, netns_fd, &netns, &place);
	if (ret < 0)
		return ret;

	if (location->place.if_index != place.if_index ||
			location->place.netns_id != place.netns_id) {
		rtap_trace_place(dev->data->port_id, place.if_index);
		PMD_LOG(INFO, "%s: interface has index %d in %s network namespace",
			dev->data->name, place.if_index,
			place.netns_id == RTAP_NETNS_OWN ? "its first" : "another");
	}
	location->netns = netns;
	location->place = place;
	rte_atomic_store_explicit(&rtap_shared(dev)->if_index, place.if_index,
		rte_memory_order_relaxed);
	return 0;
}

/* Told once for each time that the interface gets out of reach; to other processes, always. */
static void
note_reach(const struct rte_eth_dev *dev, struct rtap_location *location, int ret)
{
	bool is_lost = ret == -EPERM;
	bool is_away = is_lost || location->place.netns_id != RTAP_NETNS_OWN;

	if (is_lost && !location->is_lost)
		PMD_LOG_ERRNO(ERR, -ret, "%s: the interface is in another network namespace, "
			"where CAP_NET_ADMIN is needed", dev->data->name);
	location->is_lost = is_lost;
	rte_atomic_store_explicit(&rtap_shared(dev)->is_away, is_away, rte_memory_order_relaxed);
}

/*
 * A process that gave up the capability since the probe may not ask any more, moved or
 * not. It can still see that the interface is where it was, as long as that is at home.
 */
static int
stay(struct rte_eth_dev *dev, struct rtap_nl *nl)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_location *location = &process->location;

	/* Nobody has asked yet: it is where it was at the probe, if anywhere. */
	if (location->netns.inode == 0)
		location->place = rtap_place_here(rtap_if_index(dev));
	if (location->place.netns_id != RTAP_NETNS_OWN)
		return -EPERM;
	return is_in_place(process, nl) ? 0 : -EPERM;
}

/* A process that may not ask has to believe that nothing was moved, see believe(). */
static bool
can_follow(const struct rtap_process *process)
{
	return process->keep_alive_fd >= 0 && process->location.home.inode != 0;
}

/*
 * A secondary process has no queue to ask: the primary tells. An index of another
 * namespace means nothing here, where it may be that of a stranger.
 */
static int
believe(const struct rte_eth_dev *dev, struct rtap_place *place)
{
	*place = rtap_place_here(rtap_if_index(dev));
	if (!rte_atomic_load_explicit(&rtap_shared(dev)->is_away, rte_memory_order_relaxed))
		return 0;
	/* Without the primary, the interface has no queue. */
	return rte_eal_primary_proc_alive(NULL) ? -EPERM : -ENODEV;
}

static int
find(struct rte_eth_dev *dev, struct rtap_nl *nl, int *netns_fd)
{
	int ret = -EAGAIN;

	for (unsigned int i = 0; i < FOLLOW_TRIES && ret == -EAGAIN; i++) {
		int fd = rtap_tap_get_netns(rtap_process(dev)->keep_alive_fd);

		if (fd < 0)
			return fd == -EPERM ? stay(dev, nl) : fd;
		ret = update_place(dev, nl, fd);
		if (ret == 0)
			*netns_fd = fd;
		else
			close(fd);
	}
	return ret;
}

int
rtap_place_find(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_place *place,
		int *netns_fd)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_location *location = &process->location;
	int ret;

	*netns_fd = -1;
	if (!can_follow(process))
		return believe(dev, place);
	pthread_mutex_lock(&location->lock);
	ret = find(dev, nl, netns_fd);
	note_reach(dev, location, ret);
	*place = location->place;
	pthread_mutex_unlock(&location->lock);
	return ret;
}

int
rtap_place_get(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_place *place)
{
	int netns_fd;
	int ret = rtap_place_find(dev, nl, place, &netns_fd);

	if (netns_fd >= 0)
		close(netns_fd);
	return ret;
}

int
rtap_ask_link_by(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_link *link)
{
	unsigned int nb_tries = can_follow(rtap_process(dev)) ? FOLLOW_TRIES : 1;
	struct rtap_place place;
	int ret = -ENODEV;

	/* It may go from its place between the two questions. */
	for (unsigned int i = 0; i < nb_tries && ret == -ENODEV; i++) {
		ret = rtap_place_get(dev, nl, &place);
		if (ret < 0)
			return ret;
		ret = rtap_nl_get_link(nl, place, link);
	}
	return ret;
}

int
rtap_ask_link(struct rte_eth_dev *dev, struct rtap_link *link)
{
	return rtap_ask_link_by(dev, &rtap_process(dev)->nl, link);
}

int
rtap_need_link(struct rte_eth_dev *dev, struct rtap_link *link)
{
	int ret = rtap_ask_link(dev, link);

	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot ask for interface %d", dev->data->name,
			rtap_if_index(dev));
	return ret;
}

static int
open_socket(void *arg)
{
	return rtap_nl_open(arg);
}

static int
begin_change(struct rte_eth_dev *dev, struct rtap_change *change)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_place place;
	int netns_fd;
	int ret;

	change->temporary.fd = -1;
	change->nl = &process->nl;
	ret = rtap_place_find(dev, &process->nl, &place, &netns_fd);
	change->if_index = place.if_index;
	if (ret == 0 && place.netns_id != RTAP_NETNS_OWN) {
		change->nl = &change->temporary;
		ret = rtap_netns_call(netns_fd, open_socket, change->nl);
	}
	if (netns_fd >= 0)
		close(netns_fd);
	return ret;
}

int
rtap_change(struct rte_eth_dev *dev, rtap_change_apply apply, const void *arg)
{
	struct rtap_change change;
	int ret = -ENODEV;

	/* It may go from its place before the change comes there. */
	for (unsigned int i = 0; i < FOLLOW_TRIES && ret == -ENODEV; i++) {
		int begin = begin_change(dev, &change);

		ret = begin == 0 ? apply(&change, arg) : begin;
		rtap_nl_close(&change.temporary);
		if (begin < 0)
			break;
	}
	return ret;
}

int
rtap_change_or_log(struct rte_eth_dev *dev, rtap_change_apply apply, const void *arg,
		const char *what)
{
	int ret = rtap_change(dev, apply, arg);

	if (ret == -EPERM)
		PMD_LOG_ERRNO(ERR, -ret, "%s: to set %s of the interface, CAP_NET_ADMIN is needed",
			dev->data->name, what);
	return ret;
}
