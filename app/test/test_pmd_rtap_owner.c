/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: who may open queues of the interface, as the kernel has it,
 * and as a user finds it who has no privilege.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>

#include <rte_bus_vdev.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_string_fns.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Numbers that need not be anybody's. */
#define USER 61234U
#define GROUP 61235U
#define OTHER 61236U
#define NONE UINT32_MAX

static int
check_access(uint32_t owner, uint32_t group)
{
	struct rtap_kernel_link link;

	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no interface");
	TEST_ASSERT_EQUAL(link.owner, owner, "owner is %u, not %u", link.owner, owner);
	TEST_ASSERT_EQUAL(link.group, group, "group is %u, not %u", link.group, group);
	return TEST_SUCCESS;
}

static int
check_made_with(const char *args, uint32_t owner, uint32_t group)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, args, &rtap_fx.port),
		"\"%s\" was refused", args);
	return check_access(owner, group);
}

static int
owner_by_number_is_set(void)
{
	return check_made_with(RTAP_TEST_ARGS ",owner=61234", USER, NONE);
}

static int
group_by_number_is_set(void)
{
	return check_made_with(RTAP_TEST_ARGS ",group=61235", NONE, GROUP);
}

static int
owner_and_group_are_set(void)
{
	return check_made_with(RTAP_TEST_ARGS ",group=61235,owner=61234", USER, GROUP);
}

/* Of those that the system has, one that is not root: what 0 would be taken for. */
static int
owner_by_name_is_set(void)
{
	const struct passwd *user;
	char args[128];
	uint32_t number = 0;

	setpwent();
	while ((user = getpwent()) != NULL && user->pw_uid == 0)
		;
	if (user != NULL) {
		number = user->pw_uid;
		snprintf(args, sizeof(args), RTAP_TEST_ARGS ",owner=%s", user->pw_name);
	}
	endpwent();
	return number == 0 ? TEST_SKIPPED : check_made_with(args, number, NONE);
}

static int
group_by_name_is_set(void)
{
	const struct group *group;
	char args[128];
	uint32_t number = 0;

	setgrent();
	while ((group = getgrent()) != NULL && group->gr_gid == 0)
		;
	if (group != NULL) {
		number = group->gr_gid;
		snprintf(args, sizeof(args), RTAP_TEST_ARGS ",group=%s", group->gr_name);
	}
	endgrent();
	return number == 0 ? TEST_SKIPPED : check_made_with(args, NONE, number);
}

/* Prepares a persistent interface with them, and has it taken over by a port. */
static int
check_taken_over(const char *args, uint32_t owner, uint32_t group)
{
	const char *prepare = RTAP_TEST_ARGS ",persist,owner=61234,group=61235";
	int ret;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, prepare, &rtap_fx.port),
		"cannot prepare");
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "cannot remove");
	ret = check_made_with(args, owner, group);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	return ret;
}

static int
interface_taken_over_keeps_owner_and_group(void)
{
	return check_taken_over(RTAP_TEST_ARGS, USER, GROUP);
}

static int
interface_taken_over_gets_another_owner(void)
{
	return check_taken_over(RTAP_TEST_ARGS ",owner=61236", OTHER, GROUP);
}

static int
interface_taken_over_gets_another_group(void)
{
	return check_taken_over(RTAP_TEST_ARGS ",group=61236", USER, OTHER);
}

static int
check_refused(const char *key, const char *value)
{
	char args[128];

	snprintf(args, sizeof(args), RTAP_TEST_ARGS ",%s%s", key, value);
	TEST_ASSERT_EQUAL(rte_vdev_init(RTAP_TEST_VDEV, args), -EINVAL, "\"%s\"", args);
	TEST_ASSERT_EQUAL(if_nametoindex(RTAP_TEST_IFACE), 0, "\"%s\" left an interface", args);
	TEST_ASSERT(rtap_nothing_left(), "\"%s\" left a descriptor", args);
	return TEST_SUCCESS;
}

static int
check_wrong_values_refused(const char *key)
{
	static const char * const values[] = {
		"", "=", "=-1", "=+1", "=4294967295", "=4294967296", "=18446744073709551616",
		"=0x10", "=1.5", "=nobody-has-this-name", "=0root",
	};

	for (unsigned int i = 0; i < RTE_DIM(values); i++) {
		if (check_refused(key, values[i]) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

static int
owner_that_nobody_can_be_is_refused(void)
{
	return check_wrong_values_refused("owner");
}

static int
group_that_none_can_be_is_refused(void)
{
	return check_wrong_values_refused("group");
}

static int
highest_numbers_are_set(void)
{
	return check_made_with(RTAP_TEST_ARGS ",owner=4294967294,group=4294967294",
		NONE - 1, NONE - 1);
}

/* An attempt of a user without privilege to have frames of the port. */
struct intruder {
	uint32_t user;
	uint32_t group;
	int ret; /* 0 if a queue was opened, or a negative errno; 1 if there was no attempt */
};

static int
open_queue(int fd)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE };

	strlcpy(ifr.ifr_name, RTAP_TEST_IFACE, sizeof(ifr.ifr_name));
	return ioctl(fd, TUNSETIFF, &ifr) < 0 ? -errno : 0;
}

/* Past the C library, these are for the calling thread, whose capabilities go with them. */
static uint32_t
intrude(void *arg)
{
	struct intruder *intruder = arg;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) == 0 &&
			syscall(SYS_setresgid, intruder->group, intruder->group, -1) == 0 &&
			syscall(SYS_setresuid, intruder->user, intruder->user, -1) == 0)
		intruder->ret = open_queue(fd);
	close(fd);
	return 0;
}

static int
check_intruder(uint32_t user, uint32_t group, int wanted)
{
	struct intruder intruder = { .user = user, .group = group, .ret = 1 };
	rte_thread_t thread;

	TEST_ASSERT_SUCCESS(rte_thread_create(&thread, NULL, intrude, &intruder), "no thread");
	rte_thread_join(thread, NULL);
	if (intruder.ret == 1) {
		printf("skipped: a thread cannot be another user here\n");
		return TEST_SKIPPED;
	}
	TEST_ASSERT_EQUAL(intruder.ret, wanted, "user %u of group %u gets %d", user, group,
		intruder.ret);
	return TEST_SUCCESS;
}

static int
user_who_is_not_owner_is_kept_out(void)
{
	if (check_made_with(RTAP_TEST_ARGS ",owner=61234", USER, NONE) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_intruder(OTHER, OTHER, -EPERM);
}

static int
user_who_is_owner_is_let_in(void)
{
	if (check_made_with(RTAP_TEST_ARGS ",owner=61234", USER, NONE) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_intruder(USER, OTHER, 0);
}

static int
user_who_is_not_in_group_is_kept_out(void)
{
	if (check_made_with(RTAP_TEST_ARGS ",group=61235", NONE, GROUP) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_intruder(OTHER, OTHER, -EPERM);
}

static int
user_who_is_in_group_is_let_in(void)
{
	if (check_made_with(RTAP_TEST_ARGS ",group=61235", NONE, GROUP) != TEST_SUCCESS)
		return TEST_FAILED;
	return check_intruder(OTHER, GROUP, 0);
}

static int
new_interface_belongs_to_user_of_process(void)
{
	return check_made_with(RTAP_TEST_ARGS, geteuid(), NONE);
}

static int
new_interface_keeps_other_users_out(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"no port");
	return check_intruder(OTHER, OTHER, -EPERM);
}

static int
running_port_keeps_other_users_out(void)
{
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, "iface=rtest%d", &rtap_fx.port),
		"no port");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 2), "no start");
	return check_intruder(OTHER, OTHER, -EPERM);
}

/* Whoever made it so may have a reason. */
static int
interface_taken_over_stays_open_to_all(void)
{
	int ret;

	TEST_ASSERT_SUCCESS(rtap_kernel_make_tun(RTAP_TEST_IFACE,
		IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE), "cannot make an interface");
	ret = check_made_with(RTAP_TEST_ARGS, NONE, NONE);
	rte_vdev_uninit(RTAP_TEST_VDEV);
	rtap_kernel_link_del(RTAP_TEST_IFACE);
	return ret;
}

struct unit_test_suite rtap_owner_suite = {
	.suite_name = "rtap: owner and group",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, owner_by_number_is_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, group_by_number_is_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, owner_and_group_are_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, owner_by_name_is_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, group_by_name_is_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_keeps_owner_and_group),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_gets_another_owner),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_gets_another_group),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, owner_that_nobody_can_be_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, group_that_none_can_be_is_refused),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, highest_numbers_are_set),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, user_who_is_not_owner_is_kept_out),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, user_who_is_owner_is_let_in),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, user_who_is_not_in_group_is_kept_out),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, user_who_is_in_group_is_let_in),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			new_interface_belongs_to_user_of_process),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, new_interface_keeps_other_users_out),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, running_port_keeps_other_users_out),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_stays_open_to_all),
		TEST_CASES_END()
	}
};
