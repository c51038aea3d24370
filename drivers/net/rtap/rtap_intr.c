/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what the EAL interrupt thread does for a port: it hears of each change
 * of the interface on a netlink socket of its own, and tells the application.
 * The application may stop and even close the port from inside of its callback,
 * so that thread works on a structure that outlives the port if need be.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "rtap.h"
#include "rtap_log.h"

/* How long a callback of the application takes is not ours to know. */
#define UNREGISTER_STEP_US 100

/* Changes may come faster than they can be heard. */
#define ASK_TRIES 8

/* Members marked intr are of the EAL interrupt thread as soon as it is armed. */
struct rtap_intr {
	struct rte_eth_dev *dev;        /* const */
	struct rte_intr_handle *handle; /* const; of the socket */
	struct rtap_nl events;          /* intr */
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
	PMD_LOG(INFO, "%s: link is %s", intr->dev->data->name,
		intr->link_status == RTE_ETH_LINK_UP ? "up" : "down");
	rte_eth_dev_callback_process(intr->dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static bool
handle_event(const struct rtap_nl_event *event, void *arg)
{
	struct rtap_intr *intr = arg;

	if (event->link.if_index == rtap_shared(intr->dev)->if_index)
		tell_link(intr, event->is_gone ? NULL : &event->link);
	return !is_over(intr);
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
		ret = rtap_nl_get_link(&intr->events, rtap_shared(intr->dev)->if_index, kernel);
	}
	return ret;
}

/* Tells of all that waits. Where the kernel could not keep it all, how it ended can still be asked. */
static void
handle_interrupt(void *arg)
{
	struct rtap_intr *intr = arg;
	int ret = rtap_nl_drain(&intr->events, handle_event, intr);
	struct rtap_link kernel;

	if (ret == 0 || is_over(intr))
		return;
	ret = ask_link(intr, &kernel);
	if (ret == 0 || ret == -ENODEV)
		tell_link(intr, ret == 0 ? &kernel : NULL);
	else
		PMD_LOG_ERRNO(ERR, -ret, "%s: lost track of the link", intr->dev->data->name);
}

static void
destroy_intr(struct rtap_intr *intr)
{
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
listen_to_link(struct rtap_intr *intr)
{
	struct rtap_link kernel;
	int ret = rtap_nl_open_events(&intr->events);

	if (ret < 0)
		return ret;
	ret = ask_link(intr, &kernel);
	if (ret < 0) {
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot ask for the link", intr->dev->data->name);
		return ret;
	}
	set_link(intr, &kernel);
	return 0;
}

static int
arm_intr(struct rtap_intr *intr)
{
	int ret;

	intr->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (intr->handle == NULL)
		return -ENOMEM;
	ret = listen_to_link(intr);
	if (ret < 0)
		return ret;
	rte_intr_type_set(intr->handle, RTE_INTR_HANDLE_EXT);
	rte_intr_fd_set(intr->handle, intr->events.fd);
	ret = rte_intr_callback_register(intr->handle, handle_interrupt, intr);
	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot register an interrupt", intr->dev->data->name);
	return ret;
}

static int
create_intr(struct rte_eth_dev *dev)
{
	struct rtap_intr *intr = calloc(1, sizeof(*intr));
	int ret;

	if (intr == NULL)
		return -ENOMEM;
	intr->dev = dev;
	intr->events.fd = -1;
	ret = arm_intr(intr);
	if (ret < 0)
		destroy_intr(intr);
	else
		rtap_process(dev)->intr = intr;
	return ret;
}

int
rtap_lsc_set(struct rte_eth_dev *dev, bool on)
{
	struct rtap_process *process = rtap_process(dev);

	if (process->intr != NULL)
		disarm_intr(process->intr);
	process->intr = NULL;
	return on ? create_intr(dev) : 0;
}
