/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: offloads in transmission. The kernel may keep a packet
 * unfinished as long as it has it, so most are routed on to a second port
 * without offloads: what arrives there is what would be on a wire.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define IP_CKSUM RTE_MBUF_F_TX_IP_CKSUM
#define TCP_CKSUM RTE_MBUF_F_TX_TCP_CKSUM
#define UDP_CKSUM RTE_MBUF_F_TX_UDP_CKSUM
#define TCP_SEG RTE_MBUF_F_TX_TCP_SEG
#define UDP_SEG RTE_MBUF_F_TX_UDP_SEG
#define SEGMENTS (TCP_SEG | UDP_SEG)
#define NB_SEGS_64_KB 40
#define NB_BURST 64
#define TAGGED_LEN 300
#define GSO_UDP_L4 5

static uint16_t second_port;
static uint64_t tx_capa;
static struct rtap_ip_frame frame;

/* All that the port offers. */
static int
setup(void)
{
	struct rtap_port_conf conf = { .nb_tx_desc = 512 };
	struct rte_eth_dev_info info;
	int ret = rtap_setup_probed();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	tx_capa = info.tx_offload_capa;
	/* It would be a promise that is not kept. */
	conf.tx_offloads = tx_capa & ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	return rtap_port_run_as(&conf);
}

static int
setup_route(void)
{
	const int ret = setup();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rtap_ip_route(&second_port), "no route");
	return TEST_SUCCESS;
}

static int
setup_address(void)
{
	const int ret = setup();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rtap_ip_address(), "no address");
	return TEST_SUCCESS;
}

/* To the interface itself: others are not for the kernel to forward. */
static void
set_destination(void)
{
	rte_eth_macaddr_get(rtap_fx.port, (struct rte_ether_addr *)frame.data);
}

/* Checksums that the port is to fill in are wrong, but for what ethdev demands. */
static void
build_frame(const struct rtap_ip *ip, uint64_t flags)
{
	const uint16_t wrong = 0xdead;
	const uint32_t l3 = RTE_ETHER_HDR_LEN + (ip->is_tagged ? RTE_VLAN_HLEN : 0);

	rtap_ip_build(&frame, ip);
	set_destination();
	if ((flags & SEGMENTS) != 0 || (flags & RTE_MBUF_F_TX_L4_MASK) != 0)
		rtap_ip_leave_checksum(&frame, ip, (flags & SEGMENTS) == 0);
	if ((flags & IP_CKSUM) != 0 && !ip->is_inside_vxlan)
		memcpy(frame.data + l3 + 10, &wrong, sizeof(wrong));
}

static struct rte_mbuf *
new_packet(const struct rtap_ip *ip, uint64_t flags, uint16_t nb_segs)
{
	build_frame(ip, flags);
	return rtap_ip_mbuf(&frame, nb_segs, flags | rtap_ip_flags(ip));
}

static int
send_packet(const struct rtap_ip *ip, uint64_t flags, uint16_t nb_segs)
{
	struct rte_mbuf *mbuf = new_packet(ip, flags, nb_segs);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	return TEST_SUCCESS;
}

static int
expect_routed(const struct rtap_ip *ip)
{
	struct rte_mbuf *mbuf = rtap_ip_receive(second_port, ip);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "packet %u did not come", ip->seq);
	ret = rtap_ip_check_mbuf(mbuf, ip);
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_SUCCESS(ret, "packet %u", ip->seq);
	return TEST_SUCCESS;
}

/* Of a packet in segments: the last is shorter, and flags are where they belong. */
static int
expect_segments(const struct rtap_ip *ip)
{
	const uint8_t last_only = RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG;
	struct rtap_ip part = *ip;
	uint32_t done;

	for (done = 0; done < ip->payload_len; done += part.payload_len) {
		part.seq = ip->seq + done;
		part.payload_len = RTE_MIN(RTAP_IP_MSS, ip->payload_len - done);
		part.tcp_flags = ip->tcp_flags;
		if (done > 0)
			part.tcp_flags &= ~RTE_TCP_CWR_FLAG;
		if (done + part.payload_len < ip->payload_len)
			part.tcp_flags &= ~last_only;
		if (expect_routed(&part) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	TEST_ASSERT(rtap_ip_is_silent(second_port, ip), "more than was sent");
	return TEST_SUCCESS;
}

static int
check_routed(const struct rtap_ip *ip, uint64_t flags, uint16_t nb_segs)
{
	if (send_packet(ip, flags, nb_segs) != TEST_SUCCESS)
		return TEST_FAILED;
	return (flags & SEGMENTS) != 0 ? expect_segments(ip) : expect_routed(ip);
}

static int
checksums_are_right_on_the_wire(void)
{
	static const struct {
		struct rtap_ip ip;
		uint64_t flags;
	} cases[] = {
		{ { .payload_len = 1000 }, 0 },
		{ { .payload_len = 1000 }, IP_CKSUM },
		{ { .payload_len = 1001 }, IP_CKSUM | TCP_CKSUM },
		{ { .payload_len = 1 }, TCP_CKSUM },
		{ { .payload_len = 1400, .is_udp = true }, IP_CKSUM | UDP_CKSUM },
		{ { .payload_len = 3, .is_udp = true }, UDP_CKSUM },
		{ { .payload_len = 1000, .is_ipv6 = true }, TCP_CKSUM },
		{ { .payload_len = 999, .is_ipv6 = true, .is_udp = true }, UDP_CKSUM },
	};

	for (uint32_t i = 0; i < RTE_DIM(cases); i++) {
		struct rtap_ip ip = cases[i].ip;

		ip.is_routed = true;
		ip.seq = i;
		/* In one segment, and in several that cut the headers. */
		if (check_routed(&ip, cases[i].flags, 1) != TEST_SUCCESS ||
		    check_routed(&ip, cases[i].flags, 45) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
tcp_segments_are_right_on_the_wire(void)
{
	static const struct rtap_ip cases[] = {
		{ .payload_len = 5000 },
		{ .payload_len = RTAP_IP_MSS },
		{ .payload_len = RTAP_IP_MSS + 1 },
		{ .payload_len = 3 },
		{ .payload_len = 5000, .is_ipv6 = true },
		{ .payload_len = 100, .is_ipv6 = true },
		{ .payload_len = 5000, .tcp_flags = RTE_TCP_CWR_FLAG | RTE_TCP_ECE_FLAG },
		{ .payload_len = 5000, .tcp_flags = RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG },
	};

	for (uint32_t i = 0; i < RTE_DIM(cases); i++) {
		struct rtap_ip ip = cases[i];
		const uint64_t flags = TCP_SEG | TCP_CKSUM | (ip.is_ipv6 ? 0 : IP_CKSUM);

		ip.is_routed = true;
		ip.seq = 1000000 * i;
		if (check_routed(&ip, flags, 3) != TEST_SUCCESS ||
		    check_routed(&ip, flags, 60) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
segments_of_64_kb_are_right_on_the_wire(void)
{
	struct rtap_ip ip = { .payload_len = 65000, .is_routed = true, .seq = 17 };

	if (check_routed(&ip, TCP_SEG | TCP_CKSUM | IP_CKSUM, NB_SEGS_64_KB) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	return check_routed(&ip, TCP_SEG | TCP_CKSUM, NB_SEGS_64_KB);
}

static int
udp_segments_are_right_on_the_wire(void)
{
	struct rtap_ip ip = { .payload_len = 65000, .is_udp = true, .is_routed = true };

	if ((tx_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SKIPPED;
	if (check_routed(&ip, UDP_SEG | UDP_CKSUM | IP_CKSUM, NB_SEGS_64_KB) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	return check_routed(&ip, UDP_SEG | UDP_CKSUM, NB_SEGS_64_KB);
}

static int
tunnel_segments_are_right_on_the_wire(void)
{
	struct rtap_ip ip = { .payload_len = 9000, .is_inside_vxlan = true, .is_routed = true };

	if ((tx_capa & RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO) == 0)
		return TEST_SKIPPED;
	if (check_routed(&ip, TCP_SEG | TCP_CKSUM | IP_CKSUM | RTE_MBUF_F_TX_OUTER_IP_CKSUM,
			8) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	return check_routed(&ip, TCP_SEG | TCP_CKSUM, 8);
}

static int
tunnel_checksum_is_right_on_the_wire(void)
{
	const struct rtap_ip ip = { .payload_len = 900, .is_inside_vxlan = true,
		.is_routed = true };

	return check_routed(&ip, TCP_CKSUM, 2);
}

/* What an application need not do itself if it calls this. */
static int
check_prepare(const struct rtap_ip *ip, uint64_t flags, uint64_t no_flags, uint16_t nb_segs)
{
	struct rte_mbuf *mbuf;
	uint32_t field;

	build_frame(ip, flags);
	field = frame.outer_l2_len + frame.outer_l3_len + frame.l2_len + frame.l3_len +
		(ip->is_udp ? 6 : 16);
	memset(frame.data + field, 0x55, 2);
	mbuf = rtap_ip_mbuf(&frame, nb_segs, (flags | rtap_ip_flags(ip)) & ~no_flags);
	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	/* Nothing but segmentation asks for it. */
	mbuf->l4_len = 0;
	TEST_ASSERT_EQUAL(rte_eth_tx_prepare(rtap_fx.port, 0, &mbuf, 1), 1, "refused");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	return expect_routed(ip);
}

static int
prepare_sets_sum_of_pseudo_header(void)
{
	struct rtap_ip ip = { .payload_len = 900, .is_routed = true };

	if (check_prepare(&ip, TCP_CKSUM | IP_CKSUM, 0, 1) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	ip.is_udp = true;
	return check_prepare(&ip, UDP_CKSUM, 0, 1);
}

static int
prepare_sets_sum_behind_first_segment(void)
{
	struct rtap_ip ip = { .payload_len = 900, .is_routed = true };

	/* A few bytes each. */
	if (check_prepare(&ip, TCP_CKSUM | IP_CKSUM, 0, 60) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_inside_vxlan = true;
	return check_prepare(&ip, TCP_CKSUM, 0, 60);
}

/* It is needed for segmentation alone. */
static int
prepare_sets_sum_in_tunnel_of_unnamed_version(void)
{
	const struct rtap_ip ip = { .payload_len = 900, .is_inside_vxlan = true,
		.is_routed = true };

	return check_prepare(&ip, TCP_CKSUM, RTE_MBUF_F_TX_OUTER_IPV4, 1);
}

/* The application's packet has another reference and is sent twice. */
static int
shared_packet_is_segmented_and_unchanged(void)
{
	const struct rtap_ip ip = { .payload_len = 6000, .is_routed = true };
	struct rte_mbuf *mbuf = new_packet(&ip, TCP_SEG | TCP_CKSUM | IP_CKSUM, 4);
	int ret = TEST_SUCCESS;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	for (uint32_t i = 0; i < 2 && ret == TEST_SUCCESS; i++) {
		rte_pktmbuf_refcnt_update(mbuf, 1);
		if (rtap_port_transmit_one(rtap_fx.port, mbuf) < 0 ||
		    rtap_ip_check_bytes(mbuf, frame.data, frame.len) < 0)
			ret = TEST_FAILED;
		else
			ret = expect_segments(&ip);
	}
	rte_pktmbuf_free(mbuf);
	return ret;
}

/* More headers at once than the queue has storage for, and other packets between them. */
static int
mixed_burst_keeps_order(void)
{
	struct rtap_ip ip = { .is_routed = true };
	struct rte_mbuf *pkts[NB_BURST];
	uint16_t nb_done = 0;
	uint16_t n;

	for (uint16_t i = 0; i < NB_BURST; i++) {
		ip.seq = 100000 * i;
		ip.payload_len = i % 4 == 0 ? 100 : 4000;
		pkts[i] = new_packet(&ip, i % 4 == 0 ? 0 : TCP_SEG | TCP_CKSUM | IP_CKSUM,
			1 + i % 7 + ip.payload_len / 2000);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	do {
		n = rte_eth_tx_burst(rtap_fx.port, 0, pkts + nb_done, NB_BURST - nb_done);
		nb_done += n;
	} while (n > 0 && nb_done < NB_BURST);
	rte_pktmbuf_free_bulk(pkts + nb_done, NB_BURST - nb_done);
	TEST_ASSERT_EQUAL(nb_done, NB_BURST, "%u packets taken", nb_done);
	for (uint16_t i = 0; i < NB_BURST; i++) {
		struct rtap_ip part = { .is_routed = true };

		ip.payload_len = i % 4 == 0 ? 100 : 4000;
		for (uint32_t done = 0; done < ip.payload_len; done += part.payload_len) {
			part.seq = 100000 * i + done;
			part.payload_len = RTE_MIN(RTAP_IP_MSS, ip.payload_len - done);
			if (expect_routed(&part) != TEST_SUCCESS)
				return TEST_FAILED;
		}
	}
	return TEST_SUCCESS;
}

/* What the kernel has before it does anything about it. */
static int
check_hdr(int sock, const struct rtap_ip *ip, uint64_t flags, uint8_t gso_type)
{
	static uint8_t data[RTAP_IP_MAX_FRAME];
	const uint16_t csum_offset = ip->is_udp ? 6 : 16;
	struct virtio_net_hdr hdr = { .flags = 0 };
	uint32_t len = 0;

	if (send_packet(ip, flags, NB_SEGS_64_KB) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_ip_packet_receive(sock, &hdr, data, &len), "nothing came");
	TEST_ASSERT_EQUAL(len, frame.len, "%u bytes", len);
	TEST_ASSERT_EQUAL(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM, "flags %#x", hdr.flags);
	TEST_ASSERT_EQUAL(hdr.csum_start, frame.l2_len + frame.l3_len, "csum_start %u",
		hdr.csum_start);
	TEST_ASSERT_EQUAL(hdr.csum_offset, csum_offset, "csum_offset %u", hdr.csum_offset);
	TEST_ASSERT_EQUAL(hdr.gso_type, gso_type, "gso_type %#x", hdr.gso_type);
	TEST_ASSERT_EQUAL(hdr.gso_size, RTAP_IP_MSS, "gso_size %u", hdr.gso_size);
	TEST_ASSERT_SUCCESS(rtap_bytes_check(data + len - ip->payload_len,
		frame.data + len - ip->payload_len, ip->payload_len), "another payload");
	return TEST_SUCCESS;
}

static int
check_unsegmented(const struct rtap_ip *ip, uint64_t flags, uint8_t gso_type)
{
	const int sock = rtap_ip_packet_open(ip);
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	ret = check_hdr(sock, ip, flags, gso_type);
	close(sock);
	return ret;
}

static int
kernel_gets_packets_whole(void)
{
	struct rtap_ip ip = { .payload_len = 65000 };

	if (check_unsegmented(&ip, TCP_SEG | TCP_CKSUM | IP_CKSUM, VIRTIO_NET_HDR_GSO_TCPV4) !=
			TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	ip.tcp_flags = RTE_TCP_CWR_FLAG;
	if (check_unsegmented(&ip, TCP_SEG | TCP_CKSUM,
			VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_udp = true;
	if ((tx_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SUCCESS;
	return check_unsegmented(&ip, UDP_SEG | UDP_CKSUM, GSO_UDP_L4);
}

/* As many datagrams as there are segments, in their order. */
static int
check_datagrams(int sock, const struct rtap_ip *ip)
{
	static struct rtap_ip_frame part_frame;
	struct rtap_ip part = *ip;
	uint8_t data[2 * RTAP_IP_MSS];
	ssize_t len;

	for (uint32_t done = 0; done < ip->payload_len; done += part.payload_len) {
		part.seq = ip->seq + done;
		part.payload_len = RTE_MIN(RTAP_IP_MSS, ip->payload_len - done);
		rtap_ip_build(&part_frame, &part);
		len = rtap_kernel_receive(sock, data, sizeof(data));
		TEST_ASSERT_EQUAL(len, part.payload_len, "datagram of %zd bytes at %u", len, done);
		TEST_ASSERT_SUCCESS(rtap_bytes_check(data, part_frame.data + part_frame.len - len,
			len), "datagram at %u", done);
	}
	return TEST_SUCCESS;
}

static int
udp_socket_gets_each_datagram(void)
{
	struct rtap_ip ip = { .payload_len = 20 * RTAP_IP_MSS + 5, .is_udp = true };
	int ret = TEST_SUCCESS;
	int sock;

	if ((tx_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SKIPPED;
	for (uint32_t i = 0; i < 2 && ret == TEST_SUCCESS; i++) {
		ip.is_ipv6 = i == 1;
		sock = rtap_ip_udp_open(ip.is_ipv6);
		TEST_ASSERT(sock >= 0, "no socket");
		ret = send_packet(&ip, UDP_SEG | UDP_CKSUM | (ip.is_ipv6 ? 0 : IP_CKSUM), 15);
		if (ret == TEST_SUCCESS)
			ret = check_datagrams(sock, &ip);
		close(sock);
	}
	return ret;
}

/* The kernel takes the tag out of the frame, and tells it apart. */
static int
expect_tag(int sock)
{
	uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { .iov_base = frame.data, .iov_len = sizeof(frame.data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *cmsg;
	struct tpacket_auxdata aux;

	TEST_ASSERT_EQUAL(recvmsg(sock, &msg, 0), TAGGED_LEN, "nothing came");
	cmsg = CMSG_FIRSTHDR(&msg);
	TEST_ASSERT(cmsg != NULL && cmsg->cmsg_type == PACKET_AUXDATA, "no data about it");
	memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
	TEST_ASSERT((aux.tp_status & TP_STATUS_VLAN_VALID) != 0, "no tag");
	TEST_ASSERT_EQUAL(aux.tp_vlan_tci, RTAP_IP_TCI, "tag %#x", aux.tp_vlan_tci);
	return TEST_SUCCESS;
}

static int
check_tag(int sock)
{
	struct rte_mbuf *mbuf = rtap_mbuf_new(rtap_fx.pool, TAGGED_LEN, 0);
	const int on = 1;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(setsockopt(sock, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)),
		"no auxiliary data");
	mbuf->ol_flags |= RTE_MBUF_F_TX_VLAN;
	mbuf->vlan_tci = RTAP_IP_TCI;
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	if (expect_tag(sock) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_frame_check(frame.data, TAGGED_LEN, TAGGED_LEN, 0),
		"another frame");
	return TEST_SUCCESS;
}

/* Sockets for one type of frame do not learn of tags. */
static int
tag_is_inserted(void)
{
	const int sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, ETH_P_ALL);
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	ret = check_tag(sock);
	close(sock);
	return ret;
}

struct unit_test_suite rtap_offload_tx_suite = {
	.suite_name = "rtap: offloads in transmission",
	.unit_test_cases = {
		TEST_CASE_ST(setup_route, rtap_teardown, checksums_are_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, tcp_segments_are_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, segments_of_64_kb_are_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, udp_segments_are_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, tunnel_segments_are_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, tunnel_checksum_is_right_on_the_wire),
		TEST_CASE_ST(setup_route, rtap_teardown, prepare_sets_sum_of_pseudo_header),
		TEST_CASE_ST(setup_route, rtap_teardown, prepare_sets_sum_behind_first_segment),
		TEST_CASE_ST(setup_route, rtap_teardown,
			prepare_sets_sum_in_tunnel_of_unnamed_version),
		TEST_CASE_ST(setup_route, rtap_teardown, shared_packet_is_segmented_and_unchanged),
		TEST_CASE_ST(setup_route, rtap_teardown, mixed_burst_keeps_order),
		TEST_CASE_ST(setup_address, rtap_teardown, kernel_gets_packets_whole),
		TEST_CASE_ST(setup_address, rtap_teardown, udp_socket_gets_each_datagram),
		TEST_CASE_ST(setup, rtap_teardown, tag_is_inserted),
		TEST_CASES_END()
	}
};
