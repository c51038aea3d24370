/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what is done in other network namespaces than that of the caller.
 * Knows nothing of interfaces.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>

#include <rte_thread.h>

#include "rtap_log.h"
#include "rtap_netns.h"

#define CURRENT_NETNS "/proc/thread-self/ns/net"

static void
set_netns(struct rtap_netns *netns, const struct stat *st)
{
	netns->dev = st->st_dev;
	netns->inode = st->st_ino;
}

int
rtap_netns_identify(int fd, struct rtap_netns *netns)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		int err = errno;

		PMD_LOG_ERRNO(ERR, err, "cannot tell which network namespace fd %d is", fd);
		return -err;
	}
	set_netns(netns, &st);
	return 0;
}

bool
rtap_netns_equal(const struct rtap_netns *a, const struct rtap_netns *b)
{
	return a->dev == b->dev && a->inode == b->inode;
}

/* Where /proc is missing, nothing is known, and the long way is taken. */
static bool
is_current(int fd)
{
	struct rtap_netns current;
	struct rtap_netns asked;
	struct stat st;

	if (stat(CURRENT_NETNS, &st) < 0 || rtap_netns_identify(fd, &asked) < 0)
		return false;
	set_netns(&current, &st);
	return rtap_netns_equal(&current, &asked);
}

struct visit {
	int fd;
	int (*function)(void *arg);
	void *arg;
	int ret;
};

static uint32_t
visit_netns(void *arg)
{
	struct visit *visit = arg;

	if (setns(visit->fd, CLONE_NEWNET) < 0) {
		visit->ret = -errno;
		PMD_LOG_ERRNO(ERR, -visit->ret, "cannot enter the network namespace of the "
			"interface, which needs CAP_SYS_ADMIN in both");
	} else {
		visit->ret = visit->function(visit->arg);
	}
	return 0;
}

int
rtap_netns_call(int fd, int (*function)(void *arg), void *arg)
{
	struct visit visit = { .fd = fd, .function = function, .arg = arg };
	sigset_t before;
	sigset_t all;
	rte_thread_t thread;
	int ret;

	if (is_current(fd))
		return function(arg);

	/* The application's signals are not for this thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = rte_thread_create(&thread, NULL, visit_netns, &visit);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret != 0) {
		PMD_LOG_ERRNO(ERR, ret, "cannot create a thread for another network namespace");
		return -ret;
	}
	rte_thread_join(thread, NULL);
	return visit.ret;
}
