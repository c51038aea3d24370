/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Packets that the kernel could not do right: each row breaks one thing in a
 * packet that would pass, and names the error.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "test_offload.h"

#define V4 RTE_MBUF_F_TX_IPV4
#define V6 RTE_MBUF_F_TX_IPV6
#define IP_CKSUM (V4 | RTE_MBUF_F_TX_IP_CKSUM)
#define TCP_CKSUM (V4 | RTE_MBUF_F_TX_TCP_CKSUM)
#define UDP_CKSUM (V4 | RTE_MBUF_F_TX_UDP_CKSUM)
#define TSO (IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG)
#define USO (IP_CKSUM | RTE_MBUF_F_TX_UDP_SEG)
#define OUTER4 RTE_MBUF_F_TX_OUTER_IPV4
#define VXLAN (TSO | OUTER4 | RTE_MBUF_F_TX_TUNNEL_VXLAN)

#define TCP { .payload_len = 3000 }
#define UDP { .payload_len = 3000, .is_udp = true }
#define TCP6 { .payload_len = 3000, .is_ipv6 = true }
#define TUNNEL { .payload_len = 3000, .tunnel = FRAME_VXLAN }
#define KEEP UINT16_MAX

/* What a row changes of the mbuf; a length of KEEP stays the packet's own. */
struct refusal_case {
	const char *name;
	struct frame_spec spec;
	uint64_t flags;
	int error;
	uint16_t l2_len;
	uint16_t l3_len;
	uint16_t l4_len;
	uint16_t outer_l2_len;
	uint16_t outer_l3_len;
	uint16_t segsz;
	uint32_t len;		/* the packet is cut to, 0: not */
	uint32_t no_tun;	/* TUN_F_* that are missing */
	bool has_outer_sum;	/* the outer UDP header has a checksum */
};

#define LENS .l2_len = KEEP, .l3_len = KEEP, .l4_len = KEEP, \
	.outer_l2_len = KEEP, .outer_l3_len = KEEP, .segsz = 1000

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct refusal_case cases[] = {
	/* Each of these passes, so what the others change is what is refused. */
	{ "nothing: IPv4 checksum", TCP, IP_CKSUM, 0, LENS },
	{ "nothing: TCP checksum", TCP, TCP_CKSUM, 0, LENS },
	{ "nothing: TCP segments", TCP, TSO, 0, LENS },
	{ "nothing: UDP segments", UDP, USO, 0, LENS },
	{ "nothing: segments in a tunnel", TUNNEL, VXLAN, 0, LENS },

	{ "SCTP checksum", TCP, V4 | RTE_MBUF_F_TX_SCTP_CKSUM, -ENOTSUP, LENS },
	{ "outer UDP checksum", TUNNEL, VXLAN | RTE_MBUF_F_TX_OUTER_UDP_CKSUM, -ENOTSUP, LENS },
	{ "two tags", TCP, RTE_MBUF_F_TX_QINQ, -ENOTSUP, LENS },
	{ "MACsec", TCP, RTE_MBUF_F_TX_MACSEC, -ENOTSUP, LENS },
	{ "IPsec", TCP, RTE_MBUF_F_TX_SEC_OFFLOAD, -ENOTSUP, LENS },
	{ "time stamp", TCP, RTE_MBUF_F_TX_IEEE1588_TMST, -ENOTSUP, LENS },
	{ "segments inside GRE", TUNNEL, TSO | OUTER4 | RTE_MBUF_F_TX_TUNNEL_GRE, -ENOTSUP, LENS },
	{ "segments inside IP", TUNNEL, TSO | OUTER4 | RTE_MBUF_F_TX_TUNNEL_IPIP, -ENOTSUP, LENS },
	{ "segments inside a tunnel without a type", TUNNEL, TSO | OUTER4, -ENOTSUP, LENS },
	{ "tunnel segments, not agreed on", TUNNEL, VXLAN, -ENOTSUP, LENS,
		.no_tun = RTAP_TUN_F_UDP_TUNNEL_GSO },
	{ "UDP segments, unknown to the kernel", UDP, USO, -ENOTSUP, LENS, .no_tun = RTAP_TUN_USO },

	{ "IPv4 checksum of IPv6", TCP6, IP_CKSUM, -EINVAL, LENS },
	{ "IPv4 checksum with the IPv6 flag", TCP6, V6 | RTE_MBUF_F_TX_IP_CKSUM, -EINVAL, LENS },
	{ "IPv4 checksum with l2_len 0", TCP, IP_CKSUM, -EINVAL, LENS, .l2_len = 0 },
	{ "IPv4 checksum with l2_len 13", TCP, IP_CKSUM, -EINVAL, LENS, .l2_len = 13 },
	{ "IPv4 checksum with l3_len 0", TCP, IP_CKSUM, -EINVAL, LENS, .l3_len = 0 },
	{ "IPv4 checksum with l3_len 16", TCP, IP_CKSUM, -EINVAL, LENS, .l3_len = 16 },
	{ "IPv4 checksum with l3_len 24", TCP, IP_CKSUM, -EINVAL, LENS, .l3_len = 24 },
	{ "IPv4 checksum of half a header", TCP, IP_CKSUM, -EINVAL, LENS, .len = 14 + 19 },
	{ "IPv4 checksum of no packet", TCP, IP_CKSUM, -EINVAL, LENS, .len = 14 },
	{ "outer checksum without its flag", TUNNEL,
		RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL, LENS },
	{ "outer checksum, outer_l3_len 0", TUNNEL,
		OUTER4 | RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL,
		LENS, .outer_l3_len = 0 },
	{ "outer checksum, outer_l2_len 0", TUNNEL,
		OUTER4 | RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL,
		LENS, .outer_l2_len = 0 },
	{ "inner checksum beyond the packet", TUNNEL,
		OUTER4 | IP_CKSUM | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL, LENS, .l2_len = 127,
		.len = 14 + 20 + 127 + 10 },

	{ "TCP checksum without the IP version", TCP, RTE_MBUF_F_TX_TCP_CKSUM, -EINVAL, LENS },
	{ "TCP checksum with l2_len 0", TCP, TCP_CKSUM, -EINVAL, LENS, .l2_len = 0 },
	{ "TCP checksum with l2_len 13", TCP, TCP_CKSUM, -EINVAL, LENS, .l2_len = 13 },
	{ "TCP checksum with l3_len 0", TCP, TCP_CKSUM, -EINVAL, LENS, .l3_len = 0 },
	{ "TCP checksum with l3_len 4", TCP, TCP_CKSUM, -EINVAL, LENS, .l3_len = 4 },
	{ "TCP checksum with l3_len 19", TCP, TCP_CKSUM, -EINVAL, LENS, .l3_len = 19 },
	{ "TCP checksum one byte beyond the packet", TCP, TCP_CKSUM, -EINVAL, LENS,
		.len = 34 + 17 },
	{ "TCP checksum at the end of the packet", TCP, TCP_CKSUM, 0, LENS, .len = 34 + 18 },
	{ "UDP checksum one byte beyond the packet", UDP, UDP_CKSUM, -EINVAL, LENS,
		.len = 34 + 7 },
	{ "UDP checksum of an Ethernet header", UDP, UDP_CKSUM, -EINVAL, LENS, .len = 14 },
	{ "checksum of a longest l3_len", TCP, TCP_CKSUM, -EINVAL, LENS, .l3_len = 511,
		.len = 520 },

	{ "segment size 0 of TCP", TCP, TSO, -EINVAL, LENS, .segsz = 0 },
	{ "segment size 0 of UDP", UDP, USO, -EINVAL, LENS, .segsz = 0 },
	{ "TCP segments without the IP version", TCP, RTE_MBUF_F_TX_TCP_SEG, -EINVAL, LENS },
	{ "TCP segments without IPv4 checksum", TCP, V4 | RTE_MBUF_F_TX_TCP_SEG, -EINVAL, LENS },
	{ "TCP segments, l4_len 0", TCP, TSO, -EINVAL, LENS, .l4_len = 0 },
	{ "TCP segments, l4_len 19", TCP, TSO, -EINVAL, LENS, .l4_len = 19 },
	{ "TCP segments, l4_len is not the header's", TCP, TSO, -EINVAL, LENS, .l4_len = 24 },
	{ "UDP segments, l4_len 0", UDP, USO, -EINVAL, LENS, .l4_len = 0 },
	{ "UDP segments, l4_len 9", UDP, USO, -EINVAL, LENS, .l4_len = 9 },
	{ "TCP segments, l3_len 0", TCP, TSO, -EINVAL, LENS, .l3_len = 0 },
	{ "TCP segments, l3_len is not the header's", TCP, TSO, -EINVAL, LENS, .l3_len = 24 },
	{ "TCP segments, l2_len 0", TCP, TSO, -EINVAL, LENS, .l2_len = 0 },
	{ "TCP segments, l2_len without the tag", { .payload_len = 3000, .nb_vlans = 1 }, TSO,
		-EINVAL, LENS, .l2_len = 14 },
	{ "TCP segments, packet ends in TCP", TCP, TSO, -EINVAL, LENS, .len = 53 },
	{ "TCP segments, packet ends in options", { .payload_len = 0, .tcp_extra = 40 }, TSO,
		-EINVAL, LENS, .len = 60 },
	{ "TCP segments, packet ends in IP", TCP, TSO, -EINVAL, LENS, .len = 30 },
	{ "TCP segments, packet ends in Ethernet", TCP, TSO, -EINVAL, LENS, .len = 14 },
	{ "UDP segments, packet ends in UDP", UDP, USO, -EINVAL, LENS, .len = 41 },
	{ "IPv4 flag on IPv6 segments", TCP6, TSO, -EINVAL, LENS },
	{ "IPv6 flag on IPv4 segments", TCP, V6 | RTE_MBUF_F_TX_TCP_SEG, -EINVAL, LENS },
	{ "IPv6 segments, l3_len 20", TCP6, V6 | RTE_MBUF_F_TX_TCP_SEG, -EINVAL, LENS,
		.l3_len = 20 },
	{ "129 UDP segments", { .payload_len = 12801, .is_udp = true }, USO, -EINVAL, LENS,
		.segsz = 100 },
	{ "TCP segments beyond the length of IPv4", { .payload_len = 65496 }, TSO, -EINVAL, LENS },
	{ "headers longer than the kernel is shown", TUNNEL, VXLAN, -EINVAL, LENS,
		.l3_len = 511, .l4_len = 60, .l2_len = 30 },

	{ "tunnel segments, outer_l2_len 0", TUNNEL, VXLAN, -EINVAL, LENS, .outer_l2_len = 0 },
	{ "tunnel segments, outer_l3_len 0", TUNNEL, VXLAN, -EINVAL, LENS, .outer_l3_len = 0 },
	{ "tunnel segments, outer_l3_len 24", TUNNEL, VXLAN, -EINVAL, LENS, .outer_l3_len = 24 },
	{ "tunnel segments, no outer version", TUNNEL,
		TSO | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL, LENS },
	{ "tunnel segments, wrong outer version", TUNNEL,
		TSO | RTE_MBUF_F_TX_OUTER_IPV6 | RTE_MBUF_F_TX_TUNNEL_VXLAN, -EINVAL, LENS },
	{ "tunnel segments, outer UDP checksum", TUNNEL, VXLAN, -EINVAL, LENS,
		.has_outer_sum = true },
	{ "tunnel segments, longest headers", { .payload_len = 3000, .tunnel = FRAME_GENEVE,
		.is_outer_ipv6 = true, .tunnel_extra = 96, .is_ipv6 = true, .ip_extra = 248,
		.tcp_extra = 40 }, V6 | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_OUTER_IPV6 |
		RTE_MBUF_F_TX_TUNNEL_GENEVE, -EINVAL, LENS },
	{ "tunnel segments, l2_len of Ethernet alone", TUNNEL, VXLAN, -EINVAL, LENS,
		.l2_len = 14 },
	{ "tunnel segments beyond the length of outer IPv4",
		{ .payload_len = 65480, .tunnel = FRAME_VXLAN }, VXLAN, -EINVAL, LENS },
};
#pragma GCC diagnostic pop

static uint16_t
value_or(uint16_t value, uint16_t own)
{
	return value == KEEP ? own : value;
}

static void
set_offload(struct rte_mbuf *m, const struct refusal_case *c, const struct frame *f)
{
	m->ol_flags |= c->flags;
	m->outer_l2_len = value_or(c->outer_l2_len, f->outer_l2_len);
	m->outer_l3_len = value_or(c->outer_l3_len, f->outer_l3_len);
	m->l2_len = value_or(c->l2_len, f->l2_len);
	m->l3_len = value_or(c->l3_len, f->l3_len);
	m->l4_len = value_or(c->l4_len, f->l4_len);
	m->tso_segsz = c->segsz;
}

/* The packet passes or not; one that passes is nothing that the kernel refuses. */
static bool
check_packet(const struct refusal_case *c, const struct frame *f,
		const struct packet_shape *shape)
{
	static struct kernel_frame k;
	struct rtap_offload o = packet_offload(true);
	struct rte_mbuf *m = packet_new(f->data, f->len, shape);
	const char *fault;
	int ret;

	o.kernel_features &= ~c->no_tun;
	o.tun_features &= ~c->no_tun;
	set_offload(m, c, f);
	ret = packet_transmit(&o, m, &k);
	packet_free(m);
	if (ret != c->error)
		return test_fail("%d instead of %d", ret, c->error);
	fault = ret == 0 ? kernel_refusal(&k) : NULL;
	return fault == NULL || test_fail("passes, but the kernel refuses: %s", fault);
}

static bool
run_case(const struct refusal_case *c)
{
	static struct frame f;
	struct packet_shape shape;

	frame_build(&f, &c->spec);
	if (c->len > 0)
		f.len = c->len;
	if (c->has_outer_sum)
		f.data[f.outer_l2_len + f.outer_l3_len + 7] = 1;
	for (uint32_t i = 0; test_next_shape(&f, i, &shape); i++) {
		if (shape.nb_seg_lens > 0 && f.len / shape.seg_lens[shape.nb_seg_lens - 1] +
				shape.nb_seg_lens > RTAP_OFFLOAD_MAX_SEGS)
			continue;
		if (!check_packet(c, &f, &shape))
			return test_fail("shape %u", i);
	}
	return true;
}

/* A tag goes into the first segment, which nobody else may see. */
static bool
check_tag(const struct packet_shape *shape, uint16_t headroom, uint16_t l2_len, int error)
{
	static struct frame f;
	static const struct frame_spec spec = { .payload_len = 100 };
	const struct rtap_offload o = packet_offload(false);
	struct rte_mbuf *m;
	int ret;

	frame_build(&f, &spec);
	m = packet_new(f.data, f.len, shape);
	m->data_off = headroom;
	m->l2_len = l2_len;
	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	ret = rtap_offload_check(&o, m);
	packet_free(m);
	return ret == error || test_fail("%d instead of %d", ret, error);
}

static void
test_tags(void)
{
	static const uint16_t short_first[] = { 11, UINT16_MAX };
	static const uint16_t long_enough[] = { 12, UINT16_MAX };
	struct packet_shape shape = { .nb_seg_lens = 0 };

	test_end("Tx refusal", "nothing: tag", check_tag(&shape, PACKET_HEADROOM, 14, 0));
	test_end("Tx refusal", "tag without headroom",
		check_tag(&shape, PACKET_HEADROOM - 1, 14, -ENOSPC));
	shape.kind = PACKET_SHARED;
	test_end("Tx refusal", "tag in a shared mbuf",
		check_tag(&shape, PACKET_HEADROOM, 14, -EINVAL));
	shape.kind = PACKET_INDIRECT;
	test_end("Tx refusal", "tag in an indirect mbuf",
		check_tag(&shape, PACKET_HEADROOM, 14, -EINVAL));
	shape = (struct packet_shape){ .seg_lens = short_first, .nb_seg_lens = 2 };
	test_end("Tx refusal", "tag between segments",
		check_tag(&shape, PACKET_HEADROOM, 14, -EINVAL));
	shape.seg_lens = long_enough;
	test_end("Tx refusal", "nothing: tag after the first segment",
		check_tag(&shape, PACKET_HEADROOM, 14, 0));
	test_end("Tx refusal", "nothing: longest l2_len with tag",
		check_tag(&shape, PACKET_HEADROOM, 123, 0));
	test_end("Tx refusal", "tag behind a longer l2_len than an mbuf holds",
		check_tag(&shape, PACKET_HEADROOM, 124, -EINVAL));
}

/* A chain of empty segments is as bad as one of full ones. */
static bool
check_number_of_segments(uint16_t n, uint64_t flags, int error)
{
	static const uint16_t one_byte[] = { 1 };
	const struct packet_shape shape = { .seg_lens = one_byte, .nb_seg_lens = 1 };
	const struct rtap_offload o = packet_offload(false);
	static struct frame f;
	static const struct frame_spec spec = { .payload_len = 500 };
	struct rte_mbuf *m;
	int ret;

	frame_build(&f, &spec);
	m = packet_new(f.data, n, &shape);
	m->ol_flags |= flags;
	m->l2_len = FRAME_ETH_LEN;
	m->l3_len = FRAME_IPV4_LEN;
	ret = rtap_offload_check(&o, m);
	packet_free(m);
	return ret == error || test_fail("%d instead of %d", ret, error);
}

void
test_tx_refusals(void)
{
	for (uint32_t i = 0; i < RTE_DIM(cases); i++)
		test_end("Tx refusal", cases[i].name, run_case(&cases[i]));
	test_tags();
	test_end("Tx refusal", "nothing: as many segments as there may be",
		check_number_of_segments(RTAP_OFFLOAD_MAX_SEGS, TCP_CKSUM, 0));
	test_end("Tx refusal", "too many segments",
		check_number_of_segments(RTAP_OFFLOAD_MAX_SEGS + 1, 0, -EINVAL));
	test_end("Tx refusal", "too many segments with a checksum",
		check_number_of_segments(RTAP_OFFLOAD_MAX_SEGS + 1, TCP_CKSUM, -EINVAL));
}
