/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _PACKET_H_
#define _PACKET_H_

/*
 * Packets for the conversions. Mbufs are made by hand, without a pool, and each
 * buffer ends where its data ends: the address sanitizer sees every byte that
 * is touched outside of a packet.
 */

#include <stdint.h>

#include <rte_mbuf.h>

#include "rtap_offload.h"

#include "frame.h"
#include "kernel.h"

/* Every TUN_F_* that the driver knows. */
#define PACKET_ALL_TUN (RTAP_TUN_TSO | RTAP_TUN_USO | RTAP_TUN_F_UDP_TUNNEL_GSO)
/* Room for one tag. */
#define PACKET_HEADROOM FRAME_VLAN_LEN

/* Who else may see the first segment. */
enum packet_kind {
	PACKET_OWN,
	PACKET_SHARED,
	PACKET_INDIRECT,
	PACKET_EXTERNAL,
	PACKET_NB_KINDS
};

/* Segments of these lengths, the last of them repeated until the data ends. */
struct packet_shape {
	const uint16_t *seg_lens;
	uint16_t nb_seg_lens;	/* 0: one segment */
	enum packet_kind kind;
};

struct rte_mbuf *packet_new(const uint8_t *data, uint32_t len, const struct packet_shape *shape);
void packet_free(struct rte_mbuf *m);
/* The bytes of a packet, of which there are no more than fit. Returns how many. */
uint32_t packet_read(const struct rte_mbuf *m, uint8_t *data, uint32_t skipped);

/* Everything agreed on, and the long header if `has_tunnels`. */
struct rtap_offload packet_offload(bool has_tunnels);

/*
 * The way of a packet to the kernel, as the driver's burst goes it: 0 and what
 * the kernel gets, or the error of the check.
 */
int packet_transmit(const struct rtap_offload *o, struct rte_mbuf *m, struct kernel_frame *k);

#endif /* _PACKET_H_ */
