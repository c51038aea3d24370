/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: which of the frames that the kernel transmits reach the
 * application, by their destination address.
 */

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define FRAME_LEN 100
#define NB_MIXED 300U
#define MAX_GROUPS 256
#define NB_CHANGES 2000U

static const struct rte_ether_addr other_mac = {
	.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x66 },
};

/* What the kernel sends for mDNS. */
static const struct rte_ether_addr group = {
	.addr_bytes = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb },
};

static const struct rte_ether_addr broadcast = {
	.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

static struct rte_ether_addr
own_mac(void)
{
	struct rte_ether_addr mac;

	memset(&mac, 0, sizeof(mac));
	rte_eth_macaddr_get(rtap_fx.port, &mac);
	return mac;
}

static int
send_to(const struct rte_ether_addr *to, uint16_t len, uint32_t seq)
{
	uint8_t frame[RTAP_TEST_JUMBO_LEN];

	rtap_frame_fill(frame, len, seq);
	memcpy(frame, to, sizeof(*to));
	return rtap_kernel_send_raw(rtap_fx.sock, frame, len);
}

/* Sequence number of the next frame that is delivered, -1 if there is none. */
static int64_t
receive_seq(void)
{
	struct rte_mbuf *mbuf = rtap_port_receive_one(rtap_fx.port, 0);
	rte_be32_t seq_be;

	if (mbuf == NULL)
		return -1;
	memcpy(&seq_be, rte_pktmbuf_mtod_offset(mbuf, void *, RTE_ETHER_HDR_LEN),
		sizeof(seq_be));
	rte_pktmbuf_free(mbuf);
	return rte_be_to_cpu_32(seq_be);
}

/* A frame that everybody gets follows: no need to wait for what does not come. */
static int
probe(const struct rte_ether_addr *to)
{
	int64_t seq;

	if (send_to(to, FRAME_LEN, 1) < 0 || send_to(&broadcast, FRAME_LEN, 2) < 0)
		return -EIO;
	seq = receive_seq();
	if (seq == 1 && receive_seq() == 2)
		return 1;
	return seq == 2 ? 0 : -EIO;
}

static bool
is_delivered(const struct rte_ether_addr *to)
{
	return probe(to) == 1;
}

static bool
is_kept_away(const struct rte_ether_addr *to)
{
	return probe(to) == 0;
}

static int
port_gets_what_is_for_it(void)
{
	const struct rte_ether_addr own = own_mac();

	TEST_ASSERT(is_delivered(&own), "its own address");
	TEST_ASSERT(is_delivered(&broadcast), "broadcast");
	TEST_ASSERT(is_kept_away(&other_mac), "another address");
	TEST_ASSERT(is_kept_away(&group), "a group");
	return TEST_SUCCESS;
}

static int
promiscuous_port_gets_everything(void)
{
	const struct rte_ether_addr own = own_mac();

	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "no enable");
	TEST_ASSERT(is_delivered(&own), "its own address");
	TEST_ASSERT(is_delivered(&other_mac), "another address");
	TEST_ASSERT(is_delivered(&group), "a group");
	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_disable(rtap_fx.port), "no disable");
	TEST_ASSERT(is_kept_away(&other_mac), "another address afterwards");
	TEST_ASSERT(is_kept_away(&group), "a group afterwards");
	return TEST_SUCCESS;
}

static int
allmulticast_port_gets_all_groups(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_allmulticast_enable(rtap_fx.port), "no enable");
	TEST_ASSERT(is_delivered(&group), "a group");
	TEST_ASSERT(is_kept_away(&other_mac), "another address");
	TEST_ASSERT_SUCCESS(rte_eth_allmulticast_disable(rtap_fx.port), "no disable");
	TEST_ASSERT(is_kept_away(&group), "a group afterwards");
	return TEST_SUCCESS;
}

static int
changed_address_replaces_the_old(void)
{
	const struct rte_ether_addr old = own_mac();
	struct rte_ether_addr mac = other_mac;

	TEST_ASSERT_SUCCESS(rte_eth_dev_default_mac_addr_set(rtap_fx.port, &mac), "not set");
	TEST_ASSERT(is_delivered(&other_mac), "the new address");
	TEST_ASSERT(is_kept_away(&old), "the old address");
	return TEST_SUCCESS;
}

static int
address_changed_by_kernel_is_not_the_ports(void)
{
	const struct rte_ether_addr own = own_mac();

	TEST_ASSERT_SUCCESS(rtap_kernel_set_mac(RTAP_TEST_IFACE, &other_mac), "not set");
	TEST_ASSERT(is_delivered(&own), "its own address");
	TEST_ASSERT(is_kept_away(&other_mac), "the kernel's address");
	return TEST_SUCCESS;
}

static int
modes_outlive_stop_and_start(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "no enable");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT(is_delivered(&other_mac), "another address");
	return TEST_SUCCESS;
}

/* They are of the other direction: what the kernel takes from the interface. */
static int
modes_leave_the_interface_alone(void)
{
	const uint32_t flags = IFF_PROMISC | IFF_ALLMULTI;
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "no enable");
	TEST_ASSERT_SUCCESS(rte_eth_allmulticast_enable(rtap_fx.port), "no enable");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL((link.flags & flags), 0, "flags %#x", link.flags);
	return TEST_SUCCESS;
}

static struct rte_ether_addr
numbered_mac(uint16_t number)
{
	return (struct rte_ether_addr){
		.addr_bytes = { 0x02, 0x72, 0x74, 0x62, number >> 8, number & 0xff },
	};
}

static int
add_mac(uint16_t number)
{
	struct rte_ether_addr mac = numbered_mac(number);

	return rte_eth_dev_mac_addr_add(rtap_fx.port, &mac, 0);
}

static int
remove_mac(uint16_t number)
{
	struct rte_ether_addr mac = numbered_mac(number);

	return rte_eth_dev_mac_addr_remove(rtap_fx.port, &mac);
}

static int
check_macs(uint16_t first, uint16_t last, bool (*check)(const struct rte_ether_addr *to))
{
	for (uint16_t number = first; number <= last; number++) {
		const struct rte_ether_addr mac = numbered_mac(number);

		TEST_ASSERT(check(&mac), "address %u", number);
	}
	return TEST_SUCCESS;
}

static int
added_addresses_are_the_ports(void)
{
	const struct rte_ether_addr zero = { .addr_bytes = { 0 } };
	const struct rte_ether_addr own = own_mac();

	for (uint16_t number = 1; number <= 3; number++)
		TEST_ASSERT_SUCCESS(add_mac(number), "%u is not added", number);
	TEST_ASSERT_SUCCESS(check_macs(1, 3, is_delivered), "not delivered");
	TEST_ASSERT_SUCCESS(remove_mac(2), "not removed");
	TEST_ASSERT_SUCCESS(check_macs(2, 2, is_kept_away), "delivered after removal");
	TEST_ASSERT(is_kept_away(&zero), "a free entry has an address");
	TEST_ASSERT_SUCCESS(check_macs(3, 3, is_delivered), "another was removed");
	TEST_ASSERT_SUCCESS(remove_mac(3), "not removed");
	TEST_ASSERT_SUCCESS(check_macs(3, 3, is_kept_away), "delivered after removal");
	TEST_ASSERT_SUCCESS(check_macs(1, 1, is_delivered), "another was removed");
	TEST_ASSERT(is_delivered(&own), "the port lost its own");
	return TEST_SUCCESS;
}

static int
as_many_addresses_as_said_can_be_added(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.max_mac_addrs, 64, "%u", info.max_mac_addrs);
	for (uint16_t number = 1; number < info.max_mac_addrs; number++)
		TEST_ASSERT_SUCCESS(add_mac(number), "%u is not added", number);
	TEST_ASSERT(add_mac(info.max_mac_addrs) < 0, "one too many");
	TEST_ASSERT_SUCCESS(check_macs(1, info.max_mac_addrs - 1, is_delivered), "not delivered");
	return check_macs(info.max_mac_addrs, info.max_mac_addrs, is_kept_away);
}

static int
added_address_outlives_stop_and_start(void)
{
	TEST_ASSERT_SUCCESS(add_mac(1), "not added");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return check_macs(1, 1, is_delivered);
}

static struct rte_ether_addr
numbered_group(uint16_t number)
{
	return (struct rte_ether_addr){
		.addr_bytes = { 0x33, 0x33, 0, 0, number >> 8, number & 0xff },
	};
}

static int
set_groups(uint16_t first, uint16_t last)
{
	struct rte_ether_addr list[MAX_GROUPS + 1];
	uint32_t n = 0;

	for (uint16_t number = first; number <= last; number++)
		list[n++] = numbered_group(number);
	return rte_eth_dev_set_mc_addr_list(rtap_fx.port, list, n);
}

static int
check_groups(uint16_t first, uint16_t last, bool (*check)(const struct rte_ether_addr *to))
{
	for (uint16_t number = first; number <= last; number++) {
		const struct rte_ether_addr mac = numbered_group(number);

		TEST_ASSERT(check(&mac), "group %u", number);
	}
	return TEST_SUCCESS;
}

static int
groups_of_the_list_are_received(void)
{
	TEST_ASSERT_SUCCESS(set_groups(1, 3), "no list");
	TEST_ASSERT_SUCCESS(check_groups(1, 3, is_delivered), "not delivered");
	TEST_ASSERT_SUCCESS(check_groups(4, 4, is_kept_away), "not in the list");
	TEST_ASSERT_SUCCESS(set_groups(3, 5), "no other list");
	TEST_ASSERT_SUCCESS(check_groups(1, 2, is_kept_away), "in the former list");
	TEST_ASSERT_SUCCESS(check_groups(3, 5, is_delivered), "in the new list");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mc_addr_list(rtap_fx.port, NULL, 0), "no end");
	TEST_ASSERT_SUCCESS(check_groups(1, 5, is_kept_away), "in no list");
	return TEST_SUCCESS;
}

static int
list_is_limited_to_groups_and_their_number(void)
{
	struct rte_ether_addr mac = other_mac;

	TEST_ASSERT_SUCCESS(set_groups(1, MAX_GROUPS), "%u groups", MAX_GROUPS);
	TEST_ASSERT_SUCCESS(check_groups(MAX_GROUPS, MAX_GROUPS, is_delivered), "the last");
	TEST_ASSERT(set_groups(1, MAX_GROUPS + 1) < 0, "one too many");
	TEST_ASSERT(rte_eth_dev_set_mc_addr_list(rtap_fx.port, &mac, 1) < 0, "no group");
	TEST_ASSERT_SUCCESS(check_groups(1, 1, is_delivered), "a refused list has an effect");
	return TEST_SUCCESS;
}

static int
list_outlives_stop_and_start(void)
{
	TEST_ASSERT_SUCCESS(set_groups(1, 2), "no list");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return check_groups(1, 2, is_delivered);
}

static RTE_ATOMIC(unsigned int) nb_changes;

/* Group 50 and address 1 stay, whatever happens to their neighbours. */
static int
change_lists(unsigned int n)
{
	if (n % 2 == 0)
		return set_groups(50, 80) < 0 ? -EIO : add_mac(2);
	return set_groups(20, 50) < 0 ? -EIO : remove_mac(2);
}

static uint32_t
keep_changing_lists(void *arg)
{
	int *ret = arg;

	rtap_thread_use_all_cpus();
	for (unsigned int n = 0; n < NB_CHANGES; n++) {
		if (*ret == 0)
			*ret = change_lists(n);
		rte_atomic_store_explicit(&nb_changes, n + 1, rte_memory_order_release);
	}
	return 0;
}

static int
receive_while_lists_change(void)
{
	const struct rte_ether_addr mac = numbered_mac(1);
	const struct rte_ether_addr kept = numbered_group(50);

	for (uint32_t seq = 0; rte_atomic_load_explicit(&nb_changes,
			rte_memory_order_acquire) < NB_CHANGES; seq++) {
		TEST_ASSERT_SUCCESS(send_to(seq % 2 == 0 ? &mac : &kept, FRAME_LEN, seq),
			"no send");
		TEST_ASSERT_EQUAL(receive_seq(), seq, "frame %u", seq);
	}
	return TEST_SUCCESS;
}

static int
addresses_that_stay_are_received_while_others_change(void)
{
	rte_thread_t thread;
	int change_ret = 0;
	int ret;

	TEST_ASSERT_SUCCESS(add_mac(1), "not added");
	TEST_ASSERT_SUCCESS(set_groups(20, 50), "no list");
	rte_atomic_store_explicit(&nb_changes, 0, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, keep_changing_lists,
		&change_ret), "no thread");
	ret = receive_while_lists_change();
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(change_ret, "a change was refused");
	return ret;
}

static uint64_t
count_filtered(void)
{
	uint64_t value = UINT64_MAX;
	uint64_t id;

	if (rte_eth_xstats_get_id_by_name(rtap_fx.port, "rx_filtered_packets", &id) == 0)
		rte_eth_xstats_get_by_id(rtap_fx.port, &id, &value, 1);
	return value;
}

static int
what_is_kept_away_is_counted_as_such(void)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_EQUAL(count_filtered(), 0, "%" PRIu64 " at first", count_filtered());
	TEST_ASSERT(is_kept_away(&other_mac), "another address");
	TEST_ASSERT(is_kept_away(&group), "a group");
	TEST_ASSERT_EQUAL(count_filtered(), 2, "%" PRIu64 " of 2", count_filtered());
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	/* The two that came behind them. */
	TEST_ASSERT_EQUAL(stats.ipackets, 2, "%" PRIu64 " packets", stats.ipackets);
	TEST_ASSERT_EQUAL(stats.ibytes, 2 * FRAME_LEN, "%" PRIu64 " bytes", stats.ibytes);
	TEST_ASSERT_EQUAL(stats.ierrors + stats.imissed, 0, "errors");
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	TEST_ASSERT_EQUAL(count_filtered(), 0, "%" PRIu64 " after reset", count_filtered());
	return TEST_SUCCESS;
}

/* More than one batch, of which a varying part is for the port. */
static int
frames_between_others_come_in_order(void)
{
	const struct rte_ether_addr own = own_mac();
	unsigned int nb_own = 0;
	uint32_t seq;

	for (seq = 0; seq < NB_MIXED; seq++) {
		bool is_own = seq * seq % 7 < 2;

		TEST_ASSERT_SUCCESS(send_to(is_own ? &own : &other_mac, FRAME_LEN, seq),
			"no send");
		nb_own += is_own;
	}
	TEST_ASSERT_SUCCESS(send_to(&broadcast, FRAME_LEN, seq), "no send");
	for (seq = 0; seq <= NB_MIXED; seq++) {
		if (seq * seq % 7 < 2 || seq == NB_MIXED)
			TEST_ASSERT_EQUAL(receive_seq(), seq, "frame %u", seq);
	}
	TEST_ASSERT_EQUAL(count_filtered(), NB_MIXED - nb_own, "%" PRIu64, count_filtered());
	return TEST_SUCCESS;
}

static int
frames_of_several_mbufs_are_kept_away(void)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.mtu = 9000,
	};

	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(send_to(&other_mac, RTAP_TEST_JUMBO_LEN, 1), "no send");
	TEST_ASSERT_SUCCESS(send_to(&broadcast, RTAP_TEST_JUMBO_LEN, 2), "no send");
	TEST_ASSERT_EQUAL(receive_seq(), 2, "it was delivered");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_filter_suite = {
	.suite_name = "rtap: destination addresses",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, port_gets_what_is_for_it),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, promiscuous_port_gets_everything),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, allmulticast_port_gets_all_groups),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, changed_address_replaces_the_old),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			address_changed_by_kernel_is_not_the_ports),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, added_addresses_are_the_ports),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			as_many_addresses_as_said_can_be_added),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			added_address_outlives_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, groups_of_the_list_are_received),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			list_is_limited_to_groups_and_their_number),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, list_outlives_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			addresses_that_stay_are_received_while_others_change),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, modes_outlive_stop_and_start),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, modes_leave_the_interface_alone),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			what_is_kept_away_is_counted_as_such),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			frames_between_others_come_in_order),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			frames_of_several_mbufs_are_kept_away),
		TEST_CASES_END()
	}
};
