/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: no descriptor of the driver reaches a program that the
 * application starts, whatever state the port is in.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_common.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_exec.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_netns.h"
#include "test_pmd_rtap_port.h"

/* The EAL's interrupt thread renews a descriptor of its own at times. */
#define LOOKS 50
#define LOOK_STEP_US 20000

/* A shell, which says what its descriptors are. */
#define PROGRAM "for fd in /proc/$$/fd/*; do readlink $fd; done"

static struct rtap_inherited inherited_before;

static bool
is_ours(const char *target)
{
	return strstr(target, "/dev/net/tun") != NULL || strstr(target, "[io_uring]") != NULL ||
		strncmp(target, "net:[", 5) == 0;
}

int
rtap_exec_look(struct rtap_inherited *inherited)
{
	FILE *output = popen(PROGRAM, "r");
	char line[256];

	memset(inherited, 0, sizeof(*inherited));
	if (output == NULL)
		return -errno;
	while (fgets(line, sizeof(line), output) != NULL) {
		inherited->nb_all++;
		inherited->nb_ours += is_ours(line);
	}
	/* At least those for input, output and errors. */
	return pclose(output) != -1 && inherited->nb_all >= 3 ? 0 : -EIO;
}

static int
check_nothing_inherited(void)
{
	struct rtap_inherited now = { 0 };

	for (unsigned int i = 0; i < LOOKS; i++) {
		TEST_ASSERT_SUCCESS(rtap_exec_look(&now), "no program");
		if (now.nb_all == inherited_before.nb_all && now.nb_ours == 0)
			return TEST_SUCCESS;
		usleep(LOOK_STEP_US);
	}
	printf("%d descriptors inherited instead of %d, %d of them certainly the driver's\n",
		now.nb_all, inherited_before.nb_all, now.nb_ours);
	return TEST_FAILED;
}

static int
setup(void)
{
	TEST_ASSERT_SUCCESS(rtap_exec_look(&inherited_before), "no program");
	return rtap_setup_none();
}

static int
setup_netns(void)
{
	TEST_ASSERT_SUCCESS(rtap_exec_look(&inherited_before), "no program");
	return rtap_netns_setup();
}

static int
probed_port_gives_nothing_to_programs(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no port");
	return check_nothing_inherited();
}

static int
use_started_port(void)
{
	struct rte_eth_stats stats;
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	TEST_ASSERT_SUCCESS(rte_eth_link_get(rtap_fx.port, &link), "no link");
	TEST_ASSERT_SUCCESS(rte_eth_stats_get(rtap_fx.port, &stats), "no statistics");
	return TEST_SUCCESS;
}

static int
started_port_gives_nothing_to_programs(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no port");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 3), "no configuration");
	if (use_started_port() != TEST_SUCCESS)
		return TEST_FAILED;
	return check_nothing_inherited();
}

static int
port_with_interrupts_gives_nothing_to_programs(void)
{
	const struct rte_eth_intr_conf conf = { .lsc = 1, .rxq = 1, .rmv = 1 };

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no port");
	TEST_ASSERT_SUCCESS(rtap_events_configure(&conf, 2), "no configuration");
	if (use_started_port() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_rx_intr_enable(rtap_fx.port, 0), "no interrupt");
	return check_nothing_inherited();
}

static int
port_in_other_namespace_gives_nothing_to_programs(void)
{
	struct rte_eth_link link;

	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	if (rtap_netns_move_there() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_link_get(rtap_fx.port, &link), "no link");
	TEST_ASSERT_SUCCESS(rte_eth_dev_set_mtu(rtap_fx.port, 1400), "no change");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_SUCCESS(rtap_port_configure(rtap_fx.port, 2), "no more queues");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(rtap_fx.port), "no second start");
	return check_nothing_inherited();
}

struct unit_test_suite rtap_exec_suite = {
	.suite_name = "rtap: programs that the application starts",
	.unit_test_cases = {
		TEST_CASE_ST(setup, rtap_teardown, probed_port_gives_nothing_to_programs),
		TEST_CASE_ST(setup, rtap_teardown, started_port_gives_nothing_to_programs),
		TEST_CASE_ST(setup, rtap_events_teardown,
			port_with_interrupts_gives_nothing_to_programs),
		TEST_CASE_ST(setup_netns, rtap_netns_teardown,
			port_in_other_namespace_gives_nothing_to_programs),
		TEST_CASES_END()
	}
};
