/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the address that a CPU monitors while its lcore waits for
 * packets, see rte_power_monitor(). Few CPUs can do so, but the memory changes
 * on all of them.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_ethdev.h>
#include <rte_power_intrinsics.h>

#include "test.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_TRIES 20

static int
get_condition(struct rte_power_monitor_cond *condition)
{
	return rte_eth_get_monitor_addr(rtap_fx.port, 0, condition);
}

/* Reads as much as rte_power_monitor() would. */
static uint64_t
read_word(const struct rte_power_monitor_cond *condition)
{
	switch (condition->size) {
	case sizeof(uint32_t):
		return *(const volatile uint32_t *)condition->addr;
	case sizeof(uint64_t):
		return *(const volatile uint64_t *)condition->addr;
	default:
		return 0;
	}
}

/* What the application would decide after it has told the CPU the address. */
static bool
may_sleep(void)
{
	struct rte_power_monitor_cond condition;

	return get_condition(&condition) == 0 &&
		condition.fn(read_word(&condition), condition.opaque) == 0;
}

static int
started_queue_has_an_address(void)
{
	struct rte_power_monitor_cond condition = { .addr = NULL };

	TEST_ASSERT_SUCCESS(get_condition(&condition), "none");
	TEST_ASSERT_NOT_NULL(condition.addr, "NULL");
	TEST_ASSERT(condition.size == 4 || condition.size == 8, "%u bytes", condition.size);
	TEST_ASSERT((uintptr_t)condition.addr % condition.size == 0, "not aligned");
	TEST_ASSERT(condition.fn != NULL, "no function");
	return TEST_SUCCESS;
}

/* Power management is set up for a queue that is stopped, and takes -ENOTSUP for a no. */
static int
stopped_queue_has_none(void)
{
	struct rte_power_monitor_cond condition;
	int ret;

	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_queue_stop(rtap_fx.port, 0), "no stop");
	ret = get_condition(&condition);
	TEST_ASSERT(ret < 0 && ret != -ENOTSUP, "%d", ret);
	return TEST_SUCCESS;
}

static int
queue_that_was_not_found_empty_keeps_awake(void)
{
	TEST_ASSERT(!may_sleep(), "may sleep before the first burst");
	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT_SUCCESS(rtap_intr_send(2), "no send");
	TEST_ASSERT_SUCCESS(rtap_intr_take(1), "no frame");
	TEST_ASSERT(!may_sleep(), "may sleep although a frame waits");
	return TEST_SUCCESS;
}

static int
idle_queue_allows_sleep_until_a_packet_comes(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	for (unsigned int i = 0; i < NB_TRIES; i++) {
		TEST_ASSERT(may_sleep(), "may not sleep");
		TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
		TEST_ASSERT(!may_sleep(), "may sleep although frame %u waits", i);
		TEST_ASSERT_SUCCESS(rtap_intr_take(1), "no frame");
		TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle again");
	}
	return TEST_SUCCESS;
}

/* Its own ring tells the thread that polls, so that it has to be the one that sleeps. */
static int
other_thread_keeps_awake(void)
{
	bool ok;

	TEST_ASSERT_SUCCESS(rtap_spinner_start(), "no idle thread");
	ok = !may_sleep();
	rtap_spinner_end();
	TEST_ASSERT(ok, "may sleep on a poll of another thread");
	return TEST_SUCCESS;
}

static bool
changes_at_once(const struct rte_power_monitor_cond *condition, uint64_t before)
{
	return read_word(condition) != before;
}

static bool
changes_soon(const struct rte_power_monitor_cond *condition, uint64_t before)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	while (read_word(condition) == before) {
		if (!rtap_deadline_wait(&deadline))
			return false;
	}
	return true;
}

/* A packet comes while the thread that would sleep is in no system call. */
static bool
is_word_written(bool (*changes)(const struct rte_power_monitor_cond *condition, uint64_t before))
{
	struct rte_power_monitor_cond condition;
	bool is_written = false;
	uint64_t before;

	if (rtap_spinner_start() < 0)
		return false;
	if (get_condition(&condition) == 0) {
		before = read_word(&condition);
		is_written = rtap_intr_send(1) == 0 && changes(&condition, before);
	}
	rtap_spinner_end();
	return rtap_intr_take(1) == 0 && is_written;
}

/* In the system call that sends, unless the other thread is interrupted right after it. */
static int
packet_changes_the_word(void)
{
	bool is_written = false;

	for (unsigned int i = 0; i < NB_TRIES && !is_written; i++)
		is_written = is_word_written(changes_at_once);
	TEST_ASSERT(is_written, "it stays as it was");
	return TEST_SUCCESS;
}

static int
packet_changes_the_word_without_taskrun(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",without=taskrun",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT(is_word_written(changes_soon), "it stays as it was");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_power_suite = {
	.suite_name = "rtap: monitored address",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, started_queue_has_an_address),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, stopped_queue_has_none),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			queue_that_was_not_found_empty_keeps_awake),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			idle_queue_allows_sleep_until_a_packet_comes),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, other_thread_keeps_awake),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, packet_changes_the_word),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			packet_changes_the_word_without_taskrun),
		TEST_CASES_END()
	}
};
