/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * What a polling lcore does in a measurement: the turns of its loop, the phases, and the
 * counting. Everything here runs on the lcore itself.
 */

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "rtap_bench.h"

/* Nobody listens on the discard port: the kernel's input path ends there. */
#define UDP_DST_PORT	9
#define UDP_SRC_PORT	4000
/* Ethernet, IPv4 and TCP header. */
#define TCP_HEADERS	54
/* A turn that takes longer than this had something to do; an empty burst takes 10-50 ns. */
#define BUSY_NS		200
/* Seconds until a receiver gives up waiting for silence. */
#define DRAIN_LIMIT	10
/* Empty bursts between two looks at the clock; a look costs as much as a burst. */
#define IDLE_BATCH	256

static uint64_t
secs_to_tsc(double secs)
{
	return (uint64_t)(secs * rte_get_tsc_hz());
}

/* Traffic */

static void
build_udp(struct rte_ipv4_hdr *ip, uint16_t ip_len)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	ip->next_proto_id = IPPROTO_UDP;
	udp->src_port = rte_cpu_to_be_16(UDP_SRC_PORT);
	udp->dst_port = rte_cpu_to_be_16(UDP_DST_PORT);
	/* No UDP checksum: the kernel has nothing to verify, at any length. */
	udp->dgram_len = rte_cpu_to_be_16(ip_len - sizeof(*ip));
}

static void
build_tcp(struct rte_ipv4_hdr *ip)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);

	ip->next_proto_id = IPPROTO_TCP;
	tcp->src_port = rte_cpu_to_be_16(UDP_SRC_PORT);
	tcp->dst_port = rte_cpu_to_be_16(UDP_DST_PORT);
	tcp->data_off = sizeof(*tcp) / 4 << 4;
	tcp->tcp_flags = RTE_TCP_ACK_FLAG;
	/* The sum of ethdev's convention for segmentation: without the length. */
	tcp->cksum = rte_ipv4_phdr_cksum(ip, RTE_MBUF_F_TX_TCP_SEG);
}

static void
build_packet(struct rte_mempool *pool, void *arg, void *obj, unsigned int idx)
{
	const struct job *job = arg;
	struct rte_mbuf *m = obj;
	struct rte_ether_hdr *eth = RTE_PTR_ADD(m->buf_addr, RTE_PKTMBUF_HEADROOM);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	uint16_t ip_len = (uint16_t)(job->size - sizeof(*eth));

	RTE_SET_USED(pool);
	RTE_SET_USED(idx);

	memset(eth, 0, (size_t)job->size);
	eth->dst_addr = job->dmac;
	eth->src_addr.addr_bytes[0] = RTE_ETHER_LOCAL_ADMIN_ADDR;
	eth->src_addr.addr_bytes[5] = 2;
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(ip_len);
	ip->time_to_live = 64;
	ip->src_addr = job->sip.s_addr;
	ip->dst_addr = job->dip.s_addr;
	if (job->segment == 0)
		build_udp(ip, ip_len);
	else
		build_tcp(ip);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void
bench_build_packets(const struct job *job)
{
	rte_mempool_obj_iter(bench.tx_pool, build_packet, (void *)(uintptr_t)job);
}

static uint16_t
next_queue(struct worker *w)
{
	uint16_t queue = w->queues[w->next];

	if (++w->next == w->nb_queues)
		w->next = 0;
	return queue;
}

static void
ask_for_segments(struct rte_mbuf *m, uint16_t segment)
{
	m->l2_len = sizeof(struct rte_ether_hdr);
	m->l3_len = sizeof(struct rte_ipv4_hdr);
	m->l4_len = sizeof(struct rte_tcp_hdr);
	m->tso_segsz = segment;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG;
}

static int
tx_refill(struct worker *w)
{
	uint16_t burst = (uint16_t)w->job->burst;
	uint16_t len = (uint16_t)w->job->size;
	uint16_t segment = (uint16_t)w->job->segment;
	bool is_long = segment != 0 && len > TCP_HEADERS + segment;

	if (rte_pktmbuf_alloc_bulk(bench.tx_pool, w->held, burst) != 0)
		return -ENOMEM;
	/* The packet is still there from build_packet(). */
	for (uint16_t i = 0; i < burst; i++) {
		w->held[i]->data_len = len;
		w->held[i]->pkt_len = len;
		if (is_long)
			ask_for_segments(w->held[i], segment);
	}
	w->held_first = 0;
	w->held_end = burst;
	return 0;
}

void
bench_step_tx(struct worker *w)
{
	uint16_t sent;

	w->counts.bursts++;
	if (w->held_first == w->held_end && tx_refill(w) != 0) {
		w->counts.empty++;
		return;
	}
	sent = rte_eth_tx_burst(BENCH_PORT, next_queue(w), &w->held[w->held_first],
			w->held_end - w->held_first);
	w->held_first += sent;
	w->counts.packets += sent;
	if (sent == 0)
		w->counts.empty++;
}

static uint16_t
receive(struct worker *w, uint16_t queue, struct rte_mbuf **pkts)
{
	uint16_t nb = rte_eth_rx_burst(BENCH_PORT, queue, pkts, (uint16_t)w->job->burst);
	uint32_t len = (uint32_t)w->job->size;

	w->counts.bursts++;
	if (nb == 0) {
		w->counts.empty++;
		return 0;
	}
	w->counts.packets += nb;
	w->hit[queue] = true;
	for (uint16_t i = 0; i < nb; i++)
		w->counts.other += pkts[i]->pkt_len != len;
	return nb;
}

void
bench_step_rx(struct worker *w)
{
	struct rte_mbuf *pkts[BENCH_MAX_BURST];
	uint16_t nb = receive(w, next_queue(w), pkts);

	if (nb != 0)
		rte_pktmbuf_free_bulk(pkts, nb);
}

/* Turn a UDP packet round in place; the sums stay right since only halves swap. */
static void
turn_round(struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	struct rte_ether_addr mac = eth->dst_addr;
	rte_be32_t addr = ip->dst_addr;
	rte_be16_t port = udp->dst_port;

	eth->dst_addr = eth->src_addr;
	eth->src_addr = mac;
	ip->dst_addr = ip->src_addr;
	ip->src_addr = addr;
	udp->dst_port = udp->src_port;
	udp->src_port = port;
}

void
bench_step_echo(struct worker *w)
{
	struct rte_mbuf *pkts[BENCH_MAX_BURST];
	uint16_t queue = next_queue(w);
	uint16_t nb = receive(w, queue, pkts);
	uint16_t sent;

	if (nb == 0)
		return;
	for (uint16_t i = 0; i < nb; i++)
		turn_round(pkts[i]);
	sent = rte_eth_tx_burst(BENCH_PORT, queue, pkts, nb);
	if (sent < nb)
		rte_pktmbuf_free_bulk(&pkts[sent], nb - sent);
}

/* Nothing but empty bursts: no clock, no bookkeeping in between. */
void
bench_step_idle(struct worker *w)
{
	struct rte_mbuf *pkts[BENCH_MAX_BURST];
	uint16_t burst = (uint16_t)w->job->burst;
	uint16_t queue = next_queue(w);

	for (unsigned int i = 0; i < IDLE_BATCH; i++) {
		uint16_t nb = rte_eth_rx_burst(BENCH_PORT, queue, pkts, burst);

		if (unlikely(nb != 0)) {
			w->counts.packets += nb;
			rte_pktmbuf_free_bulk(pkts, nb);
		}
	}
	w->counts.bursts += IDLE_BATCH;
}

/* Counting system calls of the calling thread */

static int
read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	int value;

	if (f == NULL)
		return -errno;
	if (fscanf(f, "%d", &value) != 1)
		value = -EINVAL;
	fclose(f);
	return value;
}

static int
syscall_counter_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.disabled = 1,
	};
	int id = read_number("/sys/kernel/tracing/events/raw_syscalls/sys_enter/id");
	int fd;

	if (id < 0)
		return id;
	attr.config = (uint64_t)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	return fd < 0 ? -errno : fd;
}

/* Two calls of getrusage() and the ioctl that ends the counting. */
#define UNCOUNTED	3

static int64_t
syscall_counter_close(int fd)
{
	uint64_t count;
	int64_t ret = -1;

	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) == 0 &&
	    read(fd, &count, sizeof(count)) == sizeof(count))
		ret = (int64_t)count - UNCOUNTED;
	close(fd);
	return ret;
}

/* The phases of a measurement, on the polling lcore */

static struct moment
take_moment(const struct worker *w)
{
	struct moment now = { .counts = w->counts };

	getrusage(RUSAGE_THREAD, &now.usage);
	now.tsc = rte_rdtsc();
	return now;
}

static void
run_for(struct worker *w, double secs)
{
	uint64_t now = rte_rdtsc();
	uint64_t end = now + secs_to_tsc(secs);
	uint64_t busy = secs_to_tsc(BUSY_NS * 1e-9);

	while (now < end) {
		uint64_t last = now;

		w->step(w);
		now = rte_rdtsc();
		if (now - last > busy)
			w->counts.busy_tsc += now - last;
	}
}

static void
run_until_packet(struct worker *w, double secs)
{
	uint64_t end = rte_rdtsc() + secs_to_tsc(secs);

	while (w->counts.packets == 0 && rte_rdtsc() < end)
		w->step(w);
}

/* Go on until nothing came for a while, but not for ever. */
static void
run_until_quiet(struct worker *w, double quiet, double limit)
{
	uint64_t now = rte_rdtsc();
	uint64_t end = now + secs_to_tsc(limit);
	uint64_t quiet_at = now + secs_to_tsc(quiet);
	uint64_t seen = w->counts.packets;

	while (now < end && now < quiet_at) {
		w->step(w);
		now = rte_rdtsc();
		if (w->counts.packets != seen) {
			seen = w->counts.packets;
			quiet_at = now + secs_to_tsc(quiet);
		}
	}
}

int
bench_worker_main(void *arg)
{
	struct worker *w = arg;
	const struct job *job = w->job;
	int counter = -1;

	if (job->syscalls != 0)
		counter = syscall_counter_open();
	run_until_packet(w, job->wait);
	run_for(w, job->warm);
	/* Starting and ending to count takes a while: outside of the window. */
	if (counter >= 0)
		ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
	w->begin = take_moment(w);
	run_for(w, job->secs);
	w->end = take_moment(w);
	w->syscalls = syscall_counter_close(counter);
	if (job->quiet > 0)
		run_until_quiet(w, job->quiet, DRAIN_LIMIT);
	if (w->held_first < w->held_end)
		rte_pktmbuf_free_bulk(&w->held[w->held_first],
				w->held_end - w->held_first);
	return 0;
}
