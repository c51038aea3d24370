/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the thread that polls is not the one that set the queue
 * up, and changes. Plain threads are used, so that one lcore is enough.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_THREADS 20
#define NB_IDLE_POLLS 50
#define NB_TURNS 5

/* What one thread does with the port before it exits. */
struct job {
	int (*work)(const struct rtap_run *run);
	const struct rtap_run *run;
	bool registered;
	int ret;
};

static uint32_t
job_main(void *arg)
{
	struct job *job = arg;

	if (job->registered && rte_thread_register() < 0) {
		job->ret = -ENOMEM;
		return 0;
	}
	job->ret = job->work(job->run);
	if (job->registered)
		rte_thread_unregister();
	return 0;
}

static int
job_run(struct job *job)
{
	rte_thread_t thread;
	int ret;

	ret = rte_thread_create(&thread, NULL, job_main, job);
	if (ret != 0)
		return -ret;
	rte_thread_join(thread, NULL);
	return job->ret;
}

static int
in_thread(int (*work)(const struct rtap_run *run), const struct rtap_run *run)
{
	struct job job = { .work = work, .run = run, .registered = true };

	return job_run(&job);
}

static int
in_foreign_thread(int (*work)(const struct rtap_run *run),
		const struct rtap_run *run)
{
	struct job job = { .work = work, .run = run };

	return job_run(&job);
}

static int
receive(const struct rtap_run *run)
{
	return rtap_port_expect(rtap_fx.port, run);
}

static int
transmit(const struct rtap_run *run)
{
	return rtap_port_send(rtap_fx.port, run);
}

/* Leaves the queue in whatever state an idle queue waits in. */
static int
poll_idle(const struct rtap_run *run)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];

	for (unsigned int i = 0; i < NB_IDLE_POLLS; i++) {
		if (rte_eth_rx_burst(rtap_fx.port, run->queue, pkts, RTE_DIM(pkts)) != 0)
			return -EBADMSG;
	}
	return 0;
}

static int
start_port(const struct rtap_run *run)
{
	RTE_SET_USED(run);
	return rtap_port_run(rtap_fx.port, 1);
}

static int
other_thread_receives(void)
{
	const struct rtap_run run = { .n = 50, .len = 200 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(in_thread(receive, &run), "no Rx in another thread");
	return TEST_SUCCESS;
}

static int
other_thread_transmits(void)
{
	const struct rtap_run run = { .n = 50, .len = 200 };

	TEST_ASSERT_SUCCESS(in_thread(transmit, &run), "no Tx in another thread");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
unregistered_thread_moves_packets(void)
{
	const struct rtap_run run = { .n = 50, .len = 200 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
	TEST_ASSERT_SUCCESS(in_foreign_thread(receive, &run), "no Rx");
	TEST_ASSERT_SUCCESS(in_foreign_thread(transmit, &run), "no Tx");
	TEST_ASSERT_SUCCESS(rtap_kernel_expect(rtap_fx.sock, &run), "frames lost");
	return TEST_SUCCESS;
}

static int
thread_that_set_up_may_exit(void)
{
	const struct rtap_run none = { .n = 0 };

	TEST_ASSERT_SUCCESS(in_thread(start_port, &none), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

static int
thread_that_exits_while_idle_takes_nothing_along(void)
{
	struct rtap_run run = { .n = 3, .len = 60 };

	for (run.seq = 0; run.seq < NB_THREADS * run.n; run.seq += run.n) {
		TEST_ASSERT_SUCCESS(in_thread(poll_idle, &run), "not idle");
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		TEST_ASSERT_SUCCESS(receive(&run), "frame %u lost", run.seq);
	}
	return TEST_SUCCESS;
}

static int
frames_sent_between_threads_wait_for_the_next(void)
{
	struct rtap_run run = { .n = 3, .len = 60 };

	for (run.seq = 0; run.seq < NB_THREADS * run.n; run.seq += run.n) {
		TEST_ASSERT_SUCCESS(in_thread(poll_idle, &run), "not idle");
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "no send");
		TEST_ASSERT_SUCCESS(in_thread(receive, &run), "frame %u lost", run.seq);
	}
	return TEST_SUCCESS;
}

static int
order_is_kept_across_threads(void)
{
	const struct rtap_run all = { .n = NB_THREADS * 20, .len = 60 };
	struct rtap_run part = { .n = 20, .len = 60, .burst = 1 };

	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &all), "no send");
	for (part.seq = 0; part.seq < all.n; part.seq += part.n)
		TEST_ASSERT_SUCCESS(in_thread(receive, &part), "from frame %u",
			part.seq);
	return TEST_SUCCESS;
}

/* Where the two threads of the next case are. */
static RTE_ATOMIC(bool) is_idle;
static RTE_ATOMIC(bool) is_over;

/* Makes no system call after its polls: whatever is meant for it has to wait. */
static uint32_t
poll_then_spin(void *arg)
{
	const struct rtap_run none = { .queue = 0 };
	int *ret = arg;

	*ret = poll_idle(&none);
	rte_atomic_store_explicit(&is_idle, true, rte_memory_order_release);
	while (!rte_atomic_load_explicit(&is_over, rte_memory_order_acquire))
		rte_pause();
	return 0;
}

static bool
becomes_idle(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	do {
		if (rte_atomic_load_explicit(&is_idle, rte_memory_order_acquire))
			return true;
	} while (rtap_deadline_wait(&deadline));
	return false;
}

static int
check_first_burst(const struct rtap_run *run)
{
	struct rte_mbuf *mbuf = NULL;
	unsigned int n;

	TEST_ASSERT(becomes_idle(), "the other thread does not get idle");
	TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, run), "no send");
	n = rtap_port_receive_once(rtap_fx.port, 0, &mbuf, 1);
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_EQUAL(n, 1, "frame %u is not seen at once", run->seq);
	return TEST_SUCCESS;
}

/* What the former thread waits for is no reason for the next one to wait. */
static int
first_burst_of_next_thread_sees_what_waits(void)
{
	struct rtap_run run = { .n = 1, .len = 60 };
	int ret = TEST_SUCCESS;
	rte_thread_t thread;
	int idle_ret;

	for (run.seq = 0; run.seq < NB_THREADS && ret == TEST_SUCCESS; run.seq++) {
		rte_atomic_store_explicit(&is_idle, false, rte_memory_order_relaxed);
		rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
		TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, poll_then_spin,
			&idle_ret), "no thread");
		ret = check_first_burst(&run);
		rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
		rte_thread_join(thread, NULL);
		TEST_ASSERT_SUCCESS(idle_ret, "a packet out of nowhere");
	}
	return ret;
}

/* The poll of the other thread has woken, but what it woke for is gone when it learns of it. */
static int
take_over(void)
{
	const struct rtap_run run = { .n = 1, .len = 60 };
	struct rte_mbuf *mbuf = NULL;
	int ret = 0;

	if (rtap_kernel_send(rtap_fx.sock, &run) < 0 ||
			rtap_port_receive_once(rtap_fx.port, 0, &mbuf, 1) != 1)
		ret = -EIO;
	rte_pktmbuf_free(mbuf);
	return ret < 0 ? ret : poll_idle(&run);
}

/* Whether the driver says so of a stop while the other thread is still there. */
static int
stop_leaves_poll_behind(bool *is_left)
{
	char *text = NULL;
	size_t len = 0;
	FILE *log = open_memstream(&text, &len);
	FILE *usual = rte_log_get_stream();
	int ret;

	if (log == NULL)
		return -ENOMEM;
	rte_openlog_stream(log);
	ret = rte_eth_dev_stop(rtap_fx.port);
	rte_openlog_stream(usual);
	fclose(log);
	*is_left = text == NULL || strstr(text, "is left to the kernel") != NULL;
	free(text);
	return ret;
}

static int
check_stop_after_turn(void)
{
	bool is_left = true;
	int taken;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_spinner_start(), "no idle thread");
	taken = take_over();
	ret = stop_leaves_poll_behind(&is_left);
	rtap_spinner_end();
	TEST_ASSERT_SUCCESS(taken, "the frame was not taken");
	TEST_ASSERT_SUCCESS(ret, "no stop");
	TEST_ASSERT(!is_left, "a poll could not be ended");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return TEST_SUCCESS;
}

/* Where the driver says that it could not end a poll, it has waited for that in vain. */
static int
stop_ends_polls_of_threads_that_took_turns(void)
{
	const int logtype = rte_log_register("pmd.net.rtap");
	const int level = rte_log_get_level(logtype);
	int ret = TEST_SUCCESS;

	rte_log_set_level(logtype, RTE_LOG_DEBUG);
	for (unsigned int i = 0; i < NB_TURNS && ret == TEST_SUCCESS; i++)
		ret = check_stop_after_turn();
	rte_log_set_level(logtype, level);
	return ret;
}

static int
stop_works_after_polling_thread_has_gone(void)
{
	const struct rtap_run run = { .n = 3, .len = 60 };

	TEST_ASSERT_SUCCESS(in_thread(poll_idle, &run), "not idle");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_thread_suite = {
	.suite_name = "rtap: polling threads",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, other_thread_receives),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, other_thread_transmits),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, unregistered_thread_moves_packets),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, thread_that_set_up_may_exit),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			thread_that_exits_while_idle_takes_nothing_along),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			frames_sent_between_threads_wait_for_the_next),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			first_burst_of_next_thread_sees_what_waits),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, order_is_kept_across_threads),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			stop_works_after_polling_thread_has_gone),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			stop_ends_polls_of_threads_that_took_turns),
		TEST_CASES_END()
	}
};
