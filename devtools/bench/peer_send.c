/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Two senders towards the application. The AF_PACKET one goes straight to the device
 * and keeps a given rate, one packet at a time; it counts what the device refused. The
 * UDP one lets the kernel cut large sends into packets, so that it costs less for each
 * packet than any receiver does.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define BATCH		64
#define MAX_FLOWS	1024
#define MAX_FRAME	9000
#define FIRST_PORT	20000
/* The kernel's limit of segments for one send, of old. */
#define GSO_SEGMENTS	64
#define GSO_BYTES	65000

/* In <netinet/udp.h>, which clashes with <linux/udp.h>. */
#ifndef SOL_UDP
#define SOL_UDP		17
#endif

struct sender {
	int fd;
	unsigned int size;
	unsigned int nb_frames;		/* one per flow */
	unsigned int next;
	uint64_t sent;
	uint64_t refused;
	struct mmsghdr msgs[BATCH];
	struct iovec iov[MAX_FLOWS];
	unsigned char frames[MAX_FLOWS][MAX_FRAME];
};

static uint16_t
ip_checksum(const void *header)
{
	const uint16_t *words = header;
	uint32_t sum = 0;

	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void
build_frame(const struct peer_args *args, unsigned int flow, unsigned char *frame)
{
	struct ether_header eth = { .ether_type = htons(ETHERTYPE_IP) };
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((uint16_t)(args->size - sizeof(eth))),
		.saddr = args->sip.s_addr,
		.daddr = args->dip.s_addr,
	};
	struct udphdr udp = {
		.source = htons((uint16_t)(FIRST_PORT + flow)),
		.dest = htons(PEER_PORT),
		.len = htons((uint16_t)(args->size - sizeof(eth) - sizeof(ip))),
	};

	ip.check = ip_checksum(&ip);
	memcpy(eth.ether_dhost, args->dmac, sizeof(eth.ether_dhost));
	eth.ether_shost[0] = 2;
	eth.ether_shost[5] = 1;
	memcpy(frame, &eth, sizeof(eth));
	memcpy(frame + sizeof(eth), &ip, sizeof(ip));
	memcpy(frame + sizeof(eth) + sizeof(ip), &udp, sizeof(udp));
}

static int
packet_socket(const char *dev)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int one = 1;
	int sndbuf = 64 << 20;
	int fd, ret;

	if (dev == NULL)
		return -EINVAL;
	addr.sll_ifindex = (int)if_nametoindex(dev);
	if (addr.sll_ifindex == 0)
		return -errno;
	/* Protocol 0: this socket only sends, received packets cost it nothing. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/* Send up to nb packets, flow after flow; what the device refuses is counted. */
static int
send_batch(struct sender *s, unsigned int nb)
{
	int done;

	for (unsigned int i = 0; i < nb; i++) {
		s->msgs[i].msg_hdr.msg_iov = &s->iov[(s->next + i) % s->nb_frames];
		s->msgs[i].msg_hdr.msg_iovlen = 1;
	}
	done = sendmmsg(s->fd, s->msgs, nb, 0);
	if (done < 0) {
		if (errno != ENOBUFS)
			return -errno;
		s->refused++;
		done = 1;
	} else {
		s->sent += (unsigned int)done;
	}
	s->next += (unsigned int)done;
	return 0;
}

static int
send_unpaced(struct sender *s, uint64_t end_ns)
{
	int ret = 0;

	while (ret == 0 && peer_now_ns() < end_ns)
		ret = send_batch(s, BATCH);
	return ret;
}

/* Between 0.5 and 1.5, 1 on average. */
static double
jitter(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return 0.5 + state / 4294967296.0;
}

/*
 * One packet at a time, each when it is due; a sender that was held up sends what is
 * overdue at once. The gaps are irregular on purpose: a regular train stays in step with
 * the timer tick by which the kernel tells system time from user time, so that every
 * tick would see the receiver at the same point of its work.
 */
static int
send_paced(struct sender *s, uint64_t start_ns, uint64_t end_ns, double rate)
{
	double gap_ns = 1e9 / rate;
	double due_ns = (double)start_ns;
	uint64_t now = start_ns;
	int ret = 0;

	while (ret == 0 && now < end_ns) {
		unsigned int due = 0;

		while (due < BATCH && due_ns <= (double)now) {
			due_ns += gap_ns * jitter();
			due++;
		}
		for (uint64_t left = due; ret == 0 && left != 0; ) {
			uint64_t before = s->sent + s->refused;

			ret = send_batch(s, (unsigned int)left);
			left -= s->sent + s->refused - before;
		}
		now = peer_now_ns();
	}
	return ret;
}

static void
print_sent(uint64_t sent, uint64_t refused, uint64_t start_ns)
{
	double secs = (double)(peer_now_ns() - start_ns) * 1e-9;

	printf("sent packets=%llu refused=%llu secs=%.6f rate=%.1f\n",
		(unsigned long long)sent, (unsigned long long)refused, secs,
		(double)(sent + refused) / secs);
}

int
peer_send(const struct peer_args *args)
{
	static struct sender sender;
	struct sender *s = &sender;
	uint64_t start_ns, end_ns;
	int ret;

	s->fd = packet_socket(args->dev);
	if (s->fd < 0)
		return s->fd;
	s->nb_frames = args->flows;
	for (unsigned int i = 0; i < args->flows; i++) {
		build_frame(args, i, s->frames[i]);
		s->iov[i] = (struct iovec){ s->frames[i], args->size };
	}
	start_ns = peer_now_ns();
	end_ns = start_ns + (uint64_t)(args->secs * 1e9);
	if (args->rate > 0)
		ret = send_paced(s, start_ns, end_ns, args->rate);
	else
		ret = send_unpaced(s, end_ns);
	print_sent(s->sent, s->refused, start_ns);
	close(s->fd);
	return ret;
}

static int
gso_socket(const struct peer_args *args, int segment)
{
	int sndbuf = 64 << 20;
	int fd = peer_udp_socket(args);
	int ret;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/* Each socket has a port of its own: a flow. */
int
peer_gso(const struct peer_args *args)
{
	static unsigned char payload[GSO_BYTES];
	unsigned int segment = args->size - PEER_HEADERS;
	unsigned int nb = GSO_BYTES / segment < GSO_SEGMENTS ? GSO_BYTES / segment : GSO_SEGMENTS;
	uint64_t start_ns, end_ns, sent = 0;
	int fds[MAX_FLOWS];

	for (unsigned int i = 0; i < args->flows; i++) {
		fds[i] = gso_socket(args, (int)segment);
		if (fds[i] < 0)
			return fds[i];
	}
	start_ns = peer_now_ns();
	end_ns = start_ns + (uint64_t)(args->secs * 1e9);
	for (unsigned int i = 0; peer_now_ns() < end_ns; i++) {
		ssize_t len = send(fds[i % args->flows], payload, (size_t)nb * segment, 0);

		/* A refused batch is a full queue; an answer by ICMP does not matter. */
		if (len < 0 && errno != ENOBUFS && errno != ECONNREFUSED)
			return -errno;
		sent += nb;
	}
	print_sent(sent, 0, start_ns);
	return 0;
}
