/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the ways to wait for packets without polling: the receive interrupts,
 * and the address that a CPU can be made to monitor. The interrupt of a queue is an epoll instance
 * of its own with the TAP queue in it, and applications wait on that instance
 * as they do on any descriptor. It is readable exactly while the interrupt is
 * enabled and a packet waits: nothing has to be read from it, nothing stale
 * stays in it, and whoever adds it to an epoll set of theirs, by edge as
 * rte_epoll does or by level, is woken.
 *
 * The rings have no part in interrupts. Their completions are delivered to the
 * thread that armed a poll, and only once it enters the kernel: that need not
 * be the thread that sleeps.
 */

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "rtap.h"
#include "rtap_log.h"

/*
 * By edge within the instance only: so that forget_event() takes the event out
 * although its packet still waits.
 */
static uint32_t
wanted_events(const struct rtap_queue_pair *pair)
{
	return pair->is_intr_enabled ? EPOLLIN | EPOLLET : 0;
}

static int
control(const struct rtap_queue_pair *pair, int operation)
{
	struct epoll_event event = { .events = wanted_events(pair) };

	return epoll_ctl(pair->intr_fd, operation, pair->tap_fd, &event) < 0 ? -errno : 0;
}

/*
 * An event that the instance still holds from before would be passed on only
 * once, and an application that waits by edge may have had it: the next one
 * must be new.
 */
static void
forget_event(const struct rtap_queue_pair *pair)
{
	struct epoll_event event;

	epoll_wait(pair->intr_fd, &event, 1, 0);
}

/*
 * What happens with the TAP queue here happens for the started queue only. A
 * TAP queue that is detached, or whose interface was deleted, reports an error
 * for ever, and nobody could sleep.
 */
int
rtap_rx_intr_watch(struct rtap_queue_pair *pair)
{
	int ret;

	if (pair->intr_fd < 0)
		return 0;
	ret = control(pair, EPOLL_CTL_ADD);
	/* It is still there if it could not be taken out. */
	if (ret == -EEXIST)
		ret = control(pair, EPOLL_CTL_MOD);
	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "cannot watch fd %d for Rx interrupts", pair->tap_fd);
	return ret;
}

void
rtap_rx_intr_unwatch(struct rtap_queue_pair *pair)
{
	if (pair->intr_fd >= 0)
		control(pair, EPOLL_CTL_DEL);
}

static int
change_interrupt(struct rte_eth_dev *dev, uint16_t queue_id, bool is_enabled)
{
	const struct rtap_rx_queue *q = dev->data->rx_queues[queue_id];
	struct rtap_queue_pair *pair = &rtap_process(dev)->queues[queue_id];
	int ret;

	if (pair->intr_fd < 0)
		return -ENOTSUP;
	pair->is_intr_enabled = is_enabled;
	if (q->is_gone) {
		rtap_rx_intr_unwatch(pair);
		return 0;
	}
	if (is_enabled)
		forget_event(pair);
	ret = control(pair, EPOLL_CTL_MOD);
	/* A queue that is stopped is watched when it starts. */
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "cannot change the Rx interrupt of queue %u", queue_id);
	return ret;
}

/* The kernel looks for packets when it changes the events, and so misses none. */
int
rtap_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue_id)
{
	return change_interrupt(dev, queue_id, true);
}

int
rtap_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue_id)
{
	return change_interrupt(dev, queue_id, false);
}

/*
 * Nothing is written for a queue that has no poll armed by this thread: its
 * next burst looks into the kernel. One that found nothing has armed a poll.
 */
static int
is_sleep_vain(const uint64_t value __rte_unused,
		const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	const struct rtap_uring *u = (const struct rtap_uring *)(uintptr_t)opaque[0];

	if (!u->is_armed || u->armed_by != rte_gettid() || rtap_uring_is_woken(u))
		return -1;
	return 0;
}

int
rtap_get_monitor_addr(void *queue, struct rte_power_monitor_cond *condition)
{
	const struct rtap_rx_queue *q = queue;
	const struct rtap_uring *u = rtap_queue_pair(q->port_id, q->queue_id)->rx;

	if (u == NULL)
		return -EINVAL;
	condition->addr = (volatile void *)(uintptr_t)rtap_uring_wake_word(u);
	condition->size = sizeof(*rtap_uring_wake_word(u));
	condition->fn = is_sleep_vain;
	condition->opaque[0] = (uintptr_t)u;
	return 0;
}

static int
open_vector(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_queue_pair *pair = &rtap_process(dev)->queues[queue_id];
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	pair->intr_fd = fd;
	if (rte_intr_vec_list_index_set(dev->intr_handle, queue_id,
			RTE_INTR_VEC_RXTX_OFFSET + queue_id) != 0 ||
			rte_intr_efds_index_set(dev->intr_handle, queue_id, fd) != 0)
		return -rte_errno;
	return 0;
}

static int
open_vectors(struct rte_eth_dev *dev)
{
	uint16_t nb_queues = dev->data->nb_rx_queues;
	int ret = 0;

	dev->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (dev->intr_handle == NULL)
		return -ENOMEM;
	/* The EAL has nothing to read when an interrupt comes. */
	if (rte_intr_type_set(dev->intr_handle, RTE_INTR_HANDLE_VDEV) != 0 ||
			rte_intr_efd_counter_size_set(dev->intr_handle, 0) != 0 ||
			rte_intr_vec_list_alloc(dev->intr_handle, NULL, nb_queues) != 0 ||
			rte_intr_nb_efd_set(dev->intr_handle, nb_queues) != 0)
		return -rte_errno;
	for (uint16_t i = 0; i < nb_queues && ret == 0; i++)
		ret = open_vector(dev, i);
	return ret;
}

int
rtap_rx_intr_open(struct rte_eth_dev *dev)
{
	int ret;

	if (dev->data->dev_conf.intr_conf.rxq == 0 || dev->data->nb_rx_queues == 0)
		return 0;
	ret = open_vectors(dev);
	if (ret < 0) {
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot make Rx interrupts", dev->data->name);
		rtap_rx_intr_close(dev);
	}
	return ret;
}

void
rtap_rx_intr_close(struct rte_eth_dev *dev)
{
	if (dev->intr_handle == NULL)
		return;
	/* Takes them out of the epoll sets that the application put them into. */
	rte_intr_free_epoll_fd(dev->intr_handle);
	rte_intr_vec_list_free(dev->intr_handle);
	rte_intr_instance_free(dev->intr_handle);
	dev->intr_handle = NULL;

	for (unsigned int i = 0; i < RTAP_MAX_QUEUES; i++) {
		struct rtap_queue_pair *pair = &rtap_process(dev)->queues[i];

		if (pair->intr_fd >= 0)
			close(pair->intr_fd);
		pair->intr_fd = -1;
		pair->is_intr_enabled = false;
	}
}
