/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _KERNEL_H_
#define _KERNEL_H_

/*
 * What Linux does with a frame that is written to a TAP with a virtio-net
 * header in front: what it refuses, the checksum that it completes, the
 * segments that it makes. Written from what the kernel is known to do, so that
 * the conversion is not compared with itself.
 */

#include <stdint.h>

#include "rtap_offload.h"

#include "frame.h"

/* A frame on its way, with its header as far as it is there, otherwise zero. */
struct kernel_frame {
	struct rtap_vnet_hdr hdr;
	uint16_t hdr_len;
	uint32_t len;
	uint8_t data[FRAME_MAX_LEN];
};

/* Called for each segment; NULL, or what is wrong with it. */
typedef const char *(*kernel_take)(void *arg, const uint8_t *data, uint32_t len);

/* NULL, or why the kernel would not have the frame. */
const char *kernel_refusal(const struct kernel_frame *k);

/* What goes on the wire: one frame or its segments, completed. As kernel_take. */
const char *kernel_send(struct kernel_frame *k, kernel_take take, void *arg);

/* Parts of virtio-net that older headers lack. */
#define KERNEL_GSO_UDP_L4 5
#define KERNEL_GSO_UDP_TUNNEL_IPV4 0x20
#define KERNEL_GSO_UDP_TUNNEL_IPV6 0x40
#define KERNEL_GSO_UDP_TUNNEL (KERNEL_GSO_UDP_TUNNEL_IPV4 | KERNEL_GSO_UDP_TUNNEL_IPV6)
#define KERNEL_F_UDP_TUNNEL_CSUM 8

#endif /* _KERNEL_H_ */
