/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _BENCH_PEER_H_
#define _BENCH_PEER_H_

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What can be said on the command line, as key=value. */
struct peer_args {
	const char *dev;
	const char *mode;
	struct in_addr sip;
	struct in_addr dip;
	unsigned char dmac[6];
	double secs;
	double rate;	/* packets/s, 0 is as fast as possible */
	unsigned int size;	/* frame length without FCS */
	unsigned int flows;
	unsigned int trips;
};

/* Ethernet, IPv4 and UDP header. */
#define PEER_HEADERS	42
/* The discard port; the application gets these packets, no socket does. */
#define PEER_PORT	9

static inline uint64_t
peer_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* UDP socket from sip to dip; a negative errno when it fails. */
int peer_udp_socket(const struct peer_args *args);

/* The commands: 0 or a negative errno, one line on standard output. */
int peer_send(const struct peer_args *args);
int peer_gso(const struct peer_args *args);
int peer_sink(const struct peer_args *args);
int peer_rtt(const struct peer_args *args);
int peer_xdp(const struct peer_args *args);

#endif /* _BENCH_PEER_H_ */
