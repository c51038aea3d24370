/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _FRAME_H_
#define _FRAME_H_

/*
 * Frames in flat memory, made and verified with code of its own: nothing of
 * DPDK that the driver might use as well.
 */

#include <stdbool.h>
#include <stdint.h>

#define FRAME_MAX_LEN 66560
#define FRAME_MAX_VLANS 3

#define FRAME_ETH_LEN 14
#define FRAME_VLAN_LEN 4
#define FRAME_IPV4_LEN 20
#define FRAME_IPV6_LEN 40
#define FRAME_UDP_LEN 8
#define FRAME_TCP_LEN 20
#define FRAME_TUNNEL_LEN 8	/* VXLAN, or Geneve without options */

#define FRAME_TCP_FIN 0x01
#define FRAME_TCP_PSH 0x08
#define FRAME_TCP_ACK 0x10
#define FRAME_TCP_CWR 0x80

enum frame_tunnel {
	FRAME_NO_TUNNEL,
	FRAME_VXLAN,
	FRAME_GENEVE,
};

struct frame_spec {
	uint16_t payload_len;
	uint8_t nb_vlans;	/* of the frame, outside of a tunnel */
	bool is_ipv6;
	bool is_udp;
	uint8_t ip_extra;	/* bytes of IPv4 options or IPv6 extension headers */
	uint8_t tcp_extra;	/* bytes of TCP options */
	uint8_t tcp_flags;	/* FRAME_TCP_* */
	enum frame_tunnel tunnel;
	bool is_outer_ipv6;
	uint8_t tunnel_extra;	/* bytes of Geneve options */
	bool has_zero_sum;	/* the checksum of layer 4 comes out as 0 */
};

/* Lengths are as in an mbuf: with a tunnel, l2_len counts from the outer UDP header. */
struct frame {
	uint8_t data[FRAME_MAX_LEN];
	uint32_t len;
	uint16_t outer_l2_len;
	uint16_t outer_l3_len;
	uint16_t l2_len;
	uint16_t l3_len;
	uint16_t l4_len;
	uint16_t l3;		/* offsets of the innermost headers, and what follows */
	uint16_t l4;
	uint16_t payload;
};

/* With every length and checksum right, and a payload that has no period. */
void frame_build(struct frame *f, const struct frame_spec *spec);

/* NULL if lengths and checksums of all headers are right; what is wrong otherwise. */
const char *frame_fault(const uint8_t *data, uint32_t len);

/* Offset and ethertype of what the tags and the Ethernet header precede; 0 if cut off. */
uint32_t frame_find_l3(const uint8_t *data, uint32_t len, uint16_t *ethertype);

/* Internet checksums: big-endian sums that are not complemented yet. */
uint32_t frame_sum(uint32_t sum, const uint8_t *data, uint32_t len);
uint16_t frame_fold(uint32_t sum);
/* Of the pseudo-header, for the IP header at `ip`. */
uint32_t frame_sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t l4_len);
void frame_set_ipv4_checksum(uint8_t *ip);

uint16_t frame_get16(const uint8_t *p);
uint32_t frame_get32(const uint8_t *p);
void frame_put16(uint8_t *p, uint16_t value);
void frame_put32(uint8_t *p, uint32_t value);

#endif /* _FRAME_H_ */
