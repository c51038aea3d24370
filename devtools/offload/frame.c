/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/* Makes and verifies frames of VLAN, IP, UDP, TCP, VXLAN and Geneve. */

#include <stddef.h>
#include <string.h>

#include <netinet/in.h>

#include "frame.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define PORT_VXLAN 4789
#define PORT_GENEVE 6081

/* Of headers. */
#define IPV4_TOTAL_LEN 2
#define IPV4_TTL 8
#define IPV4_PROTOCOL 9
#define IPV4_CHECKSUM 10
#define IPV4_ADDRS 12
#define IPV6_LEN 4
#define IPV6_NEXT 6
#define IPV6_ADDRS 8
#define UDP_LEN 4
#define UDP_CHECKSUM 6
#define TCP_CHECKSUM 16

uint16_t
frame_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
frame_get32(const uint8_t *p)
{
	return (uint32_t)frame_get16(p) << 16 | frame_get16(p + 2);
}

void
frame_put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value & 0xff;
}

void
frame_put32(uint8_t *p, uint32_t value)
{
	frame_put16(p, value >> 16);
	frame_put16(p + 2, value & 0xffff);
}

uint32_t
frame_sum(uint32_t sum, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

uint16_t
frame_fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

uint32_t
frame_sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t l4_len)
{
	const bool is_ipv6 = ip[0] >> 4 == 6;
	uint32_t sum = protocol + (l4_len >> 16) + (l4_len & 0xffff);

	return is_ipv6 ? frame_sum(sum, ip + IPV6_ADDRS, 32) :
		frame_sum(sum, ip + IPV4_ADDRS, 8);
}

void
frame_set_ipv4_checksum(uint8_t *ip)
{
	frame_put16(ip + IPV4_CHECKSUM, 0);
	frame_put16(ip + IPV4_CHECKSUM, ~frame_fold(frame_sum(0, ip, (ip[0] & 0xf) * 4)));
}

static uint8_t *
append(struct frame *f, uint32_t len)
{
	uint8_t *p = f->data + f->len;

	memset(p, 0, len);
	f->len += len;
	return p;
}

static void
append_ether(struct frame *f, uint8_t nb_vlans, bool is_ipv6)
{
	uint8_t *p = append(f, FRAME_ETH_LEN + nb_vlans * FRAME_VLAN_LEN);

	memcpy(p, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
	for (p += 12; nb_vlans > 0; nb_vlans--, p += FRAME_VLAN_LEN) {
		frame_put16(p, nb_vlans > 1 ? TYPE_QINQ : TYPE_VLAN);
		frame_put16(p + 2, 0x2000 + 100 * nb_vlans);
	}
	frame_put16(p, is_ipv6 ? TYPE_IPV6 : TYPE_IPV4);
}

static void
append_ipv4(struct frame *f, uint8_t protocol, uint8_t extra, uint32_t len)
{
	uint8_t *ip = append(f, FRAME_IPV4_LEN + extra);

	ip[0] = 0x40 | (FRAME_IPV4_LEN + extra) / 4;
	frame_put16(ip + IPV4_TOTAL_LEN, FRAME_IPV4_LEN + extra + len);
	frame_put16(ip + 4, 0x1234);
	ip[IPV4_TTL] = 64;
	ip[IPV4_PROTOCOL] = protocol;
	memcpy(ip + IPV4_ADDRS, "\xc0\x00\x02\x01\xc0\x00\x02\x02", 8);
	/* Options that do nothing. */
	memset(ip + FRAME_IPV4_LEN, 1, extra);
	frame_set_ipv4_checksum(ip);
}

/* The extra bytes are one header of destination options, padded. */
static void
append_ipv6(struct frame *f, uint8_t protocol, uint8_t extra, uint32_t len)
{
	uint8_t *ip = append(f, FRAME_IPV6_LEN + extra);
	uint8_t *ext = ip + FRAME_IPV6_LEN;

	ip[0] = 0x60;
	frame_put16(ip + IPV6_LEN, extra + len);
	ip[IPV6_NEXT] = extra > 0 ? IPPROTO_DSTOPTS : protocol;
	ip[7] = 64;
	for (uint8_t i = 0; i < 32; i++)
		ip[IPV6_ADDRS + i] = i % 16 == 0 ? 0xfd : i * 3;
	if (extra == 0)
		return;
	ext[0] = protocol;
	ext[1] = extra / 8 - 1;
	ext[2] = 1;
	ext[3] = extra - 4;
}

static void
append_ip(struct frame *f, bool is_ipv6, uint8_t protocol, uint8_t extra, uint32_t len)
{
	if (is_ipv6)
		append_ipv6(f, protocol, extra, len);
	else
		append_ipv4(f, protocol, extra, len);
}

static void
append_udp(struct frame *f, uint16_t port, uint32_t len)
{
	uint8_t *udp = append(f, FRAME_UDP_LEN);

	frame_put16(udp, 40000);
	frame_put16(udp + 2, port);
	frame_put16(udp + UDP_LEN, FRAME_UDP_LEN + len);
}

static void
append_tcp(struct frame *f, const struct frame_spec *spec)
{
	uint8_t *tcp = append(f, FRAME_TCP_LEN + spec->tcp_extra);

	frame_put16(tcp, 40000);
	frame_put16(tcp + 2, 5001);
	frame_put32(tcp + 4, 0xfffffff0);
	frame_put32(tcp + 8, 77);
	tcp[12] = (FRAME_TCP_LEN + spec->tcp_extra) / 4 << 4;
	tcp[13] = spec->tcp_flags | FRAME_TCP_ACK;
	frame_put16(tcp + 14, 5000);
	memset(tcp + FRAME_TCP_LEN, 1, spec->tcp_extra);
}

static void
append_payload(struct frame *f, uint32_t len)
{
	uint8_t *p = append(f, len);
	uint32_t state = len + 1;

	for (uint32_t i = 0; i < len; i++) {
		state = state * 1103515245 + 12345;
		p[i] = state >> 16;
	}
}

/* `len` is that of all behind the tunnel's own header. */
static void
append_tunnel(struct frame *f, const struct frame_spec *spec, uint32_t len)
{
	const bool is_vxlan = spec->tunnel == FRAME_VXLAN;
	const uint32_t own_len = FRAME_TUNNEL_LEN + spec->tunnel_extra;
	uint8_t *p;

	f->outer_l2_len = f->len;
	append_ip(f, spec->is_outer_ipv6, IPPROTO_UDP, 0, FRAME_UDP_LEN + own_len + len);
	f->outer_l3_len = f->len - f->outer_l2_len;
	append_udp(f, is_vxlan ? PORT_VXLAN : PORT_GENEVE, own_len + len);
	p = append(f, own_len);
	p[0] = is_vxlan ? 0x08 : spec->tunnel_extra / 4;
	if (!is_vxlan)
		frame_put16(p + 2, 0x6558);
	p[6] = 42;
	if (spec->tunnel_extra > 0)
		p[FRAME_TUNNEL_LEN + 3] = spec->tunnel_extra / 4 - 1;
}

/* Makes the first bytes of the payload what the checksum lacks. */
static void
zero_sum(struct frame *f, const uint8_t *field)
{
	uint8_t *first = f->data + f->payload;

	frame_put16(first, frame_fold(frame_get16(first) + frame_get16(field)));
}

static void
set_l4_checksum(struct frame *f, bool is_udp)
{
	uint8_t *field = f->data + f->l4 + (is_udp ? UDP_CHECKSUM : TCP_CHECKSUM);
	const uint32_t len = f->len - f->l4;
	const uint32_t sum = frame_sum_pseudo(f->data + f->l3,
		is_udp ? IPPROTO_UDP : IPPROTO_TCP, len);
	uint16_t checksum;

	frame_put16(field, 0);
	checksum = ~frame_fold(frame_sum(sum, f->data + f->l4, len));
	frame_put16(field, checksum == 0 ? 0xffff : checksum);
}

void
frame_build(struct frame *f, const struct frame_spec *spec)
{
	const uint16_t l3_len = spec->ip_extra + (spec->is_ipv6 ? FRAME_IPV6_LEN : FRAME_IPV4_LEN);
	const uint16_t l4_len = spec->is_udp ? FRAME_UDP_LEN : FRAME_TCP_LEN + spec->tcp_extra;
	const uint32_t len = l4_len + spec->payload_len;

	f->len = 0;
	f->outer_l2_len = 0;
	f->outer_l3_len = 0;
	if (spec->tunnel != FRAME_NO_TUNNEL) {
		append_ether(f, spec->nb_vlans, spec->is_outer_ipv6);
		append_tunnel(f, spec, FRAME_ETH_LEN + l3_len + len);
	}
	append_ether(f, spec->tunnel != FRAME_NO_TUNNEL ? 0 : spec->nb_vlans, spec->is_ipv6);
	f->l3 = f->len;
	append_ip(f, spec->is_ipv6, spec->is_udp ? IPPROTO_UDP : IPPROTO_TCP, spec->ip_extra, len);
	f->l4 = f->len;
	if (spec->is_udp)
		append_udp(f, 5001, spec->payload_len);
	else
		append_tcp(f, spec);
	f->payload = f->len;
	append_payload(f, spec->payload_len);
	set_l4_checksum(f, spec->is_udp);
	if (spec->has_zero_sum) {
		zero_sum(f, f->data + f->l4 + (spec->is_udp ? UDP_CHECKSUM : TCP_CHECKSUM));
		set_l4_checksum(f, spec->is_udp);
	}

	f->l2_len = f->l3 - f->outer_l2_len - f->outer_l3_len;
	f->l3_len = l3_len;
	f->l4_len = l4_len;
}

uint32_t
frame_find_l3(const uint8_t *data, uint32_t len, uint16_t *ethertype)
{
	uint32_t at = 12;

	for (uint32_t i = 0; i <= FRAME_MAX_VLANS; i++, at += FRAME_VLAN_LEN) {
		if (at + 2 > len)
			return 0;
		*ethertype = frame_get16(data + at);
		if (*ethertype != TYPE_VLAN && *ethertype != TYPE_QINQ)
			return at + 2;
	}
	return 0;
}

static const char *
tcp_fault(const uint8_t *ip, const uint8_t *tcp, uint32_t len)
{
	if (len < FRAME_TCP_LEN || (tcp[12] >> 4) < 5 || (tcp[12] >> 4) * 4U > len)
		return "length of the TCP header";
	if (frame_fold(frame_sum(frame_sum_pseudo(ip, IPPROTO_TCP, len), tcp, len)) != 0xffff)
		return "TCP checksum";
	return NULL;
}

static const char *
udp_fault(const uint8_t *ip, const uint8_t *udp, uint32_t len)
{
	uint32_t tunnel_len = FRAME_UDP_LEN + FRAME_TUNNEL_LEN;
	uint16_t port;

	if (len < FRAME_UDP_LEN || frame_get16(udp + UDP_LEN) != len)
		return "UDP length";
	port = frame_get16(udp + 2);
	if (frame_get16(udp + UDP_CHECKSUM) == 0) {
		/* Tunnels over IPv6 may do without, too. */
		if (ip[0] >> 4 == 6 && port != PORT_VXLAN && port != PORT_GENEVE)
			return "no UDP checksum";
	} else if (frame_fold(frame_sum(frame_sum_pseudo(ip, IPPROTO_UDP, len), udp, len))
			!= 0xffff) {
		return "UDP checksum";
	}
	if (port != PORT_VXLAN && port != PORT_GENEVE)
		return NULL;
	if (port == PORT_GENEVE && len > FRAME_UDP_LEN)
		tunnel_len += (udp[FRAME_UDP_LEN] & 0x3f) * 4;
	return len < tunnel_len ? "length of the tunnel's header" :
		frame_fault(udp + tunnel_len, len - tunnel_len);
}

static const char *
l4_fault(const uint8_t *ip, uint8_t protocol, const uint8_t *l4, uint32_t len)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return tcp_fault(ip, l4, len);
	case IPPROTO_UDP:
		return udp_fault(ip, l4, len);
	default:
		return NULL;
	}
}

static const char *
ipv4_fault(const uint8_t *ip, uint32_t len)
{
	uint32_t l3_len;

	if (len < FRAME_IPV4_LEN || ip[0] >> 4 != 4)
		return "version of IP";
	l3_len = (ip[0] & 0xf) * 4;
	if (l3_len < FRAME_IPV4_LEN || l3_len > len)
		return "length of the IPv4 header";
	if (frame_get16(ip + IPV4_TOTAL_LEN) != len)
		return "IPv4 length";
	if (frame_fold(frame_sum(0, ip, l3_len)) != 0xffff)
		return "IPv4 checksum";
	return l4_fault(ip, ip[IPV4_PROTOCOL], ip + l3_len, len - l3_len);
}

static const char *
ipv6_fault(const uint8_t *ip, uint32_t len)
{
	uint32_t l3_len = FRAME_IPV6_LEN;
	uint8_t next;

	if (len < FRAME_IPV6_LEN || ip[0] >> 4 != 6)
		return "version of IP";
	if (frame_get16(ip + IPV6_LEN) != len - FRAME_IPV6_LEN)
		return "IPv6 length";
	next = ip[IPV6_NEXT];
	while (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS) {
		if (l3_len + 8 > len)
			return "IPv6 extension header";
		next = ip[l3_len];
		l3_len += ip[l3_len + 1] * 8 + 8;
	}
	return l3_len > len ? "IPv6 extension header" :
		l4_fault(ip, next, ip + l3_len, len - l3_len);
}

const char *
frame_fault(const uint8_t *data, uint32_t len)
{
	uint16_t type = 0;
	const uint32_t l3 = frame_find_l3(data, len, &type);

	if (l3 == 0)
		return "Ethernet header";
	switch (type) {
	case TYPE_IPV4:
		return ipv4_fault(data + l3, len - l3);
	case TYPE_IPV6:
		return ipv6_fault(data + l3, len - l3);
	default:
		return NULL;
	}
}
