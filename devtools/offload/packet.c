/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/* Packets for the conversions: see the header. */

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ether.h>

#include "packet.h"

static void *
allocate(size_t len)
{
	void *p = malloc(len);

	if (p == NULL)
		abort();
	return p;
}

/* The headroom lets one tag be inserted, and no more. */
static struct rte_mbuf *
new_segment(const uint8_t *data, uint16_t len)
{
	struct rte_mbuf *seg = aligned_alloc(alignof(struct rte_mbuf), sizeof(*seg));

	if (seg == NULL)
		abort();
	memset(seg, 0, sizeof(*seg));
	seg->buf_addr = allocate(PACKET_HEADROOM + len);
	seg->buf_len = PACKET_HEADROOM + len;
	seg->data_off = PACKET_HEADROOM;
	seg->data_len = len;
	seg->nb_segs = 1;
	rte_mbuf_refcnt_set(seg, 1);
	memcpy(rte_pktmbuf_mtod(seg, void *), data, len);
	return seg;
}

static void
set_kind(struct rte_mbuf *m, enum packet_kind kind)
{
	switch (kind) {
	case PACKET_SHARED:
		rte_mbuf_refcnt_set(m, 2);
		break;
	case PACKET_INDIRECT:
		m->ol_flags |= RTE_MBUF_F_INDIRECT;
		break;
	case PACKET_EXTERNAL:
		m->ol_flags |= RTE_MBUF_F_EXTERNAL;
		break;
	default:
		break;
	}
}

static uint16_t
seg_len(const struct packet_shape *shape, uint16_t i, uint32_t left)
{
	if (shape->nb_seg_lens == 0)
		return RTE_MIN(left, (uint32_t)UINT16_MAX - PACKET_HEADROOM);
	return RTE_MIN(left, (uint32_t)shape->seg_lens[RTE_MIN(i, shape->nb_seg_lens - 1)]);
}

struct rte_mbuf *
packet_new(const uint8_t *data, uint32_t len, const struct packet_shape *shape)
{
	struct rte_mbuf *first = NULL;
	struct rte_mbuf **place = &first;
	uint16_t nb_segs = 0;
	uint32_t done = 0;

	do {
		const uint16_t part = seg_len(shape, nb_segs, len - done);

		*place = new_segment(data + done, part);
		place = &(*place)->next;
		done += part;
		nb_segs++;
	} while (done < len);
	first->pkt_len = len;
	first->nb_segs = nb_segs;
	set_kind(first, shape->kind);
	return first;
}

void
packet_free(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		free(m->buf_addr);
		free(m);
		m = next;
	}
}

uint32_t
packet_read(const struct rte_mbuf *m, uint8_t *data, uint32_t skipped)
{
	uint32_t n = 0;

	for (; m != NULL; m = m->next) {
		const uint32_t skip = RTE_MIN(skipped, (uint32_t)m->data_len);

		memcpy(data + n, rte_pktmbuf_mtod_offset(m, void *, skip), m->data_len - skip);
		n += m->data_len - skip;
		skipped -= skip;
	}
	return n;
}

struct rtap_offload
packet_offload(bool has_tunnels)
{
	const uint32_t tunnels = RTAP_TUN_F_UDP_TUNNEL_GSO;

	return (struct rtap_offload){
		.kernel_features = PACKET_ALL_TUN,
		.tun_features = has_tunnels ? PACKET_ALL_TUN : PACKET_ALL_TUN & ~tunnels,
		.max_aggregate = UINT16_MAX,
		.ptype_mask = RTE_PTYPE_ALL_MASK,
		.hdr_len = has_tunnels ? RTAP_VNET_TUNNEL_HDR_LEN : RTAP_VNET_HDR_LEN,
	};
}

int
packet_transmit(const struct rtap_offload *o, struct rte_mbuf *m, struct kernel_frame *k)
{
	uint8_t *hdrs = NULL;
	void *hdr;
	uint32_t len;
	int ret;

	ret = rtap_offload_check(o, m);
	if (ret < 0)
		return ret;
	if ((m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0 && rte_vlan_insert(&m) < 0)
		abort();
	len = rtap_offload_finish(m);
	if (len > RTAP_OFFLOAD_MAX_HDRS)
		abort();
	if (len > 0) {
		hdrs = allocate(len);
		rtap_offload_copy_hdrs(m, hdrs, len);
		memcpy(k->data, hdrs, len);
	}
	hdr = allocate(o->hdr_len);
	rtap_offload_to_hdr(o, m, hdrs, hdr);
	memset(&k->hdr, 0, sizeof(k->hdr));
	memcpy(&k->hdr, hdr, o->hdr_len);
	k->hdr_len = o->hdr_len;
	k->len = len + packet_read(m, k->data + len, len);
	free(hdrs);
	free(hdr);
	return 0;
}
