/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * From mbufs to what the kernel gets: whatever the application asks for, the
 * frames that leave the kernel must be right to the last bit.
 */

#include <string.h>

#include <netinet/in.h>

#include <rte_common.h>

#include "test_offload.h"

#define IP_CKSUM RTE_MBUF_F_TX_IP_CKSUM
#define OUTER_CKSUM RTE_MBUF_F_TX_OUTER_IP_CKSUM
#define TCP_CKSUM RTE_MBUF_F_TX_TCP_CKSUM
#define UDP_CKSUM RTE_MBUF_F_TX_UDP_CKSUM
#define TSO (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM)
#define TSO4 (TSO | IP_CKSUM)
#define USO (RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_UDP_CKSUM)
#define USO4 (USO | IP_CKSUM)
#define WRONG 0xdead

struct tx_case {
	const char *name;
	struct frame_spec spec;
	uint64_t flags;		/* those of IP versions and tunnels are added */
	uint16_t segsz;
	uint8_t gso_type;	/* expected, 0 for a packet that is not segmented */
};

#define TCP4 VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6 VIRTIO_NET_HDR_GSO_TCPV6
#define UDPL4 KERNEL_GSO_UDP_L4
#define IN4 KERNEL_GSO_UDP_TUNNEL_IPV4
#define IN6 KERNEL_GSO_UDP_TUNNEL_IPV6
#define ECN VIRTIO_NET_HDR_GSO_ECN

static const struct tx_case cases[] = {
	{ "nothing asked for", { .payload_len = 100 } },
	{ "IPv4 checksum", { .payload_len = 100 }, IP_CKSUM },
	{ "IPv4 checksum with options", { .payload_len = 9, .ip_extra = 40 }, IP_CKSUM },
	{ "IPv4 checksum behind two tags", { .payload_len = 9, .nb_vlans = 2 }, IP_CKSUM },
	{ "TCP checksum over IPv4", { .payload_len = 1000 }, TCP_CKSUM },
	{ "TCP and IPv4 checksum", { .payload_len = 1001 }, TCP_CKSUM | IP_CKSUM },
	{ "TCP checksum of no payload", { .payload_len = 0 }, TCP_CKSUM | IP_CKSUM },
	{ "TCP checksum over IPv6", { .payload_len = 77, .is_ipv6 = true }, TCP_CKSUM },
	{ "TCP checksum with options", { .payload_len = 77, .ip_extra = 8, .tcp_extra = 40 },
		TCP_CKSUM | IP_CKSUM },
	{ "TCP checksum behind an extension header",
		{ .payload_len = 77, .is_ipv6 = true, .ip_extra = 24 }, TCP_CKSUM },
	{ "TCP checksum behind three tags", { .payload_len = 5, .nb_vlans = 3 }, TCP_CKSUM },
	{ "UDP checksum over IPv4", { .payload_len = 1, .is_udp = true }, UDP_CKSUM },
	{ "UDP and IPv4 checksum", { .payload_len = 1472, .is_udp = true }, UDP_CKSUM | IP_CKSUM },
	{ "UDP checksum over IPv6", { .payload_len = 8, .is_udp = true, .is_ipv6 = true },
		UDP_CKSUM },
	{ "UDP checksum that comes out as 0",
		{ .payload_len = 8, .is_udp = true, .has_zero_sum = true }, UDP_CKSUM },
	{ "UDP checksum of 64 KB", { .payload_len = 65507, .is_udp = true },
		UDP_CKSUM | IP_CKSUM },
	{ "tag inserted into a plain frame", { .payload_len = 50 }, RTE_MBUF_F_TX_VLAN },
	{ "tag inserted, checksums", { .payload_len = 50, .nb_vlans = 1 },
		RTE_MBUF_F_TX_VLAN | TCP_CKSUM | IP_CKSUM },
	{ "tag inserted, segments", { .payload_len = 5000, .tcp_extra = 12 },
		RTE_MBUF_F_TX_VLAN | TSO4, 1448, TCP4 },
	{ "TCP segments over IPv4", { .payload_len = 5000 }, TSO4, 1448, TCP4 },
	{ "TCP segments without the checksum's flag", { .payload_len = 5000 },
		RTE_MBUF_F_TX_TCP_SEG | IP_CKSUM, 1448, TCP4 },
	{ "TCP segments over IPv6", { .payload_len = 5001, .is_ipv6 = true }, TSO, 1428, TCP6 },
	{ "TCP segments with options",
		{ .payload_len = 3333, .ip_extra = 12, .tcp_extra = 12 }, TSO4, 1000, TCP4 },
	{ "TCP segments behind an extension header",
		{ .payload_len = 3333, .is_ipv6 = true, .ip_extra = 16 }, TSO, 1000, TCP6 },
	{ "TCP segments behind two tags", { .payload_len = 3333, .nb_vlans = 2 },
		TSO4, 536, TCP4 },
	{ "TCP segments of 64 KB", { .payload_len = 65495 }, TSO4, 1460, TCP4 },
	{ "TCP segments of 64 KB over IPv6", { .payload_len = 65475, .is_ipv6 = true },
		TSO, 1440, TCP6 },
	{ "TCP segments of one byte", { .payload_len = 99 }, TSO4, 1, TCP4 },
	{ "TCP segments with CWR, FIN and PSH", { .payload_len = 3000,
		.tcp_flags = FRAME_TCP_CWR | FRAME_TCP_FIN | FRAME_TCP_PSH },
		TSO4, 1000, TCP4 | ECN },
	{ "TCP segments with CWR over IPv6",
		{ .payload_len = 3000, .is_ipv6 = true, .tcp_flags = FRAME_TCP_CWR },
		TSO, 1000, TCP6 | ECN },
	{ "one TCP segment and a byte", { .payload_len = 1461 }, TSO4, 1460, TCP4 },
	{ "one TCP segment is none", { .payload_len = 1460 }, TSO4, 1460 },
	{ "less than a TCP segment", { .payload_len = 3, .tcp_flags = FRAME_TCP_CWR },
		TSO4, 1460 },
	{ "TCP segments of no payload", { .payload_len = 0 }, TSO4, 1460 },
	{ "less than a TCP segment over IPv6", { .payload_len = 100, .is_ipv6 = true },
		TSO, UINT16_MAX },
	{ "UDP segments over IPv4", { .payload_len = 5000, .is_udp = true }, USO4, 1400, UDPL4 },
	{ "UDP segments without the checksum's flag", { .payload_len = 5000, .is_udp = true },
		RTE_MBUF_F_TX_UDP_SEG | IP_CKSUM, 1400, UDPL4 },
	{ "UDP segments without the IPv4 checksum's flag", { .payload_len = 5000, .is_udp = true },
		USO, 1400, UDPL4 },
	{ "UDP segments over IPv6", { .payload_len = 4201, .is_udp = true, .is_ipv6 = true },
		USO, 1400, UDPL4 },
	{ "128 UDP segments", { .payload_len = 12800, .is_udp = true }, USO4, 100, UDPL4 },
	{ "UDP segments of 64 KB", { .payload_len = 65507, .is_udp = true }, USO4, 1472, UDPL4 },
	{ "one UDP segment is none", { .payload_len = 1400, .is_udp = true }, USO4, 1400 },
	{ "checksum inside VXLAN", { .payload_len = 500, .tunnel = FRAME_VXLAN }, TCP_CKSUM },
	{ "all checksums inside VXLAN", { .payload_len = 500, .tunnel = FRAME_VXLAN },
		TCP_CKSUM | IP_CKSUM | OUTER_CKSUM },
	{ "outer IPv4 checksum alone", { .payload_len = 500, .tunnel = FRAME_VXLAN },
		OUTER_CKSUM },
	{ "UDP checksum inside Geneve over IPv6", { .payload_len = 500, .is_udp = true,
		.tunnel = FRAME_GENEVE, .is_outer_ipv6 = true, .tunnel_extra = 12 },
		UDP_CKSUM | IP_CKSUM },
	{ "segments inside VXLAN", { .payload_len = 5000, .tunnel = FRAME_VXLAN },
		TSO4 | OUTER_CKSUM, 1400, TCP4 | IN4 },
	{ "segments inside VXLAN, outer checksum not asked for",
		{ .payload_len = 5000, .tunnel = FRAME_VXLAN, .nb_vlans = 1 },
		TSO4, 1400, TCP4 | IN4 },
	{ "IPv6 segments inside VXLAN", { .payload_len = 5000, .tunnel = FRAME_VXLAN,
		.is_ipv6 = true, .tcp_flags = FRAME_TCP_CWR },
		TSO | OUTER_CKSUM, 1400, TCP6 | ECN | IN4 },
	{ "IPv4 segments inside VXLAN over IPv6", { .payload_len = 5000, .tunnel = FRAME_VXLAN,
		.is_outer_ipv6 = true }, TSO4, 1400, TCP4 | IN6 },
	{ "segments inside Geneve with options", { .payload_len = 5000, .tunnel = FRAME_GENEVE,
		.tunnel_extra = 24, .tcp_extra = 12 }, TSO4 | OUTER_CKSUM, 1400, TCP4 | IN4 },
	{ "UDP segments inside Geneve over IPv6", { .payload_len = 5000, .is_udp = true,
		.tunnel = FRAME_GENEVE, .is_outer_ipv6 = true, .tunnel_extra = 4 },
		USO4, 1400, UDPL4 | IN6 },
	{ "one segment inside VXLAN is none", { .payload_len = 1400, .tunnel = FRAME_VXLAN },
		TSO4 | OUTER_CKSUM, 1400 },
};

static bool
is_segmented(const struct tx_case *c)
{
	return (c->flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)) != 0;
}

static uint64_t
all_flags(const struct tx_case *c)
{
	uint64_t flags = c->flags;

	flags |= c->spec.is_ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	if (c->spec.tunnel == FRAME_NO_TUNNEL)
		return flags;
	flags |= c->spec.is_outer_ipv6 ? RTE_MBUF_F_TX_OUTER_IPV6 : RTE_MBUF_F_TX_OUTER_IPV4;
	return flags | (c->spec.tunnel == FRAME_VXLAN ?
		RTE_MBUF_F_TX_TUNNEL_VXLAN : RTE_MBUF_F_TX_TUNNEL_GENEVE);
}

/* What ethdev wants in a checksum field that is to be filled in. */
static void
prepare_l4(struct frame *f, const struct tx_case *c)
{
	uint8_t *field = f->data + f->l4 + (c->spec.is_udp ? 6 : 16);
	const uint32_t len = is_segmented(c) ? 0 : f->len - f->l4;

	frame_put16(field, frame_fold(frame_sum_pseudo(f->data + f->l3,
		c->spec.is_udp ? IPPROTO_UDP : IPPROTO_TCP, len)));
	/* Elsewhere the driver need not trust it. */
	if (is_segmented(c) && c->spec.ip_extra == 0)
		frame_put16(field, WRONG);
}

/* What an application leaves to the port is wrong. */
static void
prepare(struct frame *f, const struct tx_case *c)
{
	const bool has_l4 = is_segmented(c) || (c->flags & RTE_MBUF_F_TX_L4_MASK) != 0;

	if (has_l4)
		prepare_l4(f, c);
	if (is_segmented(c)) {
		frame_put16(f->data + f->l3 + (c->spec.is_ipv6 ? 4 : 2), WRONG);
		if (c->spec.is_udp)
			frame_put16(f->data + f->l4 + 4, WRONG);
		if (c->spec.tunnel != FRAME_NO_TUNNEL)
			frame_put16(f->data + f->outer_l2_len + f->outer_l3_len + 4, WRONG);
	}
	if ((c->flags & IP_CKSUM) != 0)
		frame_put16(f->data + f->l3 + 10, WRONG);
	if ((c->flags & OUTER_CKSUM) != 0)
		frame_put16(f->data + f->outer_l2_len + 10, WRONG);
}

/* What arrives, and how much of it has arrived yet. */
struct sink {
	const struct tx_case *c;
	const struct frame *right;
	uint32_t tag_len;	/* of a tag that was inserted */
	uint32_t offset;	/* in the payload */
};

/* Addresses, tag, and the frame behind it. */
static bool
is_same_frame(const struct sink *s, const uint8_t *data)
{
	const uint8_t tag[] = { 0x81, 0x00, 0x20, 0x07 };

	return memcmp(data, s->right->data, 12) == 0 &&
		memcmp(data + 12, tag, s->tag_len) == 0 &&
		memcmp(data + 12 + s->tag_len, s->right->data + 12, s->right->len - 12) == 0;
}

static bool
is_right_tcp(const struct sink *s, const uint8_t *tcp, bool is_last)
{
	const uint8_t *right = s->right->data + s->right->l4;
	uint8_t flags = right[13];

	if (s->offset > 0)
		flags &= ~FRAME_TCP_CWR;
	if (!is_last)
		flags &= ~(FRAME_TCP_FIN | FRAME_TCP_PSH);
	return frame_get32(tcp + 4) == frame_get32(right + 4) + s->offset && tcp[13] == flags;
}

static const char *
take(void *arg, const uint8_t *data, uint32_t len)
{
	struct sink *s = arg;
	const char *fault = frame_fault(data, len);
	const uint32_t payload = s->right->payload + s->tag_len;
	const uint32_t left = s->right->len - s->right->payload - s->offset;
	const uint32_t part = s->c->gso_type == 0 ? left : RTE_MIN(left, (uint32_t)s->c->segsz);

	if (fault != NULL)
		return fault;
	if (len != payload + part)
		return "length of a frame";
	if (s->c->gso_type == 0 && !is_same_frame(s, data))
		return "frame is not the same";
	if (!s->c->spec.is_udp && !is_right_tcp(s, data + s->right->l4 + s->tag_len, part == left))
		return "TCP sequence number or flags";
	if (memcmp(data + payload, s->right->data + s->right->payload + s->offset, part) != 0)
		return "payload is not the same";
	s->offset += part;
	return NULL;
}

static bool
check_hdr(const struct tx_case *c, const struct sink *s, const struct rtap_vnet_hdr *hdr)
{
	const bool has_l4 = is_segmented(c) || (c->flags & RTE_MBUF_F_TX_L4_MASK) != 0;
	const uint16_t start = has_l4 ? s->right->l4 + s->tag_len : 0;
	const uint16_t offset = !has_l4 ? 0 : c->spec.is_udp ? 6 : 16;

	if (hdr->base.flags != (has_l4 ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0) ||
			hdr->base.csum_start != start || hdr->base.csum_offset != offset)
		return test_fail("checksum: flags %u, %u + %u instead of %u + %u",
			hdr->base.flags, hdr->base.csum_start, hdr->base.csum_offset,
			start, offset);
	if (hdr->base.gso_type != c->gso_type ||
			hdr->base.gso_size != (c->gso_type == 0 ? 0 : c->segsz))
		return test_fail("segments: type %#x, size %u", hdr->base.gso_type,
			hdr->base.gso_size);
	if (c->gso_type != 0 && hdr->base.hdr_len != s->right->payload + s->tag_len)
		return test_fail("hdr_len %u", hdr->base.hdr_len);
	return true;
}

/* Ways of the same packet to the kernel. */
struct way {
	bool has_tunnels;	/* agreed on */
	bool is_prepared;	/* by the driver, not by the application */
	bool has_no_outer;	/* no flag for the outer version of IP: only segments need one */
};

static void
set_offload(struct rte_mbuf *m, const struct tx_case *c, const struct frame *f)
{
	m->ol_flags |= all_flags(c);
	m->outer_l2_len = f->outer_l2_len;
	m->outer_l3_len = f->outer_l3_len;
	m->l2_len = f->l2_len;
	m->l3_len = f->l3_len;
	m->l4_len = f->l4_len;
	m->tso_segsz = c->segsz;
	m->vlan_tci = 0x2007;
}

/* A packet that others see, or that is to be segmented, is as it was. */
static bool
check_untouched(const struct tx_case *c, const struct rte_mbuf *m, const struct frame *given,
		enum packet_kind kind)
{
	static uint8_t data[FRAME_MAX_LEN];

	if ((c->flags & RTE_MBUF_F_TX_VLAN) != 0)
		return true;
	if (kind == PACKET_OWN && !is_segmented(c) && (c->flags & (IP_CKSUM | OUTER_CKSUM)) != 0)
		return true;
	packet_read(m, data, 0);
	return memcmp(data, given->data, given->len) == 0 || test_fail("packet was changed");
}

/* Fields that are the driver's to set are wrong; it is told of the outer header or not. */
static void
leave_unprepared(struct frame *f, const struct tx_case *c, const struct way *way)
{
	if (!c->spec.is_ipv6 || c->spec.ip_extra == 0)
		frame_put16(f->data + f->l4 + (c->spec.is_udp ? 6 : 16), WRONG);
	if (c->spec.tunnel != FRAME_NO_TUNNEL && !way->has_no_outer)
		frame_put16(f->data + f->outer_l2_len + f->outer_l3_len + 6, WRONG);
}

/* It becomes what an application would have given, and nothing else. */
static bool
check_prepared(const struct rtap_offload *o, struct rte_mbuf *m, const struct frame *given)
{
	static uint8_t data[FRAME_MAX_LEN];
	const int ret = rtap_offload_prepare(o, m);

	if (ret < 0)
		return test_fail("not prepared: %d", ret);
	packet_read(m, data, 0);
	for (uint32_t i = 0; i < given->len; i++) {
		if (data[i] != given->data[i])
			return test_fail("prepared: byte %u of %u, layer 4 is at %u", i,
				given->len, given->l4);
	}
	return true;
}

static struct rte_mbuf *
new_packet(const struct tx_case *c, const struct way *way, const struct frame *given,
		const struct packet_shape *shape)
{
	static struct frame f;
	struct rte_mbuf *m;

	f = *given;
	if (way->is_prepared)
		leave_unprepared(&f, c, way);
	m = packet_new(f.data, f.len, shape);
	set_offload(m, c, given);
	/* Only segmentation needs it. */
	if (way->is_prepared)
		m->l4_len = 0;
	if (way->has_no_outer)
		m->ol_flags &= ~(RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6);
	return m;
}

static bool
check_packet(const struct tx_case *c, const struct way *way, const struct frame *given,
		struct sink *s, const struct packet_shape *shape)
{
	static struct kernel_frame k;
	const struct rtap_offload o = packet_offload(way->has_tunnels);
	struct rte_mbuf *m = new_packet(c, way, given, shape);
	const char *fault;
	bool ok;
	int ret;

	if (way->is_prepared && !check_prepared(&o, m, given)) {
		packet_free(m);
		return false;
	}
	ret = packet_transmit(&o, m, &k);
	ok = ret == 0 || test_fail("refused: %d", ret);
	ok = ok && check_hdr(c, s, &k.hdr) && check_untouched(c, m, given, shape->kind);
	packet_free(m);
	if (!ok)
		return false;
	fault = kernel_refusal(&k);
	if (fault != NULL)
		return test_fail("kernel refuses: %s", fault);
	fault = kernel_send(&k, take, s);
	if (fault != NULL)
		return test_fail("on the wire: %s, at byte %u of the payload", fault, s->offset);
	return s->offset == given->len - given->payload ||
		test_fail("only %u bytes of payload arrive", s->offset);
}

static bool
is_tag_inserted(const struct tx_case *c)
{
	return (c->flags & RTE_MBUF_F_TX_VLAN) != 0;
}

/* A tag goes into packets that are the application's alone, and into their first segment. */
static bool
can_be_sent(const struct tx_case *c, const struct frame *f, const struct packet_shape *shape)
{
	uint32_t nb_segs = shape->nb_seg_lens;

	if (is_tag_inserted(c))
		return shape->kind == PACKET_OWN &&
			(nb_segs == 0 || shape->seg_lens[0] >= FRAME_ETH_LEN);
	if (nb_segs > 0)
		nb_segs += f->len / shape->seg_lens[nb_segs - 1];
	return nb_segs <= RTAP_OFFLOAD_MAX_SEGS;
}

static bool
run_case(const struct tx_case *c, const struct way *way)
{
	static struct frame right;
	static struct frame given;
	struct packet_shape shape;

	frame_build(&right, &c->spec);
	given = right;
	prepare(&given, c);
	for (uint32_t i = 0; test_next_shape(&given, i, &shape); i++) {
		struct sink s = {
			.c = c,
			.right = &right,
			.tag_len = is_tag_inserted(c) ? FRAME_VLAN_LEN : 0,
		};

		if (can_be_sent(c, &given, &shape) && !check_packet(c, way, &given, &s, &shape))
			return test_fail("shape %u: %u segments, kind %u", i,
				shape.nb_seg_lens, shape.kind);
	}
	return true;
}

/* Behind extension headers the application's sum counts, whatever the addresses are. */
static bool
check_given_sum(void)
{
	static const struct tx_case c = {
		.spec = { .payload_len = 3000, .is_ipv6 = true, .ip_extra = 16 },
		.flags = TSO,
		.segsz = 1000,
	};
	static struct kernel_frame k;
	static struct frame f;
	const struct rtap_offload o = packet_offload(false);
	const struct packet_shape shape = { .nb_seg_lens = 0 };
	struct rte_mbuf *m;
	int ret;

	frame_build(&f, &c.spec);
	frame_put16(f.data + f.l4 + 16, 0x1234);
	m = packet_new(f.data, f.len, &shape);
	set_offload(m, &c, &f);
	ret = packet_transmit(&o, m, &k);
	packet_free(m);
	if (ret < 0)
		return test_fail("refused: %d", ret);
	return frame_get16(k.data + f.l4 + 16) == 0x1234 + f.len - f.l4 ||
		test_fail("sum %#x", frame_get16(k.data + f.l4 + 16));
}

/* Where a plain checksum of layer 4 is asked for. */
static void
test_prepare(const struct tx_case *c)
{
	struct way way = { .has_tunnels = true, .is_prepared = true };

	if (is_segmented(c) || (c->flags & RTE_MBUF_F_TX_L4_MASK) == 0)
		return;
	test_end("Tx, prepared", c->name, run_case(c, &way));
	if (c->spec.tunnel == FRAME_NO_TUNNEL || (c->flags & OUTER_CKSUM) != 0)
		return;
	way.has_no_outer = true;
	test_end("Tx, prepared without the outer version", c->name, run_case(c, &way));
}

void
test_tx(void)
{
	for (uint32_t i = 0; i < RTE_DIM(cases); i++) {
		const struct tx_case *c = &cases[i];
		struct way way = { .has_tunnels = true };
		bool ok = run_case(c, &way);

		/* Segments inside a tunnel need the long header. */
		way.has_tunnels = false;
		if (c->spec.tunnel == FRAME_NO_TUNNEL || !is_segmented(c))
			ok = ok && run_case(c, &way);
		test_end("Tx", c->name, ok);
		test_prepare(c);
	}
	test_end("Tx", "sum of the application's behind an extension header", check_given_sum());
}
