/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what extended statistics tell of packets: lengths, destination
 * addresses, segments, offloads. The interface has no address unless a case gives
 * it one, so that every packet is one of ours.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <linux/virtio_net.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define IP_OFF RTE_ETH_RX_OFFLOAD_IPV4_CKSUM
#define L4_OFF (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define LRO (RTE_ETH_RX_OFFLOAD_TCP_LRO | L4_OFF)
#define LONGEST 65535
#define TEST_LEN 300
#define IP_PAYLOAD 100
#define IP_LEN (14 + 20 + 20 + IP_PAYLOAD)
#define BIG_PAYLOAD 6000
#define BIG_LEN (14 + 20 + 20 + BIG_PAYLOAD)

/* Both ends of each class, a different number of each. */
static const struct {
	uint16_t len;
	uint16_t n;
} lengths[] = {
	{ 60, 1 }, { 64, 2 },
	{ 65, 3 }, { 127, 5 },
	{ 128, 7 }, { 255, 11 },
	{ 256, 13 }, { 511, 4 },
	{ 512, 6 }, { 1023, 8 },
	{ 1024, 9 }, { 1518, 10 },
	{ 1519, 12 }, { RTAP_TEST_JUMBO_LEN, 14 },
};

static struct rtap_ip_frame frame;

static int
run_with(uint64_t rx_offloads, uint64_t tx_offloads, uint16_t mtu)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = rx_offloads,
		.tx_offloads = tx_offloads,
		.max_lro_pkt_size = (rx_offloads & RTE_ETH_RX_OFFLOAD_TCP_LRO) != 0 ? LONGEST : 0,
		.mtu = mtu,
	};

	return rtap_port_run_as(&conf);
}

static int
setup_jumbo(void)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : run_with(RTE_ETH_RX_OFFLOAD_SCATTER,
		RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 9000);
}

static int
setup_checksums(void)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : run_with(IP_OFF | L4_OFF,
		RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
		RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 0);
}

static int
check_count(const char *direction, const char *what, uint64_t expected)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	snprintf(name, sizeof(name), "%s_%s_packets", direction, what);
	return rtap_xstat_check(name, expected);
}

/* The classes have the packets of the table. */
static int
check_classes(const char *direction)
{
	static const char *const classes[] = {
		"q0_size_64", "q0_size_65_to_127", "q0_size_128_to_255", "q0_size_256_to_511",
		"q0_size_512_to_1023", "q0_size_1024_to_1518", "q0_size_1519_to_max",
	};

	for (unsigned int i = 0; i < RTE_DIM(classes); i++) {
		if (check_count(direction, classes[i], lengths[2 * i].n + lengths[2 * i + 1].n) !=
				TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* All lengths, one way. */
static int
check_lengths(int (*move)(uint16_t len, uint32_t seq), const char *direction)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < RTE_DIM(lengths); i++) {
		for (uint16_t k = 0; k < lengths[i].n; k++)
			TEST_ASSERT_SUCCESS(move(lengths[i].len, k), "%u bytes", lengths[i].len);
		n += lengths[i].n;
	}
	if (check_classes(direction) != TEST_SUCCESS ||
	    check_count(direction, "q0", n) != TEST_SUCCESS ||
	    check_count(direction, "kernel", n) != TEST_SUCCESS ||
	    check_count(direction, "q0_broadcast", n) != TEST_SUCCESS)
		return TEST_FAILED;
	/* Only the longest do not fit into an mbuf. */
	return check_count(direction, "q0_multi_segment", lengths[RTE_DIM(lengths) - 1].n);
}

static int
receive_length(uint16_t len, uint32_t seq)
{
	const uint16_t room = rte_pktmbuf_data_room_size(rtap_fx.pool) - RTE_PKTMBUF_HEADROOM;

	return rtap_port_check_chain(room, len, seq);
}

static int
transmit_length(uint16_t len, uint32_t seq)
{
	struct rte_mbuf *mbuf = rtap_chain_new(rtap_fx.pool, len, len > 2000 ? 5 : 1, seq);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	return rtap_kernel_expect_one(rtap_fx.sock, len, seq);
}

static int
rx_packets_are_counted_by_length(void)
{
	return check_lengths(receive_length, "rx");
}

static int
tx_packets_are_counted_by_length(void)
{
	return check_lengths(transmit_length, "tx");
}

/* The bit for groups and all bits are told by the first byte and all bytes. */
static const struct {
	uint8_t first;
	uint8_t rest;
	uint16_t n;
} addresses[] = {
	{ 0x02, 0x11, 3 }, { 0xfe, 0xff, 2 },	/* unicast */
	{ 0x01, 0x00, 4 }, { 0xfd, 0xff, 3 },	/* multicast */
	{ 0xff, 0xff, 11 },			/* broadcast */
};

static void
set_address(unsigned int i, uint8_t *data)
{
	data[0] = addresses[i].first;
	memset(data + 1, addresses[i].rest, RTE_ETHER_ADDR_LEN - 1);
}

static int
check_casts(const char *direction)
{
	if (check_count(direction, "q0_unicast", 3 + 2) != TEST_SUCCESS ||
	    check_count(direction, "q0_multicast", 4 + 3) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_count(direction, "q0_broadcast", 11);
}

static int
rx_packets_are_counted_by_destination(void)
{
	uint8_t data[TEST_LEN];
	struct rte_mbuf *mbuf;

	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "not promiscuous");
	for (unsigned int i = 0; i < RTE_DIM(addresses); i++) {
		rtap_frame_fill(data, sizeof(data), i);
		set_address(i, data);
		for (uint16_t k = 0; k < addresses[i].n; k++) {
			TEST_ASSERT_SUCCESS(rtap_kernel_send_raw(rtap_fx.sock, data, sizeof(data)),
				"no send");
			mbuf = rtap_port_receive_one(rtap_fx.port, 0);
			TEST_ASSERT_NOT_NULL(mbuf, "did not come");
			rte_pktmbuf_free(mbuf);
		}
	}
	return check_casts("rx");
}

/* Also where the address is cut into pieces. */
static int
transmit_destinations(uint16_t nb_segs)
{
	uint8_t data[RTAP_TEST_MIN_LEN];
	struct rte_mbuf *mbuf;

	for (unsigned int i = 0; i < RTE_DIM(addresses); i++) {
		rtap_frame_fill(data, sizeof(data), i);
		set_address(i, data);
		for (uint16_t k = 0; k < addresses[i].n; k++) {
			mbuf = rtap_chain_of(rtap_fx.pool, data, sizeof(data), nb_segs);
			TEST_ASSERT_NOT_NULL(mbuf, "no packet");
			TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
		}
	}
	return check_casts("tx");
}

static int
tx_packets_are_counted_by_destination(void)
{
	return transmit_destinations(1);
}

static int
destination_in_pieces_is_told(void)
{
	return transmit_destinations(RTAP_TEST_MIN_LEN / 2);
}

/* Those in error are in no class. */
static int
unsent_packets_are_in_no_class(void)
{
	const struct rtap_run run = { .n = 6, .len = TEST_LEN };
	const struct rtap_xstat expected[] = {
		{ "tx_q0_errors", 6 }, { "tx_kernel_dropped_packets", 6 },
	};

	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "not down");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "not taken");
	return rtap_xstats_check(expected, RTE_DIM(expected));
}

/* As they are, and with a checksum that is left to whoever needs it. */
static int
receive_ip(const struct rtap_ip *ip, struct virtio_net_hdr *hdr)
{
	const int sock = rtap_ip_packet_open(ip);
	struct rte_mbuf *mbuf;
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	ret = rtap_ip_packet_send(sock, hdr, &frame);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "no send");
	mbuf = rtap_ip_receive(rtap_fx.port, ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	rte_pktmbuf_free(mbuf);
	return TEST_SUCCESS;
}

static int
receive_unfinished(const struct rtap_ip *ip, uint8_t gso_type)
{
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = gso_type,
		.csum_offset = 16,
	};

	rtap_ip_build(&frame, ip);
	rtap_ip_leave_checksum(&frame, ip, true);
	hdr.csum_start = frame.l2_len + frame.l3_len;
	if (gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		hdr.gso_size = RTAP_IP_MSS;
		hdr.hdr_len = hdr.csum_start + frame.l4_len;
	}
	return receive_ip(ip, &hdr);
}

static int
rx_checksums_are_counted(void)
{
	const struct rtap_ip ip = { .payload_len = IP_PAYLOAD };
	const struct rtap_xstat expected[] = {
		{ "rx_q0_packets", 5 }, { "rx_q0_bytes", 5 * IP_LEN },
		{ "rx_kernel_packets", 5 }, { "rx_kernel_bytes", 5 * IP_LEN },
		{ "rx_q0_broadcast_packets", 5 }, { "rx_q0_size_128_to_255_packets", 5 },
		{ "rx_q0_l4_checksum_none_packets", 2 },
		{ "rx_q0_l4_checksum_unknown_packets", 3 },
		{ "rx_q0_ip_checksum_good_packets", 4 },
		{ "rx_q0_ip_checksum_bad_packets", 1 },
	};
	struct virtio_net_hdr hdr = { .flags = 0 };

	if (receive_unfinished(&ip, VIRTIO_NET_HDR_GSO_NONE) != TEST_SUCCESS ||
	    receive_unfinished(&ip, VIRTIO_NET_HDR_GSO_NONE) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_ip_build(&frame, &ip);
	if (receive_ip(&ip, &hdr) != TEST_SUCCESS || receive_ip(&ip, &hdr) != TEST_SUCCESS)
		return TEST_FAILED;
	frame.data[RTE_ETHER_HDR_LEN + 10] ^= 1;
	if (receive_ip(&ip, &hdr) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstats_check(expected, RTE_DIM(expected));
}

/* The kernel leaves out both sums or none: the driver completes the one not asked for. */
static int
completed_checksums_are_good(void)
{
	const struct rtap_ip ip = { .payload_len = IP_PAYLOAD };

	if (run_with(RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	if (receive_unfinished(&ip, VIRTIO_NET_HDR_GSO_NONE) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_l4_checksum_unknown_packets", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_q0_l4_checksum_good_packets", 1);
}

static int
lro_packets_are_counted(void)
{
	const struct rtap_ip ip = { .payload_len = BIG_PAYLOAD };
	const struct rtap_xstat expected[] = {
		{ "rx_q0_packets", 1 }, { "rx_q0_bytes", BIG_LEN },
		{ "rx_kernel_packets", 1 }, { "rx_kernel_bytes", BIG_LEN },
		{ "rx_q0_broadcast_packets", 1 }, { "rx_q0_size_1519_to_max_packets", 1 },
		{ "rx_q0_multi_segment_packets", 1 }, { "rx_q0_lro_packets", 1 },
		{ "rx_q0_l4_checksum_none_packets", 1 },
	};

	if (run_with(LRO, 0, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	if (receive_unfinished(&ip, VIRTIO_NET_HDR_GSO_TCPV4) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstats_check(expected, RTE_DIM(expected));
}

static int
send_datagrams(void)
{
	static uint8_t data[20 * RTAP_IP_MSS];
	const int sock = rtap_ip_udp_open(false);
	const int size = RTAP_IP_MSS;
	ssize_t n = -1;

	TEST_ASSERT(sock >= 0, "no socket");
	if (setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) == 0)
		n = send(sock, data, sizeof(data), 0);
	close(sock);
	TEST_ASSERT_EQUAL(n, (ssize_t)sizeof(data), "no send");
	return TEST_SUCCESS;
}

static int
uso_packets_are_counted(void)
{
	const struct rtap_ip ip = { .is_udp = true };
	struct rte_eth_dev_info info;
	struct rte_mbuf *mbuf;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",uso",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SKIPPED;
	if (run_with(LRO, 0, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_ip_address(), "no address");
	if (send_datagrams() != TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_ip_receive(rtap_fx.port, &ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	rte_pktmbuf_free(mbuf);
	if (rtap_xstat_check("rx_q0_lro_packets", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_q0_uso_packets", 1);
}

static int
transmit_ip(const struct rtap_ip *ip, uint64_t flags, uint16_t nb_segs)
{
	const uint64_t l4 = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_L4_MASK;
	struct rte_mbuf *mbuf;

	rtap_ip_build(&frame, ip);
	if ((flags & l4) != 0)
		rtap_ip_leave_checksum(&frame, ip, (flags & RTE_MBUF_F_TX_TCP_SEG) == 0);
	mbuf = rtap_ip_mbuf(&frame, nb_segs, flags | rtap_ip_flags(ip));
	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	return TEST_SUCCESS;
}

static int
tx_offloads_are_counted(void)
{
	const struct rtap_ip ip = { .payload_len = IP_PAYLOAD };
	const struct rtap_ip big = { .payload_len = BIG_PAYLOAD };
	const uint64_t sums = RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	const struct rtap_xstat expected[] = {
		{ "tx_q0_packets", 4 }, { "tx_q0_bytes", 3 * IP_LEN + BIG_LEN },
		{ "tx_kernel_packets", 4 }, { "tx_kernel_bytes", 3 * IP_LEN + BIG_LEN },
		{ "tx_q0_broadcast_packets", 4 }, { "tx_q0_size_128_to_255_packets", 3 },
		{ "tx_q0_size_1519_to_max_packets", 1 }, { "tx_q0_multi_segment_packets", 1 },
		{ "tx_q0_tso_packets", 1 }, { "tx_q0_l4_checksum_packets", 2 },
		{ "tx_q0_ip_checksum_packets", 2 }, { "tx_q0_separate_headers", 1 },
	};

	if (transmit_ip(&ip, 0, 1) != TEST_SUCCESS ||
	    transmit_ip(&ip, RTE_MBUF_F_TX_TCP_CKSUM, 1) != TEST_SUCCESS ||
	    transmit_ip(&ip, sums, 1) != TEST_SUCCESS ||
	    transmit_ip(&big, sums | RTE_MBUF_F_TX_TCP_SEG, 5) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstats_check(expected, RTE_DIM(expected));
}

static int
tx_uso_packets_are_counted(void)
{
	const struct rtap_ip ip = { .payload_len = BIG_PAYLOAD, .is_udp = true };
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SKIPPED;
	if (run_with(0, RTE_ETH_TX_OFFLOAD_UDP_TSO | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
			RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 0) != TEST_SUCCESS ||
	    transmit_ip(&ip, RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_UDP_CKSUM, 5) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_tso_packets", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("tx_q0_uso_packets", 1);
}

/* An inserted tag is part of the frame, and one that was taken out is not. */
static int
vlan_tags_are_counted(void)
{
	const struct rtap_ip ip = { .payload_len = IP_PAYLOAD, .is_tagged = true };
	struct rte_mbuf *mbuf;
	struct virtio_net_hdr hdr = { .flags = 0 };

	if (run_with(RTE_ETH_RX_OFFLOAD_VLAN_STRIP, RTE_ETH_TX_OFFLOAD_VLAN_INSERT, 0) !=
			TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_mbuf_new(rtap_fx.pool, 127, 0);
	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	mbuf->ol_flags |= RTE_MBUF_F_TX_VLAN;
	mbuf->vlan_tci = RTAP_IP_TCI;
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	rtap_ip_build(&frame, &ip);
	if (receive_ip(&ip, &hdr) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_vlan_inserted_packets", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_size_128_to_255_packets", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_q0_bytes", IP_LEN) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstat_check("rx_q0_vlan_stripped_packets", 1);
}

struct unit_test_suite rtap_xstats_packet_suite = {
	.suite_name = "rtap: extended statistics of packets",
	.unit_test_cases = {
		TEST_CASE_ST(setup_jumbo, rtap_teardown, rx_packets_are_counted_by_length),
		TEST_CASE_ST(setup_jumbo, rtap_teardown, tx_packets_are_counted_by_length),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			rx_packets_are_counted_by_destination),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			tx_packets_are_counted_by_destination),
		TEST_CASE_ST(setup_jumbo, rtap_teardown, destination_in_pieces_is_told),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, unsent_packets_are_in_no_class),
		TEST_CASE_ST(setup_checksums, rtap_teardown, rx_checksums_are_counted),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, completed_checksums_are_good),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, lro_packets_are_counted),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, uso_packets_are_counted),
		TEST_CASE_ST(setup_checksums, rtap_teardown, tx_offloads_are_counted),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tx_uso_packets_are_counted),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, vlan_tags_are_counted),
		TEST_CASES_END()
	}
};
