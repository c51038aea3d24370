/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Cases of rtap_mp_autotest: how queues come to a second process and go back.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_port.h"

#define ARGS2 "iface=" RTAP_TEST_IFACE2
/* A third device, in the place of the second. */
#define VDEV3 "net_rtap2"
#define MANY_QUEUES 128
#define ROUNDS 10

/* So long is watched for what should not be, and so late may an alarm be. */
#define WATCH_MS 1500
#define LATE_MS 500

static int
setup_many_queues(void)
{
	int ret = rtap_setup_probed();

	if (ret == TEST_SUCCESS)
		ret = rtap_port_run(rtap_fx.port, MANY_QUEUES);
	if (ret == TEST_SUCCESS)
		ret = rtap_open_socket();
	return ret == TEST_SUCCESS ? rtap_mp_start_peer() : ret;
}

/* An application that forwards has no use for packets that it cannot send. */
static int
what_is_received_can_be_sent(void)
{
	const struct rtap_run run = {
		.seq = 0, .n = 32, .len = 100, .queue = MANY_QUEUES - 1,
	};

	for (unsigned int i = 0; i < ROUNDS; i++) {
		TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
		TEST_ASSERT_SUCCESS(rtap_kernel_send(rtap_fx.sock, &run), "cannot send");
		TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_ACROSS, &run), 0,
			"received before it could be sent, round %u", i);
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "cannot start");
	}
	return TEST_SUCCESS;
}

/* From now on, this process can open so many more. */
static int
limit_descriptors(unsigned int nb_more, struct rlimit *before)
{
	const int next = dup(STDOUT_FILENO);
	struct rlimit limit;

	close(next);
	if (getrlimit(RLIMIT_NOFILE, before) < 0)
		return -errno;
	limit = *before;
	limit.rlim_cur = next + nb_more;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int
rtap_peer_limit_files(const struct rtap_run *run)
{
	static struct rlimit before;

	if (run->n > 0)
		return limit_descriptors(run->n, &before);
	return setrlimit(RLIMIT_NOFILE, &before) < 0 ? -errno : 0;
}

static int
queues_come_after_an_error_has_passed(void)
{
	const struct rtap_run run = { .seq = 0, .n = 1, .len = 100 };
	struct rlimit before;
	int ret;

	TEST_ASSERT_SUCCESS(limit_descriptors(0, &before), "no limit");
	ret = rtap_mp_do(RTAP_PEER_BURST, &run);
	usleep(200 * 1000);
	if (ret == 0)
		ret = rtap_mp_do(RTAP_PEER_BURST, &run);
	setrlimit(RLIMIT_NOFILE, &before);
	TEST_ASSERT_EQUAL(ret, 0, "it has queues although the first process is out of files");
	return rtap_mp_check_both();
}

/* EAL does not come back from a message whose descriptors do not fit. */
static int
queues_come_when_there_is_room_for_them(void)
{
	const struct rtap_run run = { .seq = 0, .n = 1, .len = 100 };
	const struct rtap_run lift = { .n = 0 };
	int ret;

	/* One is too few for a queue and the pipe. */
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_LIMIT_FILES, &run), "no limit");
	ret = rtap_mp_do(RTAP_PEER_BURST, &run);
	usleep(200 * 1000);
	if (ret == 0)
		ret = rtap_mp_do(RTAP_PEER_BURST, &run);
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_LIMIT_FILES, &lift), "limit stays");
	TEST_ASSERT_EQUAL(ret, 0, "it has queues although there is no room");
	return rtap_mp_check_both();
}

/* Of a primary without any port, nobody answers: the thread would wait for that. */
static int
closed_port_does_not_keep_interrupt_thread(void)
{
	const struct rtap_run run = { .n = WATCH_MS };
	int late;

	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "cannot stop");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(rtap_fx.port), "cannot close");
	late = rtap_mp_do(RTAP_PEER_DELAY, &run);
	TEST_ASSERT(late >= 0 && late < LATE_MS, "an alarm is %d ms late", late);
	return TEST_SUCCESS;
}

static int
plug_second(const char *vdev, uint16_t *port)
{
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_add("vdev", vdev, ARGS2), "cannot add %s", vdev);
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_port_by_name(vdev, port), "no port %s", vdev);
	return TEST_SUCCESS;
}

/* ethdev's data of a closed port say that it is the first one. */
static int
closing_a_closed_port_spares_the_first(void)
{
	struct rtap_run number = { .seq = 0 };
	uint16_t port;

	TEST_ASSERT_SUCCESS(plug_second(RTAP_TEST_VDEV2, &port), "no second port");
	TEST_ASSERT(rtap_fx.port == 0 && port == 1, "ports %u and %u", rtap_fx.port, port);
	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "before");
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(port), "cannot close");
	number.seq = port;
	TEST_ASSERT_SUCCESS(rtap_mp_do(RTAP_PEER_CLOSE_NUMBER, &number), "it cannot close");
	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "after");
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", RTAP_TEST_VDEV2), "cannot remove");
	return TEST_SUCCESS;
}

/* The second process has not been told that the former one is closed. */
static int
check_place_taken(void)
{
	uint16_t former;
	uint16_t port;
	int nb_fds;

	TEST_ASSERT_SUCCESS(plug_second(RTAP_TEST_VDEV2, &former), "former");
	nb_fds = rtap_mp_tell(RTAP_PEER_FDS);
	TEST_ASSERT_SUCCESS(rte_eth_dev_close(former), "cannot close");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE2), "is kept");
	TEST_ASSERT_SUCCESS(plug_second(VDEV3, &port), "next");
	TEST_ASSERT_EQUAL(port, former, "another place");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_FDS), nb_fds, "descriptors of the former");
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", RTAP_TEST_VDEV2), "former");
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", VDEV3), "next");
	return TEST_SUCCESS;
}

static int
port_in_place_of_a_closed_one_leaves_nothing(void)
{
	const int nb_fds = rtap_mp_tell(RTAP_PEER_FDS);

	for (unsigned int i = 0; i < 3; i++)
		TEST_ASSERT_SUCCESS(check_place_taken(), "round %u", i);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_FDS), nb_fds, "descriptors are left");
	return rtap_mp_check_both();
}

static int
forged_messages_are_refused(void)
{
	const int nb_fds = rtap_kernel_count_fds();

	TEST_ASSERT_SUCCESS(rtap_mp_tell(RTAP_PEER_FORGE), "not all");
	TEST_ASSERT_EQUAL(rtap_kernel_count_fds(), nb_fds, "other number of descriptors");
	return rtap_mp_check_both();
}

static int
check_odd_answer(enum rtap_forged_answer odd)
{
	const struct rtap_run run = { .seq = 0, .n = 1, .len = 100 };
	int nb_fds;

	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", RTAP_TEST_VDEV), "remove");
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV, RTAP_TEST_ARGS), "add");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "cannot start");
	nb_fds = rtap_mp_tell(RTAP_PEER_FDS);
	TEST_ASSERT_SUCCESS(rtap_forge_answers(odd, NULL), "cannot forge");
	for (unsigned int i = 0; i < 50; i++) {
		TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_BURST, &run), 0, "it takes the answer");
		usleep(1000);
	}
	TEST_ASSERT(rtap_forged_answers_count() > 0, "it has not asked");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_FDS), nb_fds, "descriptors are kept");
	return TEST_SUCCESS;
}

static int
odd_answers_leave_nothing_open(void)
{
	int ret = TEST_SUCCESS;

	for (unsigned int odd = 0; odd < RTAP_FORGED_NB_BORROW && ret == TEST_SUCCESS; odd++) {
		ret = check_odd_answer(odd);
		rtap_forge_end();
		if (ret != TEST_SUCCESS)
			printf("with answer %u\n", odd);
	}
	return ret;
}

/* On the thread that answers, to whom comes too late. */
static int
close_port(void)
{
	const int ret = rte_eth_dev_stop(rtap_fx.port);

	return ret == 0 ? rte_eth_dev_close(rtap_fx.port) : ret;
}

static int
wait_asked(void)
{
	const struct rtap_run run = { .seq = 0, .n = 1, .len = 100 };
	const struct rtap_deadline deadline = rtap_deadline_start();

	while (rtap_forged_answers_count() == 0) {
		TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_BURST, &run), 0, "it has queues");
		TEST_ASSERT(rtap_deadline_wait(&deadline), "it does not ask");
	}
	usleep(10 * 1000);
	TEST_ASSERT_EQUAL(rtap_mp_do(RTAP_PEER_BURST, &run), 0, "it has queues now");
	return TEST_SUCCESS;
}

/* Who was stopped when the loan came, and for long, finds nothing there. */
static int
loan_of_a_closed_port_opens_no_queue(void)
{
	const int nb_fds = rtap_mp_tell(RTAP_PEER_FDS);
	int ret;

	TEST_ASSERT_SUCCESS(rtap_forge_answers(RTAP_FORGED_LOAN, close_port), "cannot forge");
	ret = wait_asked();
	rtap_forge_end();
	TEST_ASSERT_SUCCESS(ret, "before the end of the loan");
	usleep(100 * 1000);
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_FDS), nb_fds, "descriptors are kept");
	return TEST_SUCCESS;
}

static int
close_second(void)
{
	uint16_t port;

	return rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV2, &port) < 0 ? 0 :
		rte_eth_dev_close(port);
}

/* ethdev's data say by then that it is the first one. */
static int
port_closed_while_it_is_attached_spares_the_first(void)
{
	int ret;

	TEST_ASSERT_EQUAL(rtap_fx.port, 0, "port %u", rtap_fx.port);
	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "before");
	TEST_ASSERT_SUCCESS(rtap_forge_answers(RTAP_FORGED_ERROR, close_second), "cannot forge");
	ret = rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV2, ARGS2);
	TEST_ASSERT(ret < 0, "a port that is closed is attached");
	TEST_ASSERT_EQUAL(rtap_forged_answers_count(), 1, "it has not asked once");
	TEST_ASSERT_SUCCESS(rtap_mp_check_peer(), "the first port of the second process");
	rtap_forge_end();
	return TEST_SUCCESS;
}

/* Such as another build of the driver gives. */
static int
process_of_another_build_gets_no_port(void)
{
	int ret;

	TEST_ASSERT_SUCCESS(rtap_peer_stop(&rtap_mp_peer), "it does not end well");
	TEST_ASSERT_SUCCESS(rtap_forge_answers(RTAP_FORGED_BUILD, NULL), "cannot forge");
	ret = rtap_peer_start(&rtap_mp_peer);
	rtap_forge_end();
	TEST_ASSERT_EQUAL(ret, -ENODEV, "its port: %d", ret);
	return TEST_SUCCESS;
}

static int
nothing_is_left_to_programs_it_runs(void)
{
	TEST_ASSERT_SUCCESS(rtap_mp_check_both(), "before");
	TEST_ASSERT_EQUAL(rtap_mp_tell(RTAP_PEER_LEFT_OPEN), 0, "descriptors are left");
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_loan_suite = {
	.suite_name = "rtap: loans of queues",
	.unit_test_cases = {
		TEST_CASE_ST(setup_many_queues, rtap_mp_teardown,
			what_is_received_can_be_sent),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			queues_come_after_an_error_has_passed),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			queues_come_when_there_is_room_for_them),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			closed_port_does_not_keep_interrupt_thread),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			closing_a_closed_port_spares_the_first),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			port_in_place_of_a_closed_one_leaves_nothing),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown, forged_messages_are_refused),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			odd_answers_leave_nothing_open),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			loan_of_a_closed_port_opens_no_queue),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			port_closed_while_it_is_attached_spares_the_first),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			process_of_another_build_gets_no_port),
		TEST_CASE_ST(rtap_mp_setup, rtap_mp_teardown,
			nothing_is_left_to_programs_it_runs),
		TEST_CASES_END()
	}
};
