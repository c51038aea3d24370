/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the ways that packets take where the kernel lacks
 * something, and the one through NAPI. The device argument "without" takes
 * features away that the kernel here may have.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_string_fns.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_IDLE_ROUNDS 20
#define NB_EMPTY_BURSTS 5
#define NB_CHAINS 100
#define TEST_LEN 3000

/*
 * A way to run the port. Of the burst mode that the port has here without an
 * argument, the words that contain a certain one are missing, and no others.
 */
struct way {
	const char *args;
	const char *missing;
};

#define TO_WAY(text, word) { .args = RTAP_TEST_ARGS "," text, .missing = word }

static const struct way without_buffers = TO_WAY("without=buffers", "registered buffers");
static const struct way without_file = TO_WAY("without=file", "registered file");
static const struct way without_nowait = TO_WAY("without=nowait", "io_uring");
static const struct way without_skip = TO_WAY("without=skip", "silent");
static const struct way without_taskrun = TO_WAY("without=taskrun", "wake-up");
static const struct way without_registered = TO_WAY("without=file+buffers", "registered");
static const struct way without_nowait_and_taskrun =
	TO_WAY("without=taskrun+nowait", "io_uring");
static const struct way without_all =
	TO_WAY("without=buffers+file+nowait+skip+taskrun", "io_uring");
static const struct way napi = TO_WAY("napi=1", "nothing");
static const struct way napi_without_nowait = TO_WAY("napi=1,without=nowait", "io_uring");

static int
run_way_as(const struct way *way, const struct rtap_port_conf *conf)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, way->args, &rtap_fx.port),
		"%s", way->args);
	return rtap_port_run_as(conf);
}

/* One mbuf a packet. */
static int
run_way(const struct way *way)
{
	const struct rtap_port_conf conf = { .nb_queues = 1 };

	return run_way_as(way, &conf);
}

static int
check_run(const struct rtap_run *run)
{
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, run), "Tx of %u", run->n);
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, run), "Rx of %u", run->n);
	return TEST_SUCCESS;
}

/* Few packets and many take different ways. */
static int
move_bursts(struct rtap_run *run)
{
	static const uint16_t sizes[] = { 1, 2, 3, 5, 64, 200, 1 };

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		run->n = sizes[i];
		run->burst = sizes[i];
		if (check_run(run) != TEST_SUCCESS)
			return TEST_FAILED;
		run->seq += run->n;
	}
	TEST_ASSERT_EQUAL(rtap_kernel_count_workers(), 0, "there are workers");
	return TEST_SUCCESS;
}

static int
moves_bursts(const void *data)
{
	struct rtap_run run = { .len = 400 };

	return run_way(data) == TEST_SUCCESS ? move_bursts(&run) : TEST_FAILED;
}

/* What went well may be reported otherwise than on the usual way. */
static int
counts_packets(const void *data)
{
	struct rtap_run run = { .len = 400 };
	struct rte_eth_stats stats;

	if (run_way(data) != TEST_SUCCESS || move_bursts(&run) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT(stats.ipackets == run.seq && stats.opackets == run.seq,
		"%" PRIu64 " and %" PRIu64 " of %u packets", stats.ipackets,
		stats.opackets, run.seq);
	TEST_ASSERT(stats.ibytes == stats.obytes && stats.obytes == run.seq * run.len,
		"%" PRIu64 " and %" PRIu64 " bytes", stats.ibytes, stats.obytes);
	TEST_ASSERT_EQUAL(stats.ierrors + stats.oerrors, 0, "errors");
	return TEST_SUCCESS;
}

static int
transmit_chains(void)
{
	struct rte_mbuf *pkts[NB_CHAINS];
	uint16_t n;

	for (uint16_t i = 0; i < NB_CHAINS; i++) {
		pkts[i] = rtap_chain_new(rtap_fx.pool, TEST_LEN, 2 + i % 20, i);
		TEST_ASSERT_NOT_NULL(pkts[i], "no packet");
	}
	n = rte_eth_tx_burst(rtap_fx.port, 0, pkts, NB_CHAINS);
	rte_pktmbuf_free_bulk(pkts + n, NB_CHAINS - n);
	for (uint16_t i = 0; i < NB_CHAINS; i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_expect_one(rtap_fx.sock, TEST_LEN, i),
			"chain %u towards the kernel", i);
	return TEST_SUCCESS;
}

static int
receive_chains(void)
{
	const uint16_t room = rte_pktmbuf_data_room_size(rtap_fx.pool) -
		RTE_PKTMBUF_HEADROOM;
	struct rte_mbuf *mbuf;
	int ret;

	for (uint16_t i = 0; i < NB_CHAINS; i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock, TEST_LEN, i),
			"no send");
	for (uint16_t i = 0; i < NB_CHAINS; i++) {
		mbuf = rtap_port_receive_one(rtap_fx.port, 0);
		TEST_ASSERT_NOT_NULL(mbuf, "chain %u did not come", i);
		ret = rtap_chain_check(mbuf, room, TEST_LEN, i);
		rte_pktmbuf_free(mbuf);
		TEST_ASSERT_SUCCESS(ret, "chain %u", i);
	}
	return TEST_SUCCESS;
}

static int
moves_chains(const void *data)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		.mtu = TEST_LEN,
	};

	if (run_way_as(data, &conf) != TEST_SUCCESS || transmit_chains() != TEST_SUCCESS)
		return TEST_FAILED;
	return receive_chains();
}

static int
get_modes(uint16_t port, struct rte_eth_burst_mode modes[2])
{
	TEST_ASSERT_SUCCESS(rte_eth_rx_burst_mode_get(port, 0, &modes[0]), "no Rx mode");
	TEST_ASSERT_SUCCESS(rte_eth_tx_burst_mode_get(port, 0, &modes[1]), "no Tx mode");
	return TEST_SUCCESS;
}

/* The first word is the main thing: without it there are no others. */
static int
check_mode(const char *usual, const char *mode, const char *missing)
{
	char words[RTE_ETH_BURST_MODE_INFO_SIZE];
	char *rest = words;
	bool is_expected;

	TEST_ASSERT(mode[0] != '\0', "no text");
	rte_strscpy(words, usual, sizeof(words));
	for (const char *word = strtok_r(words, ",", &rest); word != NULL;
			word = strtok_r(NULL, ",", &rest)) {
		is_expected = strstr(word, missing) == NULL;
		TEST_ASSERT((strstr(mode, word) != NULL) == is_expected,
			"mode '%s', usually '%s'", mode, usual);
		if (word == words && !is_expected)
			break;
	}
	return TEST_SUCCESS;
}

static int
shows_in_burst_mode(const void *data)
{
	struct rte_eth_burst_mode usual[2];
	struct rte_eth_burst_mode modes[2];
	const struct way *way = data;
	uint16_t port;

	if (run_way(way) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV2, "iface=" RTAP_TEST_IFACE2,
		&port), "no second port");
	TEST_ASSERT_SUCCESS(rtap_port_run(port, 1), "no start");
	if (get_modes(port, usual) != TEST_SUCCESS ||
	    get_modes(rtap_fx.port, modes) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < RTE_DIM(modes); i++) {
		if (check_mode(usual[i].info, modes[i].info, way->missing) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
go_idle(void *arg)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	RTE_SET_USED(arg);
	for (unsigned int i = 0; i < NB_EMPTY_BURSTS; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts,
			RTE_DIM(pkts)), 0, "a packet out of nowhere");
	return TEST_SUCCESS;
}

static int
receive(void *arg)
{
	return rtap_port_expect(rtap_fx.port, arg);
}

static int
wakes_up_after_idle_time(const void *data)
{
	struct rtap_run run = { .len = 100 };

	if (run_way(data) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_IDLE_ROUNDS; i++) {
		run.n = 1 + i % 7;
		TEST_ASSERT_SUCCESS(go_idle(NULL), "not idle");
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		TEST_ASSERT_SUCCESS(receive(&run), "frame %u", run.seq);
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

/* Idle in one thread, woken in the next. */
static int
check_thread_change(const struct rtap_run *run, bool is_idle_here)
{
	struct rtap_run copy = *run;
	int ret = is_idle_here ? go_idle(NULL) : rtap_thread_run(go_idle, NULL);

	TEST_ASSERT_SUCCESS(ret, "not idle");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	ret = is_idle_here ? rtap_thread_run(receive, &copy) : receive(&copy);
	TEST_ASSERT_SUCCESS(ret, "frame %u", run->seq);
	return TEST_SUCCESS;
}

static int
works_when_polling_thread_changes(const void *data)
{
	struct rtap_run run = { .n = 3, .len = 100 };

	if (run_way(data) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_IDLE_ROUNDS; i++) {
		if (check_thread_change(&run, i % 2 == 0) != TEST_SUCCESS)
			return TEST_FAILED;
		run.seq += run.n;
	}
	return TEST_SUCCESS;
}

static int
survives_stop_and_start(const void *data)
{
	const struct rtap_run run = { .n = 8, .len = 100 };

	if (run_way(data) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(go_idle(NULL), "not idle");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return rtap_open_socket() == TEST_SUCCESS ? check_run(&run) : TEST_FAILED;
}

/* The NAPI of a queue goes with its Rx part: then the kernel refuses what is sent. */
static int
check_errors(const struct rtap_run *run, unsigned int nb_free)
{
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, run), "not consumed");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.oerrors, run->n, "%" PRIu64 " errors", stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets, 0, "%" PRIu64 " packets", stats.opackets);
	TEST_ASSERT(rtap_mbufs_are_back(rtap_fx.pool, nb_free), "mbufs are missing");
	return TEST_SUCCESS;
}

static int
tx_of_stopped_rx_queue_counts_errors(const void *data)
{
	const unsigned int nb_free = rte_mempool_avail_count(rtap_fx.pool);
	const struct rtap_run run = { .queue = 1, .n = 8, .len = 100 };
	const struct rtap_port_conf conf = { .nb_queues = 2 };

	if (run_way_as(data, &conf) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 1), "no stop");
	if (check_errors(&run, nb_free) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_start(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

/* Asks each TAP descriptor of this process: what was set at its making stays. */
static int
check_napi_flag(bool is_expected)
{
	char path[64];
	char target[64];
	unsigned int nb_seen = 0;
	struct ifreq req;
	bool has_napi;
	ssize_t len;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (strcmp(target, "/dev/net/tun") != 0 || ioctl(fd, TUNGETIFF, &req) < 0)
			continue;
		nb_seen++;
		has_napi = (req.ifr_flags & IFF_NAPI) != 0;
		TEST_ASSERT_EQUAL(has_napi, is_expected, "descriptor %d has flags %#x",
			fd, (uint16_t)req.ifr_flags);
	}
	TEST_ASSERT(nb_seen > 1, "%u descriptors", nb_seen);
	return TEST_SUCCESS;
}

static int
napi_argument_sets_flag(const void *data)
{
	const struct way way = { .args = data };

	return run_way(&way) == TEST_SUCCESS ? check_napi_flag(true) : TEST_FAILED;
}

static int
no_napi_argument_sets_no_flag(const void *data)
{
	const struct way way = { .args = data };

	return run_way(&way) == TEST_SUCCESS ? check_napi_flag(false) : TEST_FAILED;
}

static int
is_refused(const void *data)
{
	const int nb_links = rtap_kernel_count_links();

	TEST_ASSERT_EQUAL(rte_vdev_init(RTAP_TEST_VDEV, data), -EINVAL, "accepted");
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), nb_links, "an interface is left");
	return TEST_SUCCESS;
}

#define CASE(name, function, data) \
	TEST_CASE_NAMED_WITH_DATA(name, rtap_setup_none, rtap_teardown, function, data)

/* As well, named after both. */
#define WAY(way, function) CASE(#way "_" #function, function, &(way))

#define REFUSED(name, text) CASE(name "_is_refused", is_refused, RTAP_TEST_ARGS "," text)

struct unit_test_suite rtap_fallback_suite = {
	.suite_name = "rtap: ways of packets",
	.unit_test_cases = {
		WAY(without_buffers, moves_bursts),
		WAY(without_buffers, counts_packets),
		WAY(without_buffers, moves_chains),
		WAY(without_buffers, shows_in_burst_mode),
		WAY(without_buffers, wakes_up_after_idle_time),
		WAY(without_buffers, works_when_polling_thread_changes),
		WAY(without_buffers, survives_stop_and_start),
		WAY(without_file, moves_bursts),
		WAY(without_file, counts_packets),
		WAY(without_file, moves_chains),
		WAY(without_file, shows_in_burst_mode),
		WAY(without_file, wakes_up_after_idle_time),
		WAY(without_file, works_when_polling_thread_changes),
		WAY(without_file, survives_stop_and_start),
		WAY(without_nowait, moves_bursts),
		WAY(without_nowait, counts_packets),
		WAY(without_nowait, moves_chains),
		WAY(without_nowait, shows_in_burst_mode),
		WAY(without_nowait, wakes_up_after_idle_time),
		WAY(without_nowait, works_when_polling_thread_changes),
		WAY(without_nowait, survives_stop_and_start),
		WAY(without_skip, moves_bursts),
		WAY(without_skip, counts_packets),
		WAY(without_skip, moves_chains),
		WAY(without_skip, shows_in_burst_mode),
		WAY(without_skip, wakes_up_after_idle_time),
		WAY(without_skip, works_when_polling_thread_changes),
		WAY(without_skip, survives_stop_and_start),
		WAY(without_taskrun, moves_bursts),
		WAY(without_taskrun, counts_packets),
		WAY(without_taskrun, moves_chains),
		WAY(without_taskrun, shows_in_burst_mode),
		WAY(without_taskrun, wakes_up_after_idle_time),
		WAY(without_taskrun, works_when_polling_thread_changes),
		WAY(without_taskrun, survives_stop_and_start),
		WAY(without_registered, moves_bursts),
		WAY(without_registered, counts_packets),
		WAY(without_registered, moves_chains),
		WAY(without_registered, shows_in_burst_mode),
		WAY(without_registered, wakes_up_after_idle_time),
		WAY(without_registered, works_when_polling_thread_changes),
		WAY(without_registered, survives_stop_and_start),
		WAY(without_nowait_and_taskrun, moves_bursts),
		WAY(without_nowait_and_taskrun, counts_packets),
		WAY(without_nowait_and_taskrun, moves_chains),
		WAY(without_nowait_and_taskrun, shows_in_burst_mode),
		WAY(without_nowait_and_taskrun, wakes_up_after_idle_time),
		WAY(without_nowait_and_taskrun, works_when_polling_thread_changes),
		WAY(without_nowait_and_taskrun, survives_stop_and_start),
		WAY(without_all, moves_bursts),
		WAY(without_all, counts_packets),
		WAY(without_all, moves_chains),
		WAY(without_all, shows_in_burst_mode),
		WAY(without_all, wakes_up_after_idle_time),
		WAY(without_all, works_when_polling_thread_changes),
		WAY(without_all, survives_stop_and_start),
		WAY(napi, moves_bursts),
		WAY(napi, counts_packets),
		WAY(napi, moves_chains),
		WAY(napi, shows_in_burst_mode),
		WAY(napi, wakes_up_after_idle_time),
		WAY(napi, works_when_polling_thread_changes),
		WAY(napi, survives_stop_and_start),
		WAY(napi_without_nowait, moves_bursts),
		WAY(napi_without_nowait, counts_packets),
		WAY(napi_without_nowait, moves_chains),
		WAY(napi_without_nowait, shows_in_burst_mode),
		WAY(napi_without_nowait, wakes_up_after_idle_time),
		WAY(napi_without_nowait, works_when_polling_thread_changes),
		WAY(napi_without_nowait, survives_stop_and_start),
		CASE("napi_tx_of_stopped_rx_queue_counts_errors",
			tx_of_stopped_rx_queue_counts_errors, &napi),
		CASE("napi_1_sets_flag", napi_argument_sets_flag, RTAP_TEST_ARGS ",napi=1"),
		CASE("napi_alone_sets_flag", napi_argument_sets_flag, RTAP_TEST_ARGS ",napi"),
		CASE("napi_0_sets_no_flag", no_napi_argument_sets_no_flag,
			RTAP_TEST_ARGS ",napi=0"),
		CASE("no_napi_sets_no_flag", no_napi_argument_sets_no_flag, RTAP_TEST_ARGS),
		REFUSED("without_of_nothing", "without="),
		REFUSED("without_alone", "without"),
		REFUSED("without_of_unknown", "without=magic"),
		REFUSED("without_of_known_and_unknown", "without=file+magic"),
		REFUSED("without_of_longer_name", "without=files"),
		REFUSED("without_of_shorter_name", "without=fil"),
		REFUSED("without_with_plus_at_end", "without=file+"),
		REFUSED("without_with_plus_at_begin", "without=+file"),
		REFUSED("repeated_without", "without=file,without=skip"),
		REFUSED("napi_of_wrong_number", "napi=2"),
		REFUSED("napi_of_word", "napi=yes"),
		REFUSED("napi_of_nothing", "napi="),
		REFUSED("napi_of_longer_number", "napi=10"),
		REFUSED("repeated_napi", "napi=1,napi=0"),
		TEST_CASES_END()
	}
};
