/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The interface goes to another network namespace and comes back, or goes for good.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "world.h"

#define CURRENT_NETNS "/proc/thread-self/ns/net"

static int home = -1;
static int other = -1;

static int
open_current(void)
{
	int fd = open(CURRENT_NETNS, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int
enter(int netns)
{
	return setns(netns, CLONE_NEWNET) < 0 ? -errno : 0;
}

int
world_move_away(void)
{
	home = open_current();
	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -errno;
	other = open_current();
	if (other < 0 || enter(home) < 0)
		return -errno;
	return rtap_kernel_move(RTAP_TEST_IFACE, other);
}

int
world_move_home(void)
{
	int ret = enter(other);

	if (ret == 0)
		ret = rtap_kernel_move(RTAP_TEST_IFACE, home);
	if (ret == 0)
		ret = enter(home);
	close(other);
	close(home);
	return ret == 0 ? rtap_kernel_set_up(RTAP_TEST_IFACE) : ret;
}

int
world_delete(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_eth_link link;
	int ret = rtap_kernel_link_del(RTAP_TEST_IFACE);

	if (ret < 0)
		return ret;
	do {
		ret = rte_eth_link_get_nowait(rtap_fx.port, &link);
	} while (ret == 0 && link.link_status != RTE_ETH_LINK_DOWN &&
		rtap_deadline_wait(&deadline));
	return ret == 0 && link.link_status != RTE_ETH_LINK_DOWN ? -EILSEQ : ret;
}
