/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_pmd_autotest: the text about a port that goes into a bug report,
 * line by line, against what the test has done and what the kernel says.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

#define MAX_TEXT 65536
#define MAX_LINE 512
#define NB_DUMPS 200

static char text[MAX_TEXT];

static int
dump(uint16_t port)
{
	FILE *file = fmemopen(text, sizeof(text), "w");
	int ret;

	TEST_ASSERT_NOT_NULL(file, "no memory");
	ret = rte_eth_dev_priv_dump(port, file);
	fclose(file);
	TEST_ASSERT_SUCCESS(ret, "not dumped: %s", strerror(-ret));
	return TEST_SUCCESS;
}

/* The line that begins so, or NULL. */
static const char *
find_line(const char *start)
{
	const char *line = text;

	while (line != NULL && strncmp(line, start, strlen(start)) != 0) {
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return line;
}

__rte_format_printf(1, 2)
static bool
has_line(const char *format, ...)
{
	char line[MAX_LINE];
	const char *found;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	found = find_line(line);
	if (found != NULL && found[strlen(line)] == '\n')
		return true;
	printf("no line '%s' in:\n%s", line, text);
	return false;
}

/* The line of a queue begins with its state. */
__rte_format_printf(1, 2)
static bool
has_start(const char *format, ...)
{
	char start[MAX_LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(start, sizeof(start), format, args);
	va_end(args);
	if (find_line(start) != NULL)
		return true;
	printf("no line begins with '%s' in:\n%s", start, text);
	return false;
}

static int
dump_ours(void)
{
	return dump(rtap_fx.port);
}

static int
names_device_arguments_and_interface(void)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no interface");
	rte_ether_format_addr(mac, sizeof(mac), &link.mac);
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line(RTAP_TEST_VDEV ": port %u, started, in the primary process",
		rtap_fx.port), "head");
	TEST_ASSERT(has_line("  arguments: iface=" RTAP_TEST_IFACE ",create=1,napi=0,uso=0"),
		"arguments");
	TEST_ASSERT(has_line("  interface: " RTAP_TEST_IFACE ", index %u", link.ifindex),
		"interface");
	TEST_ASSERT(has_line("  interface state: up, carrier, MTU %u, queue length %u", link.mtu,
		link.txqueuelen), "state");
	TEST_ASSERT(has_line("  interface MAC: %s", mac), "MAC");
	TEST_ASSERT(has_line("  interface queues: 1 attached, 1 detached"), "queues");
	TEST_ASSERT(has_line("  interface limits: aggregates of %u bytes, %u packets",
		link.gso_max_size, link.gso_max_segs), "limits");
	TEST_ASSERT(has_line("  loan: number 1, lent, not asked for, "
		"0 processes attached so far"), "loan");
	return TEST_SUCCESS;
}

static int
names_arguments_that_were_given(void)
{
	const char *args = "iface=" RTAP_TEST_IFACE ",persist=0,owner=61234,group=61235,"
		"mac=02:00:00:00:00:07,napi,uso=1,without=skip+buffers";

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port), "no port");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  arguments: iface=" RTAP_TEST_IFACE ",create=1,persist=0,"
		"owner=61234,group=61235,mac=02:00:00:00:00:07,napi=1,uso=1,"
		"without=buffers+skip"), "arguments");
	TEST_ASSERT(has_line("  MAC: 42:00:00:00:00:07, apart from the interface"), "port's MAC");
	TEST_ASSERT(has_line("  interface MAC: 02:00:00:00:00:07"), "interface's MAC");
	return TEST_SUCCESS;
}

static int
names_interface_as_it_is_called_now(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_rename(RTAP_TEST_IFACE, RTAP_TEST_IFACE2), "rename");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  interface: " RTAP_TEST_IFACE2 ", index "), "new name");
	TEST_ASSERT(has_line("  arguments: iface=" RTAP_TEST_IFACE ",create=1,napi=0,uso=0"),
		"arguments are as they were given");
	return TEST_SUCCESS;
}

static int
tells_that_interface_was_deleted(void)
{
	struct rte_mbuf *pkt;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "cannot delete");
	TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, &pkt, 1), 0, "a packet");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  interface: -, index "), "name");
	TEST_ASSERT(has_line("  interface state: deleted"), "state");
	TEST_ASSERT(has_start("  Rx queue 0: interface deleted, "), "queue");
	return TEST_SUCCESS;
}

static uint64_t
own_netns(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) == 0 ? st.st_ino : 0;
}

static uint64_t other_netns;

static int
remember_netns(void)
{
	other_netns = own_netns();
	return TEST_SUCCESS;
}

static int
tells_where_the_interface_was_moved(void)
{
	const uint64_t home = own_netns();

	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  namespace: net:[%" PRIu64 "], not moved", home), "before");
	if (rtap_netns_move_there() != TEST_SUCCESS ||
	    rtap_netns_in_other(remember_netns) != TEST_SUCCESS || dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  namespace: net:[%" PRIu64 "], moved from net:[%" PRIu64 "]",
		other_netns, home), "there");
	if (rtap_netns_in_other(rtap_netns_move_home) != TEST_SUCCESS ||
	    dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  namespace: net:[%" PRIu64 "], not moved", home), "back");
	return TEST_SUCCESS;
}

/* States of queues. */

static int
expect_rx_state(const char *state)
{
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  Rx queue 0: %s, ", state), "state");
	return TEST_SUCCESS;
}

static int
names_states_of_queues_before_start(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf), "no configuration");
	if (expect_rx_state("not set up") != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  Tx queue 0: not set up"), "Tx");
	TEST_ASSERT_SUCCESS(rtap_port_setup_queues(rtap_fx.port, 1), "no set-up");
	if (expect_rx_state("stopped") != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  Tx queue 0: stopped, %u descriptors, offloads none",
		RTAP_TEST_NB_DESC), "Tx");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (expect_rx_state("busy") != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  Tx queue 0: ready, "), "Tx");
	return TEST_SUCCESS;
}

static int
names_states_of_polled_queue(void)
{
	const struct rtap_run run = { .n = 1, .len = 100 };
	char armed[MAX_LINE];
	char woken[MAX_LINE];

	snprintf(armed, sizeof(armed), "armed by thread %d", rte_gettid());
	snprintf(woken, sizeof(woken), "woken by thread %d", rte_gettid());
	if (rtap_intr_poll_idle() != 0 || expect_rx_state(armed) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
	if (expect_rx_state(woken) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "not received");
	return expect_rx_state("drained");
}

static int
names_state_of_stopped_queue(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 1), "no stop");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  Rx queue 0: busy, "), "the other");
	TEST_ASSERT(has_start("  Rx queue 1: stopped, "), "stopped");
	TEST_ASSERT(has_line("  interface queues: 1 attached, 2 detached"), "queues");
	return TEST_SUCCESS;
}

/* Whatever the kernel has: a ring without anything has the same text everywhere. */
static int
tells_of_fallback_and_of_all_else_of_a_queue(void)
{
	const char *args = "iface=" RTAP_TEST_IFACE ",without=buffers+file+nowait+skip+taskrun";
	struct ifreq req = { .ifr_flags = 0 };
	int fd;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port), "no port");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_start("  Rx queue 0: busy, fd "), "no descriptor");
	fd = atoi(find_line("  Rx queue 0: ") + strlen("  Rx queue 0: busy, fd "));
	TEST_ASSERT_SUCCESS(ioctl(fd, TUNGETIFF, &req), "not of a TAP queue");
	TEST_ASSERT_SUCCESS(strcmp(req.ifr_name, RTAP_TEST_IFACE), "of another interface");
	TEST_ASSERT(has_line("  Rx queue 0: busy, fd %d, %u descriptors, pool " RTAP_TEST_POOL
		" of %u bytes, 1 mbufs a frame, 0 in stock, 0 expected, polled by process 0, "
		"offloads none, ring none (fallback)", fd, RTAP_TEST_NB_DESC,
		RTE_MBUF_DEFAULT_DATAROOM), "Rx");
	TEST_ASSERT(has_line("  Tx queue 0: ready, %u descriptors, offloads none, "
		"ring none (fallback)", RTAP_TEST_NB_DESC), "Tx");
	return TEST_SUCCESS;
}

/* Configuration. */

static int
names_offloads(void)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
			RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_TCP_LRO,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		.max_lro_pkt_size = 20000,
		.nb_queues = 1,
	};

	if (rtap_port_run_as(&conf) != TEST_SUCCESS || dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  offloads: TUN_F_CSUM TUN_F_TSO4 TUN_F_TSO6 TUN_F_TSO_ECN"),
		"agreed on");
	TEST_ASSERT(has_start("  offloads of the kernel: TUN_F_CSUM TUN_F_TSO4 TUN_F_TSO6"),
		"the kernel's");
	TEST_ASSERT(has_line("  header: 10 bytes, aggregates up to 20000 bytes, "
		"interface limited"), "header");
	TEST_ASSERT(has_line("  interface limits: aggregates of 20001 bytes, 65535 packets"),
		"limits");
	TEST_ASSERT_NOT_NULL(strstr(find_line("  Rx queue 0: "),
		", offloads UDP_CKSUM TCP_CKSUM TCP_LRO SCATTER, ring "), "Rx: %s", text);
	TEST_ASSERT_NOT_NULL(strstr(find_line("  Tx queue 0: "),
		", offloads MULTI_SEGS, ring "), "Tx: %s", text);
	return TEST_SUCCESS;
}

static int
names_filter(void)
{
	struct rte_ether_addr mac = { .addr_bytes = { 2, 0, 0, 0, 0, 8 } };
	struct rte_ether_addr group = { .addr_bytes = { 3, 0, 0, 0, 0, 9 } };
	struct rte_ether_addr own;
	char own_text[RTE_ETHER_ADDR_FMT_SIZE];

	TEST_ASSERT_SUCCESS(rte_eth_macaddr_get(rtap_fx.port, &own), "no address");
	rte_ether_format_addr(own_text, sizeof(own_text), &own);
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  filter: promiscuous off, all multicast off"), "at first");
	TEST_ASSERT(has_line("  filter addresses: %s", own_text), "own address");
	TEST_ASSERT_NULL(find_line("  filter groups:"), "groups");
	TEST_ASSERT_SUCCESS(rte_eth_dev_mac_addr_add(rtap_fx.port, &mac, 0), "no address");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mc_addr_list(rtap_fx.port, &group, 1), "no group");
	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "not promiscuous");
	TEST_ASSERT_SUCCESS(rte_eth_allmulticast_enable(rtap_fx.port), "not all multicast");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  filter: promiscuous on, all multicast on"), "modes");
	TEST_ASSERT(has_line("  filter addresses: %s 02:00:00:00:00:08", own_text), "addresses");
	TEST_ASSERT(has_line("  filter groups: 03:00:00:00:00:09"), "groups");
	return TEST_SUCCESS;
}

static int
names_mtu(void)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no interface");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  MTU: 1400, agreed on 1400, possible 68 to %u", link.max_mtu),
		"MTU");
	return TEST_SUCCESS;
}

static int
names_events(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1, .rmv = 1 };

	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  events: none"), "before");
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 1), "no configuration");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  events: removal"), "configured");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no start");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(has_line("  events: link removal"), "started");
	return TEST_SUCCESS;
}

static int
tells_whether_interrupt_is_on(void)
{
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_NOT_NULL(strstr(text, ", interrupt off, fd "), "before: %s", text);
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	if (dump_ours() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_NOT_NULL(strstr(text, ", interrupt on, fd "), "after: %s", text);
	return TEST_SUCCESS;
}

/* Nothing that a dump does takes a packet, wakes a poll or arms another one. */
static int
leaves_packets_and_polls_alone(void)
{
	struct rtap_run run = { .n = 20, .len = 100 };

	for (unsigned int i = 0; i < NB_DUMPS; i++) {
		if (i % 2 == 0 && rtap_intr_poll_idle() != 0)
			return TEST_FAILED;
		if (dump_ours() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
		if (dump_ours() != TEST_SUCCESS)
			return TEST_FAILED;
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "round %u", i);
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

static int
dump_many_times(void *arg)
{
	RTE_SET_USED(arg);
	for (unsigned int i = 0; i < NB_DUMPS; i++) {
		if (dump_ours() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
can_be_taken_by_another_thread(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT_SUCCESS(rtap_thread_run(dump_many_times, NULL), "not dumped");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_dump_suite = {
	.suite_name = "rtap: dump",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			names_device_arguments_and_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, names_arguments_that_were_given),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			names_interface_as_it_is_called_now),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, tells_that_interface_was_deleted),
		TEST_CASE_ST(rtap_netns_setup, rtap_netns_teardown,
			tells_where_the_interface_was_moved),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			names_states_of_queues_before_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, names_states_of_polled_queue),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, names_state_of_stopped_queue),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			tells_of_fallback_and_of_all_else_of_a_queue),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, names_offloads),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, names_filter),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, names_mtu),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown, names_events),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr, tells_whether_interrupt_is_on),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, leaves_packets_and_polls_alone),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, can_be_taken_by_another_thread),
		TEST_CASES_END()
	}
};
