/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what the port learns of its link, and when.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_REQUESTS 1000

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
	pthread_t thread;
	int ret;
};

/* The test's own thread is bound to one CPU, where threads would take turns. */
static void
use_all_cpus(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	for (unsigned int i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

static void *
make_requests(void *arg)
{
	struct request *request = arg;

	use_all_cpus();
	for (unsigned int i = 0; i < NB_REQUESTS && request->ret == 0; i++)
		request->ret = request->make(i);
	return NULL;
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
		if (pthread_create(&requests[n].thread, NULL, make_requests, &requests[n]) != 0)
			break;
	}
	for (unsigned int i = 0; i < n; i++)
		pthread_join(requests[i].thread, NULL);
	TEST_ASSERT_EQUAL(n, RTE_DIM(requests), "no thread");
	for (unsigned int i = 0; i < n; i++)
		TEST_ASSERT_SUCCESS(requests[i].ret, "thread %u: %s", i,
			strerror(-requests[i].ret));
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_link_suite = {
	.suite_name = "rtap: link",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_started, rtap_teardown, threads_ask_and_change_at_once),
		TEST_CASES_END()
	}
};
