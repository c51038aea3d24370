/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: the kernel is the peer, in a network namespace that only
 * the test's thread is in. Each case makes its own device and removes it. The
 * cases are in test_pmd_rtap_*.c, one file per subject.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>
#include <linux/io_uring.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_exec.h"
#include "test_pmd_rtap_intr.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

static int
skip(const char *reason, int error)
{
	printf("rtap_pmd_autotest is skipped: %s: %s\n", reason, strerror(error));
	return TEST_SKIPPED;
}

static int
check_io_uring(void)
{
	struct io_uring_params params;
	long fd;

	memset(&params, 0, sizeof(params));
	fd = syscall(__NR_io_uring_setup, 1, &params);
	if (fd < 0)
		return skip("io_uring is refused (kernel.io_uring_disabled, seccomp)",
			errno);
	close((int)fd);
	return TEST_SUCCESS;
}

/* In the new namespace: whether an interface can be made here. */
static int
check_tap(void)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE };
	const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return skip("/dev/net/tun cannot be opened", errno);
	if (ioctl(fd, TUNSETIFF, &req) < 0)
		error = errno;
	close(fd);
	return error != 0 ? skip("no TAP interface can be made", error) : TEST_SUCCESS;
}

static int
suite_setup(void)
{
	int ret = check_io_uring();

	if (ret != TEST_SUCCESS)
		return ret;
	ret = rtap_kernel_enter_namespace();
	if (ret < 0) {
		rtap_kernel_leave_namespace();
		return skip("no network namespace of its own (CAP_SYS_ADMIN, CAP_NET_ADMIN)",
			-ret);
	}
	ret = check_tap();
	if (ret == TEST_SUCCESS && rtap_pool_create() < 0) {
		printf("no memory for the mbufs\n");
		ret = TEST_FAILED;
	}
	if (ret != TEST_SUCCESS)
		rtap_kernel_leave_namespace();
	return ret;
}

static void
suite_teardown(void)
{
	rtap_pool_free();
	rtap_kernel_leave_namespace();
}

/* Runs last: every tear-down has compared descriptors and mbufs. */
static int
no_case_left_anything_behind(void)
{
	TEST_ASSERT_EQUAL(rtap_fx.nb_leaks, 0, "%u cases did", rtap_fx.nb_leaks);
	return TEST_SUCCESS;
}

static struct unit_test_suite rtap_leak_suite = {
	.suite_name = "rtap: all of the above",
	.unit_test_cases = {
		TEST_CASE(no_case_left_anything_behind),
		TEST_CASES_END()
	}
};

static struct unit_test_suite *rtap_suites[] = {
	&rtap_devargs_suite,
	&rtap_owner_suite,
	&rtap_config_suite,
	&rtap_control_suite,
	&rtap_apart_suite,
	&rtap_rx_suite,
	&rtap_tx_suite,
	&rtap_flow_suite,
	&rtap_thread_suite,
	&rtap_life_suite,
	&rtap_restart_suite,
	&rtap_hotplug_suite,
	&rtap_stats_suite,
	&rtap_xstats_suite,
	&rtap_xstats_ring_suite,
	&rtap_xstats_packet_suite,
	&rtap_fault_suite,
	&rtap_move_suite,
	&rtap_scatter_suite,
	&rtap_mtu_suite,
	&rtap_segment_suite,
	&rtap_queue_suite,
	&rtap_state_suite,
	&rtap_fallback_suite,
	&rtap_order_suite,
	&rtap_filter_suite,
	&rtap_intr_suite,
	&rtap_wake_suite,
	&rtap_power_suite,
	&rtap_link_suite,
	&rtap_delete_suite,
	&rtap_rename_suite,
	&rtap_offload_tx_suite,
	&rtap_offload_refuse_suite,
	&rtap_offload_rx_suite,
	&rtap_offload_lro_suite,
	&rtap_offload_conf_suite,
	&rtap_offload_limits_suite,
	&rtap_away_suite,
	&rtap_dump_suite,
	&rtap_exec_suite,
	&rtap_hdr_suite,
	&rtap_leak_suite,
	NULL
};

static struct unit_test_suite rtap_suite = {
	.suite_name = "net_rtap",
	.setup = suite_setup,
	.teardown = suite_teardown,
	.unit_test_suites = rtap_suites,
	.unit_test_cases = {
		TEST_CASES_END()
	}
};

static int
test_pmd_rtap(void)
{
	rtap_fx.nb_leaks = 0;
	return unit_test_suite_runner(&rtap_suite);
}

/*
 * A program of its own, because a process with registered threads, which the
 * other has cases about, refuses a second process for good.
 */
static struct unit_test_suite *rtap_mp_suites[] = {
	&rtap_mp_suite,
	&rtap_loan_suite,
	&rtap_turn_suite,
	&rtap_late_suite,
	&rtap_mp_away_suite,
	&rtap_leak_suite,
	NULL
};

static struct unit_test_suite rtap_two_processes_suite = {
	.suite_name = "net_rtap in two processes",
	.setup = suite_setup,
	.teardown = suite_teardown,
	.unit_test_suites = rtap_mp_suites,
	.unit_test_cases = {
		TEST_CASES_END()
	}
};

static int
test_pmd_rtap_mp(void)
{
	rtap_fx.nb_leaks = 0;
	return unit_test_suite_runner(&rtap_two_processes_suite);
}

REGISTER_FAST_TEST(rtap_pmd_autotest, NOHUGE_OK, ASAN_OK, test_pmd_rtap);
REGISTER_FAST_TEST(rtap_mp_autotest, NOHUGE_SKIP, ASAN_SKIP, test_pmd_rtap_mp);
