/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_mp_autotest: the second process is stopped in the middle of a
 * burst, as by a debugger, and goes on with it when the first one has not waited
 * any longer. A mempool whose handler stops the process sees to that. Or it is in
 * the middle of a request to the kernel, where this process is its debugger.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_pool.h"
#include "test_pmd_rtap_port.h"

#define HANDLER "rtap_freeze"
#define NB_MBUFS 1023
/* Mbufs that a burst gets for its queue. */
#define STOCK 64
#define ARGS2 "iface=" RTAP_TEST_IFACE2

/* As which a traced process stops at a system call. */
#define STOP_AT_CALL (SIGTRAP | 0x80)

/* ---- a mempool whose user stops --------------------------------------------- */

static bool must_freeze;

static int
freeze_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	if (must_freeze) {
		must_freeze = false;
		raise(SIGSTOP);
	}
	return rtap_usual_dequeue(mp, objs, n);
}

static const struct rte_mempool_ops freeze_ops = {
	.name = HANDLER,
	.alloc = rtap_usual_alloc,
	.free = rtap_usual_free,
	.enqueue = rtap_usual_enqueue,
	.dequeue = freeze_dequeue,
	.get_count = rtap_usual_get_count,
};

RTE_MEMPOOL_REGISTER_OPS(freeze_ops);

/* In the second process: a queue without stock has its first burst ask the pool. */
int
rtap_peer_freeze_in_burst(uint16_t port, const struct rtap_run *run)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	int nb_rx;

	must_freeze = true;
	do {
		nb_rx = rte_eth_rx_burst(port, run->queue, pkts, RTAP_TEST_BURST);
	} while (must_freeze && rtap_deadline_wait(&deadline));
	rte_pktmbuf_free_bulk(pkts, nb_rx);
	return must_freeze ? -ETIMEDOUT : nb_rx;
}

/* ---- the first process ------------------------------------------------------- */

static struct rte_mempool *usual_pool;

/* The mbufs of the port are those of the other pool. */
static int
setup(void)
{
	usual_pool = rtap_fx.pool;
	rtap_fx.pool = rte_pktmbuf_pool_create_by_ops("rtap_freeze", NB_MBUFS, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id(), HANDLER);
	if (rtap_fx.pool == NULL) {
		rtap_fx.pool = usual_pool;
		TEST_ASSERT_NOT_NULL(NULL, "no pool");
	}
	return rtap_mp_setup();
}

static void
teardown(void)
{
	rtap_mp_teardown();
	rte_mempool_free(rtap_fx.pool);
	rtap_fx.pool = usual_pool;
}

/* It stops by itself: the signal by which. */
static int
wait_stopped(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	int status;

	do {
		if (waitpid(rtap_mp_peer.pid, &status, WNOHANG | WUNTRACED) == rtap_mp_peer.pid)
			return WIFSTOPPED(status) ? WSTOPSIG(status) : -ECHILD;
	} while (rtap_deadline_wait(&deadline));
	return -ETIMEDOUT;
}

static int
freeze_in_burst(void)
{
	const struct rtap_run run = { .queue = 0 };

	TEST_ASSERT_SUCCESS(rtap_peer_order(&rtap_mp_peer, RTAP_PEER_FREEZE, &run), "no order");
	TEST_ASSERT_EQUAL(wait_stopped(), SIGSTOP, "it does not stop");
	return TEST_SUCCESS;
}

static int
thaw(void)
{
	int answer = -1;

	rtap_peer_thaw(&rtap_mp_peer);
	TEST_ASSERT_SUCCESS(rtap_peer_wait(&rtap_mp_peer, &answer), "no answer");
	TEST_ASSERT(answer >= 0, "its burst: %d", answer);
	return TEST_SUCCESS;
}

/*
 * The port works while the other process is stopped, and so does all when that one has
 * gone on. The tear-down sees whether each mbuf is back, and once.
 */
static int
check_around_thaw(void)
{
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "meanwhile");
	TEST_ASSERT_SUCCESS(thaw(), "its burst");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "afterwards");
	return rtap_mp_check_both();
}

static int
burst_over_a_restart_spares_the_queue_in_use(void)
{
	TEST_ASSERT_SUCCESS(freeze_in_burst(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	return check_around_thaw();
}

static int
burst_over_a_queue_restart_spares_the_queue_in_use(void)
{
	TEST_ASSERT_SUCCESS(freeze_in_burst(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 0), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_start(rtap_fx.port, 0), "cannot start");
	return check_around_thaw();
}

/* Queues are released and set up again. */
static int
burst_over_a_reconfiguration_spares_the_new_queues(void)
{
	TEST_ASSERT_SUCCESS(freeze_in_burst(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "cannot run");
	return check_around_thaw();
}

/* Nobody asks any more whether it is back: what its burst had is lost, and nothing else. */
static int
burst_over_a_close_spares_the_next_port(void)
{
	struct rte_eth_stats stats;
	unsigned int nb_free;
	uint16_t port;

	TEST_ASSERT_SUCCESS(freeze_in_burst(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "cannot close");
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV2, ARGS2, &port), "no next port");
	TEST_ASSERT_SUCCESS(rtap_port_configure(port, 1), "cannot configure");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(port), "cannot start");
	TEST_ASSERT_SUCCESS(thaw(), "its burst");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(port, &stats), "no statistics");
	TEST_ASSERT_EQUAL(stats.ipackets + stats.opackets + stats.rx_nombuf, 0, "counted there");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV2), "cannot remove");
	nb_free = rte_mempool_avail_count(rtap_fx.pool);
	TEST_ASSERT_EQUAL(nb_free, rtap_fx.nb_mbufs - STOCK, "%u mbufs of %u are left", nb_free,
		rtap_fx.nb_mbufs);
	rtap_fx.nb_mbufs = nb_free;
	return TEST_SUCCESS;
}

/* ---- in a request ------------------------------------------------------------ */

/* The system call at which it has stopped. */
static int
stopped_in(void)
{
	char path[64];
	int number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", rtap_mp_peer.pid);
	file = fopen(path, "r");
	if (file == NULL)
		return -errno;
	if (fscanf(file, "%d", &number) != 1)
		number = -ENODATA;
	fclose(file);
	return number;
}

/* Until its thread that obeys enters a system call, or leaves one. */
static int
run_to_call(void)
{
	int ret;

	do {
		if (ptrace(PTRACE_SYSCALL, rtap_mp_peer.pid, NULL, NULL) < 0)
			return -errno;
		ret = wait_stopped();
	} while (ret >= 0 && ret != STOP_AT_CALL);
	return ret < 0 ? ret : 0;
}

/* What it answers is ready then: the kernel does not wait for who has asked. */
static int
run_into_request(void)
{
	int ret;

	do {
		ret = run_to_call();
	} while (ret == 0 && stopped_in() != SYS_sendto);
	return ret < 0 ? ret : run_to_call();
}

static int
begin_trace(void)
{
	const uintptr_t options = PTRACE_O_TRACESYSGOOD;
	const pid_t pid = rtap_mp_peer.pid;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) < 0 ||
			ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return -errno;
	return RTE_MIN(wait_stopped(), 0);
}

/* Nobody waits for a reader before the port is closed: it finds out by itself. */
static int
check_closed_in_request(enum rtap_peer_op op, int wanted)
{
	const int pid = rtap_mp_peer.pid;
	int answer = 0;
	int ret = begin_trace();

	if (ret == -EPERM) {
		printf("skipped: no process may be traced here\n");
		return TEST_SKIPPED;
	}
	TEST_ASSERT_SUCCESS(ret, "it cannot be traced");
	TEST_ASSERT_SUCCESS(rtap_peer_order(&rtap_mp_peer, op, NULL), "no order");
	TEST_ASSERT_SUCCESS(run_into_request(), "it asks the kernel nothing");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "cannot close");
	TEST_ASSERT_SUCCESS(ptrace(PTRACE_DETACH, pid, NULL, NULL), "it is not let go");
	TEST_ASSERT_SUCCESS(rtap_peer_wait(&rtap_mp_peer, &answer), "no answer");
	TEST_ASSERT_EQUAL(answer, wanted, "another answer: %d", answer);
	return TEST_SUCCESS;
}

/* What ethdev makes of any error of a device that is removed. */
static int
statistics_of_a_port_closed_meanwhile_fail(void)
{
	return check_closed_in_request(RTAP_PEER_PACKETS, -EIO);
}

static int
reset_of_a_port_closed_meanwhile_fails(void)
{
	return check_closed_in_request(RTAP_PEER_RESET, -EIO);
}

static int
xstats_of_a_port_closed_meanwhile_fail(void)
{
	return check_closed_in_request(RTAP_PEER_XSTATS, -1);
}

static int
text_of_a_port_closed_meanwhile_fails(void)
{
	return check_closed_in_request(RTAP_PEER_DUMP, -EIO);
}

struct unit_test_suite rtap_late_suite = {
	.suite_name = "rtap: processes that are stopped at work",
	.unit_test_cases = {
		TEST_CASE_ST(setup, teardown, burst_over_a_restart_spares_the_queue_in_use),
		TEST_CASE_ST(setup, teardown, burst_over_a_queue_restart_spares_the_queue_in_use),
		TEST_CASE_ST(setup, teardown, burst_over_a_reconfiguration_spares_the_new_queues),
		TEST_CASE_ST(setup, teardown, burst_over_a_close_spares_the_next_port),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			statistics_of_a_port_closed_meanwhile_fail),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			reset_of_a_port_closed_meanwhile_fails),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			xstats_of_a_port_closed_meanwhile_fail),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			text_of_a_port_closed_meanwhile_fails),
		TEST_CASES_END()
	}
};
