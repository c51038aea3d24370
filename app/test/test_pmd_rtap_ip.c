/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Packets for the cases of rtap_pmd_autotest about offloads: made and verified
 * with DPDK's helpers for headers. Knows no port.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_port.h"

#define VXLAN_PORT 4789
#define VXLAN_LEN 8
#define VXLAN_HAS_VNI 0x08

/* Hosts: behind the port, the kernel's first interface, behind its second one. */
static const uint8_t hosts[][4] = {
	{ 192, 0, 2, 2 },
	{ 192, 0, 2, 1 },
	{ 198, 51, 100, 2 },
};

static const uint8_t ipv6_hosts[][16] = {
	{ 0xfd, 0, 0, 1, [15] = 2 },
	{ 0xfd, 0, 0, 1, [15] = 1 },
	{ 0xfd, 0, 0, 2, [15] = 2 },
};

static uint8_t
payload_byte(uint32_t seq)
{
	return seq % 251 ^ seq >> 12;
}

static void *
append(struct rtap_ip_frame *frame, uint32_t len)
{
	void *place = frame->data + frame->len;

	memset(place, 0, len);
	frame->len += len;
	return place;
}

static void
append_ether(struct rtap_ip_frame *frame, const struct rtap_ip *ip, bool is_ipv6, bool is_tagged)
{
	const rte_be16_t type = is_ipv6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) :
		RTE_BE16(RTE_ETHER_TYPE_IPV4);
	struct rte_ether_hdr *eth = append(frame, sizeof(*eth));
	struct rte_vlan_hdr *vlan;

	/* Broadcast would not be forwarded: the caller knows the right address. */
	memset(&eth->dst_addr, ip->is_routed ? 0x0e : 0xff, sizeof(eth->dst_addr));
	memset(&eth->src_addr, 0x02, sizeof(eth->src_addr));
	eth->ether_type = type;
	if (!is_tagged)
		return;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	vlan = append(frame, sizeof(*vlan));
	vlan->vlan_tci = RTE_BE16(RTAP_IP_TCI);
	vlan->eth_proto = type;
}

static void
append_ip(struct rtap_ip_frame *frame, const struct rtap_ip *ip, bool is_ipv6, uint8_t protocol,
		uint16_t len)
{
	const unsigned int to = ip->is_routed ? 2 : 1;
	struct rte_ipv4_hdr *ip4;
	struct rte_ipv6_hdr *ip6;

	if (is_ipv6) {
		ip6 = append(frame, sizeof(*ip6));
		ip6->vtc_flow = RTE_BE32(0x60000000);
		ip6->payload_len = rte_cpu_to_be_16(len);
		ip6->proto = protocol;
		ip6->hop_limits = 64;
		memcpy(&ip6->src_addr, ipv6_hosts[0], sizeof(ipv6_hosts[0]));
		memcpy(&ip6->dst_addr, ipv6_hosts[to], sizeof(ipv6_hosts[0]));
		return;
	}
	ip4 = append(frame, sizeof(*ip4));
	ip4->version_ihl = RTE_IPV4_VHL_DEF;
	ip4->total_length = rte_cpu_to_be_16(sizeof(*ip4) + len);
	ip4->time_to_live = 64;
	ip4->next_proto_id = protocol;
	memcpy(&ip4->src_addr, hosts[0], sizeof(hosts[0]));
	memcpy(&ip4->dst_addr, hosts[to], sizeof(hosts[0]));
	ip4->hdr_checksum = rte_ipv4_cksum(ip4);
}

static void
append_udp(struct rtap_ip_frame *frame, uint16_t to, uint16_t len)
{
	struct rte_udp_hdr *udp = append(frame, sizeof(*udp));

	udp->src_port = RTE_BE16(RTAP_IP_UDP_PORT);
	udp->dst_port = rte_cpu_to_be_16(to);
	udp->dgram_len = rte_cpu_to_be_16(sizeof(*udp) + len);
}

static void
append_tcp(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	struct rte_tcp_hdr *tcp = append(frame, sizeof(*tcp));

	tcp->src_port = RTE_BE16(RTAP_IP_UDP_PORT);
	tcp->dst_port = RTE_BE16(RTAP_IP_UDP_PORT);
	tcp->sent_seq = rte_cpu_to_be_32(ip->seq);
	tcp->data_off = sizeof(*tcp) / 4 << 4;
	tcp->tcp_flags = RTE_TCP_ACK_FLAG | ip->tcp_flags;
	tcp->rx_win = RTE_BE16(1000);
}

/* The inner frame is as if there were no tunnel. */
static void
append_tunnel(struct rtap_ip_frame *frame, const struct rtap_ip *ip, uint16_t len)
{
	uint8_t *vxlan;

	append_ether(frame, ip, false, ip->is_tagged);
	frame->outer_l2_len = frame->len;
	append_ip(frame, ip, false, IPPROTO_UDP, sizeof(struct rte_udp_hdr) + VXLAN_LEN + len);
	frame->outer_l3_len = frame->len - frame->outer_l2_len;
	append_udp(frame, VXLAN_PORT, VXLAN_LEN + len);
	vxlan = append(frame, VXLAN_LEN);
	vxlan[0] = VXLAN_HAS_VNI;
	vxlan[6] = 1;
}

static uint8_t *
l3_of(struct rtap_ip_frame *frame)
{
	return frame->data + frame->outer_l2_len + frame->outer_l3_len + frame->l2_len;
}

static uint8_t *
checksum_of(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	return l3_of(frame) + frame->l3_len + (ip->is_udp ?
		offsetof(struct rte_udp_hdr, dgram_cksum) : offsetof(struct rte_tcp_hdr, cksum));
}

static void
set_l4_checksum(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	const uint8_t *l3 = l3_of(frame);
	const void *l4 = l3 + frame->l3_len;
	const uint16_t sum = ip->is_ipv6 ? rte_ipv6_udptcp_cksum((const void *)l3, l4) :
		rte_ipv4_udptcp_cksum((const void *)l3, l4);

	memcpy(checksum_of(frame, ip), &sum, sizeof(sum));
}

void
rtap_ip_build(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	const uint8_t protocol = ip->is_udp ? IPPROTO_UDP : IPPROTO_TCP;
	const uint16_t l3_len = ip->is_ipv6 ? sizeof(struct rte_ipv6_hdr) :
		sizeof(struct rte_ipv4_hdr);
	const uint16_t l4_len = ip->is_udp ? sizeof(struct rte_udp_hdr) :
		sizeof(struct rte_tcp_hdr);
	uint8_t *payload;

	frame->len = 0;
	frame->outer_l2_len = 0;
	frame->outer_l3_len = 0;
	if (ip->is_inside_vxlan)
		append_tunnel(frame, ip, RTE_ETHER_HDR_LEN + l3_len + l4_len + ip->payload_len);
	append_ether(frame, ip, ip->is_ipv6, ip->is_tagged && !ip->is_inside_vxlan);
	frame->l2_len = frame->len - frame->outer_l2_len - frame->outer_l3_len;
	append_ip(frame, ip, ip->is_ipv6, protocol, l4_len + ip->payload_len);
	frame->l3_len = l3_len;
	if (ip->is_udp)
		append_udp(frame, RTAP_IP_UDP_PORT, ip->payload_len);
	else
		append_tcp(frame, ip);
	frame->l4_len = l4_len;
	payload = append(frame, ip->payload_len);
	for (uint32_t i = 0; i < ip->payload_len; i++)
		payload[i] = payload_byte(ip->seq + i);
	set_l4_checksum(frame, ip);
}

void
rtap_ip_leave_checksum(struct rtap_ip_frame *frame, const struct rtap_ip *ip, bool has_length)
{
	const uint64_t flags = has_length ? 0 : RTE_MBUF_F_TX_TCP_SEG;
	const void *l3 = l3_of(frame);
	const uint16_t sum = ip->is_ipv6 ? rte_ipv6_phdr_cksum(l3, flags) :
		rte_ipv4_phdr_cksum(l3, flags);

	memcpy(checksum_of(frame, ip), &sum, sizeof(sum));
}

uint64_t
rtap_ip_flags(const struct rtap_ip *ip)
{
	return (ip->is_ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4) |
		(ip->is_inside_vxlan ?
			RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_OUTER_IPV4 : 0);
}

struct rte_mbuf *
rtap_ip_mbuf(const struct rtap_ip_frame *frame, uint16_t nb_segs, uint64_t ol_flags)
{
	struct rte_mbuf *mbuf = rtap_chain_of(rtap_fx.pool, frame->data, frame->len, nb_segs);

	if (mbuf == NULL)
		return NULL;
	mbuf->ol_flags |= ol_flags;
	mbuf->outer_l2_len = frame->outer_l2_len;
	mbuf->outer_l3_len = frame->outer_l3_len;
	mbuf->l2_len = frame->l2_len;
	mbuf->l3_len = frame->l3_len;
	mbuf->l4_len = frame->l4_len;
	mbuf->tso_segsz = RTAP_IP_MSS;
	return mbuf;
}

static int
fault(const char *reason, const struct rtap_ip *ip)
{
	printf("packet %u of %u bytes: wrong %s\n", ip->seq, ip->payload_len, reason);
	return -EBADMSG;
}

/* What may differ after forwarding, and the number of a packet. */
static void
forget_ipv4(uint8_t *l3)
{
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)l3;

	ip4->time_to_live = 0;
	ip4->packet_id = 0;
	ip4->hdr_checksum = 0;
}

static void
forget_variable(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	if (ip->is_inside_vxlan)
		forget_ipv4(frame->data + frame->outer_l2_len);
	if (ip->is_ipv6)
		((struct rte_ipv6_hdr *)l3_of(frame))->hop_limits = 0;
	else
		forget_ipv4(l3_of(frame));
	/* Was verified, and zero has two forms. */
	memset(checksum_of(frame, ip), 0, sizeof(rte_be16_t));
}

static bool
are_checksums_right(struct rtap_ip_frame *frame, const struct rtap_ip *ip)
{
	const void *l3 = l3_of(frame);
	const void *l4 = l3_of(frame) + frame->l3_len;

	if (ip->is_inside_vxlan && rte_raw_cksum(frame->data + frame->outer_l2_len,
			frame->outer_l3_len) != UINT16_MAX)
		return false;
	if (ip->is_ipv6)
		return rte_ipv6_udptcp_cksum_verify(l3, l4) == 0;
	return rte_raw_cksum(l3, frame->l3_len) == UINT16_MAX &&
		rte_ipv4_udptcp_cksum_verify(l3, l4) == 0;
}

int
rtap_ip_check(const void *data, uint32_t len, const struct rtap_ip *ip)
{
	static struct rtap_ip_frame right;
	static struct rtap_ip_frame got;

	rtap_ip_build(&right, ip);
	if (len != right.len) {
		printf("%u bytes instead of %u\n", len, right.len);
		return fault("length", ip);
	}
	got = right;
	memcpy(got.data, data, len);
	if (!are_checksums_right(&got, ip))
		return fault("checksum", ip);
	forget_variable(&got, ip);
	forget_variable(&right, ip);
	/* All that remains is the same, but for the addresses of Ethernet. */
	return rtap_bytes_check(got.data + 2 * RTE_ETHER_ADDR_LEN,
		right.data + 2 * RTE_ETHER_ADDR_LEN, len - 2 * RTE_ETHER_ADDR_LEN) < 0 ?
		fault("content", ip) : 0;
}

int
rtap_ip_check_mbuf(const struct rte_mbuf *mbuf, const struct rtap_ip *ip)
{
	static uint8_t copy[RTAP_IP_MAX_FRAME];
	const char *reason;
	const void *data;

	if (rte_mbuf_check(mbuf, 1, &reason) != 0)
		return fault(reason, ip);
	data = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, copy);
	return data == NULL ? fault("mbuf", ip) : rtap_ip_check(data, mbuf->pkt_len, ip);
}

int
rtap_ip_check_bytes(const struct rte_mbuf *mbuf, const void *data, uint32_t len)
{
	static uint8_t copy[RTAP_IP_MAX_FRAME];
	const char *reason;
	const void *got;

	if (rte_mbuf_check(mbuf, 1, &reason) != 0 || mbuf->pkt_len != len) {
		printf("%u bytes instead of %u\n", mbuf->pkt_len, len);
		return -EBADMSG;
	}
	got = rte_pktmbuf_read(mbuf, 0, len, copy);
	return rtap_bytes_check(got, data, len) < 0 ? -EBADMSG : 0;
}
