/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what the port learns of its link, and when.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_REQUESTS 1000
#define NB_CHANGES 20
/* Messages that no socket holds. */
#define NB_FLOOD 2000
#define NB_STARTS 1000
#define NB_EVENTLESS_STARTS 10
#define NB_MTU_CHANGES 20000
/* For as long as another thread needs to write back what it has read. */
#define NB_LOOKS 10

/* Several threads with one netlink socket: each gets the answer to its own question. */

static int
ask_for_statistics(unsigned int round)
{
	struct rte_eth_stats stats;

	RTE_SET_USED(round);
	return rte_eth_stats_get(rtap_fx.port, &stats);
}

static int
ask_for_link(unsigned int round)
{
	struct rte_eth_link link;
	int ret;

	RTE_SET_USED(round);
	memset(&link, 0, sizeof(link));
	ret = rte_eth_link_get_nowait(rtap_fx.port, &link);
	return ret == 0 && link.link_status != RTE_ETH_LINK_UP ? -ENETDOWN : ret;
}

static int
change_mtu(unsigned int round)
{
	return rte_eth_dev_set_mtu(rtap_fx.port, 1000 + round % 500);
}

struct request {
	int (*make)(unsigned int round);
	rte_thread_t thread;
	int ret;
};

static uint32_t
make_requests(void *arg)
{
	struct request *request = arg;

	rtap_thread_use_all_cpus();
	for (unsigned int i = 0; i < NB_REQUESTS && request->ret == 0; i++)
		request->ret = request->make(i);
	return 0;
}

static int
threads_ask_and_change_at_once(void)
{
	struct request requests[] = {
		{ .make = ask_for_statistics },
		{ .make = ask_for_link },
		{ .make = ask_for_link },
		{ .make = change_mtu },
	};
	unsigned int n;

	for (n = 0; n < RTE_DIM(requests); n++) {
		if (rte_thread_create(&requests[n].thread, NULL, make_requests, &requests[n]) != 0)
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		rte_thread_join(requests[i].thread, NULL);
	TEST_ASSERT_EQUAL(n, RTE_DIM(requests), "no thread");
	for (unsigned int i = 0; i < n; i++)
		TEST_ASSERT_SUCCESS(requests[i].ret, "thread %u: %s", i,
			strerror(-requests[i].ret));
	return TEST_SUCCESS;
}

/* Events of the link. */

static int
setup_lsc(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1 };

	if (rtap_setup_probed() != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_events_forget();
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 1), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

static int
set_down_and_up(unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
		TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	}
	return TEST_SUCCESS;
}

static int
each_change_is_told_once(void)
{
	if (set_down_and_up(NB_CHANGES) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(2 * NB_CHANGES);
}

static int
other_changes_are_not_told(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFTXQLEN, 100),
		"no queue length");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no MTU");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down("lo"), "no down of another interface");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	return rtap_events_expect(1);
}

/* The kernel tells of it later, and of no more than the last change. */
static int
carrier_is_told(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_set_carrier(RTAP_TEST_IFACE, false), "no carrier off");
	if (rtap_events_expect(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_kernel_set_carrier(RTAP_TEST_IFACE, true), "no carrier on");
	return rtap_events_expect(2);
}

static int
changes_by_the_port_are_told(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_down(rtap_fx.port), "no down");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_link_up(rtap_fx.port), "no up");
	return rtap_events_expect(2);
}

static int
stopped_port_tells_nothing(void)
{
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (set_down_and_up(NB_CHANGES) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	return rtap_events_expect(1);
}

/* More messages than a socket holds, while the thread that reads them is kept. */
static int
change_of_which_the_news_got_lost_is_told(void)
{
	rtap_events_hold(true);
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	if (rtap_events_wait(1) != TEST_SUCCESS)
		return TEST_FAILED;
	for (int i = 0; i < NB_FLOOD; i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU,
			1400 + i % 2), "no MTU");
	TEST_ASSERT_SUCCESS(rtap_kernel_set_up(RTAP_TEST_IFACE), "no up");
	rtap_events_hold(false);
	return rtap_events_expect(2);
}

static int
port_stops_and_starts_from_callback(void)
{
	rtap_events_then(rte_eth_dev_stop);
	TEST_ASSERT_SUCCESS(rtap_kernel_set_down(RTAP_TEST_IFACE), "no down");
	if (rtap_events_wait(1) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_events_forget();
	if (set_down_and_up(1) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (set_down_and_up(NB_CHANGES) != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(2 * NB_CHANGES);
}

/* Somebody changes the link all the time. */

static RTE_ATOMIC(bool) is_over;

static uint32_t
flap(void *arg)
{
	int *ret = arg;

	rtap_thread_use_all_cpus();
	while (*ret == TEST_SUCCESS &&
	       !rte_atomic_load_explicit(&is_over, rte_memory_order_acquire))
		*ret = set_down_and_up(1);
	return 0;
}

/* Most are stopped again before an event comes; some wait for one. */
static int
start_many_times(void)
{
	for (unsigned int i = 0; i < NB_STARTS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "stop %u", i);
		if (rtap_events_wait(0) != TEST_SUCCESS)
			return TEST_FAILED;
		rtap_events_forget();
		TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "start %u", i);
		if (i % NB_EVENTLESS_STARTS == 0 && rtap_events_wait(1) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
thousand_starts_with_events_succeed(void)
{
	int flap_ret = TEST_SUCCESS;
	rte_thread_t thread;
	int ret;

	rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, flap, &flap_ret), "no thread");
	ret = start_many_times();
	rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
	rte_thread_join(thread, NULL);
	return ret != TEST_SUCCESS ? ret : flap_ret;
}

static uint32_t
change_mtu_of_interface(void *arg)
{
	int *ret = arg;

	rtap_thread_use_all_cpus();
	for (int i = 0; i < NB_MTU_CHANGES && *ret == 0; i++)
		*ret = rtap_kernel_change(RTAP_TEST_IFACE, SIOCSIFMTU, 1000 + i % 2);
	rte_atomic_store_explicit(&is_over, true, rte_memory_order_release);
	return 0;
}

static int
switch_promiscuity(unsigned int on)
{
	if ((on != 0 ? rte_eth_promiscuous_enable(rtap_fx.port) :
			rte_eth_promiscuous_disable(rtap_fx.port)) != 0)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_LOOKS; i++) {
		if (rte_eth_promiscuous_get(rtap_fx.port) != (int)on)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* ethdev keeps it in a bit beside one that depends on the MTU. */
static int
promiscuity_outlasts_mtu_changes_of_interface(void)
{
	rte_thread_t thread;
	int ret = TEST_SUCCESS;
	int mtu_ret = 0;
	unsigned int i = 0;

	rte_atomic_store_explicit(&is_over, false, rte_memory_order_relaxed);
	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, change_mtu_of_interface, &mtu_ret),
		"no thread");
	while (ret == TEST_SUCCESS &&
	       !rte_atomic_load_explicit(&is_over, rte_memory_order_acquire))
		ret = switch_promiscuity(++i % 2);
	rte_thread_join(thread, NULL);
	TEST_ASSERT_SUCCESS(mtu_ret, "no MTU: %s", strerror(-mtu_ret));
	TEST_ASSERT_SUCCESS(ret, "switched back behind us after %u", i);
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_link_suite = {
	.suite_name = "rtap: link",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, threads_ask_and_change_at_once),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, each_change_is_told_once),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, other_changes_are_not_told),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, carrier_is_told),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, changes_by_the_port_are_told),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, stopped_port_tells_nothing),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown,
			change_of_which_the_news_got_lost_is_told),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, port_stops_and_starts_from_callback),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown, thousand_starts_with_events_succeed),
		TEST_CASE_ST(setup_lsc, rtap_events_teardown,
			promiscuity_outlasts_mtu_changes_of_interface),
		TEST_CASES_END()
	}
};
