/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: device arguments. What is refused leaves nothing behind,
 * what is accepted means what it says, as the kernel sees it.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_tun.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define ALIAS_VDEV "eth_rtap0"

/* Ports and interfaces are counted: any that appears under any name shows. */
static int
check_refused(const char *args)
{
	const uint16_t nb_ports = rte_eth_dev_count_avail();
	const int nb_links = rtap_kernel_count_links();
	const int ret = rte_vdev_init(RTAP_TEST_VDEV, args);

	TEST_ASSERT(ret < 0, "\"%s\" was accepted", args);
	TEST_ASSERT_EQUAL(rte_eth_dev_count_avail(), nb_ports,
		"\"%s\" left a port", args);
	TEST_ASSERT_EQUAL(rtap_kernel_count_links(), nb_links,
		"\"%s\" left an interface", args);
	TEST_ASSERT(rtap_nothing_left(), "\"%s\" left a descriptor", args);
	return TEST_SUCCESS;
}

/* A refusal must not spoil the next attempt with the same device name. */
static int
check_refused_then_accepted(const char *args)
{
	if (check_refused(args) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(
		rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no device after \"%s\" was refused", args);
	return TEST_SUCCESS;
}

static int
unknown_key_is_refused(void)
{
	return check_refused_then_accepted(RTAP_TEST_ARGS ",speed=10");
}

static int
repeated_iface_is_refused(void)
{
	return check_refused("iface=" RTAP_TEST_IFACE ",iface=" RTAP_TEST_IFACE2);
}

static int
repeated_persist_is_refused(void)
{
	return check_refused(RTAP_TEST_ARGS ",persist=1,persist=1");
}

static int
iface_without_value_is_refused(void)
{
	return check_refused("iface");
}

static int
empty_name_is_refused(void)
{
	return check_refused_then_accepted("iface=");
}

static int
name_of_16_characters_is_refused(void)
{
	return check_refused_then_accepted("iface=rtest6789abcdef0");
}

static int
name_with_slash_is_refused(void)
{
	return check_refused("iface=rtest/0");
}

static int
name_with_blank_is_refused(void)
{
	return check_refused("iface=rtest 0");
}

static int
name_with_colon_is_refused(void)
{
	return check_refused("iface=rtest:0");
}

static int
name_of_dots_is_refused(void)
{
	if (check_refused("iface=.") != TEST_SUCCESS)
		return TEST_FAILED;
	return check_refused("iface=..");
}

static int
name_with_two_numbers_is_refused(void)
{
	return check_refused("iface=rt%dest%d");
}

static int
name_with_string_format_is_refused(void)
{
	return check_refused("iface=rtest%s");
}

static int
name_of_other_interface_is_refused(void)
{
	return check_refused("iface=lo");
}

/* Makes a foreign interface; refusing it must also leave that one alone. */
static int
check_foreign_tun_refused(short flags)
{
	struct rtap_kernel_link before;
	struct rtap_kernel_link after;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE, flags),
		"cannot make the foreign interface");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &before),
		"no foreign interface");
	ret = check_refused(RTAP_TEST_ARGS);
	if (ret == TEST_SUCCESS)
		ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &after);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(ret, "the foreign interface is gone");
	TEST_ASSERT_EQUAL(after.ifindex, before.ifindex,
		"the foreign interface is another one");
	return TEST_SUCCESS;
}

static int
name_of_tun_is_refused(void)
{
	return check_foreign_tun_refused(IFF_TUN | IFF_NO_PI);
}

static int
name_of_single_queue_tap_is_refused(void)
{
	return check_foreign_tun_refused(IFF_TAP | IFF_NO_PI);
}

static int
name_of_own_other_port_is_refused(void)
{
	uint16_t port;

	TEST_ASSERT(rte_vdev_init(RTAP_TEST_VDEV2, RTAP_TEST_ARGS) < 0,
		"two ports of this process share " RTAP_TEST_IFACE);
	TEST_ASSERT(rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV2, &port) < 0,
		"the refused port exists");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1),
		"the first port does not work any more");
	return TEST_SUCCESS;
}

/* EAL takes some errors of a driver for success. */
static int
attach_of_interface_of_other_kind_fails(void)
{
	TEST_ASSERT(rte_dev_probe(RTAP_TEST_VDEV ",iface=lo") < 0, "attached");
	TEST_ASSERT(rtap_nothing_left(), "descriptors are left");
	return TEST_SUCCESS;
}

static int
persist_of_wrong_value_is_refused(void)
{
	if (check_refused(RTAP_TEST_ARGS ",persist=maybe") != TEST_SUCCESS ||
	    check_refused(RTAP_TEST_ARGS ",persist=2") != TEST_SUCCESS ||
	    check_refused(RTAP_TEST_ARGS ",persist=-1") != TEST_SUCCESS)
		return TEST_FAILED;
	return check_refused_then_accepted(RTAP_TEST_ARGS ",persist=");
}

static int
create_of_wrong_value_is_refused(void)
{
	if (check_refused(RTAP_TEST_ARGS ",create=no") != TEST_SUCCESS ||
	    check_refused(RTAP_TEST_ARGS ",create=2") != TEST_SUCCESS)
		return TEST_FAILED;
	return check_refused_then_accepted(RTAP_TEST_ARGS ",create=");
}

static int
mac_of_wrong_value_is_refused(void)
{
	static const char * const macs[] = {
		"", "io0", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:00:00:00:00:0g",
		"00:00:00:00:00:00", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
	};
	char args[64];

	for (unsigned int i = 0; i < RTE_DIM(macs); i++) {
		snprintf(args, sizeof(args), RTAP_TEST_ARGS ",mac=%s", macs[i]);
		if (check_refused(args) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return check_refused_then_accepted(RTAP_TEST_ARGS ",mac");
}

/* Whatever number the kernel picks, it is that of a new interface. */
static int
create_0_needs_a_name(void)
{
	if (check_refused("create=0") != TEST_SUCCESS)
		return TEST_FAILED;
	return check_refused("iface=rtest%d,create=0");
}

static int
create_0_refuses_what_is_not_there(void)
{
	return check_refused_then_accepted(RTAP_TEST_ARGS ",create=0");
}

static int
check_interface_survives(const char *args)
{
	struct rtap_kernel_link before;
	struct rtap_kernel_link after;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port),
		"\"%s\" was refused", args);
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &before),
		"no interface");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	/* All descriptors must be really gone before the look. */
	TEST_ASSERT(rtap_nothing_left(), "descriptors are left");
	ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &after);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(ret, "\"%s\": the interface is gone", args);
	TEST_ASSERT_EQUAL(after.ifindex, before.ifindex, "another interface");
	return TEST_SUCCESS;
}

static int
check_interface_goes(const char *args)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port),
		"\"%s\" was refused", args);
	TEST_ASSERT(if_nametoindex(RTAP_TEST_IFACE) != 0, "no interface");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(RTAP_TEST_IFACE),
		"\"%s\": the interface stays", args);
	return TEST_SUCCESS;
}

static int
persist_alone_keeps_interface(void)
{
	return check_interface_survives(RTAP_TEST_ARGS ",persist");
}

static int
persist_1_keeps_interface(void)
{
	return check_interface_survives(RTAP_TEST_ARGS ",persist=1");
}

static int
persist_0_removes_interface(void)
{
	return check_interface_goes(RTAP_TEST_ARGS ",persist=0");
}

static int
no_persist_removes_interface(void)
{
	return check_interface_goes(RTAP_TEST_ARGS);
}

static int
kept_interface_is_not_left_promiscuous(void)
{
	struct rtap_kernel_link link;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist",
		&rtap_fx.port), "cannot create");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rte_eth_promiscuous_enable(rtap_fx.port), "not promiscuous");
	TEST_ASSERT_SUCCESS(rte_eth_allmulticast_enable(rtap_fx.port), "not all multicast");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &link);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(ret, "the interface is gone");
	TEST_ASSERT_EQUAL((link.flags & (IFF_PROMISC | IFF_ALLMULTI)), 0, "flags are left");
	return TEST_SUCCESS;
}

static int
kept_interface_is_taken_over(void)
{
	struct rtap_kernel_link link;
	uint32_t ifindex;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV,
		RTAP_TEST_ARGS ",persist", &rtap_fx.port), "cannot create");
	ifindex = if_nametoindex(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	ret = rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist",
		&rtap_fx.port);
	if (ret == 0)
		ret = rtap_kernel_link_get(RTAP_TEST_IFACE, &link);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(ret, "the kept interface is refused");
	TEST_ASSERT_EQUAL(link.ifindex, ifindex, "another interface");
	return TEST_SUCCESS;
}

/* Somebody else's persistent interface, of the only kind that is usable. */
static int
make_usable_tap(void)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE,
		IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE), "cannot make an interface");
	return TEST_SUCCESS;
}

static int
check_traffic_on(uint32_t ifindex)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT_EQUAL(link.ifindex, ifindex, "another interface");
	TEST_ASSERT_SUCCESS(rtap_open_socket(), "no socket");
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock),
		"no traffic");
	return TEST_SUCCESS;
}

/* It was made without virtio-net header, which the port needs. */
static int
interface_of_others_is_taken_over(void)
{
	uint32_t ifindex;
	int ret;

	if (make_usable_tap() != TEST_SUCCESS)
		return TEST_FAILED;
	ifindex = if_nametoindex(RTAP_TEST_IFACE);
	ret = rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port);
	if (ret == 0)
		ret = check_traffic_on(ifindex);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	TEST_ASSERT_SUCCESS(ret, "not taken over");
	return TEST_SUCCESS;
}

static int
interface_of_others_stays_without_argument(void)
{
	if (make_usable_tap() != TEST_SUCCESS)
		return TEST_FAILED;
	return check_interface_survives(RTAP_TEST_ARGS);
}

static int
create_0_takes_over_what_is_there(void)
{
	if (make_usable_tap() != TEST_SUCCESS)
		return TEST_FAILED;
	return check_interface_survives(RTAP_TEST_ARGS ",create=0");
}

static int
persist_0_removes_interface_of_others(void)
{
	if (make_usable_tap() != TEST_SUCCESS)
		return TEST_FAILED;
	return check_interface_goes(RTAP_TEST_ARGS ",persist=0");
}

/* The name that the kernel knows the port's interface by. */
static int
port_ifname(uint16_t port, char *name)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port, &info) < 0 || info.if_index == 0 ||
			if_indextoname(info.if_index, name) == NULL)
		return -ENODEV;
	return 0;
}

static int
check_name(const char *vdev, const char *args, const char *expected)
{
	char name[IF_NAMESIZE] = "";
	uint16_t port;
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(vdev, args, &port),
		"\"%s\" was refused", args);
	ret = port_ifname(port, name);
	rte_vdev_uninit(vdev);
	TEST_ASSERT_SUCCESS(ret, "if_index of the port is no interface");
	TEST_ASSERT(strcmp(name, expected) == 0, "\"%s\" made %s instead of %s",
		args, name, expected);
	TEST_ASSERT_SUCCESS(rtap_kernel_link_wait_gone(name), "%s stays", name);
	return TEST_SUCCESS;
}

static int
default_name_is_numbered_rtap(void)
{
	return check_name(RTAP_TEST_VDEV, "", "rtap0");
}

static int
number_in_name_is_picked_by_kernel(void)
{
	int ret;

	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun("rtpick0", IFF_TAP),
		"cannot occupy number 0");
	ret = check_name(RTAP_TEST_VDEV, "iface=rtpick%d", "rtpick1");
	rtap_kernel_link_del("rtpick0");
	return ret;
}

static int
name_of_15_characters_works(void)
{
	return check_name(RTAP_TEST_VDEV, "iface=rtest6789abcdef",
		"rtest6789abcdef");
}

static int
alias_eth_rtap_works(void)
{
	return check_name(ALIAS_VDEV, RTAP_TEST_ARGS, RTAP_TEST_IFACE);
}

struct unit_test_suite rtap_devargs_suite = {
	.suite_name = "rtap: device arguments",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, unknown_key_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, repeated_iface_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, repeated_persist_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, iface_without_value_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, empty_name_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_16_characters_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_with_slash_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_with_blank_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_with_colon_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_dots_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_with_two_numbers_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_with_string_format_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_other_interface_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_tun_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_single_queue_tap_is_refused),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, name_of_own_other_port_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			attach_of_interface_of_other_kind_fails),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, persist_of_wrong_value_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, create_of_wrong_value_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, create_0_needs_a_name),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, create_0_refuses_what_is_not_there),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, create_0_takes_over_what_is_there),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, mac_of_wrong_value_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, persist_alone_keeps_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, persist_1_keeps_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, persist_0_removes_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, no_persist_removes_interface),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			kept_interface_is_not_left_promiscuous),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, kept_interface_is_taken_over),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, interface_of_others_is_taken_over),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_of_others_stays_without_argument),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			persist_0_removes_interface_of_others),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, default_name_is_numbered_rtap),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, number_in_name_is_picked_by_kernel),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, name_of_15_characters_works),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, alias_eth_rtap_works),
		TEST_CASES_END()
	}
};
