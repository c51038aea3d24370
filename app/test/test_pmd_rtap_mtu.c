/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: large MTUs, and MTUs that change while the port runs.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Of the usual mbufs. */
#define USUAL_ROOM (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM)
#define JUMBO_MTU 9000
#define NB_MTU_CHANGES 50
#define TAG_OFFSET (2 * RTE_ETHER_ADDR_LEN)

static const uint8_t vlan_tag[RTE_VLAN_HLEN] = { 0x81, 0x00, 0x00, 0x05 };

static const struct rtap_port_conf scatter_conf = {
	.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
	.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
};

static int
setup_usual(void)
{
	const int ret = rtap_setup_probed();

	return ret != TEST_SUCCESS ? ret : rtap_port_run_as(&scatter_conf);
}

static int
check_both_ways(uint16_t len)
{
	struct rte_mbuf *mbuf;

	if (rtap_port_check_chain(USUAL_ROOM, len, len) != TEST_SUCCESS)
		return TEST_FAILED;
	mbuf = rtap_chain_new(rtap_fx.pool, len, (len + USUAL_ROOM - 1) / USUAL_ROOM, len);
	TEST_ASSERT_NOT_NULL(mbuf, "no packet");
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock, len, len),
		"%u bytes towards the kernel", len);
	return TEST_SUCCESS;
}

static int
run_with_mtu(uint16_t mtu)
{
	struct rtap_port_conf conf = scatter_conf;

	conf.mtu = mtu;
	return rtap_port_run_as(&conf);
}

static int
jumbo_frames_go_both_ways(void)
{
	if (run_with_mtu(JUMBO_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(RTAP_TEST_JUMBO_LEN);
}

static int
frames_of_64_kb_go_both_ways(void)
{
	if (run_with_mtu(65000) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(65000 + RTE_ETHER_HDR_LEN);
}

static int
largest_mtu_goes_both_ways(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT(info.max_mtu >= 65000, "%u is the largest", info.max_mtu);
	if (run_with_mtu(info.max_mtu) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(info.max_mtu + RTE_ETHER_HDR_LEN);
}

static int
smallest_mtu_goes_both_ways(void)
{
	if (run_with_mtu(RTE_ETHER_MIN_MTU) != TEST_SUCCESS ||
	    rtap_port_check_mtu(RTE_ETHER_MIN_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(RTE_ETHER_MIN_MTU + RTE_ETHER_HDR_LEN);
}

/* The kernel's sockets let one tag through on top of the MTU. */
static void
fill_tagged(uint8_t *frame, uint32_t len)
{
	rtap_frame_fill(frame, (uint16_t)(len - RTE_VLAN_HLEN), 0);
	memmove(frame + TAG_OFFSET + RTE_VLAN_HLEN, frame + TAG_OFFSET,
		len - RTE_VLAN_HLEN - TAG_OFFSET);
	memcpy(frame + TAG_OFFSET, vlan_tag, sizeof(vlan_tag));
}

static int
check_tagged(const struct rte_mbuf *mbuf, const uint8_t *expected, uint32_t len)
{
	static uint8_t copy[UINT16_MAX + RTE_VLAN_HLEN];

	TEST_ASSERT_EQUAL(mbuf->pkt_len, len, "%u bytes came", mbuf->pkt_len);
	TEST_ASSERT(memcmp(rte_pktmbuf_read(mbuf, 0, len, copy), expected, len) == 0,
		"other bytes");
	return TEST_SUCCESS;
}

static struct rte_mbuf *
receive_tagged(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *mbuf;

	do {
		if (rte_eth_rx_burst(rtap_fx.port, 0, &mbuf, 1) == 0)
			continue;
		if (memcmp(rte_pktmbuf_mtod_offset(mbuf, void *, TAG_OFFSET), vlan_tag,
				sizeof(vlan_tag)) == 0)
			return mbuf;
		rte_pktmbuf_free(mbuf);
	} while (rtap_deadline_wait(&deadline));
	return NULL;
}

static int
largest_mtu_has_room_for_a_vlan_tag(void)
{
	static uint8_t frame[UINT16_MAX + RTE_VLAN_HLEN];
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats;
	struct rte_mbuf *mbuf;
	uint32_t len;
	int ret;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if (run_with_mtu(info.max_mtu) != TEST_SUCCESS)
		return TEST_FAILED;
	len = info.max_mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
	TEST_ASSERT(len <= sizeof(frame), "%u is the largest", info.max_mtu);
	fill_tagged(frame, len);
	TEST_ASSERT_EQUAL(send(rtap_fx.sock, frame, len, 0), (ssize_t)len, "no send: %s",
		strerror(errno));
	mbuf = receive_tagged();
	TEST_ASSERT_NOT_NULL(mbuf, "no tagged frame came");
	ret = check_tagged(mbuf, frame, len);
	/* And back as it is. */
	TEST_ASSERT_SUCCESS(rtap_port_transmit_one(rtap_fx.port, mbuf), "no Tx");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT(stats.opackets == 1 && stats.obytes == len, "the kernel took %" PRIu64
		" bytes", stats.obytes);
	return ret;
}

static int
mtu_raised_while_running_lets_jumbo_frames_in(void)
{
	struct rte_mbuf *none;

	/* An idle queue has prepared itself for what it knew then. */
	for (unsigned int i = 0; i < 10; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, &none, 1), 0,
			"a packet out of nowhere");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU), "no MTU");
	if (rtap_port_check_mtu(JUMBO_MTU) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(RTAP_TEST_JUMBO_LEN);
}

static int
mtu_lowered_while_running_keeps_frames_whole(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU), "no MTU");
	TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock, RTAP_TEST_MAX_LEN, 0),
		"no send");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MTU), "no MTU");
	if (rtap_port_expect_chain(USUAL_ROOM, RTAP_TEST_MAX_LEN, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_both_ways(RTAP_TEST_MAX_LEN);
}

/* The queue has taken more mbufs for jumbo frames than it needs afterwards. */
static int
mtu_lowered_while_running_allows_large_bursts(void)
{
	struct rtap_run run = { .n = 400, .len = RTAP_TEST_MIN_LEN, .burst = 512 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU), "no MTU");
	if (check_both_ways(RTAP_TEST_JUMBO_LEN) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MTU), "no MTU");
	for (; run.seq < 5 * run.n; run.seq += run.n) {
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run),
			"from frame %u", run.seq);
	}
	return TEST_SUCCESS;
}

static int
check_scattered_rx(uint8_t expected)
{
	struct rte_eth_rxq_info info;

	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_info_get(rtap_fx.port, 0, &info), "no info");
	TEST_ASSERT_EQUAL(info.scattered_rx, expected, "scattered_rx is %u",
		info.scattered_rx);
	return TEST_SUCCESS;
}

/* Longer frames may wait when the MTU is lowered: that holds from the next start on. */
static int
scattered_rx_tells_whether_frames_are_longer_than_mbufs(void)
{
	if (check_scattered_rx(0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, JUMBO_MTU), "no MTU");
	if (check_scattered_rx(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MTU), "no MTU");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return check_scattered_rx(0);
}

static uint32_t
change_mtu_often(void *arg)
{
	int *ret = arg;

	for (unsigned int i = 0; i < NB_MTU_CHANGES && *ret == 0; i++)
		*ret = rte_eth_dev_set_mtu(rtap_fx.port,
			i % 2 == 0 ? JUMBO_MTU : RTE_ETHER_MTU);
	return 0;
}

/* Frames that fit either MTU come, whichever holds at the moment. */
static int
mtu_changes_disturb_no_polling_thread(void)
{
	struct rtap_run run = { .n = 40, .len = RTAP_TEST_MAX_LEN };
	rte_thread_t thread;
	int mtu_ret = 0;
	int ret = 0;

	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, change_mtu_often, &mtu_ret),
		"no thread");
	for (run.seq = 0; run.seq < NB_MTU_CHANGES * run.n && ret == 0; run.seq += run.n) {
		ret = rtap_kernel_send(rtap_fx.sock, &run);
		if (ret == 0)
			ret = rtap_port_expect(rtap_fx.port, &run);
	}
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(mtu_ret, "MTU refused");
	TEST_ASSERT_SUCCESS(ret, "frame %u", run.seq);
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_mtu_suite = {
	.suite_name = "rtap: large and changing MTUs",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, jumbo_frames_go_both_ways),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, frames_of_64_kb_go_both_ways),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, largest_mtu_goes_both_ways),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, smallest_mtu_goes_both_ways),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, largest_mtu_has_room_for_a_vlan_tag),
		TEST_CASE_ST(setup_usual, rtap_teardown,
			mtu_raised_while_running_lets_jumbo_frames_in),
		TEST_CASE_ST(setup_usual, rtap_teardown,
			mtu_lowered_while_running_keeps_frames_whole),
		TEST_CASE_ST(setup_usual, rtap_teardown,
			mtu_lowered_while_running_allows_large_bursts),
		TEST_CASE_ST(setup_usual, rtap_teardown,
			scattered_rx_tells_whether_frames_are_longer_than_mbufs),
		TEST_CASE_ST(setup_usual, rtap_teardown, mtu_changes_disturb_no_polling_thread),
		TEST_CASES_END()
	}
};
