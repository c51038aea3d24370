/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: how extended statistics are asked for, and what becomes of
 * them when the port changes. The namespace has no IPv6, so every packet of the
 * interface is one of ours.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

#define MAX_XSTATS 16384
#define NB_QUEUES 8
#define NB_MANY_QUEUES 128
#define NB_FLOWS 64
#define TEST_LEN 100
/* For experiments (RFC 3692). */
#define NO_PROTOCOL 253

/* Those of the driver for a port with one queue, in their order. */
static const char *const names_of_one_queue[] = {
	"rx_kernel_packets",
	"rx_kernel_bytes",
	"rx_kernel_dropped_packets",
	"tx_kernel_packets",
	"tx_kernel_bytes",
	"tx_kernel_dropped_packets",
	"rx_filtered_packets",
	"rx_q0_packets",
	"rx_q0_bytes",
	"rx_q0_errors",
	"rx_q0_mbuf_allocation_errors",
	"rx_q0_filtered_packets",
	"rx_q0_size_64_packets",
	"rx_q0_size_65_to_127_packets",
	"rx_q0_size_128_to_255_packets",
	"rx_q0_size_256_to_511_packets",
	"rx_q0_size_512_to_1023_packets",
	"rx_q0_size_1024_to_1518_packets",
	"rx_q0_size_1519_to_max_packets",
	"rx_q0_unicast_packets",
	"rx_q0_multicast_packets",
	"rx_q0_broadcast_packets",
	"rx_q0_multi_segment_packets",
	"rx_q0_lro_packets",
	"rx_q0_uso_packets",
	"rx_q0_l4_checksum_unknown_packets",
	"rx_q0_l4_checksum_good_packets",
	"rx_q0_l4_checksum_none_packets",
	"rx_q0_ip_checksum_good_packets",
	"rx_q0_ip_checksum_bad_packets",
	"rx_q0_vlan_stripped_packets",
	"rx_q0_submits",
	"rx_q0_batches",
	"rx_q0_batch_packets",
	"rx_q0_empty_reads",
	"rx_q0_polls_armed",
	"rx_q0_wake_ups",
	"rx_q0_fallback",
	"tx_q0_packets",
	"tx_q0_bytes",
	"tx_q0_errors",
	"tx_q0_refused_packets",
	"tx_q0_size_64_packets",
	"tx_q0_size_65_to_127_packets",
	"tx_q0_size_128_to_255_packets",
	"tx_q0_size_256_to_511_packets",
	"tx_q0_size_512_to_1023_packets",
	"tx_q0_size_1024_to_1518_packets",
	"tx_q0_size_1519_to_max_packets",
	"tx_q0_unicast_packets",
	"tx_q0_multicast_packets",
	"tx_q0_broadcast_packets",
	"tx_q0_multi_segment_packets",
	"tx_q0_tso_packets",
	"tx_q0_uso_packets",
	"tx_q0_l4_checksum_packets",
	"tx_q0_ip_checksum_packets",
	"tx_q0_vlan_inserted_packets",
	"tx_q0_separate_headers",
	"tx_q0_submits",
	"tx_q0_batches",
	"tx_q0_batch_packets",
	"tx_q0_fallback",
};

static struct rte_eth_xstat_name names[MAX_XSTATS];
static struct rte_eth_xstat xstats[MAX_XSTATS];
static uint64_t ids[MAX_XSTATS];
static uint64_t values[MAX_XSTATS];

/* All names and values; their number, or 0 after printing what is wrong. */
static int
get_all_of(uint16_t port)
{
	const int n = rte_eth_xstats_get_names(port, names, MAX_XSTATS);

	if (n <= 0 || n > MAX_XSTATS || rte_eth_xstats_get(port, xstats, n) != n) {
		printf("no extended statistics, or other names than values: %d\n", n);
		return 0;
	}
	return n;
}

static int
get_all(void)
{
	return get_all_of(rtap_fx.port);
}

int
rtap_xstats_digest(uint16_t port)
{
	const int n = get_all_of(port);
	uint32_t digest = n;

	for (int i = 0; i < n; i++) {
		for (const char *c = names[i].name; *c != '\0'; c++)
			digest = digest * 31 + (uint8_t)*c;
		digest = digest * 31 + (uint32_t)xstats[i].value;
	}
	return n == 0 ? -1 : (int)(digest & INT32_MAX);
}

int
rtap_xstat_get(const char *name, uint64_t *value)
{
	uint64_t id;

	TEST_ASSERT_SUCCESS(rte_eth_xstats_get_id_by_name(rtap_fx.port, name, &id),
		"no xstat called %s", name);
	TEST_ASSERT_EQUAL(rte_eth_xstats_get_by_id(rtap_fx.port, &id, value, 1), 1,
		"no value of %s", name);
	return TEST_SUCCESS;
}

int
rtap_xstat_check(const char *name, uint64_t expected)
{
	uint64_t value;

	if (rtap_xstat_get(name, &value) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(value, expected, "%s is %" PRIu64 " instead of %" PRIu64,
		name, value, expected);
	return TEST_SUCCESS;
}

/* Those of ethdev have neither a queue nor the kernel in their names. */
static bool
is_of_driver(const char *name)
{
	return strstr(name, "_q") != NULL || strstr(name, "_kernel_") != NULL ||
		strstr(name, "_filtered_") != NULL;
}

static bool
is_of_ring(const char *name)
{
	static const char *const ends[] = {
		"_submits", "_batches", "_batch_packets", "_empty_reads", "_polls_armed",
		"_wake_ups", "_fallback",
	};

	for (unsigned int i = 0; i < RTE_DIM(ends); i++) {
		if (strstr(name, ends[i]) != NULL)
			return true;
	}
	return false;
}

static const struct rtap_xstat *
find_expected(const struct rtap_xstat *expected, unsigned int nb_expected, const char *name)
{
	for (unsigned int i = 0; i < nb_expected; i++) {
		if (strcmp(expected[i].name, name) == 0)
			return &expected[i];
	}
	return NULL;
}

int
rtap_xstats_check(const struct rtap_xstat *expected, unsigned int nb_expected)
{
	const int n = get_all();
	unsigned int nb_found = 0;

	for (int i = 0; i < n; i++) {
		const char *name = names[i].name;
		const struct rtap_xstat *known = find_expected(expected, nb_expected, name);
		const uint64_t value = known == NULL ? 0 : known->value;

		nb_found += known != NULL;
		if (known == NULL && (!is_of_driver(name) || is_of_ring(name)))
			continue;
		TEST_ASSERT_EQUAL(xstats[i].value, value, "%s is %" PRIu64 " instead of %"
			PRIu64, name, xstats[i].value, value);
	}
	TEST_ASSERT_EQUAL(nb_found, nb_expected, "%u of %u are there", nb_found, nb_expected);
	return TEST_SUCCESS;
}

int
rtap_move_both_ways(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, run), "frames lost");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, run), "no Rx");
	return TEST_SUCCESS;
}

static int
names_are_these_and_no_others(void)
{
	const int n = get_all();
	const int first = n - (int)RTE_DIM(names_of_one_queue);

	TEST_ASSERT(first > 0, "%d names in all", n);
	for (int i = 0; i < first; i++)
		TEST_ASSERT(!is_of_driver(names[i].name), "%s", names[i].name);
	for (int i = first; i < n; i++)
		TEST_ASSERT_SUCCESS(strcmp(names[i].name, names_of_one_queue[i - first]),
			"%s instead of %s", names[i].name, names_of_one_queue[i - first]);
	return TEST_SUCCESS;
}

static int
compare_names(const void *a, const void *b)
{
	const struct rte_eth_xstat_name *name = a;
	const struct rte_eth_xstat_name *other = b;

	return strcmp(name->name, other->name);
}

static int
no_name_is_there_twice(void)
{
	const int n = get_all();

	TEST_ASSERT(n > 0, "no names");
	qsort(names, n, sizeof(names[0]), compare_names);
	for (int i = 1; i < n; i++)
		TEST_ASSERT(strcmp(names[i - 1].name, names[i].name) != 0, "%s", names[i].name);
	return TEST_SUCCESS;
}

static int
names_and_ids_lead_to_each_other(void)
{
	struct rte_eth_xstat_name name;
	const int n = get_all();
	uint64_t id;

	TEST_ASSERT(n > 0, "no names");
	for (int i = 0; i < n; i++) {
		TEST_ASSERT_EQUAL(xstats[i].id, (uint64_t)i, "id %" PRIu64, xstats[i].id);
		TEST_ASSERT_SUCCESS(rte_eth_xstats_get_id_by_name(rtap_fx.port, names[i].name,
			&id), "no %s", names[i].name);
		TEST_ASSERT_EQUAL(id, (uint64_t)i, "%s is %" PRIu64, names[i].name, id);
		TEST_ASSERT_EQUAL(rte_eth_xstats_get_names_by_id(rtap_fx.port, &name, 1, &id), 1,
			"no name of %" PRIu64, id);
		TEST_ASSERT_SUCCESS(strcmp(name.name, names[i].name), "%s is %s",
			names[i].name, name.name);
	}
	return TEST_SUCCESS;
}

/* So many from the last one on, backwards. */
static int
check_by_id(unsigned int count, unsigned int n)
{
	static struct rte_eth_xstat_name some[MAX_XSTATS];

	for (unsigned int i = 0; i < n; i++)
		ids[i] = count - 1 - i;
	TEST_ASSERT_EQUAL(rte_eth_xstats_get_by_id(rtap_fx.port, ids, values, n), (int)n,
		"no %u values", n);
	TEST_ASSERT_EQUAL(rte_eth_xstats_get_names_by_id(rtap_fx.port, some, n, ids), (int)n,
		"no %u names", n);
	for (unsigned int i = 0; i < n; i++)
		TEST_ASSERT(values[i] == xstats[ids[i]].value &&
			strcmp(some[i].name, names[ids[i]].name) == 0,
			"%s is %" PRIu64 ", by its id %s is %" PRIu64, names[ids[i]].name,
			xstats[ids[i]].value, some[i].name, values[i]);
	return TEST_SUCCESS;
}

/* ethdev asks the driver in another way when some of its own are wanted as well. */
static int
values_by_id_are_the_same(void)
{
	const struct rtap_run run = { .n = 20, .len = TEST_LEN };
	int n;

	if (rtap_move_both_ways(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	n = get_all();
	TEST_ASSERT(n > 0, "no values");
	if (check_by_id(n, 1) != TEST_SUCCESS ||
	    check_by_id(n, RTE_DIM(names_of_one_queue)) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_by_id(n, n);
}

static int
too_short_arrays_get_the_number_only(void)
{
	const int n = get_all();

	TEST_ASSERT(n > 0, "no names");
	memset(names, 0x55, sizeof(names));
	memset(xstats, 0x55, sizeof(xstats));
	TEST_ASSERT_EQUAL(rte_eth_xstats_get(rtap_fx.port, NULL, 0), n, "number of values");
	TEST_ASSERT_EQUAL(rte_eth_xstats_get_names(rtap_fx.port, NULL, 0), n, "number of names");
	TEST_ASSERT_EQUAL(rte_eth_xstats_get(rtap_fx.port, xstats, n - 1), n, "values");
	TEST_ASSERT_EQUAL(rte_eth_xstats_get_names(rtap_fx.port, names, n - 1), n, "names");
	TEST_ASSERT(names[n - 1].name[0] == 0x55 &&
		xstats[n - 1].id == UINT64_C(0x5555555555555555),
		"written behind the end");
	return TEST_SUCCESS;
}

static int
check_refused(uint64_t first, uint64_t second)
{
	const uint64_t both[] = { first, second };

	TEST_ASSERT(rte_eth_xstats_get_by_id(rtap_fx.port, both, values, 2) < 0,
		"values of %" PRIu64 " and %" PRIu64, first, second);
	TEST_ASSERT(rte_eth_xstats_get_names_by_id(rtap_fx.port, names, 2,
		(uint64_t *)(uintptr_t)both) < 0, "names of %" PRIu64 " and %" PRIu64,
		first, second);
	return TEST_SUCCESS;
}

static int
ids_of_nothing_are_refused(void)
{
	const uint64_t n = get_all();

	TEST_ASSERT(n > 0, "no names");
	/* ethdev takes the number of its own away from each, but not from those of the last. */
	if (check_refused(n - 1, n) != TEST_SUCCESS ||
	    check_refused(n, n - 1) != TEST_SUCCESS ||
	    check_refused(n - 1, UINT64_MAX) != TEST_SUCCESS ||
	    check_refused(n - 1, (UINT64_C(1) << 32) + n - 1) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_refused(0, n);
}

static int
reset_starts_all_from_zero(void)
{
	const struct rtap_run run = { .n = 9, .len = 60 };
	const struct rtap_xstat after[] = {
		{ "rx_kernel_packets", 9 }, { "rx_kernel_bytes", 540 },
		{ "tx_kernel_packets", 9 }, { "tx_kernel_bytes", 540 },
		{ "rx_q0_packets", 9 }, { "rx_q0_bytes", 540 },
		{ "tx_q0_packets", 9 }, { "tx_q0_bytes", 540 },
		{ "rx_q0_size_64_packets", 9 }, { "rx_q0_broadcast_packets", 9 },
		{ "rx_q0_l4_checksum_unknown_packets", 9 },
		{ "tx_q0_size_64_packets", 9 }, { "tx_q0_broadcast_packets", 9 },
		{ "tx_q0_submits", 1 }, { "tx_q0_batches", 1 }, { "tx_q0_batch_packets", 9 },
	};
	int n;

	if (rtap_move_both_ways(&run) != TEST_SUCCESS || rtap_move_both_ways(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	n = get_all();
	TEST_ASSERT(n > 0, "no values");
	for (int i = 0; i < n; i++)
		TEST_ASSERT(xstats[i].value == 0 || strstr(names[i].name, "_fallback") != NULL,
			"%s is %" PRIu64, names[i].name, xstats[i].value);
	if (rtap_move_both_ways(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_xstats_check(after, RTE_DIM(after));
}

/* More than ethdev's basic statistics have room for. */
static int
each_of_many_tx_queues_has_its_own(void)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, NB_MANY_QUEUES), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	for (uint16_t q = 0; q < NB_MANY_QUEUES; q++) {
		const struct rtap_run run = { .queue = q, .n = 1 + q % 7, .len = 60 + q };

		TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
		TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	}
	for (uint16_t q = 0; q < NB_MANY_QUEUES; q++) {
		snprintf(name, sizeof(name), "tx_q%u_packets", q);
		if (rtap_xstat_check(name, 1 + q % 7) != TEST_SUCCESS)
			return TEST_FAILED;
		snprintf(name, sizeof(name), "tx_q%u_bytes", q);
		if (rtap_xstat_check(name, (1 + q % 7) * (60 + q)) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* A packet of a flow of its own, and no more of it than the kernel needs to tell. */
static int
send_flows(int sock)
{
	uint8_t data[TEST_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0 };
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)&data[RTE_ETHER_HDR_LEN];

	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = RTE_BE16(TEST_LEN - RTE_ETHER_HDR_LEN);
	ip->next_proto_id = NO_PROTOCOL;
	for (uint32_t i = 0; i < NB_FLOWS; i++) {
		ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, i));
		TEST_ASSERT_SUCCESS(rtap_kernel_send_raw(sock, data, sizeof(data)), "no send");
	}
	return TEST_SUCCESS;
}

/* Where they come is the kernel's choice. */
static int
receive_flows(uint16_t *nb_of_queue)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	unsigned int nb_done = 0;

	do {
		for (uint16_t q = 0; q < NB_QUEUES; q++) {
			const uint16_t n = rte_eth_rx_burst(rtap_fx.port, q, pkts, RTE_DIM(pkts));

			rte_pktmbuf_free_bulk(pkts, n);
			nb_of_queue[q] += n;
			nb_done += n;
		}
	} while (nb_done < NB_FLOWS && rtap_deadline_wait(&deadline));
	TEST_ASSERT_EQUAL(nb_done, NB_FLOWS, "%u packets came", nb_done);
	return TEST_SUCCESS;
}

static int
each_of_many_rx_queues_has_its_own(void)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];
	uint16_t nb_of_queue[NB_QUEUES] = { 0 };
	int sock;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, NB_QUEUES), "no start");
	sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTE_ETHER_TYPE_IPV4);
	TEST_ASSERT(sock >= 0, "no socket");
	ret = send_flows(sock);
	close(sock);
	if (ret != TEST_SUCCESS || receive_flows(nb_of_queue) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint16_t q = 0; q < NB_QUEUES; q++) {
		TEST_ASSERT(nb_of_queue[q] < NB_FLOWS, "all came on queue %u", q);
		snprintf(name, sizeof(name), "rx_q%u_packets", q);
		if (rtap_xstat_check(name, nb_of_queue[q]) != TEST_SUCCESS)
			return TEST_FAILED;
		snprintf(name, sizeof(name), "rx_q%u_bytes", q);
		if (rtap_xstat_check(name, nb_of_queue[q] * TEST_LEN) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
stopped_port_keeps_them(void)
{
	const struct rtap_run run = { .n = 9, .len = 60 };

	if (rtap_move_both_ways(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (rtap_xstat_check("rx_q0_packets", 9) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_q0_batches", 1) != TEST_SUCCESS ||
	    rtap_xstat_check("rx_kernel_packets", 9) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	return rtap_xstats_check(NULL, 0);
}

static int
queues_that_are_not_set_up_have_counted_nothing(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 3, 3, &conf), "not configured");
	TEST_ASSERT_SUCCESS(rtap_xstat_check("rx_q2_packets", 0), "Rx");
	TEST_ASSERT_SUCCESS(rtap_xstat_check("tx_q2_packets", 0), "Tx");
	TEST_ASSERT_SUCCESS(rte_eth_xstats_reset(rtap_fx.port), "no reset");
	return rtap_xstats_check(NULL, 0);
}

static int
fewer_queues_have_fewer(void)
{
	const struct rtap_run run = { .queue = 1, .n = 5, .len = 60 };
	const int before = get_all();
	int after;

	TEST_ASSERT(before > 0, "no names");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	after = get_all();
	for (int i = 0; i < after; i++)
		TEST_ASSERT(strstr(names[i].name, "_q1_") == NULL, "%s", names[i].name);
	/* The queue that is left is a new one. */
	if (rtap_xstat_check("tx_q0_packets", 0) != TEST_SUCCESS ||
	    rtap_xstat_check("tx_good_packets", 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "no start");
	TEST_ASSERT_EQUAL(get_all(), before, "other ones than at first");
	return rtap_xstat_check("tx_q1_packets", 0);
}

struct unit_test_suite rtap_xstats_suite = {
	.suite_name = "rtap: extended statistics",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, names_are_these_and_no_others),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, no_name_is_there_twice),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			names_and_ids_lead_to_each_other),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, values_by_id_are_the_same),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			too_short_arrays_get_the_number_only),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, ids_of_nothing_are_refused),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, reset_starts_all_from_zero),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, each_of_many_tx_queues_has_its_own),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, each_of_many_rx_queues_has_its_own),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stopped_port_keeps_them),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			queues_that_are_not_set_up_have_counted_nothing),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown, fewer_queues_have_fewer),
		TEST_CASES_END()
	}
};
