/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_IP_H_
#define _TEST_PMD_RTAP_IP_H_

/*
 * What the cases about offloads share: packets of UDP and TCP that can be
 * verified to the last byte wherever they arrive, and hosts to send them to.
 * Functions that return int give 0 or a negative errno.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_net.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

/* Sub-suites about offloads. */
struct unit_test_suite;
extern struct unit_test_suite rtap_offload_tx_suite;
extern struct unit_test_suite rtap_offload_refuse_suite;
extern struct unit_test_suite rtap_offload_rx_suite;
extern struct unit_test_suite rtap_offload_lro_suite;
extern struct unit_test_suite rtap_offload_conf_suite;
extern struct unit_test_suite rtap_offload_limits_suite;

#define RTAP_IP_MAX_FRAME 65600
#define RTAP_IP_UDP_PORT 5001
/* Fits a frame of the default MTU, whatever the headers are. */
#define RTAP_IP_MSS 1380U

/* What is zero is TCP over IPv4, from the host behind the port to the interface. */
struct rtap_ip {
	uint32_t seq;		/* the payload follows from it, as its TCP sequence number */
	uint16_t payload_len;
	bool is_ipv6;
	bool is_udp;
	bool is_routed;		/* the destination is behind the second interface */
	bool is_tagged;
	bool is_inside_vxlan;
	uint8_t tcp_flags;	/* besides ACK */
};

/* A frame with every length and checksum right; lengths of headers as in an mbuf. */
struct rtap_ip_frame {
	uint8_t data[RTAP_IP_MAX_FRAME];
	uint32_t len;
	uint16_t outer_l2_len;
	uint16_t outer_l3_len;
	uint16_t l2_len;
	uint16_t l3_len;
	uint16_t l4_len;
};

#define RTAP_IP_TCI 0x2064

void rtap_ip_build(struct rtap_ip_frame *frame, const struct rtap_ip *ip);
/* As the kernel and ethdev want it where checksums are to be filled in; 0 for TSO. */
void rtap_ip_leave_checksum(struct rtap_ip_frame *frame, const struct rtap_ip *ip,
		bool has_length);
/* In so many segments, with the lengths of its headers, and these flags. */
struct rte_mbuf *rtap_ip_mbuf(const struct rtap_ip_frame *frame, uint16_t nb_segs,
		uint64_t ol_flags);
/* The flags of the versions of IP, and of the tunnel. */
uint64_t rtap_ip_flags(const struct rtap_ip *ip);

/*
 * Verifies a frame that was received: headers, checksums, payload. The TTL and
 * the MAC addresses may be others, since it may have been forwarded. -EBADMSG after
 * printing what is wrong.
 */
int rtap_ip_check(const void *data, uint32_t len, const struct rtap_ip *ip);
int rtap_ip_check_mbuf(const struct rte_mbuf *mbuf, const struct rtap_ip *ip);
/* The bytes are the same; a tag may be missing. */
int rtap_ip_check_bytes(const struct rte_mbuf *mbuf, const void *data, uint32_t len);

/* The kernel's side: addresses on the first interface, a route to the second one. */
int rtap_ip_address(void);
int rtap_ip_route(uint16_t *port);
/* The next frame of the test flow that the port receives, NULL if none comes. */
struct rte_mbuf *rtap_ip_receive(uint16_t port, const struct rtap_ip *ip);
/* No frame of the flow waits. */
bool rtap_ip_is_silent(uint16_t port, const struct rtap_ip *ip);

/* Packet socket with a virtio-net header in front of each frame. */
int rtap_ip_packet_open(const struct rtap_ip *ip);
int rtap_ip_packet_send(int sock, const struct virtio_net_hdr *hdr,
		const struct rtap_ip_frame *frame);
int rtap_ip_packet_receive(int sock, struct virtio_net_hdr *hdr, void *data, uint32_t *len);
/* UDP socket of the kernel, connected to the host behind the port. */
int rtap_ip_udp_open(bool is_ipv6);

#endif /* _TEST_PMD_RTAP_IP_H_ */
