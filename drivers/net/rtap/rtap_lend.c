/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns when the queues are lent to secondary processes, and what becomes of them
 * if one does not give them back in time. It was stopped, perhaps in the middle of
 * a burst, and goes on with that when it wakes up. Till then nobody may use what
 * the burst uses: a queue that is started again is replaced by a copy without
 * stock, and what a queue had is freed when all processes have let go of it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_malloc.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_mp.h"
#include "rtap_trace.h"

/* One of both. */
struct rtap_left {
	SLIST_ENTRY(rtap_left) next;
	struct rtap_rx_queue *rx;
	struct rtap_tx_queue *tx;
};

static void
free_queues(struct rtap_rx_queue *rx, struct rtap_tx_queue *tx)
{
	if (rx != NULL)
		rtap_rx_free_stock(rx);
	rte_free(rx);
	rte_free(tx);
}

/* Without memory to remember them, they are lost. */
static void
leave_queues(struct rtap_late *late, struct rtap_rx_queue *rx, struct rtap_tx_queue *tx)
{
	struct rtap_left *left = calloc(1, sizeof(*left));

	if (left == NULL)
		return;
	left->rx = rx;
	left->tx = tx;
	SLIST_INSERT_HEAD(&late->left, left, next);
}

/* If they are not back, they are lost. */
static void
forget_left(struct rtap_late *late, bool is_back)
{
	struct rtap_left *left;

	while ((left = SLIST_FIRST(&late->left)) != NULL) {
		SLIST_REMOVE_HEAD(&late->left, next);
		if (is_back)
			free_queues(left->rx, left->tx);
		free(left);
	}
}

static void
take_back(struct rtap_queue_pair *pair)
{
	if (pair->is_rx_late && pair->rx == NULL && pair->rx_queue != NULL)
		rtap_rx_free_stock(pair->rx_queue);
	pair->is_rx_late = false;
	pair->is_tx_late = false;
}

static void
forget_returned(struct rtap_late *late)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < late->nb_fds; i++) {
		if (rtap_mp_is_back(late->fds[i]))
			close(late->fds[i]);
		else
			late->fds[n++] = late->fds[i];
	}
	late->nb_fds = n;
}

/* If no process is late any more, what was waiting for that is dealt with. */
static void
settle(struct rte_eth_dev *dev)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_late *late = &process->late;

	if (!late->is_late)
		return;
	forget_returned(late);
	if (late->nb_fds > 0 || late->is_forever)
		return;
	for (unsigned int i = 0; i < RTAP_MAX_QUEUES; i++)
		take_back(&process->queues[i]);
	forget_left(late, true);
	late->is_late = false;
	PMD_LOG(INFO, "%s: all queues are back from secondary processes", dev->data->name);
}

static bool
is_late(struct rte_eth_dev *dev)
{
	settle(dev);
	return rtap_process(dev)->late.is_late;
}

static void
note_late(struct rte_eth_dev *dev, int late_fd)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_late *late = &process->late;

	for (uint16_t i = 0; i < dev->data->nb_rx_queues; i++) {
		process->queues[i].is_rx_late = true;
		process->queues[i].is_tx_late = true;
	}
	late->is_late = true;
	if (late_fd >= 0 && late->nb_fds < RTAP_MAX_LATE) {
		late->fds[late->nb_fds++] = late_fd;
		return;
	}
	late->is_forever = true;
	if (late_fd >= 0)
		close(late_fd);
}

void
rtap_lend_queues(struct rte_eth_dev *dev)
{
	const struct rtap_process *process = rtap_process(dev);
	uint16_t nb_queues = dev->data->nb_rx_queues;
	int fds[RTAP_MAX_QUEUES];
	uint32_t loan;

	for (uint16_t i = 0; i < nb_queues; i++)
		fds[i] = process->queues[i].tap_fd;
	loan = rtap_mp_lend(process->lender, fds, nb_queues);
	rte_atomic_store_explicit(&rtap_shared(dev)->loan, loan, rte_memory_order_release);
	rtap_trace_lend(dev->data->port_id, loan);
}

void
rtap_recall_queues(struct rte_eth_dev *dev)
{
	int late_fd;
	int ret;

	rte_atomic_store_explicit(&rtap_shared(dev)->loan, 0, rte_memory_order_seq_cst);
	ret = rtap_mp_recall(rtap_process(dev)->lender, &late_fd);
	rtap_trace_recall(dev->data->port_id, -ret);
	if (ret < 0) {
		PMD_LOG_ERRNO(WARNING, -ret, "%s: a secondary process keeps its queues",
			dev->data->name);
		note_late(dev, late_fd);
	}
	settle(dev);
}

/* The burst that is under way may write to the queue while it is copied: it has what counts. */
static void *
copy_queue(const struct rte_eth_dev *dev, const char *type, uint16_t queue_id, const void *q,
		size_t len)
{
	void *copy = rte_malloc(type, len, RTE_CACHE_LINE_SIZE);

	if (copy == NULL)
		PMD_LOG(ERR, "%s: no memory to replace queue %u, which a secondary process keeps",
			dev->data->name, queue_id);
	else
		memcpy(copy, q, len);
	return copy;
}

int
rtap_late_renew_rx(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_queue_pair *pair = &process->queues[queue_id];
	struct rtap_rx_queue *former = dev->data->rx_queues[queue_id];
	struct rtap_rx_queue *q;

	if (!is_late(dev) || !pair->is_rx_late)
		return 0;
	q = copy_queue(dev, "rtap_rx_queue", queue_id, former, sizeof(*former));
	if (q == NULL)
		return -ENOMEM;
	q->nb_stock = 0;
	q->is_busy = false;
	rtap_view_set_rx_queue(q->port_id, queue_id, q);
	dev->data->rx_queues[queue_id] = q;
	pair->is_rx_late = false;
	leave_queues(&process->late, former, NULL);
	return 0;
}

int
rtap_late_renew_tx(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_queue_pair *pair = &process->queues[queue_id];
	struct rtap_tx_queue *former = dev->data->tx_queues[queue_id];
	struct rtap_tx_queue *q;

	if (!is_late(dev) || !pair->is_tx_late)
		return 0;
	q = copy_queue(dev, "rtap_tx_queue", queue_id, former, sizeof(*former));
	if (q == NULL)
		return -ENOMEM;
	rtap_view_set_tx_queue(q->port_id, queue_id, q);
	dev->data->tx_queues[queue_id] = q;
	pair->is_tx_late = false;
	leave_queues(&process->late, NULL, former);
	return 0;
}

void
rtap_late_free_rx(struct rte_eth_dev *dev, struct rtap_rx_queue *q)
{
	struct rtap_process *process = rtap_process(dev);
	bool *mark = &process->queues[q->queue_id].is_rx_late;

	if (is_late(dev) && *mark)
		leave_queues(&process->late, q, NULL);
	else
		free_queues(q, NULL);
	*mark = false;
}

void
rtap_late_free_tx(struct rte_eth_dev *dev, struct rtap_tx_queue *q)
{
	struct rtap_process *process = rtap_process(dev);
	bool *mark = &process->queues[q->queue_id].is_tx_late;

	if (is_late(dev) && *mark)
		leave_queues(&process->late, NULL, q);
	else
		free_queues(NULL, q);
	*mark = false;
}

/* The burst looks at what all processes share of the port, too. */
void
rtap_late_close(struct rte_eth_dev *dev)
{
	struct rtap_late *late = &rtap_process(dev)->late;

	if (!is_late(dev))
		return;
	PMD_LOG(WARNING, "%s: the queues that a secondary process keeps are lost",
		dev->data->name);
	forget_left(late, false);
	while (late->nb_fds > 0)
		close(late->fds[--late->nb_fds]);
	dev->data->dev_private = NULL;
}
