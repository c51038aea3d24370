/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what the driver hands to the kernel, byte by byte. A socket
 * is put in the place of the TAP queue, and shows it. Memory that the application
 * or other packets have used before must not be seen in a header.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_port.h"

#define POISON 0xa5
#define MAX_FD 1024
/* A port of one queue has two: that of the queue, and one that keeps the interface. */
#define MAX_TAP_FDS 2
#define MAX_HDR_LEN 24
/* Fewer than a datagram socket holds, more than are written one by one. */
#define NB_BATCH 8

struct diverted {
	int fd;
	int saved;
};

static struct diverted diverted[MAX_TAP_FDS];
static unsigned int nb_diverted;
static int capture = -1;
static uint32_t hdr_len;
static struct rtap_ip_frame frame;

/* Each datagram that arrives at `capture` is one packet, as it was written. */
static int
divert(void)
{
	const int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	struct ifreq req;
	int ends[2];

	TEST_ASSERT_SUCCESS(socketpair(AF_UNIX, type, 0, ends), "no sockets");
	capture = ends[1];
	for (int fd = 0; fd < MAX_FD && nb_diverted < MAX_TAP_FDS; fd++) {
		struct diverted *d = &diverted[nb_diverted];

		if (ioctl(fd, TUNGETIFF, &req) < 0)
			continue;
		d->fd = fd;
		d->saved = fcntl(fd, F_DUPFD_CLOEXEC, MAX_FD);
		nb_diverted += dup3(ends[0], fd, O_CLOEXEC) == fd;
	}
	close(ends[0]);
	TEST_ASSERT_EQUAL(nb_diverted, MAX_TAP_FDS, "%u TAP queues", nb_diverted);
	return TEST_SUCCESS;
}

static void
teardown(void)
{
	while (nb_diverted > 0) {
		const struct diverted *d = &diverted[--nb_diverted];

		dup3(d->saved, d->fd, O_CLOEXEC);
		close(d->saved);
	}
	if (capture >= 0)
		close(capture);
	capture = -1;
	rtap_teardown();
}

static int
setup_with(uint64_t tx_offloads)
{
	const struct rtap_port_conf conf = { .tx_offloads = tx_offloads };

	if (rtap_setup_none() != TEST_SUCCESS)
		return TEST_FAILED;
	/* A registered file would stay that of the queue. */
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",without=file",
		&rtap_fx.port), "no port");
	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return divert();
}

static int
setup_plain(void)
{
	hdr_len = sizeof(struct virtio_net_hdr);
	return setup_with(0);
}

static int
setup_offloads(void)
{
	hdr_len = sizeof(struct virtio_net_hdr);
	return setup_with(RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
		RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO);
}

static int
setup_long_header(void)
{
	const uint64_t offloads = RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
		RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO;
	struct rte_eth_dev_info info;

	hdr_len = MAX_HDR_LEN;
	if (rtap_setup_probed() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	rtap_teardown();
	if ((info.tx_offload_capa & offloads) == offloads)
		return setup_with(offloads);
	printf("skipped: the kernel does not segment inside tunnels\n");
	return TEST_SKIPPED;
}

/* The whole buffer in front of the packet has been used by somebody. */
static struct rte_mbuf *
make_packet(uint16_t nb_segs, uint64_t flags)
{
	struct rte_mbuf *m = rtap_ip_mbuf(&frame, nb_segs, flags);

	if (m != NULL)
		memset(m->buf_addr, POISON, rte_pktmbuf_headroom(m));
	return m;
}

static int
transmit(struct rte_mbuf **pkts, uint16_t n)
{
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(rtap_fx.port, 0, pkts, n), n, "not all were taken");
	return TEST_SUCCESS;
}

static int
transmit_one(uint16_t nb_segs, uint64_t flags)
{
	struct rte_mbuf *m = make_packet(nb_segs, flags);

	TEST_ASSERT(m != NULL, "no mbuf");
	return transmit(&m, 1);
}

/* The next packet is this header, zeros up to its length, the frame, and no more. */
static int
expect(const struct virtio_net_hdr *hdr)
{
	static uint8_t got[RTAP_IP_MAX_FRAME + MAX_HDR_LEN];
	uint8_t wanted[MAX_HDR_LEN] = { 0 };
	const ssize_t len = recv(capture, got, sizeof(got), 0);

	memcpy(wanted, hdr, sizeof(*hdr));
	TEST_ASSERT_EQUAL(len, (ssize_t)(hdr_len + frame.len), "%zd bytes", len);
	TEST_ASSERT_BUFFERS_ARE_EQUAL(got, wanted, hdr_len, "header");
	TEST_ASSERT_BUFFERS_ARE_EQUAL(got + hdr_len, frame.data, frame.len, "frame");
	return TEST_SUCCESS;
}

static int
expect_plain(void)
{
	const struct virtio_net_hdr hdr = { 0 };

	return expect(&hdr);
}

static int
header_of_plain_packet_is_zero(void)
{
	const struct rtap_ip ip = { .payload_len = 100 };

	rtap_ip_build(&frame, &ip);
	if (transmit_one(1, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_plain();
}

static int
headers_of_a_batch_are_zero(void)
{
	const struct rtap_ip ip = { .payload_len = 100 };
	struct rte_mbuf *pkts[NB_BATCH];

	rtap_ip_build(&frame, &ip);
	for (unsigned int i = 0; i < NB_BATCH; i++) {
		pkts[i] = make_packet(1 + i % 3, 0);
		TEST_ASSERT(pkts[i] != NULL, "no mbuf");
	}
	if (transmit(pkts, NB_BATCH) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_BATCH; i++) {
		if (expect_plain() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* Of others' packets, not even the headroom is written. */
static int
header_of_shared_packet_is_zero(void)
{
	const struct rtap_ip ip = { .payload_len = 100 };
	uint8_t poison[RTE_PKTMBUF_HEADROOM];
	struct rte_mbuf *m;
	int ret;

	rtap_ip_build(&frame, &ip);
	m = make_packet(1, 0);
	TEST_ASSERT(m != NULL, "no mbuf");
	rte_mbuf_refcnt_update(m, 1);
	ret = transmit(&m, 1);
	memset(poison, POISON, sizeof(poison));
	if (ret == TEST_SUCCESS)
		ret = memcmp(m->buf_addr, poison, sizeof(poison)) == 0 ? expect_plain() :
			TEST_FAILED;
	rte_pktmbuf_free(m);
	return ret;
}

static struct virtio_net_hdr
header_for_checksum(void)
{
	const struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = frame.l2_len + frame.l3_len,
		.csum_offset = 16,
	};

	return hdr;
}

static int
header_for_checksum_has_nothing_else(void)
{
	const struct rtap_ip ip = { .payload_len = 100 };
	struct virtio_net_hdr hdr;

	rtap_ip_build(&frame, &ip);
	rtap_ip_leave_checksum(&frame, &ip, true);
	hdr = header_for_checksum();
	if (transmit_one(1, rtap_ip_flags(&ip) | RTE_MBUF_F_TX_TCP_CKSUM) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect(&hdr);
}

static int
send_segmented(void)
{
	const struct rtap_ip ip = { .payload_len = 4000 };
	struct virtio_net_hdr hdr;
	struct rte_mbuf *m;

	rtap_ip_build(&frame, &ip);
	rtap_ip_leave_checksum(&frame, &ip, false);
	m = make_packet(3, rtap_ip_flags(&ip) | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IP_CKSUM);
	TEST_ASSERT(m != NULL, "no mbuf");
	m->tso_segsz = RTAP_IP_MSS;
	if (transmit(&m, 1) != TEST_SUCCESS)
		return TEST_FAILED;

	rtap_ip_leave_checksum(&frame, &ip, true);
	hdr = header_for_checksum();
	hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	hdr.gso_size = RTAP_IP_MSS;
	hdr.hdr_len = frame.l2_len + frame.l3_len + frame.l4_len;
	return expect(&hdr);
}

static int
header_for_segmentation_has_nothing_else(void)
{
	return send_segmented();
}

/* It stands where that of the other, and its headers, stood before. */
static int
header_after_a_segmented_packet_has_nothing_of_it(void)
{
	if (send_segmented() != TEST_SUCCESS)
		return TEST_FAILED;
	return header_of_shared_packet_is_zero();
}

struct unit_test_suite rtap_hdr_suite = {
	.suite_name = "rtap: bytes for the kernel",
	.unit_test_cases = {
		TEST_CASE_ST(setup_plain, teardown, header_of_plain_packet_is_zero),
		TEST_CASE_ST(setup_plain, teardown, headers_of_a_batch_are_zero),
		TEST_CASE_ST(setup_plain, teardown, header_of_shared_packet_is_zero),
		TEST_CASE_ST(setup_offloads, teardown, header_for_checksum_has_nothing_else),
		TEST_CASE_ST(setup_offloads, teardown, header_for_segmentation_has_nothing_else),
		TEST_CASE_ST(setup_offloads, teardown,
			header_after_a_segmented_packet_has_nothing_of_it),
		TEST_CASE_NAMED_ST("long_header_of_plain_packet_is_zero",
			setup_long_header, teardown, header_of_plain_packet_is_zero),
		TEST_CASE_NAMED_ST("long_headers_of_a_batch_are_zero",
			setup_long_header, teardown, headers_of_a_batch_are_zero),
		TEST_CASE_NAMED_ST("long_header_for_checksum_has_nothing_else",
			setup_long_header, teardown, header_for_checksum_has_nothing_else),
		TEST_CASES_END()
	}
};
