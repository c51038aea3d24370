/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the meaning of the header of a received frame, and the table of what is
 * asked of the kernel for which offload. The header is not believed: what it
 * says is compared with the frame before it is used.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_cksum.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf_ptype.h>
#include <rte_net.h>

#include "rtap_offload.h"

/* What the field of an mbuf holds. */
#define MAX_L3_LEN ((1 << RTE_MBUF_L3_LEN_BITS) - 1)

#define L4_RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)

#define TUNNEL_TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO | \
	RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO)

/* What is known of a received frame when its header is interpreted. */
struct received {
	struct rte_net_hdr_lens lens;
	uint64_t offloads; /* RTE_ETH_RX_OFFLOAD_* in force for it */
	uint32_t ptype_mask; /* the same of packet types */
	uint32_t ptype;
	uint32_t stripped; /* bytes that the frame is shorter than the header says */
};

/* The tag of the kernel's VLAN devices is in the frame. */
static uint32_t
strip_vlan(struct rte_mbuf *m)
{
	if (m->data_len < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN || rte_vlan_strip(m) < 0)
		return 0;
	return RTE_VLAN_HLEN;
}

/* Sum of all from `start` on; a segment that begins at an odd byte counts bytes the other way. */
static uint16_t
sum_from(const struct rte_mbuf *m, uint32_t start)
{
	uint32_t sum = 0;
	bool is_odd = false;

	for (; m != NULL; m = m->next) {
		uint32_t len = m->data_len - RTE_MIN(start, (uint32_t)m->data_len);
		uint16_t part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, void *,
			m->data_len - len), len);

		start -= m->data_len - len;
		sum += is_odd ? rte_bswap16(part) : part;
		is_odd ^= (len & 1) != 0;
	}
	return __rte_raw_cksum_reduce(sum);
}

static void
write_byte(struct rte_mbuf *m, uint32_t offset, uint8_t value)
{
	while (offset >= m->data_len) {
		offset -= m->data_len;
		m = m->next;
	}
	*rte_pktmbuf_mtod_offset(m, uint8_t *, offset) = value;
}

void
rtap_offload_write(struct rte_mbuf *m, uint32_t offset, uint16_t value)
{
	uint8_t bytes[sizeof(value)];

	memcpy(bytes, &value, sizeof(value));
	for (uint32_t i = 0; i < sizeof(value); i++)
		write_byte(m, offset + i, bytes[i]);
}

/* The field holds the sum of the pseudo-header: all from `start` on summed up is the checksum. */
static void
complete_checksum(struct rte_mbuf *m, uint32_t start, uint32_t field)
{
	uint16_t sum = ~sum_from(m, start);

	/* Zero would mean that there is no checksum in UDP, and is the same number elsewhere. */
	if (sum == 0)
		sum = UINT16_MAX;
	rtap_offload_write(m, field, sum);
}

/* The offload that is about the checksum at this place, 0 if the mbuf has no flags for it. */
static uint64_t
offload_of_checksum(const struct received *rx, uint32_t start, uint32_t offset)
{
	if ((rx->ptype & RTE_PTYPE_TUNNEL_MASK) != 0 ||
			start != (uint32_t)rx->lens.l2_len + rx->lens.l3_len)
		return 0;
	switch (rx->ptype & RTE_PTYPE_L4_MASK) {
	case RTE_PTYPE_L4_TCP:
		return offset == rtap_checksum_offset(false) ? RTE_ETH_RX_OFFLOAD_TCP_CKSUM : 0;
	case RTE_PTYPE_L4_UDP:
		return offset == rtap_checksum_offset(true) ? RTE_ETH_RX_OFFLOAD_UDP_CKSUM : 0;
	default:
		return 0;
	}
}

/* The kernel has verified the checksum, or it is one that it has left unfinished. */
static int
take_checksum(const struct received *rx, const struct virtio_net_hdr *hdr, struct rte_mbuf *m,
		bool is_aggregate)
{
	uint32_t start = hdr->csum_start - rx->stripped;
	uint64_t offload;

	if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) {
		if ((hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0 &&
				(rx->offloads & L4_RX_OFFLOADS) != 0)
			m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		return 0;
	}
	if (hdr->csum_start < RTE_ETHER_HDR_LEN + rx->stripped || start + hdr->csum_offset +
			sizeof(rte_be16_t) > m->pkt_len)
		return -EINVAL;
	offload = offload_of_checksum(rx, start, hdr->csum_offset);
	/* Of an aggregate it would be worthless: it is none of the packets that were sent. */
	if (is_aggregate || (rx->offloads & offload) != 0) {
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
		return 0;
	}
	complete_checksum(m, start, start + hdr->csum_offset);
	if (offload != 0 && (rx->offloads & L4_RX_OFFLOADS) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return 0;
}

/* Kinds of aggregates, and the TUN_F_* without which the kernel cannot mean them. */
static const struct {
	uint8_t type;
	uint32_t needed;
} gso_types[] = {
	{ VIRTIO_NET_HDR_GSO_TCPV4, TUN_F_TSO4 },
	{ VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, TUN_F_TSO4 | TUN_F_TSO_ECN },
	{ VIRTIO_NET_HDR_GSO_TCPV6, TUN_F_TSO6 },
	{ VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN, TUN_F_TSO6 | TUN_F_TSO_ECN },
	{ RTAP_HDR_GSO_UDP_L4, RTAP_TUN_USO },
};

static bool
is_agreed_type(const struct rtap_offload *o, uint8_t gso_type)
{
	uint8_t tunnel = gso_type & RTAP_HDR_GSO_UDP_TUNNEL;

	if (tunnel == RTAP_HDR_GSO_UDP_TUNNEL)
		return false;
	if (tunnel != 0 && (o->tun_features & RTAP_TUN_F_UDP_TUNNEL_GSO) == 0)
		return false;
	for (unsigned int i = 0; i < RTE_DIM(gso_types); i++) {
		if (gso_types[i].type == (gso_type ^ tunnel))
			return (o->tun_features & gso_types[i].needed) == gso_types[i].needed;
	}
	return false;
}

/* The frame is an aggregate of many. */
static int
take_aggregate(const struct rtap_offload *o, const struct virtio_net_hdr *hdr,
		struct rte_mbuf *m)
{
	if (!is_agreed_type(o, hdr->gso_type) || hdr->gso_size == 0)
		return -EINVAL;
	m->ol_flags |= RTE_MBUF_F_RX_LRO;
	m->tso_segsz = hdr->gso_size;
	if ((hdr->flags & RTAP_HDR_F_UDP_TUNNEL_CSUM) != 0 &&
			(hdr->gso_type & RTAP_HDR_GSO_UDP_TUNNEL) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_OUTER_L4_CKSUM_INVALID;
	return 0;
}

static void
verify_ipv4_checksum(const struct received *rx, struct rte_mbuf *m)
{
	uint8_t copy[RTE_IPV4_HDR_IHL_MASK * RTE_IPV4_IHL_MULTIPLIER];
	const void *hdr;

	if (!RTE_ETH_IS_IPV4_HDR(rx->ptype) || (rx->ptype & RTE_PTYPE_TUNNEL_MASK) != 0 ||
			rx->lens.l3_len > sizeof(copy))
		return;
	hdr = rte_pktmbuf_read(m, rx->lens.l2_len, rx->lens.l3_len, copy);
	if (hdr == NULL)
		return;
	m->ol_flags |= rte_raw_cksum(hdr, rx->lens.l3_len) == UINT16_MAX ?
		RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
}

/* Something is to be done that needs to know what is in the frame. */
static inline bool
is_looked_into(const struct received *rx, const struct virtio_net_hdr *hdr)
{
	return rx->ptype_mask != 0 || hdr->flags != 0 ||
		(rx->offloads & ~RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
}

int
rtap_offload_from_hdr(const struct rtap_offload *o, const void *vnet_hdr, struct rte_mbuf *m)
{
	struct received rx = {
		.offloads = rte_atomic_load_explicit(&o->rx_offloads, rte_memory_order_relaxed),
		.ptype_mask = rte_atomic_load_explicit(&o->ptype_mask, rte_memory_order_relaxed),
	};
	struct virtio_net_hdr hdr;
	bool is_aggregate;
	int ret = 0;

	memcpy(&hdr, vnet_hdr, sizeof(hdr));
	is_aggregate = hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE;
	if (!is_aggregate && !is_looked_into(&rx, &hdr))
		return 0;

	if ((rx.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0)
		rx.stripped = strip_vlan(m);
	rx.ptype = rte_net_get_ptype(m, &rx.lens, RTE_PTYPE_ALL_MASK);
	m->packet_type = rx.ptype & rx.ptype_mask;
	if (likely(rx.lens.l3_len <= MAX_L3_LEN)) {
		m->l2_len = rx.lens.l2_len;
		m->l3_len = rx.lens.l3_len;
		m->l4_len = rx.lens.l4_len;
	}

	if (unlikely(is_aggregate))
		ret = take_aggregate(o, &hdr, m);
	if (ret == 0 && hdr.flags != 0)
		ret = take_checksum(&rx, &hdr, m, is_aggregate);
	if ((rx.offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0)
		verify_ipv4_checksum(&rx, m);
	return ret;
}

/*
 * What is asked of the kernel. It agrees on segmentation inside tunnels for both
 * directions at once, and only together with that of TCP: so that aggregates
 * are to be kept away by other means if the application wants none.
 */
void
rtap_offload_choose(struct rtap_offload *o, uint64_t rx_offloads, uint64_t tx_offloads,
		uint32_t max_aggregate, bool want_uso)
{
	bool has_lro = (rx_offloads & RTE_ETH_RX_OFFLOAD_TCP_LRO) != 0 && max_aggregate > 0;
	uint32_t wanted = 0;

	if ((rx_offloads & L4_RX_OFFLOADS) != 0)
		wanted |= TUN_F_CSUM;
	if (has_lro)
		wanted |= RTAP_TUN_TSO | (want_uso ? RTAP_TUN_USO : 0);
	if ((tx_offloads & TUNNEL_TX_OFFLOADS) != 0)
		wanted |= RTAP_TUN_TSO | RTAP_TUN_F_UDP_TUNNEL_GSO;

	o->tun_features = wanted & o->kernel_features;
	o->max_aggregate = has_lro ? max_aggregate : 0;
	o->hdr_len = (o->tun_features & RTAP_TUN_F_UDP_TUNNEL_GSO) != 0 ?
		RTAP_VNET_TUNNEL_HDR_LEN : RTAP_VNET_HDR_LEN;
	rte_atomic_store_explicit(&o->rx_offloads, rx_offloads, rte_memory_order_relaxed);
}

uint64_t
rtap_offload_rx_capa(uint32_t kernel)
{
	uint64_t capa = RTAP_OFFLOAD_RX_QUEUE;

	if ((kernel & TUN_F_CSUM) != 0)
		capa |= L4_RX_OFFLOADS;
	if ((kernel & RTAP_TUN_TSO) == RTAP_TUN_TSO)
		capa |= RTE_ETH_RX_OFFLOAD_TCP_LRO;
	return capa;
}

/* Any kernel takes checksums and TCP segmentation in a header that it gets. */
uint64_t
rtap_offload_tx_capa(uint32_t kernel)
{
	uint64_t capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE |
		RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
		RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
		RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO;

	if ((kernel & RTAP_TUN_USO) == RTAP_TUN_USO)
		capa |= RTE_ETH_TX_OFFLOAD_UDP_TSO;
	if ((kernel & RTAP_TUN_F_UDP_TUNNEL_GSO) != 0)
		capa |= TUNNEL_TX_OFFLOADS;
	return capa;
}
