/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: aggregates. A packet socket hands the kernel a packet of
 * many segments for the interface, which it cuts unless the port takes it whole.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <linux/virtio_net.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_tcp.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define L4_OFF (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define LRO (RTE_ETH_RX_OFFLOAD_TCP_LRO | L4_OFF)
#define STRIP RTE_ETH_RX_OFFLOAD_VLAN_STRIP
#define AGGREGATE (RTE_MBUF_F_RX_LRO | RTE_MBUF_F_RX_L4_CKSUM_NONE)
#define STRIPPED (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)
#define LONGEST 65535
#define USUAL_ROOM (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM)
#define SMALL_ROOM 256
#define NB_SMALL 16383
#define NB_MIXED 40

static struct rtap_ip_frame sent;

static int
run_with(uint64_t rx_offloads, uint32_t max_lro_pkt_size)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = rx_offloads,
		.max_lro_pkt_size = max_lro_pkt_size,
	};

	return rtap_port_run_as(&conf);
}

static int
setup_lro(void)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : run_with(LRO, LONGEST);
}

static int
setup_uso(void)
{
	rtap_setup_none();
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",uso",
		&rtap_fx.port), "no device");
	return run_with(LRO, LONGEST);
}

/* As one of the kernel's own, with the checksum not finished. */
static int
send_aggregate(const struct rtap_ip *ip)
{
	const int sock = rtap_ip_packet_open(ip);
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = ip->is_ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = RTAP_IP_MSS,
		.csum_offset = ip->is_udp ? 6 : 16,
	};
	int ret;

	TEST_ASSERT(sock >= 0, "no socket");
	rtap_ip_build(&sent, ip);
	rtap_ip_leave_checksum(&sent, ip, true);
	if ((ip->tcp_flags & RTE_TCP_CWR_FLAG) != 0)
		hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	hdr.csum_start = sent.l2_len + sent.l3_len;
	hdr.hdr_len = hdr.csum_start + sent.l4_len;
	ret = rtap_ip_packet_send(sock, &hdr, &sent);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "no send");
	return TEST_SUCCESS;
}

static bool
is_filled(const struct rte_mbuf *mbuf, uint16_t room)
{
	const uint32_t nb_segs = (mbuf->pkt_len + room - 1) / room;

	if (mbuf->nb_segs != nb_segs)
		return false;
	for (; mbuf->next != NULL; mbuf = mbuf->next) {
		if (mbuf->data_len != room)
			return false;
	}
	return true;
}

static int
check_whole(const struct rte_mbuf *mbuf, uint16_t room)
{
	TEST_ASSERT_EQUAL(mbuf->ol_flags, AGGREGATE, "flags %#" PRIx64, mbuf->ol_flags);
	TEST_ASSERT(mbuf->tso_segsz == RTAP_IP_MSS, "segment size %u", mbuf->tso_segsz);
	TEST_ASSERT(is_filled(mbuf, room), "%u bytes in %u segments", mbuf->pkt_len,
		mbuf->nb_segs);
	TEST_ASSERT_SUCCESS(rtap_ip_check_bytes(mbuf, sent.data, sent.len), "another frame");
	TEST_ASSERT(mbuf->l2_len == sent.l2_len && mbuf->l3_len == sent.l3_len &&
		mbuf->l4_len == sent.l4_len, "lengths %u, %u, %u", mbuf->l2_len,
		mbuf->l3_len, mbuf->l4_len);
	return TEST_SUCCESS;
}

static int
expect_whole(const struct rtap_ip *ip, uint16_t room)
{
	struct rte_mbuf *mbuf;
	int ret;

	if (send_aggregate(ip) != TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_ip_receive(rtap_fx.port, ip);
	TEST_ASSERT_NOT_NULL(mbuf, "aggregate of %u bytes did not come", ip->payload_len);
	ret = check_whole(mbuf, room);
	rte_pktmbuf_free(mbuf);
	return ret;
}

/* Without checksum offload the segments are right; the driver knows nothing more. */
static int
expect_segments(const struct rtap_ip *ip)
{
	struct rtap_ip part = *ip;
	struct rte_mbuf *mbuf;
	int ret;

	if (send_aggregate(ip) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint32_t done = 0; done < ip->payload_len; done += part.payload_len) {
		part.seq = ip->seq + done;
		part.payload_len = RTE_MIN(RTAP_IP_MSS, ip->payload_len - done);
		mbuf = rtap_ip_receive(rtap_fx.port, ip);
		TEST_ASSERT_NOT_NULL(mbuf, "segment at %u did not come", done);
		ret = rtap_ip_check_mbuf(mbuf, &part);
		if ((mbuf->ol_flags & RTE_MBUF_F_RX_LRO) != 0)
			ret = TEST_FAILED;
		rte_pktmbuf_free(mbuf);
		TEST_ASSERT_SUCCESS(ret, "segment at %u", done);
	}
	TEST_ASSERT(rtap_ip_is_silent(rtap_fx.port, ip), "more than was sent");
	return TEST_SUCCESS;
}

static int
aggregates_come_whole(void)
{
	/* Around the ends of mbufs, with the headers of both versions of IP. */
	static const uint16_t lengths[] = { 1381, 2 * 2048 - 54, 2 * 2048 - 74, 9000, 65000 };
	struct rtap_ip ip = { .seq = 0 };

	for (uint32_t i = 0; i < 2 * RTE_DIM(lengths); i++) {
		ip.payload_len = lengths[i / 2];
		ip.is_ipv6 = i % 2 == 1;
		ip.seq = i;
		if (expect_whole(&ip, USUAL_ROOM) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
aggregate_with_congestion_flag_comes_whole(void)
{
	struct rtap_ip ip = { .payload_len = 9000, .tcp_flags = RTE_TCP_CWR_FLAG };

	if (expect_whole(&ip, USUAL_ROOM) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	return expect_whole(&ip, USUAL_ROOM);
}

static int
tag_is_stripped_from_aggregate(void)
{
	const struct rtap_ip ip = { .payload_len = 9000, .is_tagged = true };
	const struct rtap_ip untagged = { .payload_len = 9000 };
	struct rte_mbuf *mbuf;
	int ret;

	if (run_with(LRO | STRIP, LONGEST) != TEST_SUCCESS || send_aggregate(&ip) != TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_ip_receive(rtap_fx.port, &ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	rtap_ip_build(&sent, &untagged);
	rtap_ip_leave_checksum(&sent, &untagged, true);
	ret = rtap_ip_check_bytes(mbuf, sent.data, sent.len);
	if (mbuf->ol_flags != (AGGREGATE | STRIPPED) || mbuf->vlan_tci != RTAP_IP_TCI)
		ret = TEST_FAILED;
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_SUCCESS(ret, "another frame, or other flags");
	return TEST_SUCCESS;
}

static uint16_t
mixed_len(uint32_t i)
{
	return i % 3 == 0 ? 100 : 1500 * (1 + i % 7);
}

static int
check_mixed(struct rte_mbuf **pkts, uint32_t first, uint32_t n)
{
	int ret = TEST_SUCCESS;

	for (uint32_t i = 0; i < n; i++) {
		struct rtap_ip ip = { .seq = first + i, .payload_len = mixed_len(first + i) };

		rtap_ip_build(&sent, &ip);
		rtap_ip_leave_checksum(&sent, &ip, true);
		if (ret == TEST_SUCCESS)
			ret = rtap_ip_check_bytes(pkts[i], sent.data, sent.len);
		rte_pktmbuf_free(pkts[i]);
	}
	return ret;
}

static int
mixed_aggregates_keep_order(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	struct rtap_ip ip = { .seq = 0 };
	uint32_t done = 0;
	uint16_t n;

	for (; ip.seq < NB_MIXED; ip.seq++) {
		ip.payload_len = mixed_len(ip.seq);
		if (send_aggregate(&ip) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	do {
		n = rte_eth_rx_burst(rtap_fx.port, 0, pkts, RTAP_TEST_BURST);
		TEST_ASSERT_SUCCESS(check_mixed(pkts, done, n), "from packet %u on", done);
		done += n;
	} while (done < NB_MIXED && rtap_deadline_wait(&deadline));
	TEST_ASSERT_EQUAL(done, NB_MIXED, "%u packets", done);
	return TEST_SUCCESS;
}

/* With the port stopped, what is not in the pool is in the packets. */
static int
aggregate_keeps_no_more_mbufs_than_it_fills(void)
{
	const struct rtap_ip ip = { .payload_len = 10000 };
	const uint16_t nb_segs = (10000 + 54 + USUAL_ROOM - 1) / USUAL_ROOM;
	struct rte_mbuf *pkts[4];
	bool ok;

	for (uint32_t i = 0; i < RTE_DIM(pkts); i++) {
		if (send_aggregate(&ip) != TEST_SUCCESS)
			return TEST_FAILED;
		pkts[i] = rtap_ip_receive(rtap_fx.port, &ip);
		TEST_ASSERT_NOT_NULL(pkts[i], "nothing came");
	}
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	ok = rtap_mbufs_are_back(rtap_fx.pool, rtap_fx.nb_mbufs - nb_segs * RTE_DIM(pkts));
	rte_pktmbuf_free_bulk(pkts, RTE_DIM(pkts));
	TEST_ASSERT(ok, "%u mbufs are in each packet", nb_segs);
	return TEST_SUCCESS;
}

static int
kernel_segments_without_lro(void)
{
	struct rtap_ip ip = { .payload_len = 20000 };

	if (run_with(0, 0) != TEST_SUCCESS || expect_segments(&ip) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.is_ipv6 = true;
	return expect_segments(&ip);
}

/* ethdev then fills in the length of a frame. */
static int
kernel_segments_if_no_size_is_given(void)
{
	const struct rtap_ip ip = { .payload_len = 20000 };

	if (run_with(RTE_ETH_RX_OFFLOAD_TCP_LRO, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_segments(&ip);
}

/* The length of a frame with the header of Ethernet is what is limited. */
static int
check_limit(uint32_t limit, bool is_ipv6)
{
	struct rtap_ip ip = { .is_ipv6 = is_ipv6 };

	ip.payload_len = limit - 14 - (is_ipv6 ? 40 : 20) - 20;
	if (expect_whole(&ip, USUAL_ROOM) != TEST_SUCCESS)
		return TEST_FAILED;
	ip.payload_len++;
	return expect_segments(&ip);
}

static int
longer_aggregates_are_segmented(void)
{
	static const uint32_t limits[] = { 4000, 16000, 60000 };

	for (uint32_t i = 0; i < RTE_DIM(limits); i++) {
		if (run_with(RTE_ETH_RX_OFFLOAD_TCP_LRO, limits[i]) != TEST_SUCCESS ||
		    check_limit(limits[i], false) != TEST_SUCCESS ||
		    check_limit(limits[i], true) != TEST_SUCCESS) {
			printf("with a limit of %u\n", limits[i]);
			return TEST_FAILED;
		}
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	}
	return TEST_SUCCESS;
}

static int
lro_is_switched_on_and_off(void)
{
	const struct rtap_ip ip = { .payload_len = 20000 };

	for (uint32_t i = 0; i < 3; i++) {
		if (run_with(LRO, LONGEST) != TEST_SUCCESS ||
		    expect_whole(&ip, USUAL_ROOM) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		if (run_with(0, 0) != TEST_SUCCESS || expect_segments(&ip) != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	}
	return TEST_SUCCESS;
}

/* The kernel agrees on it for both directions, the application wants one. */
static int
tunnel_segments_in_tx_bring_no_aggregates(void)
{
	const struct rtap_ip ip = { .payload_len = 20000 };
	struct rtap_port_conf conf = { .tx_offloads = RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO };
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & conf.tx_offloads) == 0)
		return TEST_SKIPPED;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_segments(&ip);
}

/* LRO alone is no agreement on plain packets without checksum. */
static int
plain_packets_are_complete_with_lro_alone(void)
{
	const struct rtap_ip ip = { .payload_len = 1000 };
	struct rte_mbuf *mbuf;
	int ret;

	if (run_with(RTE_ETH_RX_OFFLOAD_TCP_LRO, LONGEST) != TEST_SUCCESS ||
	    send_aggregate(&ip) != TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_ip_receive(rtap_fx.port, &ip);
	TEST_ASSERT_NOT_NULL(mbuf, "nothing came");
	ret = rtap_ip_check_mbuf(mbuf, &ip);
	if ((mbuf->ol_flags & RTE_MBUF_F_RX_LRO) != 0)
		ret = TEST_FAILED;
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_SUCCESS(ret, "not complete");
	return TEST_SUCCESS;
}

/* Short mbufs, many of them. */

static int
check_small(struct rte_mempool *pool)
{
	const struct rtap_port_conf conf = {
		.pool = pool,
		.rx_offloads = LRO | RTE_ETH_RX_OFFLOAD_SCATTER,
		.max_lro_pkt_size = 127 * SMALL_ROOM,
	};
	const struct rtap_ip ip = { .payload_len = 127 * SMALL_ROOM - 54 };

	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_whole(&ip, SMALL_ROOM);
}

static int
check_too_small(struct rte_mempool *pool)
{
	const struct rtap_port_conf conf = {
		.pool = pool,
		.rx_offloads = LRO | RTE_ETH_RX_OFFLOAD_SCATTER,
		.max_lro_pkt_size = LONGEST,
	};

	TEST_ASSERT_EQUAL(rtap_port_apply(rtap_fx.port, &conf), -EINVAL,
		"aggregates need more segments than a packet can have");
	return TEST_SUCCESS;
}

static int
with_small_pool(int (*check)(struct rte_mempool *pool))
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rtap_lro", NB_SMALL, 0, 0,
		RTE_PKTMBUF_HEADROOM + SMALL_ROOM, (int)rte_socket_id());
	int ret;

	TEST_ASSERT_NOT_NULL(pool, "no pool");
	ret = check(pool);
	rte_eth_dev_stop(rtap_fx.port);
	rte_eth_dev_close(rtap_fx.port);
	if (!rtap_mbufs_are_back(pool, NB_SMALL))
		ret = TEST_FAILED;
	rte_mempool_free(pool);
	return ret;
}

static int
aggregate_fills_many_small_mbufs(void)
{
	return with_small_pool(check_small);
}

static int
aggregates_too_long_for_mbufs_are_refused(void)
{
	return with_small_pool(check_too_small);
}

/* A socket that sends many datagrams at once. */

static ssize_t
send_datagrams(bool is_ipv6, const void *data, size_t len)
{
	const int sock = rtap_ip_udp_open(is_ipv6);
	const int size = RTAP_IP_MSS;
	ssize_t n = -1;

	if (sock < 0)
		return -1;
	if (setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) == 0)
		n = send(sock, data, len, 0);
	close(sock);
	return n;
}

static int
expect_datagrams(bool is_ipv6, bool is_whole)
{
	static uint8_t data[20 * RTAP_IP_MSS];
	const struct rtap_ip ip = { .is_ipv6 = is_ipv6, .is_udp = true };
	const uint32_t hdrs_len = 14 + (is_ipv6 ? 40 : 20) + 8;
	const uint32_t part = is_whole ? sizeof(data) : RTAP_IP_MSS;
	struct rte_mbuf *mbuf;
	bool ok;

	TEST_ASSERT_EQUAL(send_datagrams(is_ipv6, data, sizeof(data)), (ssize_t)sizeof(data),
		"no send");
	for (uint32_t done = 0; done < sizeof(data); done += part) {
		mbuf = rtap_ip_receive(rtap_fx.port, &ip);
		TEST_ASSERT_NOT_NULL(mbuf, "nothing came at %u", done);
		ok = mbuf->pkt_len == hdrs_len + part &&
			((mbuf->ol_flags & RTE_MBUF_F_RX_LRO) != 0) == is_whole &&
			(!is_whole || mbuf->tso_segsz == RTAP_IP_MSS);
		rte_pktmbuf_free(mbuf);
		TEST_ASSERT(ok, "other length, flags or size at %u", done);
	}
	return TEST_SUCCESS;
}

static int
check_datagrams(bool is_whole)
{
	TEST_ASSERT_SUCCESS(rtap_ip_address(), "no address");
	if (expect_datagrams(false, is_whole) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_datagrams(true, is_whole);
}

static int
datagrams_come_singly_without_uso(void)
{
	return check_datagrams(false);
}

/* The kernel's own bits, as any program can see whether it has them. */
static int
datagrams_come_whole_with_uso(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_TSO) == 0)
		return TEST_SKIPPED;
	return check_datagrams(true);
}

struct unit_test_suite rtap_offload_lro_suite = {
	.suite_name = "rtap: aggregates in reception",
	.unit_test_cases = {
		TEST_CASE_ST(setup_lro, rtap_teardown, aggregates_come_whole),
		TEST_CASE_ST(setup_lro, rtap_teardown, aggregate_with_congestion_flag_comes_whole),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, tag_is_stripped_from_aggregate),
		TEST_CASE_ST(setup_lro, rtap_teardown, mixed_aggregates_keep_order),
		TEST_CASE_ST(setup_lro, rtap_teardown, aggregate_keeps_no_more_mbufs_than_it_fills),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, kernel_segments_without_lro),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			kernel_segments_if_no_size_is_given),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, longer_aggregates_are_segmented),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, lro_is_switched_on_and_off),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			tunnel_segments_in_tx_bring_no_aggregates),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			plain_packets_are_complete_with_lro_alone),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, aggregate_fills_many_small_mbufs),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			aggregates_too_long_for_mbufs_are_refused),
		TEST_CASE_ST(setup_lro, rtap_teardown, datagrams_come_singly_without_uso),
		TEST_CASE_ST(setup_uso, rtap_teardown, datagrams_come_whole_with_uso),
		TEST_CASES_END()
	}
};
