/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/* The kernel's side of the virtio-net header: see the header. */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "kernel.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define UDP_CSUM_OFFSET 6
#define TCP_CSUM_OFFSET 16
/* It takes this value for something of its own. */
#define GSO_BY_FRAGS 0xffff
#define MAX_DATAGRAMS 128
/* Of all segments of a TCP packet that tells of congestion, the first one does. */
#define FIRST_ONLY_FLAGS FRAME_TCP_CWR
#define LAST_ONLY_FLAGS (FRAME_TCP_FIN | FRAME_TCP_PSH)

static uint8_t
base_type(const struct kernel_frame *k)
{
	return k->hdr.base.gso_type & ~(VIRTIO_NET_HDR_GSO_ECN | KERNEL_GSO_UDP_TUNNEL);
}

static bool
is_tunnel(const struct kernel_frame *k)
{
	return (k->hdr.base.gso_type & KERNEL_GSO_UDP_TUNNEL) != 0;
}

static uint32_t
l4_min_len(const struct kernel_frame *k)
{
	return base_type(k) == KERNEL_GSO_UDP_L4 ? FRAME_UDP_LEN : FRAME_TCP_LEN;
}

/* Of the innermost IP header. */
static uint32_t
find_l3(const struct kernel_frame *k, uint16_t *type)
{
	const uint32_t l3 = rte_le_to_cpu_16(k->hdr.inner_l3_offset);

	if (!is_tunnel(k))
		return frame_find_l3(k->data, k->len, type);
	if (l3 >= k->len)
		return 0;
	*type = k->data[l3] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
	return l3;
}

static const char *
checksum_refusal(const struct kernel_frame *k)
{
	const struct virtio_net_hdr *hdr = &k->hdr.base;

	if ((hdr->flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		return "unknown flags";
	if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
		return hdr->csum_start != 0 || hdr->csum_offset != 0 ? "stray csum_start" : NULL;
	if ((uint32_t)hdr->csum_start + hdr->csum_offset + 2 > k->len)
		return "checksum beyond the frame";
	if (hdr->csum_start < FRAME_ETH_LEN + FRAME_IPV4_LEN)
		return "layer 4 before the end of the smallest layer 3";
	return NULL;
}

static const char *
tcp_refusal(const struct kernel_frame *k, uint16_t type)
{
	const bool is_ipv6 = base_type(k) == VIRTIO_NET_HDR_GSO_TCPV6;
	const uint8_t *tcp = k->data + k->hdr.base.csum_start;

	if (k->hdr.base.csum_offset != TCP_CSUM_OFFSET)
		return "TCP checksum elsewhere";
	if (type != (is_ipv6 ? TYPE_IPV6 : TYPE_IPV4))
		return "other version of IP";
	if (tcp[12] >> 4 < 5 || k->hdr.base.csum_start + (tcp[12] >> 4) * 4U > k->len)
		return "length of the TCP header";
	return NULL;
}

static const char *
udp_refusal(const struct kernel_frame *k, uint32_t payload_len)
{
	if (k->hdr.base.csum_offset != UDP_CSUM_OFFSET)
		return "UDP checksum elsewhere";
	if ((k->hdr.base.gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0)
		return "ECN in UDP";
	return payload_len > (uint32_t)k->hdr.base.gso_size * MAX_DATAGRAMS ?
		"too many datagrams" : NULL;
}

static const char *
tunnel_refusal(const struct kernel_frame *k, uint32_t l3_len)
{
	const uint32_t outer_l4 = rte_le_to_cpu_16(k->hdr.outer_l4_offset);
	const uint32_t inner_l3 = rte_le_to_cpu_16(k->hdr.inner_l3_offset);
	const uint8_t type = k->hdr.base.gso_type & KERNEL_GSO_UDP_TUNNEL;

	if (k->hdr_len < sizeof(k->hdr))
		return "tunnel in a short header";
	if (type == KERNEL_GSO_UDP_TUNNEL)
		return "both versions of outer IP";
	if (outer_l4 < FRAME_ETH_LEN + (type == KERNEL_GSO_UDP_TUNNEL_IPV6 ?
			FRAME_IPV6_LEN : FRAME_IPV4_LEN))
		return "outer UDP before the end of outer IP";
	if (inner_l3 < outer_l4 + FRAME_UDP_LEN ||
			k->hdr.base.csum_start < inner_l3 + l3_len)
		return "headers of the tunnel not in their order";
	return frame_get16(k->data + outer_l4 + UDP_CSUM_OFFSET) != 0 ?
		"outer UDP checksum, which it will not update" : NULL;
}

static const char *
gso_refusal(const struct kernel_frame *k)
{
	const uint32_t payload = k->hdr.base.csum_start + l4_min_len(k);
	const char *reason;
	uint16_t type = 0;
	uint32_t l3;

	if (k->hdr.base.gso_size == 0 || k->hdr.base.gso_size == GSO_BY_FRAGS)
		return "segment size";
	if ((k->hdr.base.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
		return "segments without checksum";
	if (payload > k->len)
		return "layer 4 beyond the frame";
	l3 = find_l3(k, &type);
	if (l3 == 0 || (type != TYPE_IPV4 && type != TYPE_IPV6))
		return "no IP header";
	if (k->hdr.base.csum_start < l3 + (type == TYPE_IPV6 ? FRAME_IPV6_LEN : FRAME_IPV4_LEN))
		return "layer 4 before the end of IP";
	reason = base_type(k) == KERNEL_GSO_UDP_L4 ? udp_refusal(k, k->len - payload) :
		tcp_refusal(k, type);
	if (reason != NULL || !is_tunnel(k))
		return reason;
	return tunnel_refusal(k, type == TYPE_IPV6 ? FRAME_IPV6_LEN : FRAME_IPV4_LEN);
}

const char *
kernel_refusal(const struct kernel_frame *k)
{
	const char *reason;

	if (k->len < FRAME_ETH_LEN)
		return "shorter than an Ethernet header";
	if (k->hdr.base.hdr_len != 0 && k->hdr.base.hdr_len < FRAME_ETH_LEN)
		return "hdr_len below an Ethernet header";
	if (k->hdr.base.hdr_len > k->len)
		return "hdr_len beyond the frame";
	reason = checksum_refusal(k);
	if (reason != NULL)
		return reason;
	switch (base_type(k)) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return k->hdr.base.gso_type != 0 ? "GSO flags alone" : NULL;
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
	case KERNEL_GSO_UDP_L4:
		return gso_refusal(k);
	default:
		return "GSO type";
	}
}

/* The field holds the sum of what is not in the data, as a host's number. */
static void
complete_checksum(uint8_t *data, uint32_t len, uint32_t start, uint32_t offset)
{
	const uint16_t sum = ~frame_fold(frame_sum(0, data + start, len - start));

	frame_put16(data + start + offset, sum == 0 ? 0xffff : sum);
}

static void
set_ip_length(uint8_t *ip, uint32_t len, uint16_t index)
{
	if (ip[0] >> 4 == 6) {
		frame_put16(ip + 4, len - FRAME_IPV6_LEN);
		return;
	}
	frame_put16(ip + 2, len);
	frame_put16(ip + 4, frame_get16(ip + 4) + index);
	frame_set_ipv4_checksum(ip);
}

static void
set_tcp(uint8_t *tcp, uint32_t offset, bool is_first, bool is_last)
{
	frame_put32(tcp + 4, frame_get32(tcp + 4) + offset);
	if (!is_first)
		tcp[13] &= ~FIRST_ONLY_FLAGS;
	if (!is_last)
		tcp[13] &= ~LAST_ONLY_FLAGS;
}

/* The sum for the packet as a whole becomes that for the segment. */
static void
shift_sum(uint8_t *field, uint32_t old_len, uint32_t new_len)
{
	const uint32_t sum = frame_get16(field) + new_len + (uint16_t)~old_len;

	frame_put16(field, frame_fold(sum));
}

struct segment {
	uint32_t len;
	uint32_t offset;	/* of its payload in that of the packet */
	uint16_t index;
	bool is_last;
};

static void
finish_segment(const struct kernel_frame *k, uint8_t *data, const struct segment *s)
{
	const uint32_t l4 = k->hdr.base.csum_start;
	const uint32_t outer_l4 = rte_le_to_cpu_16(k->hdr.outer_l4_offset);
	uint16_t type;

	set_ip_length(data + find_l3(k, &type), s->len - find_l3(k, &type), s->index);
	shift_sum(data + l4 + k->hdr.base.csum_offset, k->len - l4, s->len - l4);
	if (base_type(k) == KERNEL_GSO_UDP_L4)
		frame_put16(data + l4 + 4, s->len - l4);
	else
		set_tcp(data + l4, s->offset, s->index == 0, s->is_last);
	complete_checksum(data, s->len, l4, k->hdr.base.csum_offset);
	if (!is_tunnel(k))
		return;
	frame_put16(data + outer_l4 + 4, s->len - outer_l4);
	set_ip_length(data + frame_find_l3(data, s->len, &type),
		s->len - frame_find_l3(data, s->len, &type), s->index);
}

static const char *
send_segments(const struct kernel_frame *k, uint32_t hdrs_len, kernel_take take, void *arg)
{
	static uint8_t data[FRAME_MAX_LEN];
	struct segment s = { .len = 0 };
	const char *fault = NULL;
	uint32_t part;

	for (; hdrs_len + s.offset < k->len && fault == NULL; s.offset += part, s.index++) {
		part = RTE_MIN(k->len - hdrs_len - s.offset, (uint32_t)k->hdr.base.gso_size);
		s.len = hdrs_len + part;
		s.is_last = s.len + s.offset == k->len;
		memcpy(data, k->data, hdrs_len);
		memcpy(data + hdrs_len, k->data + hdrs_len + s.offset, part);
		finish_segment(k, data, &s);
		fault = take(arg, data, s.len);
	}
	return fault;
}

const char *
kernel_send(struct kernel_frame *k, kernel_take take, void *arg)
{
	const uint32_t l4 = k->hdr.base.csum_start;
	uint32_t hdrs_len = l4;

	if (k->hdr.base.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		hdrs_len += base_type(k) == KERNEL_GSO_UDP_L4 ? FRAME_UDP_LEN :
			(k->data[l4 + 12] >> 4) * 4U;
		if (k->len - hdrs_len > k->hdr.base.gso_size)
			return send_segments(k, hdrs_len, take, arg);
	}
	if ((k->hdr.base.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		complete_checksum(k->data, k->len, l4, k->hdr.base.csum_offset);
	return take(arg, k->data, k->len);
}
