/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns transmit queues. A burst becomes one batch of writes and one system
 * call; very short bursts are written one by one, which is cheaper. A write to
 * a TAP is complete when the system call returns, so the mbufs are freed at
 * once and nothing is in flight between two bursts.
 */

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "rtap.h"
#include "rtap_log.h"

/* Up to so many packets one write(2) each is cheaper than a batch. */
#define TX_PLAIN_MAX 2

const struct virtio_net_hdr rtap_empty_hdr;

/* The headroom is ours if nobody else can see this mbuf's buffer. */
static inline bool
has_room_for_hdr(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 &&
		rte_pktmbuf_headroom(m) >= RTAP_VNET_HDR_LEN;
}

/*
 * Describes the packet with its header in front: one piece if the header goes
 * into the headroom. `iov` has room for RTAP_TX_MAX_SEGS + 1.
 */
static inline unsigned int
describe_packet(const struct rte_mbuf *m, struct iovec *iov)
{
	unsigned int n = 0;

	if (likely(has_room_for_hdr(m))) {
		struct virtio_net_hdr *hdr = rte_pktmbuf_mtod_offset(m, void *,
			-(int)RTAP_VNET_HDR_LEN);

		*hdr = rtap_empty_hdr;
		iov[n].iov_base = hdr;
		iov[n++].iov_len = RTAP_VNET_HDR_LEN + m->data_len;
		m = m->next;
	} else {
		iov[n].iov_base = (void *)(uintptr_t)&rtap_empty_hdr;
		iov[n++].iov_len = RTAP_VNET_HDR_LEN;
	}
	for (; m != NULL; m = m->next) {
		iov[n].iov_base = rte_pktmbuf_mtod(m, void *);
		iov[n++].iov_len = m->data_len;
	}
	return n;
}

/* What became of a run of packets that the kernel was given. */
struct outcome {
	uint64_t nb_bytes; /* of those that were sent */
	uint16_t nb_errors;
	bool has_chains;   /* some have several segments */
};

static inline void
note_failure(const struct rtap_tx_queue *q __rte_unused, struct outcome *outcome,
		const struct rte_mbuf *m, int err __rte_unused)
{
	PMD_TX_LOG(DEBUG, "write of queue %u failed: %s", q->queue_id, rte_strerror(err));
	outcome->nb_bytes -= m->pkt_len;
	outcome->nb_errors++;
}

/*
 * With FAST_FREE the application promises that all come from one pool and that
 * nobody else holds them. That a packet has one segment it promises in later
 * releases only.
 */
static inline void
free_packets(const struct rtap_tx_queue *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		bool has_chains)
{
	if ((q->offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0 && likely(!has_chains) &&
			likely(nb_pkts > 0))
		rte_mempool_put_bulk(pkts[0]->pool, (void **)pkts, nb_pkts);
	else
		rte_pktmbuf_free_bulk(pkts, nb_pkts);
}

/* The packets are done with, sent or not. */
static inline void
finish_packets(struct rtap_tx_queue *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		const struct outcome *outcome)
{
	rtap_counter_add(&q->packets, nb_pkts - outcome->nb_errors);
	rtap_counter_add(&q->bytes, outcome->nb_bytes);
	if (unlikely(outcome->nb_errors > 0))
		rtap_counter_add(&q->errors, outcome->nb_errors);
	free_packets(q, pkts, nb_pkts, outcome->has_chains);
}

/* What is counted of a packet when it is handed over, before its outcome is known. */
static inline void
note_packet(struct outcome *outcome, const struct rte_mbuf *m)
{
	outcome->nb_bytes += m->pkt_len;
	outcome->has_chains |= m->nb_segs > 1;
}

static uint16_t
write_plain(struct rtap_tx_queue *q, int tap_fd, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct outcome outcome = { 0 };

	for (uint16_t i = 0; i < nb_pkts; i++) {
		unsigned int nb_iov = describe_packet(pkts[i], q->iov);
		ssize_t len;

		if (likely(nb_iov == 1))
			len = write(tap_fd, q->iov[0].iov_base, q->iov[0].iov_len);
		else
			len = writev(tap_fd, q->iov, nb_iov);
		note_packet(&outcome, pkts[i]);
		if (unlikely(len < 0))
			note_failure(q, &outcome, pkts[i], errno);
	}
	finish_packets(q, pkts, nb_pkts, &outcome);
	return nb_pkts;
}

/* Prepares a write for each packet, as far as the queue's iovecs go. Returns how many. */
static uint16_t
prepare_batch(struct rtap_tx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		uint16_t nb_pkts, struct outcome *outcome)
{
	unsigned int used = 0;
	uint16_t i;

	for (i = 0; i < nb_pkts && used + RTAP_TX_MAX_SEGS < RTAP_TX_IOV_LEN; i++) {
		struct iovec *iov = &q->iov[used];
		unsigned int nb_iov = describe_packet(pkts[i], iov);

		if (likely(nb_iov == 1)) {
			rtap_uring_prep_write(u, iov->iov_base, iov->iov_len, i);
		} else {
			rtap_uring_prep_writev(u, iov, nb_iov, i);
			used += nb_iov;
		}
		note_packet(outcome, pkts[i]);
	}
	return i;
}

/* Completions tell of failures, and of success only where the kernel cannot leave that out. */
static void
reap_writes(struct rtap_tx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		struct outcome *outcome)
{
	struct io_uring_cqe *cqe;
	unsigned int nb_seen = 0;
	unsigned int head;

	io_uring_for_each_cqe(&u->ring, head, cqe) {
		if (cqe->res < 0)
			note_failure(q, outcome, pkts[rtap_uring_number(cqe)], -cqe->res);
		nb_seen++;
	}
	io_uring_cq_advance(&u->ring, nb_seen);
}

/* Writes in one system call. Returns how many packets the kernel took, which are then done with. */
static uint16_t
write_batch(struct rtap_tx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		uint16_t nb_pkts)
{
	struct outcome outcome = { 0 };
	uint16_t nb_prepared = prepare_batch(q, u, pkts, nb_pkts, &outcome);
	uint16_t nb_taken = rtap_uring_submit(u);

	for (uint16_t i = nb_taken; unlikely(i < nb_prepared); i++)
		outcome.nb_bytes -= pkts[i]->pkt_len;
	reap_writes(q, u, pkts, &outcome);
	finish_packets(q, pkts, nb_taken, &outcome);
	return nb_taken;
}

static inline bool
is_sendable(const struct rte_mbuf *m)
{
	return m->nb_segs <= RTAP_TX_MAX_SEGS;
}

/* Packets from the first on that can be sent together; 0 if the first cannot be sent at all. */
static inline uint16_t
count_sendable(struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint16_t n = 0;

	while (n < nb_pkts && likely(is_sendable(pkts[n])))
		n++;
	return n;
}

static __rte_noinline void
drop_packet(struct rtap_tx_queue *q, struct rte_mbuf *m)
{
	PMD_TX_LOG(DEBUG, "packet of %u segments dropped, the limit is %u", m->nb_segs,
		RTAP_TX_MAX_SEGS);
	rtap_counter_add(&q->errors, 1);
	rte_pktmbuf_free(m);
}

uint16_t
rtap_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct rtap_tx_queue *q = queue;
	struct rtap_uring *u = rtap_queue_pair(q->port_id, q->queue_id)->tx;
	uint16_t nb_tx = 0;

	if (unlikely(u == NULL))
		return 0;

	while (nb_tx < nb_pkts) {
		uint16_t nb_left = RTE_MIN(nb_pkts - nb_tx, RTAP_RING_ENTRIES);
		uint16_t nb_run = count_sendable(&pkts[nb_tx], nb_left);
		uint16_t nb_done;

		if (unlikely(nb_run == 0)) {
			drop_packet(q, pkts[nb_tx++]);
			continue;
		}
		if (nb_run <= TX_PLAIN_MAX || unlikely(!rtap_uring_has(u, RTAP_URING_NOWAIT)))
			nb_done = write_plain(q, u->tap_fd, &pkts[nb_tx], nb_run);
		else
			nb_done = write_batch(q, u, &pkts[nb_tx], nb_run);
		if (unlikely(nb_done == 0))
			break;
		nb_tx += nb_done;
	}
	return nb_tx;
}

uint16_t
rtap_tx_prepare(void *queue __rte_unused, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint16_t nb_good = count_sendable(pkts, nb_pkts);

	if (nb_good < nb_pkts)
		rte_errno = EINVAL;
	return nb_good;
}

int
rtap_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf)
{
	struct rtap_tx_queue *q;
	int ret = rtap_refuse_secondary(dev, "set up a queue of");

	if (ret < 0)
		return ret;
	q = rte_zmalloc_socket("rtap_tx_queue", sizeof(*q), RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL)
		return -ENOMEM;
	q->port_id = dev->data->port_id;
	q->queue_id = queue_id;
	q->nb_desc = nb_desc;
	q->is_deferred = conf->tx_deferred_start;
	/* ethdev leaves those of the port out of the queue's. */
	q->offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;
	dev->data->tx_queues[queue_id] = q;
	return 0;
}

void
rtap_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_tx_queue *q = dev->data->tx_queues[queue_id];

	/* ethdev asks a secondary process to release queues that are the primary's. */
	if (q == NULL || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return;
	rtap_tx_stop(q);
	dev->data->tx_queues[queue_id] = NULL;
	rte_free(q);
}

int
rtap_tx_start(struct rtap_tx_queue *q, int tap_fd, unsigned int without)
{
	struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u;

	if (pair->tx != NULL)
		return -EBUSY;
	u = rtap_uring_create(RTAP_RING_ENTRIES, tap_fd, without);
	if (u == NULL)
		return -rte_errno;
	pair->tx = u;
	return 0;
}

void
rtap_tx_stop(struct rtap_tx_queue *q)
{
	struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u = pair->tx;

	pair->tx = NULL;
	rtap_uring_destroy(u);
}
