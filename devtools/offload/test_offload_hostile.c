/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Headers that no kernel should send, and what is agreed on with it: whatever
 * a header says, nothing outside of the packet is touched.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "test_offload.h"

#define NEEDS VIRTIO_NET_HDR_F_NEEDS_CSUM
#define TCPV4 VIRTIO_NET_HDR_GSO_TCPV4
#define TCPV6 VIRTIO_NET_HDR_GSO_TCPV6
#define UFO VIRTIO_NET_HDR_GSO_UDP
#define ECN VIRTIO_NET_HDR_GSO_ECN
#define TCP_START (FRAME_ETH_LEN + FRAME_IPV4_LEN)
#define FRAME_LEN (TCP_START + FRAME_TCP_LEN + 100)

#define ALL_L4 (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)

struct hostile_case {
	const char *name;
	struct virtio_net_hdr hdr;
	int error;
	uint32_t no_tun;	/* TUN_F_* that are not agreed on */
	uint16_t len;		/* the frame is cut to, 0: not */
};

#define HDR(flags, type, size, start, offset) { flags, type, 0, size, start, offset }
#define GSO(type, size) HDR(NEEDS, type, size, TCP_START, 16)

static const struct hostile_case cases[] = {
	{ "nothing: checksum at the end", HDR(NEEDS, 0, 0, TCP_START, 16), 0,
		.len = TCP_START + 18 },
	{ "checksum one byte beyond the frame", HDR(NEEDS, 0, 0, TCP_START, 16), -EINVAL,
		.len = TCP_START + 17 },
	{ "checksum starts at the end of the frame", HDR(NEEDS, 0, 0, FRAME_LEN, 0), -EINVAL },
	{ "checksum starts beyond the frame", HDR(NEEDS, 0, 0, FRAME_LEN + 1, 0), -EINVAL },
	{ "largest csum_start", HDR(NEEDS, 0, 0, UINT16_MAX, 0), -EINVAL },
	{ "largest csum_offset", HDR(NEEDS, 0, 0, TCP_START, UINT16_MAX), -EINVAL },
	{ "sum of both is 0 in 16 bits", HDR(NEEDS, 0, 0, UINT16_MAX, 1), -EINVAL },
	{ "checksum of the Ethernet header", HDR(NEEDS, 0, 0, 0, 0), -EINVAL },
	{ "checksum from the ethertype on", HDR(NEEDS, 0, 0, 12, 0), -EINVAL },
	{ "largest of all", HDR(UINT8_MAX, UINT8_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX),
		-EINVAL },

	{ "nothing: TCP over IPv4", GSO(TCPV4, 50), 0 },
	{ "segment size 0", GSO(TCPV4, 0), -EINVAL },
	{ "TCP over IPv4, not agreed on", GSO(TCPV4, 50), -EINVAL, .no_tun = TUN_F_TSO4 },
	{ "TCP over IPv6, not agreed on", GSO(TCPV6, 50), -EINVAL, .no_tun = TUN_F_TSO6 },
	{ "congestion, not agreed on", GSO(TCPV4 | ECN, 50), -EINVAL, .no_tun = TUN_F_TSO_ECN },
	{ "UDP segments, not agreed on", GSO(KERNEL_GSO_UDP_L4, 50), -EINVAL,
		.no_tun = RTAP_TUN_USO },
	{ "tunnel, not agreed on", GSO(TCPV4 | KERNEL_GSO_UDP_TUNNEL_IPV4, 50), -EINVAL,
		.no_tun = RTAP_TUN_F_UDP_TUNNEL_GSO },
	{ "tunnel of UDP, not agreed on",
		GSO(KERNEL_GSO_UDP_L4 | KERNEL_GSO_UDP_TUNNEL_IPV6, 50), -EINVAL,
		.no_tun = RTAP_TUN_F_UDP_TUNNEL_GSO },
	{ "UDP fragments", GSO(UFO, 50), -EINVAL },
	{ "unknown type 2", GSO(2, 50), -EINVAL },
	{ "unknown type 6", GSO(6, 50), -EINVAL },
	{ "unknown type 7", GSO(7, 50), -EINVAL },
	{ "unknown type 16", GSO(16 | TCPV4, 50), -EINVAL },
	{ "congestion alone", GSO(ECN, 50), -EINVAL },
	{ "tunnel alone", GSO(KERNEL_GSO_UDP_TUNNEL_IPV4, 50), -EINVAL },
	{ "congestion in UDP", GSO(KERNEL_GSO_UDP_L4 | ECN, 50), -EINVAL },
	{ "tunnel over both versions of IP", GSO(TCPV4 | KERNEL_GSO_UDP_TUNNEL, 50), -EINVAL },
	{ "segments with a checksum beyond the frame",
		HDR(NEEDS, TCPV4, 50, FRAME_LEN, 16), -EINVAL },
};

static void
set_hdr(struct rtap_vnet_hdr *hdr, const struct virtio_net_hdr *base)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->base = *base;
}

/* Whatever the headers of the frame itself look like. */
static bool
check_hostile(const struct hostile_case *c, uint64_t rx_offloads)
{
	static const struct frame_spec spec = { .payload_len = 100 };
	static const uint16_t halves[] = { 40, 30 };
	const struct packet_shape shapes[] = {
		{ .nb_seg_lens = 0 },
		{ .seg_lens = halves, .nb_seg_lens = RTE_DIM(halves) },
	};
	static struct frame f;
	struct rtap_offload o = packet_offload(true);
	struct rtap_vnet_hdr hdr;
	bool ok = true;

	frame_build(&f, &spec);
	set_hdr(&hdr, &c->hdr);
	o.tun_features &= ~c->no_tun;
	o.rx_offloads = rx_offloads;
	for (uint32_t i = 0; i < RTE_DIM(shapes); i++) {
		struct rte_mbuf *m = packet_new(f.data, c->len > 0 ? c->len : f.len, &shapes[i]);
		const int ret = rtap_offload_from_hdr(&o, &hdr, m);

		packet_free(m);
		ok = ok && (ret == c->error || test_fail("%d instead of %d", ret, c->error));
	}
	return ok;
}

/* Each frame cut after each of its bytes, with the header of the whole. */
static bool
check_truncated(const struct frame_spec *spec, uint8_t gso_type)
{
	static struct frame f;
	const struct packet_shape shape = { .nb_seg_lens = 0 };
	struct rtap_offload o = packet_offload(true);
	struct rtap_vnet_hdr hdr;
	bool ok = true;

	frame_build(&f, spec);
	memset(&hdr, 0, sizeof(hdr));
	hdr.base.flags = NEEDS;
	hdr.base.gso_type = gso_type;
	hdr.base.gso_size = 10;
	hdr.base.csum_start = f.l4;
	hdr.base.csum_offset = spec->is_udp ? 6 : 16;
	o.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	for (uint32_t len = FRAME_ETH_LEN; len < f.len && ok; len++) {
		struct rte_mbuf *m = packet_new(f.data, len, &shape);
		const int ret = rtap_offload_from_hdr(&o, &hdr, m);
		const bool is_short = len < f.l4 + hdr.base.csum_offset + 2U;

		ok = ret == (is_short ? -EINVAL : 0) || test_fail("%u bytes: %d", len, ret);
		packet_free(m);
	}
	return ok;
}

static bool
check_all_truncated(void)
{
	static const struct frame_spec specs[] = {
		{ .payload_len = 20 },
		{ .payload_len = 20, .nb_vlans = 2, .ip_extra = 40, .is_udp = true },
		{ .payload_len = 20, .is_ipv6 = true, .ip_extra = 16, .tcp_extra = 40 },
		{ .payload_len = 20, .tunnel = FRAME_GENEVE, .tunnel_extra = 8, .nb_vlans = 1 },
	};

	for (uint32_t i = 0; i < RTE_DIM(specs); i++) {
		if (!check_truncated(&specs[i], 0) ||
		    !check_truncated(&specs[i], TCPV4))
			return test_fail("frame %u", i);
	}
	return true;
}

void
test_rx_refusals(void)
{
	for (uint32_t i = 0; i < RTE_DIM(cases); i++)
		test_end("Rx refusal", cases[i].name, check_hostile(&cases[i], 0) &&
			check_hostile(&cases[i], ALL_L4) &&
			check_hostile(&cases[i], UINT64_MAX));
	test_end("Rx refusal", "frames cut anywhere", check_all_truncated());
}

#define TSO RTAP_TUN_TSO
#define USO RTAP_TUN_USO
#define TUNNEL RTAP_TUN_F_UDP_TUNNEL_GSO
#define OLD_KERNEL TSO
#define NEW_KERNEL (TSO | USO | TUNNEL)
#define LRO RTE_ETH_RX_OFFLOAD_TCP_LRO
#define TUNNEL_TSO RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO
#define BIG 65000

struct agreement_case {
	const char *name;
	uint32_t kernel;
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint32_t max_aggregate;
	bool want_uso;
	uint32_t tun_features;	/* expected */
};

static const struct agreement_case agreements[] = {
	{ "nothing", NEW_KERNEL, 0, 0, 0, false, 0 },
	{ "size and uso alone", NEW_KERNEL, 0, 0, BIG, true, 0 },
	{ "TCP checksum", NEW_KERNEL, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, 0, 0, false, TUN_F_CSUM },
	{ "UDP checksum", NEW_KERNEL, RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0, 0, true, TUN_F_CSUM },
	{ "what software does", NEW_KERNEL,
		RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP, 0, 0, false, 0 },
	{ "LRO", NEW_KERNEL, LRO, 0, BIG, false, TSO },
	{ "LRO without a size", NEW_KERNEL, LRO, 0, 0, true, 0 },
	{ "LRO and uso", NEW_KERNEL, LRO, 0, BIG, true, TSO | USO },
	{ "LRO and uso, old kernel", OLD_KERNEL, LRO, 0, BIG, true, TSO },
	{ "Tx checksum and TSO", NEW_KERNEL, 0,
		RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_TCP_CKSUM, 0, false, 0 },
	{ "Tx UDP segments", NEW_KERNEL, 0, RTE_ETH_TX_OFFLOAD_UDP_TSO, 0, true, 0 },
	{ "Tx tunnel segments", NEW_KERNEL, 0, TUNNEL_TSO, 0, false, TSO | TUNNEL },
	{ "Tx tunnel segments, old kernel", OLD_KERNEL, 0, TUNNEL_TSO, 0, false, TSO },
	{ "everything", NEW_KERNEL, UINT64_MAX, UINT64_MAX, BIG, true, NEW_KERNEL },
	{ "everything of nothing", 0, UINT64_MAX, UINT64_MAX, BIG, true, 0 },
};

static bool
run_agreement(const struct agreement_case *c)
{
	struct rtap_offload o = { .kernel_features = c->kernel };
	const bool has_tunnels = (c->tun_features & TUNNEL) != 0;

	rtap_offload_choose(&o, c->rx_offloads, c->tx_offloads, c->max_aggregate, c->want_uso);
	if (o.tun_features != c->tun_features)
		return test_fail("%#x instead of %#x", o.tun_features, c->tun_features);
	return o.hdr_len == (has_tunnels ? 24 : 10) || test_fail("header of %u", o.hdr_len);
}

/* Capabilities: what each kernel adds, none less than the kernel before. */
static bool
run_capabilities(void)
{
	const uint64_t tunnels = TUNNEL_TSO | RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO;

	if ((rtap_offload_rx_capa(0) & (ALL_L4 | LRO)) != 0)
		return test_fail("Rx offloads that need the kernel");
	if ((rtap_offload_rx_capa(TUN_F_CSUM) & (ALL_L4 | LRO)) != ALL_L4)
		return test_fail("Rx checksums");
	if ((rtap_offload_rx_capa(TSO) & (ALL_L4 | LRO)) != (ALL_L4 | LRO))
		return test_fail("LRO");
	if ((rtap_offload_tx_capa(TSO) & (RTE_ETH_TX_OFFLOAD_UDP_TSO | tunnels)) != 0)
		return test_fail("Tx offloads of later kernels");
	if ((rtap_offload_tx_capa(TSO | USO) & (RTE_ETH_TX_OFFLOAD_UDP_TSO | tunnels)) !=
			RTE_ETH_TX_OFFLOAD_UDP_TSO)
		return test_fail("UDP segments");
	return (rtap_offload_tx_capa(NEW_KERNEL) & tunnels) == tunnels ||
		test_fail("tunnels");
}

void
test_agreement(void)
{
	for (uint32_t i = 0; i < RTE_DIM(agreements); i++)
		test_end("agreement", agreements[i].name, run_agreement(&agreements[i]));
	test_end("agreement", "capabilities", run_capabilities());
}
