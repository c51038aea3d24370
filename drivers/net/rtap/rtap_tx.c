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
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_trace.h"

/* Up to so many packets one write(2) each is cheaper than a batch. */
#define TX_PLAIN_MAX 2

/* The header of a packet that asks the kernel for nothing. */
static const struct rtap_vnet_hdr empty_hdr;

/* The headroom is ours if nobody else can see this mbuf's buffer. */
static inline bool
has_room_for_hdr(const struct rtap_tx_queue *q, const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 &&
		rte_pktmbuf_headroom(m) >= q->offload.hdr_len;
}

/* The first piece of a packet: its header, followed by the first bytes of the frame. */
static inline void
describe_start(struct iovec *iov, const void *start, uint32_t len)
{
	iov->iov_base = (void *)(uintptr_t)start;
	iov->iov_len = len;
}

/* Describes the frame without its first bytes. Returns the number of pieces. */
static unsigned int
describe_frame(const struct rte_mbuf *m, uint32_t skipped, struct iovec *iov)
{
	unsigned int n = 0;

	for (; m != NULL; m = m->next) {
		if (skipped >= m->data_len) {
			skipped -= m->data_len;
			continue;
		}
		describe_start(&iov[n++], rte_pktmbuf_mtod_offset(m, void *, skipped),
			m->data_len - skipped);
		skipped = 0;
	}
	return n;
}

/* A packet whose headers stand in storage of ours, in front of the rest of the frame. */
static unsigned int
describe_apart(struct rtap_tx_queue *q, const struct rte_mbuf *m, uint32_t hdrs_len,
		struct iovec *iov)
{
	uint8_t *hdr = &q->hdrs[q->nb_hdrs_used];
	uint8_t *hdrs = hdr + q->offload.hdr_len;

	q->nb_hdrs_used += q->offload.hdr_len + hdrs_len;
	rtap_counter_add(&q->count.apart, 1);
	if (hdrs_len > 0)
		rtap_offload_copy_hdrs(m, hdrs, hdrs_len);
	rtap_offload_to_hdr(&q->offload, m, hdrs, hdr);
	describe_start(iov, hdr, q->offload.hdr_len + hdrs_len);
	return 1 + describe_frame(m, hdrs_len, &iov[1]);
}

/* A packet that wants more of the kernel than to be taken as it is. */
static __rte_noinline unsigned int
describe_offloaded(struct rtap_tx_queue *q, struct rte_mbuf *m, struct iovec *iov)
{
	uint32_t hdrs_len;
	void *hdr;

	/* Cannot fail, and leaves the mbuf where it is: it was checked before. */
	if ((m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0) {
		rte_vlan_insert(&m);
		rtap_counter_add(&q->count.inserted, 1);
	}
	hdrs_len = rtap_offload_finish(m);
	if (hdrs_len > 0 || !has_room_for_hdr(q, m))
		return describe_apart(q, m, hdrs_len, iov);

	hdr = rte_pktmbuf_mtod_offset(m, void *, -(int)q->offload.hdr_len);
	rtap_offload_to_hdr(&q->offload, m, NULL, hdr);
	describe_start(iov, hdr, q->offload.hdr_len + m->data_len);
	return 1 + describe_frame(m->next, 0, &iov[1]);
}

/*
 * Describes the packet with its header in front: one piece if the header goes
 * into the headroom. `iov` has room for RTAP_TX_MAX_SEGS + 1.
 */
static inline unsigned int
describe_packet(struct rtap_tx_queue *q, struct rte_mbuf *m, struct iovec *iov)
{
	uint16_t hdr_len = q->offload.hdr_len;
	void *hdr;

	if (unlikely((m->ol_flags & RTAP_OFFLOAD_TX_FLAGS) != 0))
		return describe_offloaded(q, m, iov);
	if (unlikely(!has_room_for_hdr(q, m))) {
		rtap_counter_add(&q->count.apart, 1);
		describe_start(iov, &empty_hdr, hdr_len);
		return 1 + describe_frame(m, 0, &iov[1]);
	}
	hdr = rte_pktmbuf_mtod_offset(m, void *, -(int)hdr_len);
	if (likely(hdr_len == RTAP_VNET_HDR_LEN))
		memcpy(hdr, &empty_hdr, RTAP_VNET_HDR_LEN);
	else
		memcpy(hdr, &empty_hdr, RTAP_VNET_TUNNEL_HDR_LEN);
	describe_start(iov, hdr, hdr_len + m->data_len);
	return likely(m->next == NULL) ? 1 : 1 + describe_frame(m->next, 0, &iov[1]);
}

static_assert(RTAP_RING_ENTRIES <= 64, "a bit for each packet of a run");

/* Failures are noted as bits, by the position of the packet in its run. */
static inline void
note_failure(const struct rtap_tx_queue *q __rte_unused, uint64_t *failed,
		unsigned int position, int err __rte_unused)
{
	PMD_TX_LOG(DEBUG, "write of queue %u failed: %s", q->queue_id, rte_strerror(err));
	*failed |= RTE_BIT64(position);
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

static __rte_noinline void
count_offloads(struct rtap_tx_counters *count, uint64_t ol_flags)
{
	const uint64_t ip_flags = RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_OUTER_IP_CKSUM;

	if ((ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		rtap_counter_add(&count->tso, 1);
	else if ((ol_flags & RTE_MBUF_F_TX_UDP_SEG) != 0)
		rtap_counter_add(&count->uso, 1);
	else if ((ol_flags & RTE_MBUF_F_TX_L4_MASK) != 0)
		rtap_counter_add(&count->l4_checksums, 1);
	if ((ol_flags & ip_flags) != 0)
		rtap_counter_add(&count->ip_checksums, 1);
}

static inline void
count_packet(struct rtap_tx_counters *count, const struct rte_mbuf *m)
{
	rtap_frame_count(&count->frames, m);
	if (unlikely(m->nb_segs > 1))
		rtap_counter_add(&count->chains, 1);
	if (unlikely((m->ol_flags & RTAP_OFFLOAD_TX_FLAGS) != 0))
		count_offloads(count, m->ol_flags);
}

/* The packets are done with, sent or not. */
static inline void
finish_packets(struct rtap_tx_queue *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		uint64_t failed)
{
	bool has_chains = false;
	uint64_t nb_bytes = 0;
	uint16_t nb_sent = 0;

	for (uint16_t i = 0; i < nb_pkts; i++) {
		const struct rte_mbuf *m = pkts[i];

		has_chains |= m->nb_segs > 1;
		if (unlikely((failed & RTE_BIT64(i)) != 0))
			continue;
		nb_sent++;
		nb_bytes += m->pkt_len;
		count_packet(&q->count, m);
	}
	rtap_counter_add(&q->count.packets, nb_sent);
	rtap_counter_add(&q->count.bytes, nb_bytes);
	if (unlikely(nb_sent < nb_pkts))
		rtap_counter_add(&q->count.errors, nb_pkts - nb_sent);
	free_packets(q, pkts, nb_pkts, has_chains);
}

static uint16_t
write_plain(struct rtap_tx_queue *q, int tap_fd, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint64_t failed = 0;

	for (uint16_t i = 0; i < nb_pkts; i++) {
		unsigned int nb_iov;
		ssize_t len;

		q->nb_hdrs_used = 0;
		nb_iov = describe_packet(q, pkts[i], q->iov);
		if (likely(nb_iov == 1))
			len = write(tap_fd, q->iov[0].iov_base, q->iov[0].iov_len);
		else
			len = writev(tap_fd, q->iov, nb_iov);
		if (unlikely(len < 0))
			note_failure(q, &failed, i, errno);
	}
	finish_packets(q, pkts, nb_pkts, failed);
	return nb_pkts;
}

/* True if there are iovecs and header storage for any packet. */
static inline bool
has_room_for_packet(const struct rtap_tx_queue *q, unsigned int nb_iov_used)
{
	const unsigned int max_hdrs = RTAP_VNET_TUNNEL_HDR_LEN + RTAP_OFFLOAD_MAX_HDRS;

	return nb_iov_used + RTAP_TX_MAX_SEGS < RTAP_TX_IOV_LEN &&
		q->nb_hdrs_used + max_hdrs <= RTAP_TX_HDRS_LEN;
}

/* Prepares a write for each packet, as far as the queue's storage goes. Returns how many. */
static uint16_t
prepare_batch(struct rtap_tx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		uint16_t nb_pkts)
{
	unsigned int used = 0;
	uint16_t i;

	q->nb_hdrs_used = 0;
	for (i = 0; i < nb_pkts && has_room_for_packet(q, used); i++) {
		struct iovec *iov = &q->iov[used];
		unsigned int nb_iov = describe_packet(q, pkts[i], iov);

		if (likely(nb_iov == 1)) {
			rtap_uring_prep_write(u, iov->iov_base, iov->iov_len, i);
		} else {
			rtap_uring_prep_writev(u, iov, nb_iov, i);
			used += nb_iov;
		}
	}
	return i;
}

/* Completions tell of failures, and of success only where the kernel cannot leave that out. */
static void
reap_writes(const struct rtap_tx_queue *q, struct rtap_uring *u, uint64_t *failed)
{
	struct io_uring_cqe *cqe;
	unsigned int nb_seen = 0;
	unsigned int head;

	io_uring_for_each_cqe(&u->ring, head, cqe) {
		if (cqe->res < 0)
			note_failure(q, failed, rtap_uring_number(cqe), -cqe->res);
		nb_seen++;
	}
	io_uring_cq_advance(&u->ring, nb_seen);
}

/* Writes in one system call. Returns how many packets the kernel took, which are then done with. */
static uint16_t
write_batch(struct rtap_tx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		uint16_t nb_pkts)
{
	uint64_t failed = 0;
	uint16_t nb_writes;
	uint16_t nb_taken;

	nb_writes = prepare_batch(q, u, pkts, nb_pkts);
	nb_taken = rtap_uring_submit(u);
	reap_writes(q, u, &failed);
	rtap_counter_add(&q->count.submits, 1);
	if (likely(nb_taken > 0))
		rtap_counter_add(&q->count.batches, 1);
	rtap_counter_add(&q->count.batch_packets, nb_taken);
	rtap_trace_tx_batch(q->port_id, q->queue_id, nb_writes, nb_taken);
	finish_packets(q, pkts, nb_taken, failed);
	return nb_taken;
}

static inline bool
is_sendable(const struct rtap_tx_queue *q, const struct rte_mbuf *m)
{
	if (likely(m->nb_segs <= RTAP_TX_MAX_SEGS &&
			(m->ol_flags & RTAP_OFFLOAD_TX_FLAGS) == 0))
		return true;
	return rtap_offload_check(&q->offload, m) == 0;
}

/* Packets from the first on that can be sent together; 0 if the first cannot be sent at all. */
static inline uint16_t
count_sendable(const struct rtap_tx_queue *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint16_t n = 0;

	while (n < nb_pkts && likely(is_sendable(q, pkts[n])))
		n++;
	return n;
}

static __rte_noinline void
drop_packet(struct rtap_tx_queue *q, struct rte_mbuf *m)
{
	PMD_TX_LOG(DEBUG, "packet of %u segments with flags %#" PRIx64 " dropped: %s", m->nb_segs,
		m->ol_flags, rte_strerror(-rtap_offload_check(&q->offload, m)));
	rtap_counter_add(&q->count.errors, 1);
	rtap_counter_add(&q->count.refused, 1);
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
		uint16_t nb_run = count_sendable(q, &pkts[nb_tx], nb_left);
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
	rtap_trace_tx_burst(q->port_id, q->queue_id, nb_pkts, nb_tx);
	return nb_tx;
}

uint16_t
rtap_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	const struct rtap_tx_queue *q = queue;

	for (uint16_t i = 0; i < nb_pkts; i++) {
		int ret = rtap_offload_prepare(&q->offload, pkts[i]);

		if (unlikely(ret < 0)) {
			rte_errno = -ret;
			return i;
		}
	}
	return nb_pkts;
}

void
rtap_tx_set_offload(struct rtap_tx_queue *q, const struct rtap_offload *offload)
{
	q->offload = *offload;
}

int
rtap_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf)
{
	struct rtap_tx_queue *q;

	q = rte_zmalloc_socket("rtap_tx_queue", sizeof(*q), RTE_CACHE_LINE_SIZE, socket_id);
	if (q == NULL) {
		PMD_LOG(ERR, "%s: no memory for Tx queue %u", dev->data->name, queue_id);
		return -ENOMEM;
	}
	q->port_id = dev->data->port_id;
	q->queue_id = queue_id;
	q->nb_desc = nb_desc;
	q->is_deferred = conf->tx_deferred_start;
	/* ethdev leaves those of the port out of the queue's. */
	q->offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;
	rtap_tx_set_offload(q, &rtap_shared(dev)->offload);
	dev->data->tx_queues[queue_id] = q;
	rtap_view_set_tx_queue(q->port_id, queue_id, q);
	rtap_trace_tx_queue_setup(q->port_id, queue_id, nb_desc);
	return 0;
}

void
rtap_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id)
{
	struct rtap_tx_queue *q = dev->data->tx_queues[queue_id];

	if (q == NULL)
		return;
	rtap_tx_stop(q);
	rtap_view_set_tx_queue(q->port_id, queue_id, NULL);
	dev->data->tx_queues[queue_id] = NULL;
	rtap_late_free_tx(dev, q);
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
	rtap_counter_set(&q->count.fallback, !rtap_uring_has(u, RTAP_URING_NOWAIT));
	rtap_view_set_ring(&pair->tx, u);
	return 0;
}

void
rtap_tx_stop(struct rtap_tx_queue *q)
{
	struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u = pair->tx;

	rtap_view_set_ring(&pair->tx, NULL);
	rtap_uring_destroy(u);
}
