/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_BENCH_H_
#define _RTAP_BENCH_H_

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define BENCH_PORT		0
#define BENCH_MAX_BURST		512
#define BENCH_MAX_QUEUES	128

/* What was asked for. */
struct job {
	char mode[8];
	double secs;	/* length of the measured window */
	double warm;	/* traffic before the window */
	double wait;	/* how long to wait for the first packet */
	double quiet;	/* reception ends after so much silence */
	double burst;
	double size;	/* frame length without FCS */
	double segment;	/* Tx: TCP with so much in each packet, 0 is UDP */
	double syscalls;
	struct rte_ether_addr dmac;
	struct in_addr sip;
	struct in_addr dip;
};

struct counts {
	uint64_t packets;
	uint64_t other;		/* frames of another length than the job's */
	uint64_t bursts;
	uint64_t empty;		/* of these, the ones without a packet */
	uint64_t busy_tsc;	/* time of the turns longer than BUSY_NS */
};

struct moment {
	uint64_t tsc;
	struct rusage usage;
	struct counts counts;
};

struct worker {
	const struct job *job;
	void (*step)(struct worker *w);
	uint16_t queues[BENCH_MAX_QUEUES];
	uint16_t nb_queues;
	uint16_t next;		/* index of the queue whose turn it is */
	bool hit[BENCH_MAX_QUEUES];	/* Rx: queues that gave packets */
	struct rte_mbuf *held[BENCH_MAX_BURST];	/* Tx: not taken by the port yet */
	uint16_t held_first;
	uint16_t held_end;
	struct counts counts;
	struct moment begin;
	struct moment end;
	int64_t syscalls;	/* inside the window, -1 when not counted */
};

/* The port as configured; constant once it is started. */
struct bench {
	uint16_t nb_queues;
	uint16_t nb_desc;
	bool tso;
	uint16_t tx_room;	/* of an mbuf for transmission */
	struct rte_mempool *rx_pool;
	struct rte_mempool *tx_pool;
};

extern struct bench bench;

/* What one turn of the polling loop does. */
void bench_step_tx(struct worker *w);
void bench_step_rx(struct worker *w);
void bench_step_echo(struct worker *w);
void bench_step_idle(struct worker *w);

/* Write the job's packet into every buffer of the Tx pool. */
void bench_build_packets(const struct job *job);

/* The whole measurement, on the polling lcore; arg is a struct worker. */
int bench_worker_main(void *arg);

#endif /* _RTAP_BENCH_H_ */
