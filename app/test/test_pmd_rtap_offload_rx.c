/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: offloads in reception, but for aggregates. The kernel
 * leaves checksums out only towards a port that has agreed to it; a packet
 * socket leaves them out for every port, as its sockets for UDP and TCP do.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_net.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define TCP_OFF RTE_ETH_RX_OFFLOAD_TCP_CKSUM
#define UDP_OFF RTE_ETH_RX_OFFLOAD_UDP_CKSUM
#define IP_OFF RTE_ETH_RX_OFFLOAD_IPV4_CKSUM
#define STRIP RTE_ETH_RX_OFFLOAD_VLAN_STRIP
#define L4_NONE RTE_MBUF_F_RX_L4_CKSUM_NONE
#define IP_GOOD RTE_MBUF_F_RX_IP_CKSUM_GOOD
#define IP_BAD RTE_MBUF_F_RX_IP_CKSUM_BAD
#define STRIPPED (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

static struct rtap_ip_frame frame;
static struct rtap_ip_frame sent;

static int
run_with(uint64_t rx_offloads)
{
	const struct rtap_port_conf conf = { .rx_offloads = rx_offloads };

	return rtap_port_run_as(&conf);
}

/* The kernel sends a packet that it leaves unfinished if it may. */
static int
send_unfinished(int sock, const struct rtap_ip *ip)
{
	const struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = frame.l2_len + frame.l3_len,
		.csum_offset = ip->is_udp ? 6 : 16,
	};

	sent = frame;
	rtap_ip_leave_checksum(&sent, ip, true);
	return rtap_ip_packet_send(sock, &hdr, &sent);
}

static struct rte_mbuf *
receive_unfinished(const struct rtap_ip *ip)
{
	const int sock = rtap_ip_packet_open(ip);
	int ret;

	if (sock < 0)
		return NULL;
	rtap_ip_build(&frame, ip);
	ret = send_unfinished(sock, ip);
	close(sock);
	return ret < 0 ? NULL : rtap_ip_receive(rtap_fx.port, ip);
}

static int
check_lengths(const struct rte_mbuf *mbuf, const struct rtap_ip *ip)
{
	const uint32_t type = (ip->is_udp ? RTE_PTYPE_L4_UDP : RTE_PTYPE_L4_TCP) |
		(ip->is_ipv6 ? RTE_PTYPE_L3_IPV6 : RTE_PTYPE_L3_IPV4);

	TEST_ASSERT((mbuf->packet_type & ~RTE_PTYPE_L2_MASK) == type, "type %#x",
		mbuf->packet_type);
	TEST_ASSERT(mbuf->l2_len == frame.l2_len && mbuf->l3_len == frame.l3_len &&
		mbuf->l4_len == frame.l4_len, "lengths %u, %u, %u", mbuf->l2_len,
		mbuf->l3_len, mbuf->l4_len);
	return TEST_SUCCESS;
}

/* Left as it was sent, or made right. */
static int
check_mbuf(const struct rte_mbuf *mbuf, const struct rtap_ip *ip, uint64_t ol_flags)
{
	int ret;

	TEST_ASSERT_EQUAL(mbuf->ol_flags, ol_flags, "flags %#" PRIx64, mbuf->ol_flags);
	if ((ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == L4_NONE)
		ret = rtap_ip_check_bytes(mbuf, sent.data, sent.len);
	else
		ret = rtap_ip_check_bytes(mbuf, frame.data, frame.len);
	TEST_ASSERT_SUCCESS(ret, "another frame");
	return check_lengths(mbuf, ip);
}

static int
check_received(const struct rtap_ip *ip, uint64_t ol_flags)
{
	struct rte_mbuf *mbuf = receive_unfinished(ip);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	ret = check_mbuf(mbuf, ip, ol_flags);
	rte_pktmbuf_free(mbuf);
	return ret;
}

/* Both versions of IP; the flags are those for TCP and for UDP. */
static int
check_flows(uint64_t tcp_flags, uint64_t udp_flags)
{
	struct rtap_ip ip = { .payload_len = 777 };

	for (uint32_t i = 0; i < 4; i++) {
		ip.is_ipv6 = (i & 1) != 0;
		ip.is_udp = (i & 2) != 0;
		ip.seq = i;
		if (check_received(&ip, ip.is_udp ? udp_flags : tcp_flags) == TEST_SUCCESS)
			continue;
		printf("%s over IPv%s\n", ip.is_udp ? "UDP" : "TCP", ip.is_ipv6 ? "6" : "4");
		return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
checksums_are_complete_without_offload(void)
{
	if (run_with(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_flows(0, 0);
}

static int
checksums_are_left_out_with_offload(void)
{
	if (run_with(TCP_OFF | UDP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_flows(L4_NONE, L4_NONE);
}

/* The kernel knows one offload for both, so the driver has to finish the other. */
static int
tcp_offload_leaves_udp_alone(void)
{
	uint64_t flags;

	if (run_with(TCP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	/* That the driver has done it may be told. */
	flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return check_flows(L4_NONE, flags);
}

static int
udp_offload_leaves_tcp_alone(void)
{
	if (run_with(UDP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_flows(RTE_MBUF_F_RX_L4_CKSUM_GOOD, L4_NONE);
}

/* What programs do. */
static int
check_socket(bool is_ipv6, uint64_t ol_flags)
{
	const struct rtap_ip ip = { .is_ipv6 = is_ipv6, .is_udp = true };
	const int sock = rtap_ip_udp_open(is_ipv6);
	struct rte_mbuf *mbuf;
	ssize_t len;

	TEST_ASSERT(sock >= 0, "no socket");
	len = send(sock, "datagram", 8, 0);
	close(sock);
	TEST_ASSERT_EQUAL(len, 8, "no send");
	mbuf = rtap_ip_receive(rtap_fx.port, &ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	len = memcmp(rte_pktmbuf_mtod_offset(mbuf, char *, mbuf->pkt_len - 8), "datagram", 8);
	ol_flags ^= mbuf->ol_flags;
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_EQUAL(ol_flags, 0, "differing flags %#" PRIx64, ol_flags);
	TEST_ASSERT_EQUAL(len, 0, "another payload");
	return TEST_SUCCESS;
}

static int
checksum_of_udp_socket_is_left_out(void)
{
	if (run_with(TCP_OFF | UDP_OFF | IP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_ip_address(), "no address");
	if (check_socket(false, L4_NONE | IP_GOOD) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_socket(true, L4_NONE);
}

/* A frame that the kernel takes as it is. */
static int
check_plain(const struct rtap_ip *ip, uint64_t ol_flags)
{
	const struct virtio_net_hdr hdr = { .flags = 0 };
	const int sock = rtap_ip_packet_open(ip);
	struct rte_mbuf *mbuf;
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	ret = rtap_ip_packet_send(sock, &hdr, &frame);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "no send");
	mbuf = rtap_ip_receive(rtap_fx.port, ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	ret = check_mbuf(mbuf, ip, ol_flags);
	rte_pktmbuf_free(mbuf);
	return ret;
}

static int
ipv4_checksum_is_verified(void)
{
	struct rtap_ip ip = { .payload_len = 100 };

	if (run_with(IP_OFF | TCP_OFF | UDP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_ip_build(&frame, &ip);
	if (check_plain(&ip, IP_GOOD) != TEST_SUCCESS)
		return TEST_FAILED;
	frame.data[RTE_ETHER_HDR_LEN + 10] ^= 1;
	if (check_plain(&ip, IP_BAD) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	rtap_ip_build(&frame, &ip);
	return check_plain(&ip, 0);
}

static int
ipv4_checksum_is_not_verified_without_offload(void)
{
	const struct rtap_ip ip = { .payload_len = 100 };

	if (run_with(TCP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_ip_build(&frame, &ip);
	frame.data[RTE_ETHER_HDR_LEN + 10] ^= 1;
	return check_plain(&ip, 0);
}

/* VLAN tags: with the frame as it was sent, or without the tag. */

static int
check_tagged(bool is_stripped, uint64_t ol_flags)
{
	const struct rtap_ip ip = { .payload_len = 500, .is_tagged = true, .is_udp = true };
	struct rtap_ip untagged = ip;
	struct rte_mbuf *mbuf = receive_unfinished(&ip);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	if (is_stripped) {
		untagged.is_tagged = false;
		rtap_ip_build(&frame, &untagged);
		sent = frame;
		rtap_ip_leave_checksum(&sent, &untagged, true);
	}
	ret = check_mbuf(mbuf, &ip, ol_flags | (is_stripped ? STRIPPED : 0));
	if (ret == TEST_SUCCESS && is_stripped && mbuf->vlan_tci != RTAP_IP_TCI)
		ret = TEST_FAILED;
	rte_pktmbuf_free(mbuf);
	return ret;
}

static int
tag_stays_without_offload(void)
{
	if (run_with(0) != TEST_SUCCESS || check_tagged(false, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (run_with(UDP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_tagged(false, L4_NONE);
}

static int
tag_is_stripped(void)
{
	if (run_with(STRIP) != TEST_SUCCESS || check_tagged(true, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (run_with(STRIP | UDP_OFF) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_tagged(true, L4_NONE);
}

static int
stripping_changes_while_running(void)
{
	if (run_with(0) != TEST_SUCCESS || check_tagged(false, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_vlan_offload(rtap_fx.port,
		RTE_ETH_VLAN_STRIP_OFFLOAD), "cannot be switched on");
	if (check_tagged(true, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_vlan_offload(rtap_fx.port, 0),
		"cannot be switched off");
	if (check_tagged(false, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_vlan_strip_on_queue(rtap_fx.port, 0, 1),
		"cannot be switched on for a queue");
	return check_tagged(true, 0);
}

static int
check_type(uint32_t expected)
{
	const struct rtap_ip ip = { .payload_len = 100 };
	struct rte_mbuf *mbuf = receive_unfinished(&ip);
	uint32_t type;

	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	type = mbuf->packet_type;
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_EQUAL(type, expected, "type %#x instead of %#x", type, expected);
	return TEST_SUCCESS;
}

static int
wanted_types_change_while_running(void)
{
	static const struct {
		uint32_t mask;
		uint32_t type;
	} steps[] = {
		{ RTE_PTYPE_L3_MASK, RTE_PTYPE_L3_IPV4 },
		{ 0, 0 },
		{ RTE_PTYPE_L4_MASK, RTE_PTYPE_L4_TCP },
		{ RTE_PTYPE_ALL_MASK,
			RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP },
	};

	if (run_with(0) != TEST_SUCCESS || check_type(steps[3].type) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint32_t i = 0; i < RTE_DIM(steps); i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_ptypes(rtap_fx.port, steps[i].mask, NULL, 0),
			"%#x cannot be set", steps[i].mask);
		if (check_type(steps[i].type) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
wanted_types_outlive_stop(void)
{
	if (run_with(0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_ptypes(rtap_fx.port, RTE_PTYPE_L3_MASK, NULL, 0),
		"cannot be set");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_type(RTE_PTYPE_L3_IPV4);
}

struct unit_test_suite rtap_offload_rx_suite = {
	.suite_name = "rtap: offloads in reception",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			checksums_are_complete_without_offload),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			checksums_are_left_out_with_offload),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tcp_offload_leaves_udp_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, udp_offload_leaves_tcp_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, checksum_of_udp_socket_is_left_out),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, ipv4_checksum_is_verified),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			ipv4_checksum_is_not_verified_without_offload),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tag_stays_without_offload),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tag_is_stripped),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, stripping_changes_while_running),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, wanted_types_change_while_running),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, wanted_types_outlive_stop),
		TEST_CASES_END()
	}
};
