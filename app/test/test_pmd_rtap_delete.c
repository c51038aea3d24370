/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the interface is deleted under the port, and the
 * application hears of it.
 */

#include <errno.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_RESTARTS 5

static int
configure_for(uint16_t lsc, uint16_t rmv)
{
	const struct rte_eth_intr_conf conf = { .lsc = lsc, .rmv = rmv };

	rtap_events_forget();
	return rtap_events_configure(&conf, 1);
}

static int
start_with(uint16_t lsc, uint16_t rmv)
{
	TEST_ASSERT_SUCCESS(configure_for(lsc, rmv), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return TEST_SUCCESS;
}

static int
delete_interface(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_link_del(RTAP_TEST_IFACE), "no deletion");
	return TEST_SUCCESS;
}

static int
delete_and_hear(void)
{
	return delete_interface() == TEST_SUCCESS ? rtap_events_wait_removal() : TEST_FAILED;
}

static int
deletion_is_told_once_and_link_goes_down(void)
{
	if (start_with(1, 1) != TEST_SUCCESS || delete_and_hear() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_EQUAL(rtap_events_removals(), 1, "%u removals", rtap_events_removals());
	return rtap_events_expect(1);
}

static int
deletion_is_told_without_link_events(void)
{
	if (start_with(0, 1) != TEST_SUCCESS || delete_and_hear() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(0);
}

static int
deletion_is_told_of_stopped_port(void)
{
	TEST_ASSERT_SUCCESS(configure_for(1, 1), "no configuration");
	if (delete_and_hear() != TEST_SUCCESS)
		return TEST_FAILED;
	return rtap_events_expect(0);
}

static int
deletion_is_told_after_restarts(void)
{
	if (start_with(0, 1) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_RESTARTS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	}
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return delete_and_hear();
}

/* A failed start would have to tell it a second time, if it could. */
static int
deletion_is_not_told_again_by_start(void)
{
	if (start_with(1, 1) != TEST_SUCCESS || delete_and_hear() != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < NB_RESTARTS; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		TEST_ASSERT_EQUAL(rte_eth_dev_start(rtap_fx.port), -EIO, "started");
	}
	return rtap_events_wait_removal();
}

static int
deletion_is_not_told_unasked(void)
{
	if (start_with(1, 0) != TEST_SUCCESS || delete_interface() != TEST_SUCCESS ||
	    rtap_events_expect(1) != TEST_SUCCESS)
		return TEST_FAILED;
	/* The end of the interrupt is the end of its callbacks. */
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	TEST_ASSERT_EQUAL(rtap_events_removals(), 0, "told");
	return TEST_SUCCESS;
}

static int
deleted_port_is_removed_for_ethdev(void)
{
	if (start_with(0, 0) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(rtap_fx.port), 0, "removed before");
	if (delete_interface() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(rtap_fx.port), 1, "not removed");
	TEST_ASSERT_EQUAL(rte_eth_dev_set_link_up(rtap_fx.port), -EIO, "link can be set up");
	return TEST_SUCCESS;
}

static int
stop_and_close(uint16_t port)
{
	const int ret = rte_eth_dev_stop(port);

	return ret < 0 ? ret : rte_eth_dev_close(port);
}

static int
use_again(void)
{
	TEST_ASSERT(rtap_nothing_left(), "something is left");
	TEST_ASSERT(rte_vdev_uninit(RTAP_TEST_VDEV) >= 0, "device cannot be removed");
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"cannot be made again");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

/* With events of the link, too, so that one follows where the port was closed in another. */
static int
port_closes_in_callback_of_removal(void)
{
	if (start_with(1, 1) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_events_then_at_removal(stop_and_close);
	return delete_and_hear() == TEST_SUCCESS ? use_again() : TEST_FAILED;
}

static int
port_closes_in_callback_of_link(void)
{
	if (start_with(1, 1) != TEST_SUCCESS)
		return TEST_FAILED;
	rtap_events_then(stop_and_close);
	if (delete_interface() != TEST_SUCCESS || rtap_events_expect(1) != TEST_SUCCESS)
		return TEST_FAILED;
	return use_again();
}

static int
port_closes_after_removal_was_told(void)
{
	if (start_with(1, 1) != TEST_SUCCESS || delete_and_hear() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(stop_and_close(rtap_fx.port), "no close");
	return use_again();
}

struct unit_test_suite rtap_delete_suite = {
	.suite_name = "rtap: deletion",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deletion_is_told_once_and_link_goes_down),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deletion_is_told_without_link_events),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deletion_is_told_of_stopped_port),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deletion_is_told_after_restarts),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deletion_is_not_told_again_by_start),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown, deletion_is_not_told_unasked),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			deleted_port_is_removed_for_ethdev),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			port_closes_in_callback_of_removal),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			port_closes_in_callback_of_link),
		TEST_CASE_ST(rtap_setup_probed, rtap_events_teardown,
			port_closes_after_removal_was_told),
		TEST_CASES_END()
	}
};
