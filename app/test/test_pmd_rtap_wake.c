/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: receive interrupts while the port lives on, and with
 * several threads. It does not matter which of them polls, enables or sleeps.
 */

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_WAKE_UPS 3000

static int
wakes_and_delivers(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_wakes(), "not woken");
	TEST_ASSERT_SUCCESS(rtap_intr_take(1), "no frame");
	return TEST_SUCCESS;
}

static int
works_after_stop_and_start(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	/* NICs forget, so that applications add again. */
	TEST_ASSERT_SUCCESS(rtap_intr_control(1, RTE_INTR_EVENT_ADD), "not added again");
	return wakes_and_delivers();
}

static int
works_after_reconfigure(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_intr_configure(RTAP_INTR_NB_QUEUES), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_intr_control(RTAP_INTR_NB_QUEUES, RTE_INTR_EVENT_ADD),
		"not added");
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 1), "no queue stop");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	return wakes_and_delivers();
}

/* What happens to the queue meanwhile is no reason to wake, or to stay asleep afterwards. */
static int
enabled_interrupt_outlives_stop(int (*stop)(void), int (*start)(void))
{
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(stop(), "no stop");
	TEST_ASSERT(rtap_intr_sleeps_on(), "a stopped queue wakes");
	TEST_ASSERT_SUCCESS(start(), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken by the start");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_wakes(), "not woken after the start");
	return TEST_SUCCESS;
}

static int
stop_port(void)
{
	return rte_eth_dev_stop(rtap_fx.port);
}

static int
start_port(void)
{
	return rtap_port_start(rtap_fx.port);
}

static int
sleeper_is_woken_after_stop_and_start(void)
{
	return enabled_interrupt_outlives_stop(stop_port, start_port);
}

static int
stop_queue(void)
{
	return rte_eth_dev_rx_queue_stop(rtap_fx.port, 0);
}

static int
start_queue(void)
{
	const int ret = rte_eth_dev_rx_queue_start(rtap_fx.port, 0);

	return ret < 0 ? ret : rtap_kernel_link_wait(RTAP_TEST_IFACE, rtap_kernel_is_running);
}

static int
sleeper_is_woken_after_queue_stop_and_start(void)
{
	return enabled_interrupt_outlives_stop(stop_queue, start_queue);
}

static int
queue_enabled_while_stopped_wakes_when_started(void)
{
	TEST_ASSERT_SUCCESS(stop_queue(), "no stop");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(rtap_intr_sleeps_on(), "a stopped queue wakes");
	TEST_ASSERT_SUCCESS(start_queue(), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_wakes(), "not woken after the start");
	return TEST_SUCCESS;
}

/* Once, for the application to notice. After that nothing would end a loop of wake-ups. */
static int
deletion_wakes_and_then_is_quiet(void)
{
	struct rte_mbuf *mbuf;

	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "not deleted");
	TEST_ASSERT(rtap_intr_wakes(), "not woken");
	for (unsigned int i = 0; i < RTAP_INTR_NB_IDLE_POLLS; i++)
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(rtap_fx.port, 0, &mbuf, 1), 0, "a packet");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled again");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken again");
	return TEST_SUCCESS;
}

static int
setup_link_events(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1, .rxq = 1 };

	if (rtap_setup_intr() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	rtap_events_forget();
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 1), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_intr_control(1, RTE_INTR_EVENT_ADD), "not added");
	return rtap_open_socket();
}

static void
teardown_link_events(void)
{
	rtap_intr_control(1, RTE_INTR_EVENT_DEL);
	close(rtap_intr_epfd);
	rtap_intr_epfd = -1;
	rtap_events_teardown();
}

static int
link_events_and_interrupts_work_together(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	if (rtap_events_wait(2) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(rtap_intr_sleeps_on(), "the link wakes");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	if (wakes_and_delivers() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(2);
}

static int
enable_here(void *arg __rte_unused)
{
	return rtap_intr_enable();
}

static int
polling_enabling_and_sleeping_threads_differ(void)
{
	bool ok = false;

	TEST_ASSERT_SUCCESS(rtap_spinner_start(), "no idle thread");
	if (rtap_thread_run(enable_here, NULL) == 0 && rtap_intr_sleeps_on() &&
			rtap_intr_send(1) == 0)
		ok = rtap_intr_wakes();
	rtap_spinner_end();
	TEST_ASSERT(ok, "not woken");
	return TEST_SUCCESS;
}

static void
pause_for(int steps)
{
	for (int i = 0; i < steps; i++)
		rte_pause();
}

/* Frames that the sleeping thread has taken; -1 if it was not woken for one. */
static RTE_ATOMIC(int) nb_taken;

/* With a gap of varying length after the queue was found empty. */
static bool
sleep_until_woken(int n)
{
	struct rte_epoll_event event;

	pause_for(n % 97 * 8);
	return rtap_intr_enable() == 0 &&
		rte_epoll_wait(rtap_intr_epfd, &event, 1, RTAP_TEST_WAIT_MS) == 1 &&
		rtap_intr_disable() == 0;
}

/* As applications do: poll until nothing comes, then sleep. */
static uint32_t
receive_by_interrupt(void *arg __rte_unused)
{
	struct rte_mbuf *mbuf;
	int n = 0;

	rtap_thread_use_all_cpus();
	while (n >= 0 && n < NB_WAKE_UPS) {
		if (rtap_port_receive_once(rtap_fx.port, 0, &mbuf, 1) == 1) {
			rte_pktmbuf_free(mbuf);
			n++;
		} else if (!sleep_until_woken(n)) {
			n = -1;
		}
		rte_atomic_store_explicit(&nb_taken, n, rte_memory_order_release);
	}
	return 0;
}

static bool
is_taken(int n)
{
	int now;

	do {
		sched_yield();
		now = rte_atomic_load_explicit(&nb_taken, rte_memory_order_acquire);
	} while (now >= 0 && now < n);
	return now == n;
}

/* Each frame goes out when the one before was taken: before, while or after the other enables. */
static int
send_around_the_sleep(void)
{
	for (int i = 0; i < NB_WAKE_UPS; i++) {
		if (!is_taken(i))
			return -ETIMEDOUT;
		pause_for(i % 101 * 4);
		if (rtap_intr_send(1) < 0)
			return -EIO;
	}
	return is_taken(NB_WAKE_UPS) ? 0 : -ETIMEDOUT;
}

static int
no_wake_up_is_lost(void)
{
	rte_thread_t thread;
	int ret;

	rte_atomic_store_explicit(&nb_taken, 0, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, receive_by_interrupt,
		NULL), "no thread");
	ret = send_around_the_sleep();
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(ret, "a packet waited, and nobody was woken");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_wake_suite = {
	.suite_name = "rtap: receive interrupts, life and threads",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			works_after_stop_and_start),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr, works_after_reconfigure),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			sleeper_is_woken_after_stop_and_start),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			sleeper_is_woken_after_queue_stop_and_start),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			queue_enabled_while_stopped_wakes_when_started),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			deletion_wakes_and_then_is_quiet),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			polling_enabling_and_sleeping_threads_differ),
		TEST_CASE_ST(setup_link_events, teardown_link_events,
			link_events_and_interrupts_work_together),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr, no_wake_up_is_lost),
		TEST_CASES_END()
	}
};
