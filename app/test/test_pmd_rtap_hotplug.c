/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: devices that come and go while the process runs, and many
 * of them at a time.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define NB_CYCLES 40
/* Libraries make some things at the first use, and keep them. */
#define NB_WARM_UP_CYCLES 2
#define MAX_DEVICES 64
/* More than one device needs. */
#define MAX_FDS 40

static unsigned int nb_new;
static unsigned int nb_destroyed;

static int
count_event(uint16_t port __rte_unused, enum rte_eth_event_type event __rte_unused,
		void *arg, void *ret_param __rte_unused)
{
	(*(unsigned int *)arg)++;
	return 0;
}

static int
setup_events(void)
{
	nb_new = 0;
	nb_destroyed = 0;
	rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, count_event, &nb_new);
	rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, count_event,
		&nb_destroyed);
	return rtap_setup_none();
}

static void
teardown_events(void)
{
	rte_eth_dev_callback_unregister(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, count_event, &nb_new);
	rte_eth_dev_callback_unregister(RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, count_event,
		&nb_destroyed);
	rtap_teardown();
}

static int
attach(const char *vdev, const char *args, uint16_t *port)
{
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_add("vdev", vdev, args), "no attach of %s", vdev);
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_port_by_name(vdev, port), "no port %s", vdev);
	return TEST_SUCCESS;
}

static int
detach(const char *vdev)
{
	TEST_ASSERT_SUCCESS(rte_eal_hotplug_remove("vdev", vdev), "no detach of %s", vdev);
	return TEST_SUCCESS;
}

static int
attach_and_detach_are_told(void)
{
	if (attach(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(nb_new == 1 && nb_destroyed == 0, "%u new, %u destroyed", nb_new,
		nb_destroyed);
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	if (detach(RTAP_TEST_VDEV) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT(nb_new == 1 && nb_destroyed == 1, "%u new, %u destroyed", nb_new,
		nb_destroyed);
	return TEST_SUCCESS;
}

static int
refused_attach_is_not_told(void)
{
	TEST_ASSERT(rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV, "iface=lo") < 0, "attached");
	TEST_ASSERT(nb_new == 0, "an application hears of a device that is none");
	/* And spoils nothing. */
	return attach(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port);
}

/* EAL may call it a success, since there is such a device. */
static int
second_attach_of_a_name_changes_nothing(void)
{
	uint16_t port;

	if (attach(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	rte_eal_hotplug_add("vdev", RTAP_TEST_VDEV, "iface=" RTAP_TEST_IFACE2);
	TEST_ASSERT_EQUAL(if_nametoindex(RTAP_TEST_IFACE2), 0, "another interface");
	TEST_ASSERT_SUCCESS(rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &port), "no port");
	TEST_ASSERT_EQUAL(port, rtap_fx.port, "another port");
	if (rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

static int
cycle(void)
{
	if (attach(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "no start");
	return detach(RTAP_TEST_VDEV);
}

/* DPDK's own memory, of all its heaps. */
static size_t
allocated_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	size_t sum = 0;

	for (unsigned int i = 0; i < RTE_MAX_NUMA_NODES; i++) {
		if (rte_malloc_get_socket_stats((int)i, &stats) == 0)
			sum += stats.heap_allocsz_bytes;
	}
	return sum;
}

static int
cycles_cost_no_memory(void)
{
	size_t before;

	for (unsigned int i = 0; i < NB_WARM_UP_CYCLES; i++) {
		if (cycle() != TEST_SUCCESS)
			return TEST_FAILED;
	}
	before = allocated_bytes();
	for (unsigned int i = 0; i < NB_CYCLES; i++)
		TEST_ASSERT_SUCCESS(cycle(), "cycle %u", i);
	TEST_ASSERT_EQUAL(allocated_bytes(), before, "%zu bytes instead of %zu",
		allocated_bytes(), before);
	TEST_ASSERT(rtap_nothing_left(), "descriptors or mbufs are left");
	return TEST_SUCCESS;
}

/* With so many descriptors and no more; whatever came of it is undone. */
static int
cycle_within(unsigned int nb_fds)
{
	struct rlimit usual;
	struct rlimit low;
	int ret = dup(STDERR_FILENO);

	close(ret);
	if (ret < 0 || getrlimit(RLIMIT_NOFILE, &usual) < 0)
		return -errno;
	low = usual;
	low.rlim_cur = ret + nb_fds;
	if (setrlimit(RLIMIT_NOFILE, &low) < 0)
		return -errno;
	ret = rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port);
	if (ret == 0)
		ret = rtap_port_configure(rtap_fx.port, 2);
	if (ret == 0)
		ret = rte_eth_dev_start(rtap_fx.port);
	setrlimit(RLIMIT_NOFILE, &usual);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	return ret;
}

static int
any_shortage_of_descriptors_leaves_nothing(void)
{
	unsigned int n;
	int ret = -EMFILE;

	for (n = 0; n < MAX_FDS && ret == -EMFILE; n++) {
		ret = cycle_within(n);
		TEST_ASSERT(rtap_nothing_left(), "with %u descriptors", n);
		TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE),
			"with %u descriptors: the interface stays", n);
	}
	TEST_ASSERT_SUCCESS(ret, "with %u descriptors: %d", n, ret);
	TEST_ASSERT(n > 6, "%u descriptors are enough?", n);
	return TEST_SUCCESS;
}

struct device {
	char vdev[16];
	char iface[16];
	uint16_t port;
};

static int
start_device(struct device *device, unsigned int i)
{
	char args[32];

	snprintf(device->vdev, sizeof(device->vdev), "net_rtap%u", i + 10);
	snprintf(device->iface, sizeof(device->iface), "rtmany%u", i);
	snprintf(args, sizeof(args), "iface=%s", device->iface);
	if (attach(device->vdev, args, &device->port) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_configure(device->port, 1), "no configure");
	TEST_ASSERT_SUCCESS(rte_eth_dev_start(device->port), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait(device->iface, rtap_kernel_is_running),
		"%s does not run", device->iface);
	return TEST_SUCCESS;
}

/* Each with frames of its own, so that a mix-up shows. */
static int
check_device(const struct device *device, unsigned int i)
{
	const struct rtap_run run = { .seq = i * 10, .n = 3, .len = 100 };
	const int sock = rtap_kernel_packet_open(device->iface, RTAP_TEST_ETHERTYPE);
	int ret;

	TEST_ASSERT(sock >= 0, "no socket on %s", device->iface);
	ret = rtap_port_send(device->port, &run);
	if (ret == 0)
		ret = rtap_kernel_expect(sock, &run);
	if (ret == 0)
		ret = rtap_kernel_send(sock, &run);
	if (ret == 0)
		ret = rtap_port_expect(device->port, &run);
	close(sock);
	TEST_ASSERT_SUCCESS(ret, "no traffic on %s", device->iface);
	return TEST_SUCCESS;
}

static int
run_devices(struct device *devices, unsigned int nb_devices, unsigned int *nb_started)
{
	for (*nb_started = 0; *nb_started < nb_devices; (*nb_started)++) {
		if (start_device(&devices[*nb_started], *nb_started) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	for (unsigned int i = 0; i < nb_devices; i++) {
		if (check_device(&devices[i], i) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* As many as this build of DPDK has room for. */
static int
many_devices_work_side_by_side(void)
{
	struct device devices[MAX_DEVICES];
	unsigned int nb_devices = RTE_MAX_ETHPORTS - rte_eth_dev_count_total();
	unsigned int nb_started;
	int ret;

	nb_devices = RTE_MIN(nb_devices, RTE_DIM(devices));
	memset(devices, 0, sizeof(devices));
	ret = run_devices(devices, nb_devices, &nb_started);
	printf("%u devices\n", nb_started);
	/* Also one that failed half-way. */
	for (unsigned int i = 0; i < nb_devices && devices[i].vdev[0] != '\0'; i++)
		rte_eal_hotplug_remove("vdev", devices[i].vdev);
	for (unsigned int i = 0; i < nb_started && ret == TEST_SUCCESS; i++)
		TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(devices[i].iface),
			"%s stays", devices[i].iface);
	return ret;
}

struct unit_test_suite rtap_hotplug_suite = {
	.suite_name = "rtap: hot-plug",
	.unit_test_cases = {
		TEST_CASE_ST(setup_events, teardown_events, attach_and_detach_are_told),
		TEST_CASE_ST(setup_events, teardown_events, refused_attach_is_not_told),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			second_attach_of_a_name_changes_nothing),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, cycles_cost_no_memory),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			any_shortage_of_descriptors_leaves_nothing),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, many_devices_work_side_by_side),
		TEST_CASES_END()
	}
};
