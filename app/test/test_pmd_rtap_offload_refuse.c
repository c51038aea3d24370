/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: packets that ask for what cannot be done. Preparing tells
 * why, sending drops and counts them, and their neighbors come through.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define IP_CKSUM RTE_MBUF_F_TX_IP_CKSUM
#define TCP_CKSUM RTE_MBUF_F_TX_TCP_CKSUM
#define UDP_CKSUM RTE_MBUF_F_TX_UDP_CKSUM
#define TSO (RTE_MBUF_F_TX_TCP_SEG | TCP_CKSUM | IP_CKSUM)
#define USO (RTE_MBUF_F_TX_UDP_SEG | UDP_CKSUM | IP_CKSUM)
#define MANY_SEGS 65
#define RUN_LEN 300

/* What is wrong with a packet: lengths are added to those of the packet. */
struct refusal {
	const char *name;
	struct rtap_ip ip;
	uint64_t flags;
	uint64_t no_flags;	/* that the packet would have */
	int error;
	int16_t l2_len;
	int16_t l3_len;
	int16_t l4_len;
	uint16_t cut;		/* bytes from the end */
	bool has_no_segsz;
	bool is_shared;
	bool has_no_headroom;
};

#define TCP { .payload_len = 3000 }
#define UDP { .payload_len = 3000, .is_udp = true }

static const struct refusal refusals[] = {
	{ "SCTP checksum", TCP, RTE_MBUF_F_TX_SCTP_CKSUM, 0, ENOTSUP },
	{ "outer UDP checksum", { .payload_len = 3000, .is_inside_vxlan = true },
		TSO | RTE_MBUF_F_TX_OUTER_UDP_CKSUM, 0, ENOTSUP },
	{ "two tags", TCP, RTE_MBUF_F_TX_QINQ, 0, ENOTSUP },
	{ "segments inside GRE", { .payload_len = 3000, .is_inside_vxlan = true },
		TSO | RTE_MBUF_F_TX_TUNNEL_GRE, RTE_MBUF_F_TX_TUNNEL_VXLAN, ENOTSUP },
	{ "IPv4 checksum of IPv6", { .payload_len = 100, .is_ipv6 = true },
		RTE_MBUF_F_TX_IPV4 | IP_CKSUM, RTE_MBUF_F_TX_IPV6, EINVAL },
	{ "IPv4 checksum, l2_len 0", TCP, IP_CKSUM, 0, EINVAL, .l2_len = -14 },
	{ "IPv4 checksum, l3_len is not the header's", TCP, IP_CKSUM, 0, EINVAL, .l3_len = 4 },
	{ "TCP checksum without version of IP", TCP, TCP_CKSUM, RTE_MBUF_F_TX_IPV4, EINVAL },
	{ "TCP checksum, l3_len 0", TCP, TCP_CKSUM, 0, EINVAL, .l3_len = -20 },
	{ "TCP checksum beyond the packet", { .payload_len = 0 }, TCP_CKSUM, 0, EINVAL,
		.cut = 3 },
	{ "UDP checksum beyond the packet", { .payload_len = 0, .is_udp = true }, UDP_CKSUM, 0,
		EINVAL, .cut = 1 },
	{ "TCP segments of size 0", TCP, TSO, 0, EINVAL, .has_no_segsz = true },
	{ "UDP segments of size 0", UDP, USO, 0, EINVAL, .has_no_segsz = true },
	{ "TCP segments, l4_len 16", TCP, TSO, 0, EINVAL, .l4_len = -4 },
	{ "TCP segments, l4_len is not the header's", TCP, TSO, 0, EINVAL, .l4_len = 4 },
	{ "TCP segments, l3_len is not the header's", TCP, TSO, 0, EINVAL, .l3_len = 8 },
	{ "TCP segments without IPv4 checksum", TCP, TSO, IP_CKSUM, EINVAL },
	{ "TCP segments of IPv6 as IPv4", { .payload_len = 3000, .is_ipv6 = true },
		RTE_MBUF_F_TX_IPV4 | TSO, RTE_MBUF_F_TX_IPV6, EINVAL },
	{ "TCP segments, cut headers", { .payload_len = 0 }, TSO, 0, EINVAL, .cut = 1 },
	{ "UDP segments, l4_len 12", UDP, USO, 0, EINVAL, .l4_len = 4 },
	{ "tag for a shared packet", TCP, RTE_MBUF_F_TX_VLAN, 0, EINVAL, .is_shared = true },
	{ "tag without headroom", TCP, RTE_MBUF_F_TX_VLAN, 0, ENOSPC, .has_no_headroom = true },
};

static int
setup(void)
{
	struct rtap_port_conf conf = { .nb_queues = 1 };
	struct rte_eth_dev_info info;
	int ret = rtap_setup_probed();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	conf.tx_offloads = info.tx_offload_capa & ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	return rtap_port_run_as(&conf);
}

static struct rte_mbuf *
new_packet(const struct refusal *c)
{
	static struct rtap_ip_frame frame;
	struct rte_mbuf *mbuf;

	rtap_ip_build(&frame, &c->ip);
	mbuf = rtap_ip_mbuf(&frame, 2, (rtap_ip_flags(&c->ip) | c->flags) & ~c->no_flags);
	if (mbuf == NULL)
		return NULL;
	mbuf->l2_len += c->l2_len;
	mbuf->l3_len += c->l3_len;
	mbuf->l4_len += c->l4_len;
	if (c->has_no_segsz)
		mbuf->tso_segsz = 0;
	if (c->has_no_headroom)
		mbuf->data_off = 0;
	if (c->is_shared)
		rte_pktmbuf_refcnt_update(mbuf, 1);
	rte_pktmbuf_trim(mbuf, c->cut);
	return mbuf;
}

/* The test's own reference, where there is one. */
static void
drop_share(const struct refusal *c, struct rte_mbuf *mbuf)
{
	if (c->is_shared)
		rte_pktmbuf_free(mbuf);
}

static int
check_prepare(const struct refusal *c)
{
	struct rte_mbuf *mbuf = new_packet(c);
	uint16_t n;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	rte_errno = 0;
	n = rte_eth_tx_prepare(rtap_fx.port, 0, &mbuf, 1);
	drop_share(c, mbuf);
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_EQUAL(n, 0, "%s: prepared", c->name);
	TEST_ASSERT_EQUAL(rte_errno, c->error, "%s: %s", c->name, rte_strerror(rte_errno));
	return TEST_SUCCESS;
}

static int
prepare_tells_what_is_wrong(void)
{
	for (uint32_t i = 0; i < RTE_DIM(refusals); i++) {
		if (check_prepare(&refusals[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
check_drop(const struct refusal *c, uint32_t nb_errors)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *mbuf = new_packet(c);
	struct rte_eth_stats stats;
	uint16_t n;

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	n = rte_eth_tx_burst(rtap_fx.port, 0, &mbuf, 1);
	drop_share(c, mbuf);
	TEST_ASSERT_EQUAL(n, 1, "%s: not consumed", c->name);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "%s", c->name);
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.oerrors, nb_errors, "%s: %" PRIu64 " errors", c->name,
		stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets, 0, "%s: sent", c->name);
	return TEST_SUCCESS;
}

static int
burst_drops_and_counts_the_same(void)
{
	for (uint32_t i = 0; i < RTE_DIM(refusals); i++) {
		if (check_drop(&refusals[i], i + 1) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* A bad packet after each good one. */
static int
fill_burst(struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (i % 2 == 0)
			pkts[i] = rtap_mbuf_new(rtap_fx.pool, RUN_LEN, i / 2);
		else
			pkts[i] = new_packet(&refusals[i / 2 % RTE_DIM(refusals)]);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	return TEST_SUCCESS;
}

/* Those that are shared would need another owner. */
#define NB_PAIRS 20

static int
good_packets_between_bad_ones_are_sent(void)
{
	const struct rtap_run run = { .n = NB_PAIRS, .len = RUN_LEN };
	struct rte_mbuf *pkts[2 * NB_PAIRS];
	struct rte_eth_stats stats;
	uint16_t nb_done = 0;
	uint16_t n;

	if (fill_burst(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
		return TEST_FAILED;
	do {
		n = rte_eth_tx_burst(rtap_fx.port, 0, pkts + nb_done, RTE_DIM(pkts) - nb_done);
		nb_done += n;
	} while (n > 0 && nb_done < RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts + nb_done, RTE_DIM(pkts) - nb_done);
	TEST_ASSERT_EQUAL(nb_done, RTE_DIM(pkts), "%u packets taken", nb_done);
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "wrong frames");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.oerrors, NB_PAIRS, "%" PRIu64 " errors", stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets, NB_PAIRS, "%" PRIu64 " packets", stats.opackets);
	TEST_ASSERT_EQUAL(stats.obytes, NB_PAIRS * RUN_LEN, "%" PRIu64 " bytes",
		stats.obytes);
	return TEST_SUCCESS;
}

static int
prepare_stops_at_first_bad_packet(void)
{
	struct rte_mbuf *pkts[4];
	uint16_t n;

	if (fill_burst(pkts, RTE_DIM(pkts)) != TEST_SUCCESS)
		return TEST_FAILED;
	rte_errno = 0;
	n = rte_eth_tx_prepare(rtap_fx.port, 0, pkts, RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts, RTE_DIM(pkts));
	TEST_ASSERT_EQUAL(n, 1, "%u packets prepared", n);
	TEST_ASSERT_EQUAL(rte_errno, ENOTSUP, "%s", rte_strerror(rte_errno));
	return TEST_SUCCESS;
}

static int
packet_of_too_many_segments_is_refused(void)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	struct rte_mbuf *mbuf = rtap_chain_new(rtap_fx.pool, 1000, MANY_SEGS, 0);

	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_EQUAL(rte_eth_tx_prepare(rtap_fx.port, 0, &mbuf, 1), 0, "prepared");
	TEST_ASSERT_EQUAL(rte_errno, EINVAL, "%s", rte_strerror(rte_errno));
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "not consumed");
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_offload_refuse_suite = {
	.suite_name = "rtap: packets that cannot be sent",
	.unit_test_cases = {
		TEST_CASE_ST(setup, rtap_teardown, prepare_tells_what_is_wrong),
		TEST_CASE_ST(setup, rtap_teardown, burst_drops_and_counts_the_same),
		TEST_CASE_ST(setup, rtap_teardown, good_packets_between_bad_ones_are_sent),
		TEST_CASE_ST(setup, rtap_teardown, prepare_stops_at_first_bad_packet),
		TEST_CASE_ST(setup, rtap_teardown, packet_of_too_many_segments_is_refused),
		TEST_CASES_END()
	}
};
