/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what the EAL interrupt thread does for a port: it hears of each change
 * of the interface on a netlink socket of its own, sees at the keep-alive queue
 * when the interface is deleted, and tells the application. The application may
 * stop and even close the port from inside of its callback, so that thread
 * works on a structure that outlives the port if need be.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_trace.h"

/* How long a callback of the application takes is not ours to know. */
#define UNREGISTER_STEP_US 100

/* Changes may come faster than they can be heard. */
#define ASK_TRIES 8

/* Kinds of events that can be asked for. */
#define EVENT_LSC 0x1
#define EVENT_RMV 0x2

/* Members marked intr are of the EAL interrupt thread as soon as it is armed. */
struct rtap_intr {
	struct rte_eth_dev *dev;        /* const */
	unsigned int wanted;            /* const; EVENT_* */
	struct rte_intr_handle *handle; /* const; of the epoll descriptor */
	int epoll_fd;                   /* const; wakes for the socket and the keep-alive queue */
	struct rtap_nl events;          /* intr; open if link events are wanted */
	struct rtap_place place;        /* intr; where the interface was when it was last asked */
	bool is_deaf;                   /* intr; nothing is heard from that place */
	uint16_t link_status;           /* intr; as the application was told */
	RTE_ATOMIC(bool) is_over;       /* control sets it; the port is not to be touched then */
};

static bool
is_over(const struct rtap_intr *intr)
{
	return rte_atomic_load_explicit(&intr->is_over, rte_memory_order_relaxed);
}

static void
set_link(struct rtap_intr *intr, const struct rtap_link *kernel)
{
	struct rte_eth_link link;

	if (kernel != NULL)
		rtap_mtu_follow(intr->dev, kernel->mtu);
	rtap_describe_link(kernel, &link);
	rte_eth_linkstatus_set(intr->dev, &link);
	intr->link_status = link.link_status;
}

/* One event for each change. The port may be closed when this returns. */
static void
tell_link(struct rtap_intr *intr, const struct rtap_link *kernel)
{
	uint16_t before = intr->link_status;

	set_link(intr, kernel);
	if (intr->link_status == before)
		return;
	rtap_trace_link(intr->dev->data->port_id, intr->link_status);
	PMD_LOG(INFO, "%s: link is %s", intr->dev->data->name,
		intr->link_status == RTE_ETH_LINK_UP ? "up" : "down");
	rte_eth_dev_callback_process(intr->dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static bool
ignore_event(const struct rtap_nl_event *event __rte_unused, void *arg __rte_unused)
{
	return true;
}

/*
 * The socket gives the answer in its turn: changes that it tells of afterwards
 * are later ones. Earlier ones do not count, and are dropped to make room for it.
 */
static int
ask_link(struct rtap_intr *intr, struct rtap_link *kernel)
{
	int ret = -ENOBUFS;

	for (unsigned int i = 0; i < ASK_TRIES && ret == -ENOBUFS; i++) {
		rtap_nl_drain(&intr->events, ignore_event, NULL);
		ret = rtap_nl_get_link(&intr->events, intr->place, kernel);
	}
	return ret;
}

/* All is heard of other namespaces, or nothing: so only while the interface is in one. */
static void
listen_at(struct rtap_intr *intr, const struct rtap_place *place)
{
	bool is_away = place->netns_id != RTAP_NETNS_OWN;
	bool was_away = intr->place.netns_id != RTAP_NETNS_OWN;
	int ret;

	intr->place = *place;
	if (is_away == was_away)
		return;
	ret = rtap_nl_listen_everywhere(&intr->events, is_away);
	intr->is_deaf = is_away && ret < 0;
	if (intr->is_deaf)
		PMD_LOG_ERRNO(ERR, -ret, "%s: the interface is in another network namespace, and "
			"its events need CAP_NET_BROADCAST", intr->dev->data->name);
}

/* Asks for the state at which the coming events begin; -ENODEV if the interface was deleted. */
static int
find_link(struct rtap_intr *intr, struct rtap_link *kernel)
{
	struct rtap_place place;
	int ret = -ENODEV;

	for (unsigned int i = 0; i < ASK_TRIES && ret == -ENODEV; i++) {
		ret = rtap_place_get(intr->dev, &rtap_process(intr->dev)->nl, &place);
		if (ret < 0)
			return ret;
		listen_at(intr, &place);
		ret = ask_link(intr, kernel);
	}
	return ret;
}

static void
catch_up(struct rtap_intr *intr)
{
	struct rtap_link kernel;
	int ret = find_link(intr, &kernel);

	if (ret == 0 || ret == -ENODEV)
		tell_link(intr, ret == 0 ? &kernel : NULL);
	else
		PMD_LOG_ERRNO(ERR, -ret, "%s: lost track of the link", intr->dev->data->name);
}

/* Who hears nothing of where the interface is may still hear that it comes home. */
static bool
may_have_come_home(const struct rtap_intr *intr, const struct rtap_nl_event *event)
{
	return intr->is_deaf && event->place.netns_id == RTAP_NETNS_OWN && !event->is_gone;
}

/* What went from its place was either deleted or has another place now. */
static bool
handle_event(const struct rtap_nl_event *event, void *arg)
{
	struct rtap_intr *intr = arg;
	bool is_ours = event->place.if_index == intr->place.if_index &&
		event->place.netns_id == intr->place.netns_id;

	if (may_have_come_home(intr, event) || (is_ours && event->is_gone))
		catch_up(intr);
	else if (is_ours)
		tell_link(intr, &event->link);
	return !is_over(intr);
}

/* Where the kernel could not keep all changes for us, how they ended can still be asked. */
static void
handle_link(struct rtap_intr *intr)
{
	int ret = rtap_nl_drain(&intr->events, handle_event, intr);

	if (ret < 0 && !is_over(intr))
		catch_up(intr);
}

/* Told once in the life of a port. The port may be closed when this returns. */
static void
tell_removal(struct rtap_intr *intr)
{
	struct rtap_process *process = rtap_process(intr->dev);

	epoll_ctl(intr->epoll_fd, EPOLL_CTL_DEL, process->keep_alive_fd, NULL);
	if ((intr->wanted & EVENT_LSC) != 0)
		tell_link(intr, NULL);
	if (is_over(intr) || process->is_removal_told)
		return;
	process->is_removal_told = true;
	rtap_trace_delete(intr->dev->data->port_id);
	PMD_LOG(NOTICE, "%s: the interface was deleted", intr->dev->data->name);
	if ((intr->wanted & EVENT_RMV) != 0)
		rte_eth_dev_callback_process(intr->dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

/* A detached queue has nothing to read: the error that it shows is that its interface is gone. */
static bool
is_deleted(const struct rtap_intr *intr)
{
	struct epoll_event ready[2];
	int n = epoll_wait(intr->epoll_fd, ready, RTE_DIM(ready), 0);

	for (int i = 0; i < n; i++) {
		if ((ready[i].events & EPOLLERR) != 0 && ready[i].data.u32 == EVENT_RMV)
			return true;
	}
	return false;
}

static void
handle_interrupt(void *arg)
{
	struct rtap_intr *intr = arg;

	if ((intr->wanted & EVENT_LSC) != 0)
		handle_link(intr);
	if (!is_over(intr) && is_deleted(intr))
		tell_removal(intr);
}

static void
destroy_intr(struct rtap_intr *intr)
{
	if (intr->epoll_fd >= 0)
		close(intr->epoll_fd);
	rtap_nl_close(&intr->events);
	rte_intr_instance_free(intr->handle);
	free(intr);
}

/* EAL calls this in its interrupt thread when that has returned from the callback. */
static void
destroy_later(struct rte_intr_handle *handle __rte_unused, void *arg)
{
	destroy_intr(arg);
}

/* From inside of the callback there is nothing to wait for; any other thread waits for its end. */
static void
disarm_intr(struct rtap_intr *intr)
{
	rte_atomic_store_explicit(&intr->is_over, true, rte_memory_order_relaxed);
	while (rte_intr_callback_unregister(intr->handle, handle_interrupt, intr) == -EAGAIN) {
		if (rte_thread_is_intr()) {
			rte_intr_callback_unregister_pending(intr->handle, handle_interrupt,
				intr, destroy_later);
			return;
		}
		rte_delay_us_sleep(UNREGISTER_STEP_US);
	}
	destroy_intr(intr);
}

static int
wake_for(struct rtap_intr *intr, int fd, unsigned int kind)
{
	/* The kernel announces the end of a queue as something to read. */
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = kind };

	return epoll_ctl(intr->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int
open_socket(void *arg)
{
	return rtap_nl_open_events(arg);
}

/* Places are named as from home, wherever the thread is that starts the port. */
static int
open_events(struct rtap_intr *intr)
{
	int netns_fd = rtap_nl_get_netns(&rtap_process(intr->dev)->nl);
	int ret;

	/* Who may not ask has to believe that it is at home. */
	if (netns_fd < 0)
		return open_socket(&intr->events);
	ret = rtap_netns_call(netns_fd, open_socket, &intr->events);
	close(netns_fd);
	return ret;
}

static int
listen_to_link(struct rtap_intr *intr)
{
	struct rtap_link kernel;
	int ret = open_events(intr);

	if (ret < 0)
		return ret;
	ret = find_link(intr, &kernel);
	if (ret < 0)
		return ret;
	set_link(intr, &kernel);
	return wake_for(intr, intr->events.fd, EVENT_LSC);
}

static int
arm_intr(struct rtap_intr *intr)
{
	int ret;

	intr->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (intr->handle == NULL)
		return -ENOMEM;
	intr->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (intr->epoll_fd < 0)
		return -errno;
	ret = wake_for(intr, rtap_process(intr->dev)->keep_alive_fd, EVENT_RMV);
	if (ret == 0 && (intr->wanted & EVENT_LSC) != 0)
		ret = listen_to_link(intr);
	if (ret < 0)
		return ret;
	rte_intr_type_set(intr->handle, RTE_INTR_HANDLE_EXT);
	rte_intr_fd_set(intr->handle, intr->epoll_fd);
	return rte_intr_callback_register(intr->handle, handle_interrupt, intr);
}

static int
create_intr(struct rte_eth_dev *dev, unsigned int wanted)
{
	struct rtap_intr *intr = calloc(1, sizeof(*intr));
	int ret;

	if (intr == NULL) {
		PMD_LOG(ERR, "%s: no memory for events", dev->data->name);
		return -ENOMEM;
	}
	intr->dev = dev;
	intr->wanted = wanted;
	intr->epoll_fd = -1;
	intr->events.fd = -1;
	intr->place.netns_id = RTAP_NETNS_OWN;
	ret = arm_intr(intr);
	if (ret < 0) {
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot listen to events", dev->data->name);
		destroy_intr(intr);
		return ret;
	}
	rtap_process(dev)->intr = intr;
	return 0;
}

void
rtap_intr_close(struct rtap_process *process)
{
	if (process->intr != NULL)
		disarm_intr(process->intr);
	process->intr = NULL;
}

int
rtap_lsc_set(struct rte_eth_dev *dev, bool on)
{
	const struct rte_eth_intr_conf *conf = &dev->data->dev_conf.intr_conf;
	const struct rtap_process *process = rtap_process(dev);
	unsigned int wanted = 0;

	if (conf->lsc != 0 && on)
		wanted |= EVENT_LSC;
	if (conf->rmv != 0)
		wanted |= EVENT_RMV;
	/* What is told of the link begins with its state now; a deletion has no beginning. */
	if (process->intr != NULL && process->intr->wanted == wanted && wanted == EVENT_RMV)
		return 0;
	rtap_intr_close(rtap_process(dev));
	return wanted != 0 ? create_intr(dev, wanted) : 0;
}
