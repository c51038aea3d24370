/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what goes wrong around a port. Bursts at the edge of ring
 * and stock, frames that nobody asked for, too few descriptors or mbufs, an
 * interface that is deleted.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/major.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Of the usual mbufs. */
#define USUAL_ROOM (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM)
#define JUMBO_MTU 9000
/* Two mbufs a frame. */
#define TWO_SEGS_MTU 3000
#define TWO_SEGS_LEN 3014

/* More than a ring has entries, and all fit into the kernel's queue. */
#define NB_WAITING 200
#define NB_ROUNDS 5
#define NB_OVERSIZE 300
#define OVERSIZE_LEN 4000
/* One burst that asks for one packet may drop so many frames that are none. */
#define NB_DROPPED_BY_ONE 4
/* Behind those that the kernel's queue takes. */
#define NB_TOO_MANY 100

#define NB_BUSY_QUEUES 8
#define NB_IDLE_POLLS 50
#define MANY_QUEUES 64
/* One queue has its fill of 64, which leaves less than that to the others. */
#define NB_TIGHT 100
#define NB_TIGHT_QUEUES 3
/* By this one a driver asks for another: none has it. */
#define NOBODYS_MINOR 255

static struct rte_mempool *tight_pool;

static int
suite_setup(void)
{
	tight_pool = rte_pktmbuf_pool_create("rtap_tight", NB_TIGHT, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	TEST_ASSERT_NOT_NULL(tight_pool, "no pool");
	return TEST_SUCCESS;
}

static void
suite_teardown(void)
{
	rte_mempool_free(tight_pool);
}

/* Bursts that ask for more than the ring and the stock hold. */

static int
run_with_mtu(uint16_t mtu)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.mtu = mtu,
	};

	return rtap_port_run_as(&conf);
}

static int
check_chains(struct rte_mbuf **pkts, unsigned int n, uint16_t len, uint32_t seq)
{
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (ret == 0)
			ret = rtap_chain_check(pkts[i], USUAL_ROOM, len, seq + i);
		rte_pktmbuf_free(pkts[i]);
	}
	return ret;
}

static int
receive_waiting(uint16_t len, uint16_t burst)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[512];
	unsigned int nb_done = 0;
	unsigned int n;

	while (nb_done < NB_WAITING) {
		n = rtap_port_receive_once(rtap_fx.port, 0, pkts, burst);
		TEST_ASSERT_SUCCESS(check_chains(pkts, n, len, nb_done),
			"in bursts of %u", burst);
		nb_done += n;
		TEST_ASSERT(n > 0 || rtap_deadline_wait(&deadline),
			"%u frames in bursts of %u", nb_done, burst);
	}
	return TEST_SUCCESS;
}

/* All wait before the first burst, which so has more than one batch to read. */
static int
check_waiting(uint16_t len, uint16_t burst)
{
	const struct rtap_run run = { .n = NB_WAITING, .len = len };

	for (unsigned int i = 0; i < NB_ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		if (receive_waiting(len, burst) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
large_bursts_take_scattered_frames_in_order(void)
{
	if (run_with_mtu(TWO_SEGS_MTU) != TEST_SUCCESS ||
	    check_waiting(TWO_SEGS_LEN, 256) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_waiting(TWO_SEGS_LEN, 512);
}

/* Once the frames need one mbuf each, the stock has more of them than the ring has entries. */
static int
large_bursts_work_after_mtu_was_lowered(void)
{
	if (run_with_mtu(JUMBO_MTU) != TEST_SUCCESS ||
	    check_waiting(RTAP_TEST_JUMBO_LEN, 256) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < 3; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, RTE_ETHER_MTU),
			"no MTU");
		if (check_waiting(RTAP_TEST_MAX_LEN, 128) != TEST_SUCCESS ||
		    check_waiting(RTAP_TEST_MAX_LEN, 256) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* Frames that are no packets. */

static int
send_oversize(void)
{
	const struct rtap_run oversize = { .n = NB_OVERSIZE, .len = OVERSIZE_LEN };

	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU, JUMBO_MTU),
		"no MTU");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &oversize), "no send");
	return TEST_SUCCESS;
}

static uint64_t
count_errors(void)
{
	struct rte_eth_stats stats;

	return rte_eth_stats_get(rtap_fx.port, &stats) == 0 ? stats.ierrors : UINT64_MAX;
}

static int
burst_for_one_drops_few_frames_that_are_none(void)
{
	struct rte_mbuf *mbuf;
	uint64_t before;

	if (send_oversize() != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 1; i <= NB_OVERSIZE / NB_DROPPED_BY_ONE; i++) {
		before = count_errors();
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, &mbuf, 1), 0,
			"a packet");
		TEST_ASSERT(count_errors() - before <= NB_DROPPED_BY_ONE,
			"burst %u dropped %" PRIu64, i, count_errors() - before);
	}
	return TEST_SUCCESS;
}

static int
packet_behind_many_oversize_frames_comes(void)
{
	const struct rtap_run normal = { .seq = 7, .n = 1, .len = RTAP_TEST_MAX_LEN };

	if (send_oversize() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &normal), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &normal), "no packet");
	TEST_ASSERT_EQUAL(count_errors(), NB_OVERSIZE, "%" PRIu64 " errors",
		count_errors());
	return TEST_SUCCESS;
}

/* Not enough of something. */

/* With room for so many more descriptors of this process. */
static int
configure_within(unsigned int nb_fds, uint16_t nb_queues)
{
	const struct rte_eth_conf conf = { .intr_conf = { .rxq = 1 } };
	struct rlimit usual;
	struct rlimit low;
	int ret;

	if (getrlimit(RLIMIT_NOFILE, &usual) < 0)
		return -errno;
	low = usual;
	ret = dup(STDERR_FILENO);
	close(ret);
	low.rlim_cur = ret + nb_fds;
	if (ret < 0 || setrlimit(RLIMIT_NOFILE, &low) < 0)
		return -errno;
	ret = rte_eth_dev_configure(rtap_fx.port, nb_queues, nb_queues, &conf);
	return setrlimit(RLIMIT_NOFILE, &usual) < 0 ? -errno : ret;
}

static int
check_refused_within(unsigned int nb_fds)
{
	const int before = rtap_kernel_count_fds();
	const int ret = configure_within(nb_fds, MANY_QUEUES);
	const int after = rtap_kernel_count_fds();
	struct rtap_kernel_link link;

	TEST_ASSERT_EQUAL(ret, -EMFILE, "with %u descriptors: %d", nb_fds, ret);
	TEST_ASSERT_EQUAL(after, before, "with %u descriptors: %d are open, before %d",
		nb_fds, after, before);
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	/* One keeps the interface. */
	TEST_ASSERT_EQUAL(link.nb_tap_queues + link.nb_idle_tap_queues, 1,
		"with %u descriptors: some queues are left", nb_fds);
	return TEST_SUCCESS;
}

static int
configure_says_that_descriptors_ran_out(void)
{
	/* The last ones suffice for the queues, but not for their interrupts. */
	static const unsigned int limits[] = { 0, 1, 2, 20, 40, 80, 120 };

	for (unsigned int i = 0; i < RTE_DIM(limits); i++) {
		if (check_refused_within(limits[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
port_works_once_there_are_enough_descriptors(void)
{
	const struct rtap_port_conf conf = { .nb_queues = MANY_QUEUES };

	TEST_ASSERT(configure_within(20, MANY_QUEUES) < 0, "configured");
	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

/* /dev/net/tun, for the calling thread alone, becomes one that has no driver. */
static int
lose_driver(void)
{
	const dev_t dev = makedev(MISC_MAJOR, NOBODYS_MINOR);

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/dev/net", "tmpfs", 0, NULL) < 0 ||
	    mknod("/dev/net/tun", S_IFCHR | 0600, dev) < 0)
		return -errno;
	return 0;
}

static int
configure_without_driver(void *arg)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };
	const int ret = lose_driver();
	int *result = arg;

	if (ret < 0) {
		printf("skipped: no other /dev/net/tun here: %s\n", strerror(-ret));
		return TEST_SKIPPED;
	}
	*result = rte_eth_dev_configure(rtap_fx.port, 2, 2, &conf);
	return TEST_SUCCESS;
}

/* It is no interface that got away, to be looked for again and again. */
static int
configure_says_that_driver_is_missing(void)
{
	int result = 0;
	const int ret = rtap_thread_run(configure_without_driver, &result);

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_EQUAL(result, -ENXIO, "%s", strerror(-result));
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "no start with it");
	return TEST_SUCCESS;
}

/* The kernel answers on the queue that sent last. */
static int
check_both_ways(uint16_t queue, uint32_t seq)
{
	const struct rtap_run run = { .queue = queue, .seq = seq, .n = 100, .len = 90 };

	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &run), "Rx queue %u", queue);
	return TEST_SUCCESS;
}

/* The first queues take all they want before the last one takes its first packet. */
static int
poll_all(uint16_t nb_queues)
{
	struct rte_mbuf *mbuf;

	for (uint16_t q = 0; q < nb_queues; q++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, q, &mbuf, 1), 0,
			"a packet on queue %u", q);
	return TEST_SUCCESS;
}

static int
queues_share_a_pool_that_is_too_small(void)
{
	const struct rtap_port_conf conf = {
		.pool = tight_pool,
		.nb_queues = NB_TIGHT_QUEUES,
	};

	if (rtap_port_run_as(&conf) != TEST_SUCCESS ||
	    poll_all(NB_TIGHT_QUEUES) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint32_t seq = NB_TIGHT_QUEUES * NB_ROUNDS; seq-- > 0; ) {
		if (check_both_ways(seq % NB_TIGHT_QUEUES, seq) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static void
teardown_tight(void)
{
	rtap_teardown();
	if (!rtap_mbufs_are_back(tight_pool, NB_TIGHT))
		rtap_fx.nb_leaks++;
}

/* An interface that is deleted. */

static int
overfill(uint64_t *nb_missed)
{
	struct rtap_run run = { .len = 60 };
	struct rtap_kernel_link link;
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	run.n = link.txqueuelen + NB_TOO_MANY;
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT(stats.imissed > 0, "nothing is missed");
	*nb_missed = stats.imissed;
	return TEST_SUCCESS;
}

static int
imissed_outlives_the_interface(void)
{
	struct rte_eth_stats stats;
	uint64_t nb_missed;

	if (overfill(&nb_missed) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.imissed, nb_missed, "imissed is %" PRIu64 ", was %" PRIu64,
		stats.imissed, nb_missed);
	TEST_ASSERT_SUCCESS(rte_eth_stats_reset(rtap_fx.port), "no reset");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.imissed, 0, "imissed is %" PRIu64 " after reset",
		stats.imissed);
	return TEST_SUCCESS;
}

static int
deleted_interface_gives_nothing_and_counts_no_errors(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	for (unsigned int i = 0; i < NB_IDLE_POLLS; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, pkts, RTE_DIM(pkts)), 0,
			"a packet");
	TEST_ASSERT_EQUAL(count_errors(), 0, "%" PRIu64 " errors", count_errors());
	return TEST_SUCCESS;
}

/* By single writes, and by the ring: that each packet is consumed is the run's claim. */
static int
deleted_interface_consumes_packets_as_errors(void)
{
	const struct rtap_run single = { .n = 5, .len = 60, .burst = 1 };
	const struct rtap_run batch = { .n = 96, .len = 60 };
	struct rte_eth_stats stats;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &single), "not taken");
	TEST_ASSERT_SUCCESS(rtap_port_send(rtap_fx.port, &batch), "not taken");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no stats");
	TEST_ASSERT_EQUAL(stats.oerrors, single.n + batch.n, "%" PRIu64 " errors",
		stats.oerrors);
	TEST_ASSERT_EQUAL(stats.opackets + stats.obytes, 0, "some are sent");
	return TEST_SUCCESS;
}

/* ethdev has an error of its own for a port that is removed. */
static int
port_stops_but_never_starts_after_deletion(void)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };

	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_EQUAL(rte_eth_dev_start(rtap_fx.port), -EIO, "start");
	/* As many queues as before, and more. */
	for (uint16_t n = 2; n <= 3; n++)
		TEST_ASSERT_EQUAL(rte_eth_dev_configure(rtap_fx.port, n, n, &conf), -EIO,
			"configuration of %u queues", n);
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), 1, "an interface next to lo");
	return TEST_SUCCESS;
}

/* A thread that has polled all queues and now computes, without a system call. */

static RTE_ATOMIC(bool) is_idle;
static RTE_ATOMIC(bool) is_over;

static uint32_t
poll_then_spin(void *arg)
{
	struct rte_mbuf *mbuf;

	RTE_SET_USED(arg);
	for (unsigned int i = 0; i < NB_IDLE_POLLS * NB_BUSY_QUEUES; i++) {
		if (rte_eth_rx_burst(rtap_fx.port, i % NB_BUSY_QUEUES, &mbuf, 1) == 1)
			rte_pktmbuf_free(mbuf);
	}
	rte_atomic_store_explicit(&is_idle, true, rte_memory_order_release);
	while (!rte_atomic_load_explicit(&is_over, rte_memory_order_acquire))
		rte_pause();
	return 0;
}

static int
check_quick_stop(void)
{
	struct rtap_deadline deadline = rtap_deadline_start();

	while (!rte_atomic_load_explicit(&is_idle, rte_memory_order_acquire))
		TEST_ASSERT(rtap_deadline_wait(&deadline), "no polls");
	deadline = rtap_deadline_start();
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT(rtap_deadline_wait(&deadline), "stop takes long");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "no close");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE), "still there");
	TEST_ASSERT(rtap_nothing_left(), "something is left");
	return TEST_SUCCESS;
}

static int
busy_thread_does_not_hold_up_stop_and_close(void)
{
	rte_thread_t thread;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, NB_BUSY_QUEUES), "no start");
	rte_atomic_store_explicit(&is_idle, false, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, poll_then_spin, NULL),
		"no thread");
	ret = check_quick_stop();
	rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
	rte_thread_join(thread, NULL);
	return ret;
}

struct unit_test_suite rtap_fault_suite = {
	.suite_name = "rtap: faults and limits",
	.setup = suite_setup,
	.teardown = suite_teardown,
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			large_bursts_take_scattered_frames_in_order),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			large_bursts_work_after_mtu_was_lowered),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			burst_for_one_drops_few_frames_that_are_none),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			packet_behind_many_oversize_frames_comes),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			configure_says_that_descriptors_ran_out),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			port_works_once_there_are_enough_descriptors),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			configure_says_that_driver_is_missing),
		TEST_CASE_ST(rtap_setup_probed, teardown_tight,
			queues_share_a_pool_that_is_too_small),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, imissed_outlives_the_interface),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			deleted_interface_gives_nothing_and_counts_no_errors),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			deleted_interface_consumes_packets_as_errors),
		TEST_CASE_ST(rtap_setup_two_queues, rtap_teardown,
			port_stops_but_never_starts_after_deletion),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			busy_thread_does_not_hold_up_stop_and_close),
		TEST_CASES_END()
	}
};
