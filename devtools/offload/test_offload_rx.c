/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * From the kernel's header to mbufs. A checksum that the application has not
 * agreed to miss is in the packet afterwards, and right.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "test_offload.h"

#define ALL_L4 (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define TCP_OFF RTE_ETH_RX_OFFLOAD_TCP_CKSUM
#define UDP_OFF RTE_ETH_RX_OFFLOAD_UDP_CKSUM
#define IP_OFF RTE_ETH_RX_OFFLOAD_IPV4_CKSUM
#define STRIP RTE_ETH_RX_OFFLOAD_VLAN_STRIP
#define LRO (ALL_L4 | RTE_ETH_RX_OFFLOAD_TCP_LRO)

#define L4_NONE RTE_MBUF_F_RX_L4_CKSUM_NONE
#define L4_GOOD RTE_MBUF_F_RX_L4_CKSUM_GOOD
#define IP_GOOD RTE_MBUF_F_RX_IP_CKSUM_GOOD
#define IP_BAD RTE_MBUF_F_RX_IP_CKSUM_BAD
#define RX_LRO RTE_MBUF_F_RX_LRO
#define STRIPPED (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

#define NEEDS VIRTIO_NET_HDR_F_NEEDS_CSUM
#define VALID VIRTIO_NET_HDR_F_DATA_VALID
#define TCPV4 VIRTIO_NET_HDR_GSO_TCPV4
#define TCPV6 VIRTIO_NET_HDR_GSO_TCPV6
#define UDPL4 KERNEL_GSO_UDP_L4
#define ECN VIRTIO_NET_HDR_GSO_ECN
#define IN4 KERNEL_GSO_UDP_TUNNEL_IPV4
#define IN6 KERNEL_GSO_UDP_TUNNEL_IPV6

#define UDP4 { .payload_len = 500, .is_udp = true }
#define TCP4 { .payload_len = 501 }
#define TCP6 { .payload_len = 502, .is_ipv6 = true }
#define UDP6 { .payload_len = 503, .is_ipv6 = true, .is_udp = true }
#define TAGGED { .payload_len = 501, .nb_vlans = 1 }
#define INSIDE { .payload_len = 500, .tunnel = FRAME_VXLAN }
#define BIG4 { .payload_len = 65000 }

struct rx_case {
	const char *name;
	struct frame_spec spec;
	uint8_t flags;
	uint8_t gso_type;
	uint16_t gso_size;
	uint64_t offloads;
	uint64_t ol_flags;	/* expected, exactly */
	bool is_ip_bad;		/* the IPv4 checksum is */
	uint16_t csum_start;	/* if not that of layer 4 */
	uint16_t csum_offset;
};

static const struct rx_case cases[] = {
	{ "nothing known, nothing wanted", TCP4 },
	{ "nothing known, checksums wanted", TCP4, .offloads = ALL_L4 },
	{ "verified, checksums wanted", TCP4, VALID, .offloads = ALL_L4, .ol_flags = L4_GOOD },
	{ "verified, UDP over IPv6", UDP6, VALID, .offloads = ALL_L4, .ol_flags = L4_GOOD },
	{ "verified, nothing wanted", TCP4, VALID },

	{ "unfinished TCP", TCP4, NEEDS, .offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished UDP", UDP4, NEEDS, .offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished TCP over IPv6", TCP6, NEEDS, .offloads = TCP_OFF, .ol_flags = L4_NONE },
	{ "unfinished UDP over IPv6", UDP6, NEEDS, .offloads = UDP_OFF, .ol_flags = L4_NONE },
	{ "unfinished behind IPv4 options", { .payload_len = 9, .ip_extra = 40 }, NEEDS,
		.offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished behind an extension header",
		{ .payload_len = 9, .is_ipv6 = true, .ip_extra = 16 }, NEEDS,
		.offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished behind a tag", TAGGED, NEEDS, .offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished behind two tags", { .payload_len = 9, .nb_vlans = 2 }, NEEDS,
		.offloads = ALL_L4, .ol_flags = L4_NONE },
	{ "unfinished, nothing wanted", TCP4, NEEDS },
	{ "unfinished UDP, nothing wanted", UDP4, NEEDS },
	{ "unfinished TCP over IPv6, nothing wanted", TCP6, NEEDS },
	{ "unfinished without payload, nothing wanted", { .payload_len = 0 }, NEEDS },
	{ "unfinished 64 KB, nothing wanted", BIG4, NEEDS },
	{ "unfinished and comes out as 0, nothing wanted",
		{ .payload_len = 8, .is_udp = true, .has_zero_sum = true }, NEEDS },
	{ "unfinished TCP, UDP wanted", TCP4, NEEDS, .offloads = UDP_OFF, .ol_flags = L4_GOOD },
	{ "unfinished UDP, TCP wanted", UDP4, NEEDS, .offloads = TCP_OFF, .ol_flags = L4_GOOD },
	{ "unfinished elsewhere in TCP", TCP4, NEEDS, .offloads = ALL_L4, .csum_start = 54,
		.csum_offset = 16 },
	{ "unfinished elsewhere in UDP", UDP4, NEEDS, .offloads = ALL_L4, .csum_start = 34,
		.csum_offset = 16 },
	{ "unfinished behind a tag, nothing wanted", TAGGED, NEEDS },
	/* What is known is the inner checksum, but the mbuf tells of the outer UDP. */
	{ "unfinished inside VXLAN", INSIDE, NEEDS, .offloads = ALL_L4 },
	{ "unfinished inside VXLAN, nothing wanted", INSIDE, NEEDS },

	{ "IPv4 header is right", TCP4, .offloads = IP_OFF, .ol_flags = IP_GOOD },
	{ "IPv4 header is wrong", TCP4, .offloads = IP_OFF, .ol_flags = IP_BAD,
		.is_ip_bad = true },
	{ "IPv4 header with options is right", { .payload_len = 9, .ip_extra = 40 },
		.offloads = IP_OFF, .ol_flags = IP_GOOD },
	{ "IPv4 header with options is wrong", { .payload_len = 9, .ip_extra = 40 },
		.offloads = IP_OFF, .ol_flags = IP_BAD, .is_ip_bad = true },
	{ "IPv4 header behind two tags is wrong", { .payload_len = 9, .nb_vlans = 2 },
		.offloads = IP_OFF, .ol_flags = IP_BAD, .is_ip_bad = true },
	{ "IPv4 header is wrong, not wanted", TCP4, .offloads = ALL_L4, .is_ip_bad = true },
	{ "IPv6 has no checksum", TCP6, .offloads = IP_OFF },
	{ "IPv4 and TCP", TCP4, NEEDS, .offloads = IP_OFF | ALL_L4,
		.ol_flags = IP_GOOD | L4_NONE },

	{ "tag stripped", TAGGED, .offloads = STRIP, .ol_flags = STRIPPED },
	{ "no tag to strip", TCP4, .offloads = STRIP },
	{ "outer of two tags stripped", { .payload_len = 9, .nb_vlans = 2 },
		.offloads = STRIP },
	{ "tag stripped, unfinished", TAGGED, NEEDS, .offloads = STRIP | ALL_L4,
		.ol_flags = STRIPPED | L4_NONE },
	{ "tag stripped, unfinished, not wanted", TAGGED, NEEDS, .offloads = STRIP,
		.ol_flags = STRIPPED },
	{ "tag stripped, IPv4 header", TAGGED, .offloads = STRIP | IP_OFF,
		.ol_flags = STRIPPED | IP_GOOD },
	{ "tag stripped from an aggregate", { .payload_len = 9000, .nb_vlans = 1 },
		NEEDS, TCPV4, 1448, STRIP | LRO, STRIPPED | RX_LRO | L4_NONE },

	{ "TCP over IPv4", BIG4, NEEDS, TCPV4, 1448, LRO, RX_LRO | L4_NONE },
	{ "TCP over IPv6", { .payload_len = 65000, .is_ipv6 = true }, NEEDS, TCPV6, 1428, LRO,
		RX_LRO | L4_NONE },
	{ "TCP over IPv4 with congestion", BIG4, NEEDS, TCPV4 | ECN, 1448, LRO,
		RX_LRO | L4_NONE },
	{ "TCP over IPv6 with congestion", TCP6, NEEDS, TCPV6 | ECN, 100, LRO,
		RX_LRO | L4_NONE },
	{ "verified TCP", BIG4, VALID, TCPV4, 1448, LRO, RX_LRO | L4_GOOD },
	{ "UDP over IPv4", { .payload_len = 60000, .is_udp = true }, NEEDS, UDPL4, 1472, LRO,
		RX_LRO | L4_NONE },
	{ "UDP over IPv6", UDP6, NEEDS, UDPL4, 100, LRO, RX_LRO | L4_NONE },
	{ "inside VXLAN", { .payload_len = 9000, .tunnel = FRAME_VXLAN }, NEEDS, TCPV4 | IN4,
		1400, LRO, RX_LRO | L4_NONE },
	{ "inside Geneve over IPv6", { .payload_len = 9000, .tunnel = FRAME_GENEVE,
		.is_outer_ipv6 = true, .tunnel_extra = 8, .is_udp = true }, NEEDS, UDPL4 | IN6,
		1400, LRO, RX_LRO | L4_NONE },
};

/* The kernel leaves the sum of the pseudo-header in the field. */
static void
leave_unfinished(struct frame *f, bool is_udp)
{
	frame_put16(f->data + f->l4 + (is_udp ? 6 : 16),
		frame_fold(frame_sum_pseudo(f->data + f->l3, is_udp ? IPPROTO_UDP : IPPROTO_TCP,
			f->len - f->l4)));
}

/* A checksum of any protocol, in place of what was there. */
static void
finish(struct frame *f, uint16_t start, uint16_t offset)
{
	const uint32_t sum = frame_sum(0, f->data + start, f->len - start);

	frame_put16(f->data + start + offset, ~frame_fold(sum));
}

static void
remove_tag(struct frame *f)
{
	memmove(f->data + 12, f->data + 12 + FRAME_VLAN_LEN, f->len - 12 - FRAME_VLAN_LEN);
	f->len -= FRAME_VLAN_LEN;
	f->l2_len -= FRAME_VLAN_LEN;
}

static uint32_t
expected_ptype(const struct rx_case *c)
{
	uint32_t ptype = c->spec.is_ipv6 ?
		(c->spec.ip_extra > 0 ? RTE_PTYPE_L3_IPV6_EXT : RTE_PTYPE_L3_IPV6) :
		(c->spec.ip_extra > 0 ? RTE_PTYPE_L3_IPV4_EXT : RTE_PTYPE_L3_IPV4);
	const uint8_t nb_vlans = c->spec.nb_vlans -
		((c->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 ? 1 : 0);

	ptype |= c->spec.is_udp ? RTE_PTYPE_L4_UDP : RTE_PTYPE_L4_TCP;
	switch (nb_vlans) {
	case 0:
		return ptype | RTE_PTYPE_L2_ETHER;
	case 1:
		return ptype | RTE_PTYPE_L2_ETHER_VLAN;
	default:
		return ptype | RTE_PTYPE_L2_ETHER_QINQ;
	}
}

static bool
check_metadata(const struct rx_case *c, const struct rte_mbuf *m, const struct frame *right)
{
	const bool is_stripped = (c->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
	/* Some releases of DPDK take one tag for two. */
	const uint32_t compared = c->spec.nb_vlans > 0 ? ~(uint32_t)RTE_PTYPE_L2_MASK : UINT32_MAX;

	if (m->ol_flags != c->ol_flags)
		return test_fail("flags %#" PRIx64 " instead of %#" PRIx64, m->ol_flags,
			c->ol_flags);
	if (is_stripped && m->vlan_tci != 0x2064)
		return test_fail("tag %#x", m->vlan_tci);
	if ((c->ol_flags & RX_LRO) != 0 && m->tso_segsz != c->gso_size)
		return test_fail("tso_segsz %u", m->tso_segsz);
	/* Of a tunnel these are the outer ones. */
	if (c->spec.tunnel != FRAME_NO_TUNNEL)
		return true;
	if (((m->packet_type ^ expected_ptype(c)) & compared) != 0)
		return test_fail("packet type %#x instead of %#x", m->packet_type,
			expected_ptype(c));
	if (m->l2_len != right->l2_len || m->l3_len != right->l3_len ||
			m->l4_len != right->l4_len)
		return test_fail("lengths %u, %u, %u", m->l2_len, m->l3_len, m->l4_len);
	return true;
}

static bool
check_bytes(const struct rte_mbuf *m, const struct frame *right)
{
	static uint8_t data[FRAME_MAX_LEN];

	if (m->pkt_len != right->len || rte_pktmbuf_data_len(m) > m->pkt_len)
		return test_fail("%u bytes instead of %u", m->pkt_len, right->len);
	packet_read(m, data, 0);
	for (uint32_t i = 0; i < right->len; i++) {
		if (data[i] != right->data[i])
			return test_fail("byte %u is %#x instead of %#x", i, data[i],
				right->data[i]);
	}
	return true;
}

static struct rtap_vnet_hdr
kernel_hdr(const struct rx_case *c, const struct frame *f)
{
	struct rtap_vnet_hdr hdr = {
		.base = { .flags = c->flags, .gso_type = c->gso_type, .gso_size = c->gso_size },
	};

	if (c->gso_type != 0)
		hdr.base.hdr_len = f->payload;
	if ((c->flags & NEEDS) == 0)
		return hdr;
	hdr.base.csum_start = c->csum_start != 0 ? c->csum_start : f->l4;
	hdr.base.csum_offset = c->csum_start != 0 ? c->csum_offset : c->spec.is_udp ? 6 : 16;
	return hdr;
}

/* The header in memory that ends where it does. */
static int
receive(const struct rtap_offload *o, const struct rtap_vnet_hdr *hdr, struct rte_mbuf *m)
{
	void *copy = malloc(o->hdr_len);
	int ret;

	if (copy == NULL)
		abort();
	memcpy(copy, hdr, o->hdr_len);
	ret = rtap_offload_from_hdr(o, copy, m);
	free(copy);
	return ret;
}

static bool
check_packet(const struct rx_case *c, const struct rtap_offload *o, const struct frame *given,
		const struct frame *right, const struct packet_shape *shape)
{
	const struct rtap_vnet_hdr hdr = kernel_hdr(c, given);
	struct rte_mbuf *m = packet_new(given->data, given->len, shape);
	const int ret = receive(o, &hdr, m);
	bool ok = ret == 0 || test_fail("refused: %d", ret);

	ok = ok && check_metadata(c, m, right) && check_bytes(m, right);
	packet_free(m);
	return ok;
}

static void
prepare(const struct rx_case *c, struct frame *given, struct frame *right)
{
	frame_build(right, &c->spec);
	if (c->is_ip_bad)
		right->data[right->l3 + 10] ^= 1;
	*given = *right;
	if (c->csum_start != 0)
		finish(right, c->csum_start, c->csum_offset);
	else if ((c->flags & NEEDS) != 0)
		leave_unfinished(given, c->spec.is_udp);
	/* Left so to the application. */
	if ((c->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == L4_NONE)
		*right = *given;
	if ((c->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)
		remove_tag(right);
}

static bool
run_case(const struct rx_case *c, bool has_tunnels)
{
	static struct frame given;
	static struct frame right;
	struct rtap_offload o = packet_offload(has_tunnels);
	struct packet_shape shape;

	o.rx_offloads = c->offloads;
	prepare(c, &given, &right);
	for (uint32_t i = 0; test_next_shape(&given, i, &shape); i++) {
		/* Received packets are the driver's own, and begin in one piece. */
		if (shape.kind != PACKET_OWN || (shape.nb_seg_lens > 0 &&
				shape.seg_lens[0] < FRAME_ETH_LEN + FRAME_VLAN_LEN))
			continue;
		if (!check_packet(c, &o, &given, &right, &shape))
			return test_fail("shape %u", i);
	}
	return true;
}

void
test_rx(void)
{
	for (uint32_t i = 0; i < RTE_DIM(cases); i++) {
		const struct rx_case *c = &cases[i];
		bool ok = run_case(c, true);

		if ((c->gso_type & KERNEL_GSO_UDP_TUNNEL) == 0)
			ok = ok && run_case(c, false);
		test_end("Rx", c->name, ok);
	}
}
