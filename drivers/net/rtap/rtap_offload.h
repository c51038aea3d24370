/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_OFFLOAD_H_
#define _RTAP_OFFLOAD_H_

#include <assert.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_stdatomic.h>
#include <rte_tcp.h>
#include <rte_udp.h>

/*
 * Offloads as pure functions: between mbufs and the virtio-net headers that the
 * kernel has in front of frames, and between the offload bits of ethdev and
 * those of TUN. Nothing here knows of a port, or asks the kernel.
 */

/* What this kernel's headers may not have yet; the kernel is asked at probe. */
#define RTAP_TUN_F_USO4 0x20            /* since Linux 6.2 */
#define RTAP_TUN_F_USO6 0x40
#define RTAP_TUN_F_UDP_TUNNEL_GSO 0x80  /* since Linux 6.17 */

/* The same of virtio-net. */
#define RTAP_HDR_F_UDP_TUNNEL_CSUM 8
#define RTAP_HDR_GSO_UDP_L4 5
#define RTAP_HDR_GSO_UDP_TUNNEL_IPV4 0x20
#define RTAP_HDR_GSO_UDP_TUNNEL_IPV6 0x40
#define RTAP_HDR_GSO_UDP_TUNNEL (RTAP_HDR_GSO_UDP_TUNNEL_IPV4 | RTAP_HDR_GSO_UDP_TUNNEL_IPV6)

/* Sets of bits that the kernel takes together or not at all. */
#define RTAP_TUN_TSO (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define RTAP_TUN_USO (RTAP_TUN_F_USO4 | RTAP_TUN_F_USO6)

/*
 * In front of each frame, both ways: the short form, unless the port has agreed
 * with the kernel on segmentation inside UDP tunnels.
 */
struct rtap_vnet_hdr {
	struct virtio_net_hdr base; /* of the host's byte order, as TUN has it by default */
	uint16_t nb_buffers;        /* the kernel leaves these zero, and so do we */
	uint32_t hash_value;
	uint16_t hash_report;
	uint16_t padding;
	rte_le16_t outer_l4_offset; /* from the start of the frame */
	rte_le16_t inner_l3_offset;
};

static_assert(sizeof(struct rtap_vnet_hdr) == 24, "the kernel's own struct has no gaps");

#define RTAP_VNET_HDR_LEN ((uint16_t)sizeof(struct virtio_net_hdr))
#define RTAP_VNET_TUNNEL_HDR_LEN ((uint16_t)sizeof(struct rtap_vnet_hdr))

/* Segments of a packet to transmit: 64 KB in mbufs of 2 KB, and some more. */
#define RTAP_OFFLOAD_MAX_SEGS 64

/* Headers of a frame that may have to be changed for the kernel, with those of a tunnel. */
#define RTAP_OFFLOAD_MAX_HDRS 512

/* What a port has agreed on with the kernel. */
struct rtap_offload {
	uint32_t kernel_features; /* TUN_F_* that the kernel has */
	uint32_t tun_features;    /* those agreed on */
	uint32_t max_aggregate;   /* bytes of the longest aggregate to be received, 0: none */
	/* These two may change at any time. */
	RTE_ATOMIC(uint32_t) ptype_mask;  /* packet types that the application wants */
	RTE_ATOMIC(uint64_t) rx_offloads; /* RTE_ETH_RX_OFFLOAD_* */
	uint16_t hdr_len;         /* RTAP_VNET_HDR_LEN or RTAP_VNET_TUNNEL_HDR_LEN */
};

/* From the start of the layer 4 header. */
static inline uint32_t
rtap_checksum_offset(bool is_udp_checksum)
{
	return is_udp_checksum ? offsetof(struct rte_udp_hdr, dgram_cksum) :
		offsetof(struct rte_tcp_hdr, cksum);
}

/* Writes two bytes of the packet, which has them; they may lie in two segments. */
void rtap_offload_write(struct rte_mbuf *m, uint32_t offset, uint16_t value);

/* Flags of an mbuf that make more of it than a frame to be sent as it is. */
#define RTAP_OFFLOAD_TX_FLAGS (RTE_MBUF_F_TX_OFFLOAD_MASK & ~(RTE_MBUF_F_TX_IPV4 | \
	RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6))

/*
 * Looks whether what the packet asks for can be done: 0, -ENOTSUP if the kernel
 * cannot do it, or -EINVAL if flags, lengths and packet contradict each other.
 * The other functions take only packets that have passed.
 */
int rtap_offload_check(const struct rtap_offload *o, const struct rte_mbuf *m);

/*
 * The same, and sets the sum of the pseudo-header that ethdev expects of the
 * application where a checksum is asked for, in whichever segment its field lies.
 * The caller knows that all of the packet may be written to.
 */
int rtap_offload_prepare(const struct rtap_offload *o, struct rte_mbuf *m);

/*
 * Length of the headers that the kernel needs otherwise than they are, 0 if the
 * frame goes as it is; RTAP_OFFLOAD_MAX_HDRS at most. Packets to be segmented have
 * lengths and checksums of the whole. IPv4 checksums that are asked for are
 * set in the packet itself where nobody else can see it.
 */
uint32_t rtap_offload_finish(struct rte_mbuf *m);

/* Copies so many bytes from the start of the frame, changed as the kernel needs them. */
void rtap_offload_copy_hdrs(const struct rte_mbuf *m, uint8_t *hdrs, uint32_t len);

/* Fills in o->hdr_len bytes of header; `hdrs` is the changed copy, NULL if there is none. */
void rtap_offload_to_hdr(const struct rtap_offload *o, const struct rte_mbuf *m,
		const uint8_t *hdrs, void *vnet_hdr);

/*
 * Makes of a frame, received with o->hdr_len bytes of header, what the
 * application expects: flags, packet type, lengths, segment size, stripped VLAN
 * tag. A checksum that the application has not agreed to miss is completed.
 * Returns 0 or -EINVAL if the header cannot be true.
 */
int rtap_offload_from_hdr(const struct rtap_offload *o, const void *vnet_hdr,
		struct rte_mbuf *m);

/*
 * Fills in what is to be agreed on for the offloads of a port, from
 * o->kernel_features. Aggregates of `max_aggregate` bytes are accepted if it is not
 * 0 and TCP_LRO among the offloads, those of UDP only with `want_uso`.
 */
void rtap_offload_choose(struct rtap_offload *o, uint64_t rx_offloads, uint64_t tx_offloads,
		uint32_t max_aggregate, bool want_uso);

/* What software does is a matter of each queue, what the kernel agrees on one of the port. */
#define RTAP_OFFLOAD_RX_QUEUE (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | \
	RTE_ETH_RX_OFFLOAD_IPV4_CKSUM)
#define RTAP_OFFLOAD_TX_QUEUE (~(RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO | \
	RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO))

/* RTE_ETH_RX_OFFLOAD_* and RTE_ETH_TX_OFFLOAD_* of a kernel with these TUN_F_*. */
uint64_t rtap_offload_rx_capa(uint32_t kernel);
uint64_t rtap_offload_tx_capa(uint32_t kernel);

#endif /* _RTAP_OFFLOAD_H_ */
