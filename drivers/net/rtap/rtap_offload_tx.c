/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what the header of a packet to transmit says. The mbuf is not believed:
 * its flags and lengths are compared with the packet before they are used.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_cksum.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "rtap_offload.h"

/* The kernel makes no more datagrams of one packet (UDP_MAX_SEGMENTS, 64 before Linux 6.9). */
#define MAX_DATAGRAMS 128

/* What the fields of an mbuf hold. */
#define MAX_L2_LEN ((1 << RTE_MBUF_L2_LEN_BITS) - 1)

/* A VLAN tag may be inserted into headers after they have been checked. */
#define MAX_CHECKED_HDRS (RTAP_OFFLOAD_MAX_HDRS - RTE_VLAN_HLEN)

#define SEGMENT_FLAGS (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG)
#define OUTER_IP_FLAGS (RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6)

#define SUPPORTED_TX_FLAGS (SEGMENT_FLAGS | OUTER_IP_FLAGS | RTE_MBUF_F_TX_IPV4 | \
	RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | \
	RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_TUNNEL_MASK | RTE_MBUF_F_TX_VLAN)

/* Where the headers of a packet to transmit start, from the start of the frame. */
struct layout {
	uint32_t outer_l3; /* of a tunnel; meaningless without one */
	uint32_t outer_l4;
	uint32_t l3;
	uint32_t l4;
	uint32_t payload;
	bool is_tunnel;
};

static inline struct layout
get_layout(const struct rte_mbuf *m)
{
	struct layout at = {
		.outer_l3 = m->outer_l2_len,
		.outer_l4 = m->outer_l2_len + m->outer_l3_len,
		.l3 = m->l2_len,
		.is_tunnel = (m->ol_flags & (RTE_MBUF_F_TX_TUNNEL_MASK | OUTER_IP_FLAGS)) != 0,
	};

	if (at.is_tunnel)
		at.l3 += at.outer_l4;
	at.l4 = at.l3 + m->l3_len;
	at.payload = at.l4 + m->l4_len;
	return at;
}

static inline bool
is_segmented(const struct rte_mbuf *m)
{
	return (m->ol_flags & SEGMENT_FLAGS) != 0;
}

static inline bool
is_udp(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_TX_UDP_SEG) != 0 ||
		((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) == 0 &&
		 (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM);
}

static inline bool
has_l4_checksum(const struct rte_mbuf *m)
{
	return (m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | SEGMENT_FLAGS)) != 0;
}

/* Nobody else sees the first segment of this packet. */
static inline bool
is_writable(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* The IP header at this offset is of the version and length that the mbuf claims. */
static bool
is_ip_header(const struct rte_mbuf *m, uint32_t offset, uint32_t len, bool is_ipv4)
{
	uint8_t copy;
	const uint8_t *first = rte_pktmbuf_read(m, offset, 1, &copy);

	if (first == NULL)
		return false;
	if (!is_ipv4)
		return *first >> 4 == 6 && len >= sizeof(struct rte_ipv6_hdr);
	return *first >> 4 == 4 && len >= sizeof(struct rte_ipv4_hdr) &&
		len == (*first & RTE_IPV4_HDR_IHL_MASK) * (uint32_t)RTE_IPV4_IHL_MULTIPLIER;
}

/* The same for a TCP header. */
static bool
is_tcp_header(const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	struct rte_tcp_hdr copy;
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_read(m, offset, sizeof(copy), &copy);

	/* The upper half of the byte counts words of four bytes. */
	return tcp != NULL && len >= sizeof(*tcp) && len == (uint32_t)(tcp->data_off >> 4) * 4;
}

/* The tag is inserted later, and then counts as part of the outermost layer 2. */
static int
check_vlan(const struct rte_mbuf *m, const struct layout *at)
{
	bool has_type = (m->ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK) != 0;
	uint32_t l2_len = at->is_tunnel ? m->outer_l2_len : m->l2_len;

	if (!is_writable(m) || m->data_len < 2 * RTE_ETHER_ADDR_LEN ||
			at->is_tunnel != has_type || l2_len + RTE_VLAN_HLEN > MAX_L2_LEN)
		return -EINVAL;
	return rte_pktmbuf_headroom(m) < RTE_VLAN_HLEN ? -ENOSPC : 0;
}

/* An IP header of which the checksum is to be set. */
static int
check_ip_checksum(const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	if (offset < RTE_ETHER_HDR_LEN || offset + len > m->pkt_len ||
			offset + len > MAX_CHECKED_HDRS)
		return -EINVAL;
	return is_ip_header(m, offset, len, true) ? 0 : -EINVAL;
}

/*
 * The kernel takes segmentation inside tunnels over UDP only, and of those only
 * with a header that says so. It leaves an outer checksum as it is, which is
 * then wrong in each segment unless there is none.
 */
static int
check_tunnel(const struct rtap_offload *o, const struct rte_mbuf *m, const struct layout *at)
{
	uint64_t type = m->ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK;
	const struct rte_udp_hdr *udp;
	struct rte_udp_hdr copy;

	if (type != RTE_MBUF_F_TX_TUNNEL_VXLAN && type != RTE_MBUF_F_TX_TUNNEL_GENEVE)
		return -ENOTSUP;
	if ((o->tun_features & RTAP_TUN_F_UDP_TUNNEL_GSO) == 0)
		return -ENOTSUP;
	if (at->outer_l3 < RTE_ETHER_HDR_LEN || (m->ol_flags & OUTER_IP_FLAGS) == 0 ||
			m->pkt_len - at->outer_l3 > UINT16_MAX ||
			!is_ip_header(m, at->outer_l3, m->outer_l3_len,
				(m->ol_flags & RTE_MBUF_F_TX_OUTER_IPV4) != 0))
		return -EINVAL;
	if (m->l2_len < sizeof(*udp) + RTE_ETHER_HDR_LEN)
		return -EINVAL;
	udp = rte_pktmbuf_read(m, at->outer_l4, sizeof(*udp), &copy);
	return udp != NULL && udp->dgram_cksum == 0 ? 0 : -EINVAL;
}

static int
check_segmentation(const struct rtap_offload *o, const struct rte_mbuf *m,
		const struct layout *at)
{
	uint32_t payload_len = m->pkt_len - at->payload;

	if (at->payload > m->pkt_len || at->payload > MAX_CHECKED_HDRS || m->tso_segsz == 0)
		return -EINVAL;
	if (m->pkt_len - at->l3 > UINT16_MAX ||
			!is_ip_header(m, at->l3, m->l3_len,
				(m->ol_flags & RTE_MBUF_F_TX_IPV4) != 0))
		return -EINVAL;
	if (is_udp(m)) {
		if ((o->kernel_features & RTAP_TUN_USO) == 0)
			return -ENOTSUP;
		if (m->l4_len != sizeof(struct rte_udp_hdr) ||
				payload_len > (uint32_t)m->tso_segsz * MAX_DATAGRAMS)
			return -EINVAL;
	} else if (!is_tcp_header(m, at->l4, m->l4_len)) {
		return -EINVAL;
	}
	return at->is_tunnel ? check_tunnel(o, m, at) : 0;
}

static __rte_noinline int
check_flags(const struct rtap_offload *o, const struct rte_mbuf *m)
{
	uint64_t flags = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	struct layout at = get_layout(m);
	uint32_t min_l3_len;
	int ret;

	if ((flags & ~SUPPORTED_TX_FLAGS) != 0 ||
			(flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_SCTP_CKSUM)
		return -ENOTSUP;
	ret = rte_validate_tx_offload(m);
	if (ret == 0 && (flags & RTE_MBUF_F_TX_VLAN) != 0)
		ret = check_vlan(m, &at);
	if (ret == 0 && (flags & RTE_MBUF_F_TX_OUTER_IP_CKSUM) != 0)
		ret = check_ip_checksum(m, at.outer_l3, m->outer_l3_len);
	if (ret == 0 && (flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
		ret = check_ip_checksum(m, at.l3, m->l3_len);
	if (ret < 0 || !has_l4_checksum(m))
		return ret;

	min_l3_len = (flags & RTE_MBUF_F_TX_IPV4) != 0 ?
		sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
	if (at.l3 < RTE_ETHER_HDR_LEN || m->l3_len < min_l3_len || at.l4 +
			rtap_checksum_offset(is_udp(m)) + sizeof(rte_be16_t) > m->pkt_len)
		return -EINVAL;
	return is_segmented(m) ? check_segmentation(o, m, &at) : 0;
}

int
rtap_offload_check(const struct rtap_offload *o, const struct rte_mbuf *m)
{
	if (unlikely(m->nb_segs > RTAP_OFFLOAD_MAX_SEGS))
		return -EINVAL;
	if (likely((m->ol_flags & RTAP_OFFLOAD_TX_FLAGS) == 0))
		return 0;
	return check_flags(o, m);
}

/* The sum that a checksum starts from, where no extension header stands before layer 4. */
static uint16_t
sum_pseudo_header(const struct rte_mbuf *m, uint32_t l3)
{
	struct rte_ipv4_hdr ip4;
	struct rte_ipv6_hdr copy;
	struct rte_ipv6_hdr ip6;

	if ((m->ol_flags & RTE_MBUF_F_TX_IPV4) != 0)
		return rte_ipv4_phdr_cksum(rte_pktmbuf_read(m, l3, sizeof(ip4), &ip4), 0);
	ip6 = *(const struct rte_ipv6_hdr *)rte_pktmbuf_read(m, l3, sizeof(copy), &copy);
	/* Whatever the header says: the library shifts large numbers out of an int. */
	ip6.proto = is_udp(m) ? IPPROTO_UDP : IPPROTO_TCP;
	return rte_ipv6_phdr_cksum(&ip6, 0);
}

static bool
has_extension_headers(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_TX_IPV4) == 0 && m->l3_len > sizeof(struct rte_ipv6_hdr);
}

/* What IP carries in the tunnel's packet, -1 if there is no such header. */
static int
get_outer_protocol(const struct rte_mbuf *m, const struct layout *at)
{
	bool is_ipv4 = (m->ol_flags & RTE_MBUF_F_TX_OUTER_IPV4) != 0;
	uint32_t offset = is_ipv4 ? offsetof(struct rte_ipv4_hdr, next_proto_id) :
		offsetof(struct rte_ipv6_hdr, proto);
	uint8_t copy;

	if ((m->ol_flags & OUTER_IP_FLAGS) == 0 ||
			!is_ip_header(m, at->outer_l3, m->outer_l3_len, is_ipv4))
		return -1;
	return *(const uint8_t *)rte_pktmbuf_read(m, at->outer_l3 + offset, 1, &copy);
}

int
rtap_offload_prepare(const struct rtap_offload *o, struct rte_mbuf *m)
{
	struct layout at = get_layout(m);
	int ret = rtap_offload_check(o, m);

	/* Of packets to be segmented all sums are set in transmission. */
	if (ret < 0 || is_segmented(m) || !has_l4_checksum(m))
		return ret;
	/* One of the tunnel's own would be of what is inside before that is complete. */
	if (get_outer_protocol(m, &at) == IPPROTO_UDP)
		rtap_offload_write(m, at.outer_l4 + rtap_checksum_offset(true), 0);
	/* See sum_addresses(). */
	if (!has_extension_headers(m))
		rtap_offload_write(m, at.l4 + rtap_checksum_offset(is_udp(m)),
			sum_pseudo_header(m, at.l3));
	return 0;
}

static void
set_ipv4_checksum(uint8_t *hdr, uint32_t len)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)hdr;

	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, len);
}

/* Sets the checksums that are asked for; the bytes of the headers are all there. */
static void
set_ip_checksums(const struct rte_mbuf *m, const struct layout *at, uint8_t *frame)
{
	if ((m->ol_flags & RTE_MBUF_F_TX_OUTER_IP_CKSUM) != 0)
		set_ipv4_checksum(frame + at->outer_l3, m->outer_l3_len);
	if ((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
		set_ipv4_checksum(frame + at->l3, m->l3_len);
}

uint32_t
rtap_offload_finish(struct rte_mbuf *m)
{
	struct layout at = get_layout(m);
	uint32_t len = 0;

	if (is_segmented(m))
		return at.payload;
	if ((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
		len = at.l4;
	else if ((m->ol_flags & RTE_MBUF_F_TX_OUTER_IP_CKSUM) != 0)
		len = at.outer_l4;
	if (len == 0 || !is_writable(m) || m->data_len < len)
		return len;
	set_ip_checksums(m, &at, rte_pktmbuf_mtod(m, uint8_t *));
	return 0;
}

/* With its length the checksum changes, so one is due whether asked for or not. */
static void
set_ip_length(uint8_t *hdr, uint32_t hdr_len, uint32_t len, bool is_ipv4)
{
	if (is_ipv4) {
		((struct rte_ipv4_hdr *)hdr)->total_length = rte_cpu_to_be_16(len);
		set_ipv4_checksum(hdr, hdr_len);
	} else {
		((struct rte_ipv6_hdr *)hdr)->payload_len =
			rte_cpu_to_be_16(len - sizeof(struct rte_ipv6_hdr));
	}
}

/*
 * Sum of the pseudo-header without the length. Behind extension headers the
 * destination may be another than the one in the header: there the sum is the
 * application's, which by ethdev's convention has no length in it, either.
 */
static uint32_t
sum_addresses(const struct rte_mbuf *m, const uint8_t *l3, uint16_t given, bool is_ipv4)
{
	const struct rte_ipv4_hdr *ip4 = (const struct rte_ipv4_hdr *)l3;
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)l3;
	uint16_t protocol = rte_cpu_to_be_16(is_udp(m) ? IPPROTO_UDP : IPPROTO_TCP);

	if (is_ipv4)
		return protocol + (uint32_t)rte_raw_cksum(&ip4->src_addr,
			2 * sizeof(ip4->src_addr));
	if (has_extension_headers(m))
		return given;
	return protocol + (uint32_t)rte_raw_cksum(&ip6->src_addr, 2 * sizeof(ip6->src_addr));
}

/* Lengths and checksums of the packet as a whole, as the kernel has them in its own. */
static void
complete_segmented(const struct rte_mbuf *m, const struct layout *at, uint8_t *frame)
{
	bool is_ipv4 = (m->ol_flags & RTE_MBUF_F_TX_IPV4) != 0;
	uint32_t len = m->pkt_len - at->l4;
	uint8_t *l4 = frame + at->l4;
	uint16_t sum;
	uint32_t wide;

	set_ip_length(frame + at->l3, m->l3_len, m->pkt_len - at->l3, is_ipv4);
	if (is_udp(m))
		((struct rte_udp_hdr *)l4)->dgram_len = rte_cpu_to_be_16(len);

	memcpy(&sum, l4 + rtap_checksum_offset(is_udp(m)), sizeof(sum));
	wide = sum_addresses(m, frame + at->l3, sum, is_ipv4) + rte_cpu_to_be_16(len);
	sum = __rte_raw_cksum_reduce(wide);
	memcpy(l4 + rtap_checksum_offset(is_udp(m)), &sum, sizeof(sum));

	if (!at->is_tunnel)
		return;
	set_ip_length(frame + at->outer_l3, m->outer_l3_len, m->pkt_len - at->outer_l3,
		(m->ol_flags & RTE_MBUF_F_TX_OUTER_IPV4) != 0);
	((struct rte_udp_hdr *)(frame + at->outer_l4))->dgram_len =
		rte_cpu_to_be_16(m->pkt_len - at->outer_l4);
}

void
rtap_offload_copy_hdrs(const struct rte_mbuf *m, uint8_t *hdrs, uint32_t len)
{
	struct layout at = get_layout(m);
	const void *source = rte_pktmbuf_read(m, 0, len, hdrs);

	/* What lies in one piece is not copied by that function. */
	if (source != hdrs)
		memcpy(hdrs, source, len);
	if (is_segmented(m))
		complete_segmented(m, &at, hdrs);
	else
		set_ip_checksums(m, &at, hdrs);
}

/* The congestion flag is in the first segment only if the kernel is told of it. */
static uint8_t
tcp_gso_type(const struct rte_mbuf *m, const uint8_t *l4)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)l4;
	uint8_t type = (m->ol_flags & RTE_MBUF_F_TX_IPV4) != 0 ?
		VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;

	if ((tcp->tcp_flags & RTE_TCP_CWR_FLAG) != 0)
		type |= VIRTIO_NET_HDR_GSO_ECN;
	return type;
}

static void
fill_gso(const struct rte_mbuf *m, const struct layout *at, const uint8_t *hdrs,
		struct rtap_vnet_hdr *hdr)
{
	hdr->base.gso_type = is_udp(m) ? RTAP_HDR_GSO_UDP_L4 : tcp_gso_type(m, hdrs + at->l4);
	hdr->base.gso_size = m->tso_segsz;
	hdr->base.hdr_len = at->payload;
	if (!at->is_tunnel)
		return;
	hdr->base.gso_type |= (m->ol_flags & RTE_MBUF_F_TX_OUTER_IPV4) != 0 ?
		RTAP_HDR_GSO_UDP_TUNNEL_IPV4 : RTAP_HDR_GSO_UDP_TUNNEL_IPV6;
	hdr->outer_l4_offset = rte_cpu_to_le_16(at->outer_l4);
	hdr->inner_l3_offset = rte_cpu_to_le_16(at->l3);
}

void
rtap_offload_to_hdr(const struct rtap_offload *o, const struct rte_mbuf *m,
		const uint8_t *hdrs, void *vnet_hdr)
{
	struct rtap_vnet_hdr hdr = { 0 };
	struct layout at = get_layout(m);

	if (has_l4_checksum(m)) {
		hdr.base.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr.base.csum_start = at.l4;
		hdr.base.csum_offset = rtap_checksum_offset(is_udp(m));
	}
	/* One segment is none: the kernel refuses or mistrusts it. */
	if (is_segmented(m) && m->pkt_len - at.payload > m->tso_segsz)
		fill_gso(m, &at, hdrs, &hdr);
	memcpy(vnet_hdr, &hdr, o->hdr_len);
}
