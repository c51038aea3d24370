/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_NETNS_H_
#define _RTAP_NETNS_H_

#include <stdbool.h>
#include <sys/types.h>

/*
 * A network namespace, as a value: two are the same if all members are, while
 * both exist. An inode of 0 stands for one that is not known.
 */
struct rtap_netns {
	dev_t dev;
	ino_t inode;
};

/* Of the file that stands for it. Returns 0 or a negative errno. */
int rtap_netns_identify(int fd, struct rtap_netns *netns);

bool rtap_netns_equal(const struct rtap_netns *a, const struct rtap_netns *b);

/*
 * Calls the function in that namespace, and returns what it returns, or a
 * negative errno, which is logged. It runs on a thread of its own unless the
 * caller is there already: no thread is ever moved that others know of.
 */
int rtap_netns_call(int fd, int (*function)(void *arg), void *arg);

#endif /* _RTAP_NETNS_H_ */
