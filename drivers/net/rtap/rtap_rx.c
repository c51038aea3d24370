/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what a receive queue does with packets. A queue is in one of three states:
 *   busy     each burst reads. The first packets are read one by one, since
 *            most bursts of a quiet queue find only a few; when more wait, a
 *            batch of reads goes to the kernel in one system call.
 *   drained  the burst before seems to have taken all there was, so this one
 *            arms a poll before anything else.
 *   idle     a poll is armed, and a burst looks at memory only until the
 *            kernel reports it.
 * No read ever waits in the kernel. So no packet is taken that the application
 * did not ask for, and nothing but polls is in flight between two bursts.
 */

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_eal.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_trace.h"

/* Up to so many packets one read(2) each is cheaper than a batch. */
#define RX_PLAIN_MAX 4

/* How many mbufs are worth having ready: a batch of packets, of one mbuf or of several each. */
static inline uint16_t
stock_level(uint16_t nb_segs)
{
	return nb_segs == 1 ? RTAP_RING_ENTRIES : RTAP_RX_STOCK;
}

/* Fills the stock, or sees that it suffices for one packet. False if not even that. */
static bool
fill_stock(struct rtap_rx_queue *q, uint16_t nb_segs)
{
	uint16_t level = stock_level(nb_segs);

	if (q->nb_stock < level && likely(rte_pktmbuf_alloc_bulk(q->pool,
			&q->stock[q->nb_stock], level - q->nb_stock) == 0))
		q->nb_stock = level;

	/* The last mbufs of the pool are left to other queues, but for one packet. */
	while (unlikely(q->nb_stock < nb_segs)) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(q->pool);

		if (m == NULL)
			break;
		q->stock[q->nb_stock++] = m;
	}
	if (likely(q->nb_stock >= nb_segs))
		return true;
	rtap_counter_add(&q->count.nombuf, 1);
	return false;
}

/* The header is read into the end of the headroom, so that the frame starts where it should. */
static inline void *
read_address(const struct rtap_rx_queue *q, const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, void *, -(int)q->offload.hdr_len);
}

static inline uint32_t
read_len(const struct rtap_rx_queue *q)
{
	return q->offload.hdr_len + q->room;
}

/* Describes the mbufs of one read. */
static void
describe_read(const struct rtap_rx_queue *q, struct rte_mbuf **segs, uint16_t nb_segs,
		struct iovec *iov)
{
	iov[0].iov_base = read_address(q, segs[0]);
	iov[0].iov_len = read_len(q);
	for (uint16_t i = 1; i < nb_segs; i++) {
		iov[i].iov_base = rte_pktmbuf_mtod(segs[i], void *);
		iov[i].iov_len = q->room;
	}
}

static __rte_noinline void
note_read_error(struct rtap_rx_queue *q, int err)
{
	if (err == EBADFD) {
		PMD_LOG(DEBUG, "queue %u of port %u lost its interface", q->queue_id, q->port_id);
		q->is_gone = true;
		return;
	}
	PMD_RX_LOG(DEBUG, "read of queue %u failed: %s", q->queue_id, rte_strerror(err));
	rtap_counter_add(&q->count.errors, 1);
}

static inline void
note_no_packet(struct rtap_rx_queue *q, int err)
{
	if (likely(err == EAGAIN))
		rtap_counter_add(&q->count.empty_reads, 1);
	else
		note_read_error(q, err);
}

/* Links as many mbufs as the frame fills. Returns their number. */
static uint16_t
chain_segments(const struct rtap_rx_queue *q, struct rte_mbuf **segs, uint32_t frame_len)
{
	uint32_t left = frame_len;
	uint16_t n = 0;

	for (;;) {
		struct rte_mbuf *m = segs[n++];

		m->data_len = RTE_MIN(left, q->room);
		left -= m->data_len;
		if (left == 0)
			break;
		m->next = segs[n];
	}
	segs[0]->nb_segs = n;
	return n;
}

/* Frames that are none: the mbufs go back to the stock as they came from the pool. */
static __rte_noinline uint16_t
refuse_packet(struct rtap_rx_queue *q, struct rte_mbuf **segs, uint16_t nb_segs)
{
	for (uint16_t i = 0; i < nb_segs; i++)
		rte_pktmbuf_reset(segs[i]);
	rtap_counter_add(&q->count.errors, 1);
	return 0;
}

static __rte_noinline void
count_aggregate(struct rtap_rx_queue *q, const void *hdr)
{
	const struct virtio_net_hdr *base = hdr;
	const uint8_t modifiers = VIRTIO_NET_HDR_GSO_ECN | RTAP_HDR_GSO_UDP_TUNNEL;

	if ((base->gso_type & ~modifiers) == RTAP_HDR_GSO_UDP_L4)
		rtap_counter_add(&q->count.uso, 1);
	else
		rtap_counter_add(&q->count.lro, 1);
}

/*
 * Turns what a read left in the mbufs into a packet. Returns how many of them
 * it has, or 0 if it is none. The kernel cuts a frame that is longer than the
 * room it gets without a word: one that fills it all counts as cut.
 */
static inline uint16_t
make_packet(struct rtap_rx_queue *q, struct rte_mbuf **segs, uint16_t nb_segs, uint32_t len)
{
	uint32_t frame_len = len - q->offload.hdr_len;
	struct rte_mbuf *m = segs[0];
	const void *hdr = read_address(q, m);
	uint16_t nb_used = 1;

	if (unlikely(len < (uint32_t)q->offload.hdr_len + RTE_ETHER_HDR_LEN ||
			frame_len >= (uint32_t)nb_segs * q->room))
		return refuse_packet(q, segs, 0);
	if (unlikely(!rtap_filter_accepts(q->filter, rte_pktmbuf_mtod(m, void *)))) {
		rtap_counter_add(&q->count.filtered, 1);
		return 0;
	}
	m->pkt_len = frame_len;
	m->port = q->port_id;
	if (unlikely(frame_len > q->room))
		nb_used = chain_segments(q, segs, frame_len);
	else
		m->data_len = frame_len;
	if (unlikely(rtap_offload_from_hdr(&q->offload, hdr, m) < 0))
		return refuse_packet(q, segs, nb_used);
	if (unlikely((m->ol_flags & RTE_MBUF_F_RX_LRO) != 0))
		count_aggregate(q, hdr);
	return nb_used;
}

static inline ssize_t
read_one(struct rtap_rx_queue *q, int tap_fd, struct rte_mbuf **segs, uint16_t nb_segs)
{
	if (likely(nb_segs == 1))
		return read(tap_fd, read_address(q, segs[0]), read_len(q));
	describe_read(q, segs, nb_segs, q->iov);
	return readv(tap_fd, q->iov, nb_segs);
}

/* Reads one by one. Tells whether the kernel's queue was found empty. */
static uint16_t
read_plain(struct rtap_rx_queue *q, int tap_fd, uint16_t nb_segs, struct rte_mbuf **pkts,
		uint16_t nb_pkts, bool *is_empty)
{
	uint16_t nb_rx = 0;

	/* What is no packet counts, too, so that a flood of such frames does not keep us here. */
	for (uint16_t n = 0; n < nb_pkts; n++) {
		struct rte_mbuf **segs;
		uint16_t nb_used;
		ssize_t len;

		if (q->nb_stock < nb_segs && !fill_stock(q, nb_segs))
			break;
		segs = &q->stock[q->nb_stock - nb_segs];
		len = read_one(q, tap_fd, segs, nb_segs);
		if (len < 0) {
			note_no_packet(q, errno);
			*is_empty = true;
			break;
		}
		nb_used = make_packet(q, segs, nb_segs, len);
		if (unlikely(nb_used == 0))
			continue;
		pkts[nb_rx++] = segs[0];
		for (uint16_t i = nb_used; i < nb_segs; i++)
			segs[i - nb_used] = segs[i];
		q->nb_stock -= nb_used;
	}
	return nb_rx;
}

/* The n-th read of a batch fills mbufs this far from the end of the stock. */
static inline struct rte_mbuf **
batch_segs(struct rte_mbuf **end, uint16_t n, uint16_t nb_segs)
{
	return end - (size_t)(n + 1) * nb_segs;
}

static void
prepare_batch(struct rtap_rx_queue *q, struct rtap_uring *u, uint16_t nb_segs, uint16_t nb_reads)
{
	struct rte_mbuf **end = &q->stock[q->nb_stock];
	struct iovec *iov = q->iov;

	for (uint16_t i = 0; i < nb_reads; i++) {
		struct rte_mbuf **segs = batch_segs(end, i, nb_segs);

		if (likely(nb_segs == 1)) {
			rtap_uring_prep_read(u, read_address(q, segs[0]), read_len(q), i);
			continue;
		}
		describe_read(q, segs, nb_segs, iov);
		rtap_uring_prep_readv(u, iov, nb_segs, i);
		iov += nb_segs;
	}
}

/*
 * Takes the completions of a batch into results[], by position. They are there
 * when the submit returns, because the reads do not wait. Returns false if the
 * ring does not give them, which no working kernel does.
 */
static bool
reap_reads(struct rtap_uring *u, unsigned int nb_reads, int32_t *results)
{
	unsigned int nb_done = 0;

	while (nb_done < nb_reads) {
		struct io_uring_cqe *cqe;
		int ret = io_uring_peek_cqe(&u->ring, &cqe);

		if (unlikely(ret != 0))
			ret = io_uring_wait_cqe(&u->ring, &cqe);
		if (ret == -EINTR || ret == -EAGAIN)
			continue;
		if (ret != 0)
			return false;
		if (likely(rtap_uring_kind(cqe) == RTAP_URING_READ)) {
			results[rtap_uring_number(cqe)] = cqe->res;
			nb_done++;
		} else {
			rtap_uring_note_poll(u, cqe);
		}
		io_uring_cqe_seen(&u->ring, cqe);
	}
	return true;
}

/* Hands out the mbufs that were filled, in order, and keeps the others in the stock. */
static uint16_t
take_results(struct rtap_rx_queue *q, uint16_t nb_segs, const int32_t *results,
		uint16_t nb_reads, struct rte_mbuf **pkts, bool *is_empty)
{
	struct rte_mbuf *batch[RTAP_RX_STOCK];
	uint16_t nb_mbufs = nb_reads * nb_segs;
	uint16_t nb_rx = 0;

	q->nb_stock -= nb_mbufs;
	memcpy(batch, &q->stock[q->nb_stock], nb_mbufs * sizeof(batch[0]));

	for (uint16_t i = 0; i < nb_reads; i++) {
		struct rte_mbuf **segs = batch_segs(&batch[nb_mbufs], i, nb_segs);
		uint16_t nb_used = 0;

		if (likely(results[i] >= 0)) {
			nb_used = make_packet(q, segs, nb_segs, results[i]);
		} else {
			note_no_packet(q, -results[i]);
			*is_empty = true;
		}
		if (likely(nb_used > 0))
			pkts[nb_rx++] = segs[0];
		while (nb_used < nb_segs)
			q->stock[q->nb_stock++] = segs[nb_used++];
	}
	return nb_rx;
}

/* Reads up to nb_pkts, one ring at most, in one system call. */
static uint16_t
read_batch(struct rtap_rx_queue *q, struct rtap_uring *u, uint16_t nb_segs,
		struct rte_mbuf **pkts, uint16_t nb_pkts, bool *is_empty)
{
	int32_t results[RTAP_RING_ENTRIES];
	unsigned int nb_taken;
	uint16_t nb_reads;
	uint16_t nb_rx;

	if (q->nb_stock < nb_pkts * nb_segs && !fill_stock(q, nb_segs))
		return 0;
	nb_reads = RTE_MIN(nb_pkts, RTAP_RING_ENTRIES);
	nb_reads = RTE_MIN(nb_reads, q->nb_stock / nb_segs);

	prepare_batch(q, u, nb_segs, nb_reads);
	nb_taken = rtap_uring_submit(u);
	rtap_counter_add(&q->count.submits, 1);
	rtap_counter_add(&q->count.batches, 1);
	if (unlikely(!reap_reads(u, nb_taken, results))) {
		/* The kernel may still write to these mbufs: nobody gets them any more. */
		q->nb_stock -= nb_taken * nb_segs;
		q->is_gone = true;
		return 0;
	}
	nb_rx = take_results(q, nb_segs, results, nb_taken, pkts, is_empty);
	rtap_counter_add(&q->count.batch_packets, nb_rx);
	rtap_trace_rx_batch(q->port_id, q->queue_id, nb_taken, nb_rx);
	return nb_rx;
}

/* Reads batch after batch, each twice as long as the one before, until one is not filled. */
static uint16_t
read_batches(struct rtap_rx_queue *q, struct rtap_uring *u, uint16_t nb_segs,
		struct rte_mbuf **pkts, uint16_t nb_pkts, bool *is_empty)
{
	uint16_t nb_rx = 0;

	while (nb_rx < nb_pkts && !*is_empty) {
		uint16_t nb_asked = RTE_MIN(nb_pkts - nb_rx, q->nb_expected);
		uint16_t nb_read = read_batch(q, u, nb_segs, &pkts[nb_rx], nb_asked, is_empty);

		if (nb_read == 0)
			break;
		nb_rx += nb_read;
		q->nb_expected = RTE_MIN(2 * q->nb_expected, RTAP_RING_ENTRIES);
	}
	return nb_rx;
}

/*
 * Reads until nb_pkts are there or the kernel seems to have no more. How many
 * there will be is guessed from the burst before, since a read that finds
 * nothing has its price: where one packet came at a time, one is read.
 */
static uint16_t
read_packets(struct rtap_rx_queue *q, struct rtap_uring *u, struct rte_mbuf **pkts,
		uint16_t nb_pkts, bool *is_empty)
{
	uint16_t nb_segs = rte_atomic_load_explicit(&q->nb_segs, rte_memory_order_relaxed);
	bool has_nowait = rtap_uring_has(u, RTAP_URING_NOWAIT);
	uint16_t nb_plain = nb_pkts;
	uint16_t nb_rx;

	if (likely(has_nowait))
		nb_plain = RTE_MIN(nb_pkts, q->nb_expected == 1 ? 1 : RX_PLAIN_MAX);
	if (q->nb_expected > RX_PLAIN_MAX && likely(has_nowait))
		return read_batches(q, u, nb_segs, pkts, nb_pkts, is_empty);

	nb_rx = read_plain(q, u->tap_fd, nb_segs, pkts, nb_plain, is_empty);
	if (nb_rx < RX_PLAIN_MAX || unlikely(!has_nowait)) {
		*is_empty |= nb_rx > 0 && q->nb_expected == 1;
		return nb_rx;
	}
	q->nb_expected = RX_PLAIN_MAX;
	return nb_rx + read_batches(q, u, nb_segs, &pkts[nb_rx], nb_pkts - nb_rx, is_empty);
}

static __rte_noinline void
count_flags(struct rtap_rx_counters *count, uint64_t ol_flags)
{
	if ((ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		rtap_counter_add(&count->ip_good, 1);
	if ((ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD)
		rtap_counter_add(&count->ip_bad, 1);
	if ((ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)
		rtap_counter_add(&count->stripped, 1);
}

static inline void
count_packets(struct rtap_rx_counters *count, struct rte_mbuf **pkts, uint16_t nb_rx)
{
	uint64_t nb_bytes = 0;

	for (uint16_t i = 0; i < nb_rx; i++) {
		const struct rte_mbuf *m = pkts[i];

		nb_bytes += m->pkt_len;
		rtap_frame_count(&count->frames, m);
		rtap_counter_add(&count->l4_checksums[rtap_checksum_class(m->ol_flags)], 1);
		if (unlikely(m->nb_segs > 1))
			rtap_counter_add(&count->chains, 1);
		if (m->ol_flags != 0)
			count_flags(count, m->ol_flags);
	}
	rtap_counter_add(&count->packets, nb_rx);
	rtap_counter_add(&count->bytes, nb_bytes);
}

/* Nothing happens if this thread has armed one already. */
static bool
arm_poll(struct rtap_rx_queue *q, struct rtap_uring *u)
{
	uint32_t generation = u->generation;
	bool is_armed = rtap_uring_arm_poll(u) == 0;

	if (u->generation == generation)
		return is_armed;
	rtap_counter_add(&q->count.submits, 1);
	if (is_armed) {
		rtap_counter_add(&q->count.polls, 1);
		rtap_trace_rx_armed(q->port_id, q->queue_id);
	}
	return is_armed;
}

/*
 * True if the burst has to look into the kernel. A poll is reported to the
 * thread that armed it, so a burst of another thread reads first and arms its
 * own. A queue that was emptied is armed here, not when it was emptied: its
 * packets have been handled meanwhile.
 */
static inline bool
has_work(struct rtap_rx_queue *q, struct rtap_uring *u)
{
	if (u->is_armed)
		return rtap_uring_is_woken(u) || unlikely(u->armed_by != rte_gettid());
	if (!q->is_drained)
		return true;

	q->is_drained = false;
	if (unlikely(!arm_poll(q, u)))
		return true;
	if (likely(!rtap_uring_is_woken(u)))
		return false;
	/* More has come already: this is no queue of single packets. */
	q->nb_expected = RTE_MAX(q->nb_expected, RX_PLAIN_MAX);
	return true;
}

void
rtap_rx_abandon_stock(struct rtap_rx_queue *q)
{
	PMD_LOG(INFO, "queue %u of port %u loses %u mbufs of a process that ended in a burst",
		q->queue_id, q->port_id, q->nb_stock);
	q->nb_stock = 0;
	q->is_busy = false;
}

/* Another process has polled before. What it knew of the kernel's queue is of no use here. */
static __rte_noinline void
take_over(struct rtap_rx_queue *q, uint32_t process_id)
{
	if (q->is_busy)
		rtap_rx_abandon_stock(q);
	q->nb_expected = 0;
	q->is_drained = false;
	q->process_id = process_id;
}

/*
 * Should the process be killed, what it wrote before it wrote the mark is all
 * there for the next one, and so is the mark for what comes after it.
 */
static inline void
set_busy(struct rtap_rx_queue *q, bool is_busy)
{
	rte_compiler_barrier();
	q->is_busy = is_busy;
	rte_compiler_barrier();
}

uint16_t
rtap_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct rtap_rx_queue *q = queue;
	const struct rtap_queue_pair *pair = rtap_queue_pair(q->port_id, q->queue_id);
	struct rtap_uring *u = pair->rx;
	bool is_empty = false;
	bool was_armed;
	uint16_t nb_rx;

	if (unlikely(u == NULL || q->is_gone))
		return 0;
	if (unlikely(q->process_id != pair->process_id))
		take_over(q, pair->process_id);
	if (!has_work(q, u))
		return 0;

	was_armed = u->is_armed;
	set_busy(q, true);
	nb_rx = read_packets(q, u, pkts, nb_pkts, &is_empty);
	set_busy(q, false);
	/* The system call has brought the completion that woke us. */
	if (u->is_armed)
		rtap_uring_reap_polls(u);
	if (was_armed && !u->is_armed) {
		rtap_counter_add(&q->count.wake_ups, 1);
		rtap_trace_rx_woken(q->port_id, q->queue_id);
	}
	if (nb_rx > 0)
		count_packets(&q->count, pkts, nb_rx);
	rtap_trace_rx_burst(q->port_id, q->queue_id, nb_pkts, nb_rx);
	if (!is_empty || unlikely(q->is_gone))
		return nb_rx;

	q->nb_expected = RTE_MIN(nb_rx, RTAP_RING_ENTRIES);
	q->is_drained = nb_rx > 0;
	rtap_trace_rx_drained(q->port_id, q->queue_id);
	if (nb_rx == 0)
		arm_poll(q, u);
	return nb_rx;
}
