/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: several queues, the kernel's choice among them, and real
 * UDP sockets as the peer.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <netinet/in.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_QUEUES 2
#define NB_FLOWS 32
#define NB_ROUNDS 3
#define FIRST_PORT 1000
#define PEER_PORT 9
#define KERNEL_IP RTE_IPV4(192, 0, 2, 1)
#define PEER_IP RTE_IPV4(192, 0, 2, 2)

/* A minimal UDP frame; the round tells the frames of a flow apart. */
struct udp_frame {
	struct rte_ether_hdr eth;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	rte_be16_t round;
	uint8_t pad[16];
};
static_assert(sizeof(struct udp_frame) == RTAP_TEST_MIN_LEN,
	"the headers must follow each other without a gap");

static void
udp_frame_fill(struct udp_frame *frame, uint16_t src_port, uint16_t dst_port,
		uint16_t round)
{
	const uint16_t udp_len = sizeof(*frame) - offsetof(struct udp_frame, udp);

	memset(frame, 0, sizeof(*frame));
	memset(&frame->eth.dst_addr, 0xff, sizeof(frame->eth.dst_addr));
	frame->eth.src_addr.addr_bytes[0] = 0x02;
	frame->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	frame->ip.version_ihl = RTE_IPV4_VHL_DEF;
	frame->ip.total_length = rte_cpu_to_be_16(udp_len + sizeof(frame->ip));
	frame->ip.time_to_live = 64;
	frame->ip.next_proto_id = IPPROTO_UDP;
	/* Same two hosts both ways: only the ports tell the direction. */
	frame->ip.src_addr = rte_cpu_to_be_32(src_port == PEER_PORT ?
		KERNEL_IP : PEER_IP);
	frame->ip.dst_addr = rte_cpu_to_be_32(src_port == PEER_PORT ?
		PEER_IP : KERNEL_IP);
	frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
	frame->udp.src_port = rte_cpu_to_be_16(src_port);
	frame->udp.dst_port = rte_cpu_to_be_16(dst_port);
	frame->udp.dgram_len = rte_cpu_to_be_16(udp_len);
	frame->round = rte_cpu_to_be_16(round);
}

static int
kernel_send_flow(int sock, uint16_t flow, uint16_t round)
{
	struct udp_frame frame;

	udp_frame_fill(&frame, PEER_PORT, FIRST_PORT + flow, round);
	return rtap_kernel_send_raw(sock, &frame, sizeof(frame));
}

static int
port_send_flow(uint16_t queue, uint16_t flow)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rtap_fx.pool);
	struct udp_frame frame;
	char *data;

	if (mbuf == NULL)
		return -ENOMEM;
	data = rte_pktmbuf_append(mbuf, sizeof(frame));
	if (data == NULL) {
		rte_pktmbuf_free(mbuf);
		return -ENOSPC;
	}
	udp_frame_fill(&frame, FIRST_PORT + flow, PEER_PORT, 0);
	memcpy(data, &frame, sizeof(frame));
	if (rte_eth_tx_burst(rtap_fx.port, queue, &mbuf, 1) == 1)
		return 0;
	rte_pktmbuf_free(mbuf);
	return -EAGAIN;
}

/* Of the next UDP frame on a queue: its flow and round, or nothing yet. */
static bool
port_receive_flow(uint16_t queue, uint16_t *flow, uint16_t *round)
{
	const struct udp_frame *frame;
	struct rte_mbuf *mbuf;

	if (rte_eth_rx_burst(rtap_fx.port, queue, &mbuf, 1) == 0)
		return false;
	frame = rte_pktmbuf_mtod(mbuf, const struct udp_frame *);
	*flow = rte_be_to_cpu_16(frame->udp.dst_port) - FIRST_PORT;
	*round = rte_be_to_cpu_16(frame->round);
	rte_pktmbuf_free(mbuf);
	return *flow < NB_FLOWS;
}

static int
kernel_send_flows(int sock)
{
	for (uint16_t round = 0; round < NB_ROUNDS; round++) {
		for (uint16_t flow = 0; flow < NB_FLOWS; flow++) {
			if (kernel_send_flow(sock, flow, round) < 0)
				return -EIO;
		}
	}
	return 0;
}

/* Every flow stays on one queue and in order; every queue gets some. */
static int
check_flows(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	unsigned int nb_of_queue[NB_QUEUES] = { 0 };
	uint16_t next_round[NB_FLOWS] = { 0 };
	uint16_t queue_of_flow[NB_FLOWS];
	unsigned int n = 0;
	uint16_t round;
	uint16_t flow;

	for (uint16_t q = 0; n < NB_FLOWS * NB_ROUNDS; q = (q + 1) % NB_QUEUES) {
		while (port_receive_flow(q, &flow, &round)) {
			TEST_ASSERT_EQUAL(round, next_round[flow],
				"flow %u out of order", flow);
			if (next_round[flow]++ == 0)
				queue_of_flow[flow] = q;
			TEST_ASSERT_EQUAL(queue_of_flow[flow], q,
				"flow %u changes queue", flow);
			nb_of_queue[q]++;
			n++;
		}
		TEST_ASSERT(rtap_deadline_wait(&deadline), "%u frames came", n);
	}
	TEST_ASSERT(nb_of_queue[0] != 0 && nb_of_queue[1] != 0,
		"%u frames on queue 0, %u on queue 1", nb_of_queue[0], nb_of_queue[1]);
	return TEST_SUCCESS;
}

static int
kernel_spreads_flows_over_queues(void)
{
	const int sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTE_ETHER_TYPE_IPV4);
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	ret = kernel_send_flows(sock);
	if (ret == 0)
		ret = check_flows();
	close(sock);
	return ret;
}

/* The kernel learns a flow's queue from what the application sends. */
static int
check_answer_queue(int sock, uint16_t flow, uint16_t queue)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	uint16_t round;
	uint16_t found;

	TEST_ASSERT_SUCCESS(port_send_flow(queue, flow), "no Tx");
	TEST_ASSERT_SUCCESS(kernel_send_flow(sock, flow, 0), "no send");
	while (!port_receive_flow(queue, &found, &round))
		TEST_ASSERT(rtap_deadline_wait(&deadline),
			"no answer of flow %u on queue %u", flow, queue);
	TEST_ASSERT_EQUAL(found, flow, "flow %u instead of %u", found, flow);
	return TEST_SUCCESS;
}

static int
answer_comes_to_queue_that_sent(void)
{
	const int sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTE_ETHER_TYPE_IPV4);
	int ret = TEST_SUCCESS;

	TEST_ASSERT(sock >= 0, "no socket");
	for (uint16_t flow = 0; flow < NB_FLOWS && ret == TEST_SUCCESS; flow++)
		ret = check_answer_queue(sock, flow, flow % NB_QUEUES);
	close(sock);
	return ret;
}

static int
every_queue_transmits(void)
{
	struct rtap_run run = { .n = 20, .len = 80 };

	for (run.queue = 0; run.queue < NB_QUEUES; run.queue++) {
		TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
		TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run),
			"queue %u", run.queue);
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

static int
udp_bind(void)
{
	const struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = RTE_BE16(FIRST_PORT),
		.sin_addr.s_addr = RTE_BE32(KERNEL_IP),
	};
	const struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_port = RTE_BE16(PEER_PORT),
		.sin_addr.s_addr = RTE_BE32(PEER_IP),
	};
	const struct timeval timeout = { .tv_sec = 1 };
	const int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return -errno;
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    connect(sock, (const struct sockaddr *)&peer, sizeof(peer)) == 0)
		return sock;
	close(sock);
	return -EIO;
}

/* A socket between the two hosts; the peer's MAC is known, so no ARP, but not the port's own. */
static int
udp_open(void)
{
	const struct rte_ether_addr peer_mac = { .addr_bytes = { 2, 0, 0, 0, 0, 2 } };
	const rte_be32_t kernel_ip = RTE_BE32(KERNEL_IP);
	const rte_be32_t peer_ip = RTE_BE32(PEER_IP);

	if (rte_eth_promiscuous_enable(rtap_fx.port) < 0 ||
	    rtap_kernel_addr_add(RTAP_TEST_IFACE, AF_INET, &kernel_ip, 24) < 0 ||
	    rtap_kernel_neigh_add(RTAP_TEST_IFACE, AF_INET, &peer_ip, &peer_mac) < 0)
		return -EIO;
	return udp_bind();
}

static struct rte_mbuf *
receive_udp(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	const struct udp_frame *frame;
	struct rte_mbuf *mbuf;

	do {
		if (rte_eth_rx_burst(rtap_fx.port, 0, &mbuf, 1) == 0)
			continue;
		frame = rte_pktmbuf_mtod(mbuf, const struct udp_frame *);
		if (frame->eth.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
				frame->udp.dst_port == RTE_BE16(PEER_PORT))
			return mbuf;
		rte_pktmbuf_free(mbuf);
	} while (rtap_deadline_wait(&deadline));
	return NULL;
}

static void
turn_round(struct udp_frame *frame, const struct rte_ether_addr *to)
{
	const rte_be32_t ip = frame->ip.src_addr;
	const rte_be16_t udp_port = frame->udp.src_port;

	/* Sums do not care about the order of what they add. */
	rte_ether_addr_copy(&frame->eth.dst_addr, &frame->eth.src_addr);
	rte_ether_addr_copy(to, &frame->eth.dst_addr);
	frame->ip.src_addr = frame->ip.dst_addr;
	frame->ip.dst_addr = ip;
	frame->udp.src_port = frame->udp.dst_port;
	frame->udp.dst_port = udp_port;
}

static int
check_udp_echo(int sock)
{
	static const char text[] = "echo of a datagram";
	char answer[sizeof(text)] = "";
	struct rte_ether_addr mac;
	struct udp_frame *frame;
	struct rte_mbuf *mbuf;

	TEST_ASSERT_EQUAL(send(sock, text, sizeof(text), 0), (ssize_t)sizeof(text),
		"no send");
	mbuf = receive_udp();
	TEST_ASSERT_NOT_NULL(mbuf, "the datagram did not come");
	rte_eth_macaddr_get(rtap_fx.port, &mac);
	frame = rte_pktmbuf_mtod(mbuf, struct udp_frame *);
	turn_round(frame, &mac);
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_EQUAL(recv(sock, answer, sizeof(answer), 0), (ssize_t)sizeof(text),
		"no answer");
	TEST_ASSERT(memcmp(text, answer, sizeof(text)) == 0, "another answer");
	return TEST_SUCCESS;
}

static int
udp_socket_gets_its_echo(void)
{
	const int sock = udp_open();
	int ret;

	TEST_ASSERT(sock >= 0, "no UDP socket");
	ret = check_udp_echo(sock);
	close(sock);
	return ret;
}

/* Nothing was negotiated, so the kernel has to fill in the checksum. */
static int
check_udp_checksum(int sock)
{
	const struct udp_frame *frame;
	struct rte_mbuf *mbuf;
	int ret;

	TEST_ASSERT_EQUAL(send(sock, "x", 1, 0), 1, "no send");
	mbuf = receive_udp();
	TEST_ASSERT_NOT_NULL(mbuf, "the datagram did not come");
	frame = rte_pktmbuf_mtod(mbuf, const struct udp_frame *);
	ret = rte_ipv4_udptcp_cksum_verify(&frame->ip, &frame->udp);
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_SUCCESS(ret, "bad checksum on the wire");
	return TEST_SUCCESS;
}

static int
udp_checksum_is_complete_without_offload(void)
{
	const int sock = udp_open();
	int ret;

	TEST_ASSERT(sock >= 0, "no UDP socket");
	ret = check_udp_checksum(sock);
	close(sock);
	return ret;
}

struct unit_test_suite rtap_flow_suite = {
	.suite_name = "rtap: queues and flows",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, every_queue_transmits),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			kernel_spreads_flows_over_queues),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			answer_comes_to_queue_that_sent),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, udp_socket_gets_its_echo),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			udp_checksum_is_complete_without_offload),
		TEST_CASES_END()
	}
};
