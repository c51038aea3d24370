/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * libFuzzer's target for the conversions. What passes the check must be
 * nothing that the kernel refuses; what is received must be the frame that was
 * sent, but for the tag and the checksum. The address sanitizer watches that
 * nothing outside of packet and header is touched.
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "fuzz.h"
#include "packet.h"

#define MAX_SEG_LENS 6
#define NEEDS VIRTIO_NET_HDR_F_NEEDS_CSUM

static void
take_spec(struct input *in, struct frame_spec *spec)
{
	const uint8_t bits = take(in, 1);

	memset(spec, 0, sizeof(*spec));
	spec->is_ipv6 = (bits & 1) != 0;
	spec->is_udp = (bits & 2) != 0;
	spec->is_outer_ipv6 = (bits & 4) != 0;
	spec->nb_vlans = (bits >> 3) % (FRAME_MAX_VLANS + 1);
	spec->tunnel = (bits >> 5) % (FRAME_GENEVE + 1);
	spec->ip_extra = take(in, 1) % 6 * 8;
	spec->tcp_extra = take(in, 1) % 11 * 4;
	spec->tcp_flags = take(in, 1);
	if (spec->tunnel == FRAME_GENEVE)
		spec->tunnel_extra = take(in, 1) % 25 * 4; /* l2_len has 7 bits */
	spec->payload_len = take_len(in, 65000);
}

/* Any bytes, repeated to any length, or a frame that is right. */
static bool
take_frame(struct input *in, struct frame *f, struct frame_spec *spec)
{
	const bool is_built = (take(in, 1) & 1) != 0;
	size_t n;

	if (is_built) {
		take_spec(in, spec);
		frame_build(f, spec);
		return true;
	}
	memset(f, 0, offsetof(struct frame, data) + 256);
	f->len = take_len(in, UINT16_MAX);
	f->outer_l2_len = take(in, 1);
	f->outer_l3_len = take_len(in, 511);
	f->l2_len = take(in, 1);
	f->l3_len = take_len(in, 511);
	f->l4_len = take(in, 1);
	n = RTE_MIN(in->left, (size_t)f->len);
	memset(f->data, 0x45, f->len);
	memcpy(f->data, in->data, n);
	in->data += n;
	in->left -= n;
	return false;
}

/* The first is never empty, or the headers would have no place. */
static void
take_shape(struct input *in, struct packet_shape *shape)
{
	static uint16_t lens[MAX_SEG_LENS];

	shape->seg_lens = lens;
	shape->nb_seg_lens = take(in, 1) % (MAX_SEG_LENS + 1);
	for (uint16_t i = 0; i < shape->nb_seg_lens; i++)
		lens[i] = take_len(in, 3000);
	if (shape->nb_seg_lens > 0)
		lens[shape->nb_seg_lens - 1] += 100;
	shape->kind = take(in, 1) % PACKET_NB_KINDS;
}

static void
take_offload(struct input *in, struct rtap_offload *o)
{
	const uint8_t bits = take(in, 1);

	*o = packet_offload((bits & 1) != 0);
	if ((bits & 2) != 0)
		o->kernel_features &= take(in, 1);
	if ((bits & 4) != 0)
		o->tun_features &= take(in, 1);
	if ((bits & 8) != 0)
		o->ptype_mask = take(in, 4);
	if ((bits & 16) != 0)
		o->max_aggregate = 0;
	o->rx_offloads = take(in, 4);
}

/* The flags that belong to a frame, and what it asks for. */
static uint64_t
matching_flags(const struct frame_spec *spec, uint8_t wanted)
{
	uint64_t flags = spec->is_ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;

	if ((wanted & 1) != 0)
		flags |= spec->is_udp ? RTE_MBUF_F_TX_UDP_CKSUM : RTE_MBUF_F_TX_TCP_CKSUM;
	if ((wanted & 2) != 0)
		flags |= spec->is_udp ? RTE_MBUF_F_TX_UDP_SEG : RTE_MBUF_F_TX_TCP_SEG;
	if ((wanted & 6) != 0 && !spec->is_ipv6)
		flags |= RTE_MBUF_F_TX_IP_CKSUM;
	if (spec->tunnel == FRAME_NO_TUNNEL)
		return flags;
	flags |= spec->is_outer_ipv6 ? RTE_MBUF_F_TX_OUTER_IPV6 : RTE_MBUF_F_TX_OUTER_IPV4;
	if ((wanted & 8) != 0 && !spec->is_outer_ipv6)
		flags |= RTE_MBUF_F_TX_OUTER_IP_CKSUM;
	return flags | (spec->tunnel == FRAME_VXLAN ?
		RTE_MBUF_F_TX_TUNNEL_VXLAN : RTE_MBUF_F_TX_TUNNEL_GENEVE);
}

/* Any flags, most of them such as the driver knows. */
static uint64_t
any_flags(struct input *in)
{
	static const uint64_t known[] = {
		RTE_MBUF_F_TX_IPV4, RTE_MBUF_F_TX_IPV6, RTE_MBUF_F_TX_IP_CKSUM,
		RTE_MBUF_F_TX_TCP_CKSUM, RTE_MBUF_F_TX_UDP_CKSUM, RTE_MBUF_F_TX_TCP_SEG,
		RTE_MBUF_F_TX_UDP_SEG, RTE_MBUF_F_TX_OUTER_IPV4, RTE_MBUF_F_TX_OUTER_IPV6,
		RTE_MBUF_F_TX_OUTER_IP_CKSUM, RTE_MBUF_F_TX_TUNNEL_VXLAN,
		RTE_MBUF_F_TX_TUNNEL_GENEVE, RTE_MBUF_F_TX_TUNNEL_GRE, RTE_MBUF_F_TX_VLAN,
		RTE_MBUF_F_TX_OUTER_UDP_CKSUM, RTE_MBUF_F_TX_QINQ,
	};
	const uint16_t chosen = take(in, 2);
	uint64_t flags = 0;

	for (uint32_t i = 0; i < RTE_DIM(known); i++)
		flags |= (chosen >> i & 1) != 0 ? known[i] : 0;
	return flags;
}

static const char *
check_frame(void *arg __rte_unused, const uint8_t *data, uint32_t len)
{
	return frame_fault(data, len);
}

/* What the kernel got is as true when it comes back. */
static void
check_return(const struct rtap_offload *o, const struct kernel_frame *k)
{
	const struct packet_shape shape = { .nb_seg_lens = 0 };
	struct rtap_offload all = packet_offload(o->hdr_len == RTAP_VNET_TUNNEL_HDR_LEN);
	struct rte_mbuf *m;
	int ret;

	if (k->len > 60000)
		return;
	all.rx_offloads = UINT64_MAX;
	m = packet_new(k->data, k->len, &shape);
	ret = rtap_offload_from_hdr(&all, &k->hdr, m);
	DEMAND(ret == 0, "%d", ret);
	DEMAND(k->hdr.base.gso_type == 0 || m->tso_segsz == k->hdr.base.gso_size,
		"%u", m->tso_segsz);
	packet_free(m);
}

/* The application's bytes, unless a tag or a checksum of IPv4 goes among them. */
static void
check_untouched(const struct rte_mbuf *m, const struct frame *f)
{
	static uint8_t data[FRAME_MAX_LEN];

	packet_read(m, data, 0);
	DEMAND(memcmp(data, f->data, f->len) == 0, "packet was changed");
}

static bool
may_be_changed(const struct rte_mbuf *m, const struct packet_shape *shape)
{
	const uint64_t segments = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;

	return (m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0 ||
		(shape->kind == PACKET_OWN && (m->ol_flags & segments) == 0);
}

static void
set_fields(struct input *in, struct rte_mbuf *m, const struct frame *f)
{
	m->outer_l2_len = f->outer_l2_len;
	m->outer_l3_len = f->outer_l3_len;
	m->l2_len = f->l2_len;
	m->l3_len = f->l3_len;
	m->l4_len = f->l4_len;
	m->tso_segsz = take_len(in, UINT16_MAX);
}

/* One field of a right packet is something else. */
static bool
spoil(struct input *in, struct rte_mbuf *m)
{
	switch (take(in, 1)) {
	case 1:
		m->ol_flags |= any_flags(in);
		return true;
	case 2:
		m->l2_len += take(in, 1);
		return true;
	case 3:
		m->l3_len += take(in, 1);
		return true;
	case 4:
		m->l4_len += take(in, 1);
		return true;
	case 5:
		m->outer_l2_len += take(in, 1);
		return true;
	case 6:
		m->outer_l3_len += take(in, 1);
		return true;
	default:
		return false;
	}
}

/* The sum of the pseudo-header, which is filled in by who sends. */
static void
leave_unfinished(struct frame *f, const struct frame_spec *spec, uint32_t len)
{
	const uint32_t sum = frame_sum_pseudo(f->data + f->l3,
		spec->is_udp ? IPPROTO_UDP : IPPROTO_TCP, len);

	frame_put16(f->data + f->l4 + (spec->is_udp ? 6 : 16), frame_fold(sum));
}

/* Takes the rest of the input. Returns whether all of the packet is right. */
static bool
take_packet(struct input *in, struct frame *f, const struct packet_shape *shape,
		struct rte_mbuf **m)
{
	const uint8_t wanted = take(in, 1);
	struct frame_spec spec;
	const bool is_right = take_frame(in, f, &spec);
	const bool is_cut = (wanted & 16) != 0;

	if (is_right && (wanted & 3) != 0)
		leave_unfinished(f, &spec, (wanted & 2) != 0 ? 0 : f->len - f->l4);
	if (is_cut)
		f->len = RTE_MIN(f->len, take_len(in, 300));
	*m = packet_new(f->data, f->len, shape);
	set_fields(in, *m, f);
	(*m)->ol_flags |= is_right ? matching_flags(&spec, wanted) : any_flags(in);
	return is_right && !is_cut && !spoil(in, *m);
}

/* Right sums stay as they are; of other packets no byte is touched that they do not have. */
static void
prepare(const struct rtap_offload *o, struct rte_mbuf *m, const struct frame *f, bool is_right)
{
	const int checked = rtap_offload_check(o, m);

	DEMAND(rtap_offload_prepare(o, m) == checked, "%d", checked);
	if (is_right || checked != 0)
		check_untouched(m, f);
}

static void
fuzz_tx(struct input *in, bool is_prepared)
{
	static struct frame f;
	static struct kernel_frame k;
	struct packet_shape shape;
	struct rtap_offload o;
	const char *fault;
	struct rte_mbuf *m;
	bool may_change;
	bool is_right;

	take_offload(in, &o);
	take_shape(in, &shape);
	is_right = take_packet(in, &f, &shape, &m);
	may_change = is_prepared || may_be_changed(m, &shape);
	if (is_prepared)
		prepare(&o, m, &f, is_right);
	if (packet_transmit(&o, m, &k) == 0) {
		if (!may_change)
			check_untouched(m, &f);
		/* Runts are the kernel's to refuse. */
		fault = k.len < FRAME_ETH_LEN ? NULL : kernel_refusal(&k);
		DEMAND(fault == NULL, "%s", fault);
		if (k.len >= FRAME_ETH_LEN)
			check_return(&o, &k);
		fault = is_right ? kernel_send(&k, check_frame, NULL) : NULL;
		DEMAND(fault == NULL, "%s", fault);
	}
	packet_free(m);
}

static void
take_hdr(struct input *in, const struct frame *f, bool is_right, struct rtap_vnet_hdr *hdr)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->base.flags = take(in, 1);
	hdr->base.gso_type = take(in, 1);
	hdr->base.gso_size = take_len(in, UINT16_MAX);
	if (is_right && (take(in, 1) & 1) != 0) {
		hdr->base.csum_start = f->l4;
		hdr->base.csum_offset = (take(in, 1) & 1) != 0 ? 6 : 16;
		return;
	}
	hdr->base.csum_start = take_len(in, UINT16_MAX);
	hdr->base.csum_offset = take_len(in, UINT16_MAX);
	hdr->base.hdr_len = take(in, 2);
	hdr->outer_l4_offset = take(in, 2);
	hdr->inner_l3_offset = take(in, 2);
}

/* What must have become of the frame: without the tag, and completed. */
static uint32_t
expected_bytes(const struct rte_mbuf *m, const struct rtap_vnet_hdr *hdr, struct frame *f)
{
	uint32_t start = hdr->base.csum_start;
	uint16_t sum;

	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
		memmove(f->data + 12, f->data + 12 + FRAME_VLAN_LEN,
			f->len - 12 - FRAME_VLAN_LEN);
		f->len -= FRAME_VLAN_LEN;
		start -= FRAME_VLAN_LEN;
	}
	if ((hdr->base.flags & NEEDS) == 0 ||
	    (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return f->len;
	sum = ~frame_fold(frame_sum(0, f->data + start, f->len - start));
	frame_put16(f->data + start + hdr->base.csum_offset, sum == 0 ? UINT16_MAX : sum);
	return f->len;
}

static void
check_received(const struct rtap_offload *o, const struct rtap_vnet_hdr *hdr,
		const struct rte_mbuf *m, struct frame *f)
{
	static uint8_t data[FRAME_MAX_LEN];
	const uint32_t len = expected_bytes(m, hdr, f);

	DEMAND(m->pkt_len == len && packet_read(m, data, 0) == len, "%u of %u bytes",
		m->pkt_len, len);
	for (uint32_t i = 0; i < len; i++)
		DEMAND(data[i] == f->data[i], "byte %u of %u is %#x instead of %#x",
			i, len, data[i], f->data[i]);
	DEMAND((m->ol_flags & RTE_MBUF_F_RX_LRO) == 0 || m->tso_segsz > 0, "no segment size");
	DEMAND((m->ol_flags & RTE_MBUF_F_RX_LRO) == 0 || o->tun_features != 0, "not agreed on");
	DEMAND((m->packet_type & ~o->ptype_mask) == 0, "type %#x", m->packet_type);
}

/* The frame is never shorter than its first header: the burst sees to that. */
static void
fuzz_rx(struct input *in)
{
	static struct frame f;
	struct frame_spec spec;
	struct packet_shape shape;
	struct rtap_offload o;
	struct rtap_vnet_hdr hdr;
	struct rte_mbuf *m;
	bool is_right;
	void *copy;

	take_offload(in, &o);
	take_shape(in, &shape);
	shape.kind = PACKET_OWN;
	is_right = take_frame(in, &f, &spec);
	take_hdr(in, &f, is_right, &hdr);
	if (f.len < FRAME_ETH_LEN)
		return;
	m = packet_new(f.data, f.len, &shape);
	copy = malloc(o.hdr_len);
	if (copy == NULL)
		abort();
	memcpy(copy, &hdr, o.hdr_len);
	if (rtap_offload_from_hdr(&o, copy, m) == 0)
		check_received(&o, &hdr, m, &f);
	free(copy);
	packet_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .data = data, .left = size };

	const uint8_t kind = take(&in, 1);

	if ((kind & 1) != 0)
		fuzz_rx(&in);
	else
		fuzz_tx(&in, (kind & 2) != 0);
	return 0;
}
