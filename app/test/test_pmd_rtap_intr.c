/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: receive interrupts. No wake-up is lost, and none comes
 * for nothing. The first part is what other files with such cases share, too.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_stdatomic.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* An event that is due is there at once; for one that is not, it is enough to wait a little. */
#define NO_EVENT_MS 20
#define REST_MS 300

/* What the application's epoll instance is told about a queue. */
#define QUEUE_DATA(queue) ((void *)(uintptr_t)(0x100 + (queue)))

int rtap_intr_epfd = -1;

int
rtap_intr_configure(uint16_t nb_queues)
{
	const struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	const int ret = rte_eth_dev_configure(rtap_fx.port, nb_queues, nb_queues, &conf);

	return ret < 0 ? ret : rtap_port_setup_queues(rtap_fx.port, nb_queues);
}

int
rtap_intr_control(uint16_t nb_queues, int op)
{
	int ret = 0;

	for (uint16_t q = 0; q < nb_queues && ret == 0; q++)
		ret = rte_eth_dev_rx_intr_ctl_q(rtap_fx.port, q, rtap_intr_epfd, op,
			QUEUE_DATA(q));
	return ret;
}

/* A port with interrupts, and an epoll instance that they are added to. */
static int
setup_queues(uint16_t nb_queues)
{
	if (rtap_setup_probed() != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_intr_epfd = epoll_create1(EPOLL_CLOEXEC);
	TEST_ASSERT(rtap_intr_epfd >= 0, "no epoll instance");
	TEST_ASSERT_SUCCESS(rtap_intr_configure(nb_queues), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_intr_control(nb_queues, RTE_INTR_EVENT_ADD), "not added");
	return rtap_open_socket();
}

int
rtap_setup_intr(void)
{
	return setup_queues(1);
}

int
rtap_setup_intr_two_queues(void)
{
	return setup_queues(RTAP_INTR_NB_QUEUES);
}

/* The port goes first: it takes its interrupts out of the epoll instance. */
void
rtap_teardown_intr(void)
{
	uint16_t port;

	if (rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &port) == 0) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	if (rtap_intr_epfd >= 0)
		close(rtap_intr_epfd);
	rtap_intr_epfd = -1;
	rtap_teardown();
}

int
rtap_intr_enable(void)
{
	return rte_eth_dev_rx_intr_enable(rtap_fx.port, 0);
}

int
rtap_intr_disable(void)
{
	return rte_eth_dev_rx_intr_disable(rtap_fx.port, 0);
}

int
rtap_intr_send(unsigned int n)
{
	const struct rtap_run run = { .n = n, .len = 60 };

	return rtap_kernel_send(rtap_fx.sock, &run);
}

bool
rtap_intr_wakes(void)
{
	struct rte_epoll_event events[RTAP_INTR_NB_QUEUES];
	const int n = rte_epoll_wait(rtap_intr_epfd, events, RTE_DIM(events),
		RTAP_TEST_WAIT_MS);

	if (n == 1 && events[0].epdata.data == QUEUE_DATA(0))
		return true;
	printf("%d events\n", n);
	return false;
}

bool
rtap_intr_sleeps_on(void)
{
	struct rte_epoll_event events[RTAP_INTR_NB_QUEUES];

	return rte_epoll_wait(rtap_intr_epfd, events, RTAP_INTR_NB_QUEUES, NO_EVENT_MS) == 0;
}

int
rtap_intr_take(unsigned int n)
{
	const struct rtap_run run = { .n = n, .len = 60, .burst = 1 };

	return rtap_port_expect(rtap_fx.port, &run);
}

int
rtap_intr_poll_idle(void)
{
	struct rte_mbuf *mbuf;

	for (unsigned int i = 0; i < RTAP_INTR_NB_IDLE_POLLS; i++) {
		if (rte_eth_rx_burst(rtap_fx.port, 0, &mbuf, 1) != 0)
			return -EBADMSG;
	}
	return 0;
}

static rte_thread_t spinner;
static RTE_ATOMIC(int) spinner_ret;	/* > 0 until it is idle */
static RTE_ATOMIC(bool) spinner_is_over;

static uint32_t
poll_then_spin(void *arg __rte_unused)
{
	rte_atomic_store_explicit(&spinner_ret, rtap_intr_poll_idle(),
		rte_memory_order_release);
	while (!rte_atomic_load_explicit(&spinner_is_over, rte_memory_order_acquire))
		rte_pause();
	return 0;
}

int
rtap_spinner_start(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	int ret;

	rte_atomic_store_explicit(&spinner_ret, 1, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&spinner_is_over, false, rte_memory_order_relaxed);
	ret = rte_thread_create(&spinner, NULL, poll_then_spin, NULL);
	if (ret != 0)
		return -ret;
	do {
		ret = rte_atomic_load_explicit(&spinner_ret, rte_memory_order_acquire);
	} while (ret > 0 && rtap_deadline_wait(&deadline));
	if (ret != 0)
		rtap_spinner_end();
	return ret > 0 ? -ETIMEDOUT : ret;
}

void
rtap_spinner_end(void)
{
	rte_atomic_store_explicit(&spinner_is_over, true, rte_memory_order_release);
	rte_thread_join(spinner, NULL);
}

static int
each_queue_has_its_own_descriptor(void)
{
	const int first = rte_eth_dev_rx_intr_ctl_q_get_fd(rtap_fx.port, 0);
	const int second = rte_eth_dev_rx_intr_ctl_q_get_fd(rtap_fx.port, 1);

	TEST_ASSERT(first >= 0 && second >= 0, "no descriptors: %d, %d", first, second);
	TEST_ASSERT(first != second, "both have %d", first);
	return TEST_SUCCESS;
}

static int
without_configuration_there_is_no_interrupt(void)
{
	TEST_ASSERT(rte_eth_dev_rx_intr_ctl_q_get_fd(rtap_fx.port, 0) < 0, "a descriptor");
	TEST_ASSERT(rtap_intr_enable() < 0, "enabled");
	TEST_ASSERT(rtap_intr_disable() < 0, "disabled");
	return TEST_SUCCESS;
}

static int
reconfigured_without_interrupt_gives_descriptors_back(void)
{
	const int nb_fds = rtap_kernel_count_fds();

	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, RTAP_INTR_NB_QUEUES),
		"no configuration");
	TEST_ASSERT(rte_eth_dev_rx_intr_ctl_q_get_fd(rtap_fx.port, 0) < 0, "a descriptor");
	TEST_ASSERT(rtap_kernel_count_fds() <= nb_fds - RTAP_INTR_NB_QUEUES,
		"descriptors stay open");
	return TEST_SUCCESS;
}

static int
packet_wakes_sleeper(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken for nothing");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_wakes(), "not woken");
	TEST_ASSERT_SUCCESS(rtap_intr_take(1), "no frame");
	return TEST_SUCCESS;
}

static int
packet_before_enable_wakes_at_once(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(rtap_intr_wakes(), "not woken");
	return TEST_SUCCESS;
}

static int
packets_left_wake_again(void)
{
	const unsigned int nb_frames = 5;

	TEST_ASSERT_SUCCESS(rtap_intr_send(nb_frames), "no send");
	for (uint32_t i = 0; i < nb_frames; i++) {
		const struct rtap_run next = { .seq = i, .n = 1, .len = 60, .burst = 1 };

		TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
		TEST_ASSERT(rtap_intr_wakes(), "not woken for frame %u", i);
		/* An application may leave it enabled while it polls. */
		if (i % 2 == 0)
			TEST_ASSERT_SUCCESS(rtap_intr_disable(), "not disabled");
		TEST_ASSERT_SUCCESS(rtap_port_expect(rtap_fx.port, &next), "no frame %u", i);
	}
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken for nothing");
	return TEST_SUCCESS;
}

static int
disabled_interrupt_does_not_wake(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken before it was enabled");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(rtap_intr_wakes(), "not woken");
	TEST_ASSERT_SUCCESS(rtap_intr_disable(), "not disabled");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken after it was disabled");
	return TEST_SUCCESS;
}

static int
packet_taken_meanwhile_does_not_wake(void)
{
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(rtap_intr_send(3), "no send");
	TEST_ASSERT_SUCCESS(rtap_intr_take(3), "no frames");
	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken for nothing");
	return TEST_SUCCESS;
}

static bool
is_readable(int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };

	return poll(&waiting, 1, 0) == 1;
}

/* For those who have an event loop of their own. */
static int
descriptor_is_readable_while_a_packet_waits(void)
{
	const int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(rtap_fx.port, 0);

	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(!is_readable(fd), "readable without a packet");
	TEST_ASSERT_SUCCESS(rtap_intr_send(2), "no send");
	TEST_ASSERT(is_readable(fd), "not readable");
	TEST_ASSERT_SUCCESS(rtap_intr_disable(), "not disabled");
	TEST_ASSERT(!is_readable(fd), "readable while it is disabled");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT(is_readable(fd), "not readable again");
	TEST_ASSERT_SUCCESS(rtap_intr_take(2), "no frames");
	TEST_ASSERT(!is_readable(fd), "readable after the last packet");
	return TEST_SUCCESS;
}

static int
sleeping_uses_no_cpu(void)
{
	struct rte_epoll_event event;
	struct timespec before;
	struct timespec after;
	int64_t used_ns;

	TEST_ASSERT_SUCCESS(rtap_intr_poll_idle(), "not idle");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	TEST_ASSERT_EQUAL(rte_epoll_wait(rtap_intr_epfd, &event, 1, REST_MS), 0, "woken");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);

	used_ns = (after.tv_sec - before.tv_sec) * INT64_C(1000000000) +
		after.tv_nsec - before.tv_nsec;
	TEST_ASSERT(used_ns < REST_MS * INT64_C(1000000) / 20,
		"%" PRId64 " ns of %u ms", used_ns, REST_MS);
	return TEST_SUCCESS;
}

static int
only_the_queue_with_the_packet_wakes(void)
{
	struct rte_epoll_event events[RTAP_INTR_NB_QUEUES];
	struct rte_mbuf *mbuf;
	uint16_t queue;

	for (queue = 0; queue < RTAP_INTR_NB_QUEUES; queue++)
		TEST_ASSERT_SUCCESS(rte_eth_dev_rx_intr_enable(rtap_fx.port, queue),
			"queue %u is not enabled", queue);
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT_EQUAL(rte_epoll_wait(rtap_intr_epfd, events, RTE_DIM(events),
		RTAP_TEST_WAIT_MS), 1, "not one queue");
	queue = (uintptr_t)events[0].epdata.data - (uintptr_t)QUEUE_DATA(0);
	TEST_ASSERT(queue < RTAP_INTR_NB_QUEUES, "queue %u", queue);
	mbuf = rtap_port_receive_one(rtap_fx.port, queue);
	TEST_ASSERT_NOT_NULL(mbuf, "the packet is not there");
	rte_pktmbuf_free(mbuf);
	return TEST_SUCCESS;
}

static int
interrupts_of_all_queues_are_added_and_taken_out(void)
{
	const uint16_t port = rtap_fx.port;

	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_intr_ctl(port, rtap_intr_epfd, RTE_INTR_EVENT_DEL,
		NULL), "not taken out");
	TEST_ASSERT_SUCCESS(rtap_intr_enable(), "not enabled");
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_intr_enable(port, 1), "not enabled");
	TEST_ASSERT_SUCCESS(rtap_intr_send(1), "no send");
	TEST_ASSERT(rtap_intr_sleeps_on(), "woken although it was taken out");
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_intr_ctl(port, rtap_intr_epfd, RTE_INTR_EVENT_ADD,
		QUEUE_DATA(0)), "not added");
	TEST_ASSERT(rtap_intr_wakes(), "not woken after it was added");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_intr_suite = {
	.suite_name = "rtap: receive interrupts",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_intr_two_queues, rtap_teardown_intr,
			each_queue_has_its_own_descriptor),
		TEST_CASE_ST(rtap_setup_started, rtap_teardown,
			without_configuration_there_is_no_interrupt),
		TEST_CASE_ST(rtap_setup_intr_two_queues, rtap_teardown_intr,
			reconfigured_without_interrupt_gives_descriptors_back),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr, packet_wakes_sleeper),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			packet_before_enable_wakes_at_once),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			packets_left_wake_again),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			disabled_interrupt_does_not_wake),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			packet_taken_meanwhile_does_not_wake),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr,
			descriptor_is_readable_while_a_packet_waits),
		TEST_CASE_ST(rtap_setup_intr, rtap_teardown_intr, sleeping_uses_no_cpu),
		TEST_CASE_ST(rtap_setup_intr_two_queues, rtap_teardown_intr,
			only_the_queue_with_the_packet_wakes),
		TEST_CASE_ST(rtap_setup_intr_two_queues, rtap_teardown_intr,
			interrupts_of_all_queues_are_added_and_taken_out),
		TEST_CASES_END()
	}
};
