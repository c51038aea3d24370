/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_NETNS_H_
#define _TEST_PMD_RTAP_NETNS_H_

/*
 * Two network namespaces, for cases that move the interface: home, where the
 * test and its port are, and another one.
 */

#include <stdbool.h>
#include <stdint.h>

/* For each case: a port that is configured with one queue and is stopped. */
int rtap_netns_setup(void);
/* The namespaces alone; a tear-down of its own for what else a case has. */
void rtap_netns_close(void);
void rtap_netns_teardown(void);

/* The other namespace ends, unless somebody else uses it. */
int rtap_netns_leave_other(void);

/* Does it in the other namespace. */
int rtap_netns_in_other(int (*work)(void));

/* Steps that give TEST_SUCCESS or TEST_FAILED; the latter is made in the other namespace. */
int rtap_netns_move_there(void);
int rtap_netns_move_home(void);
/* In whichever namespace the test is: the interface is brought up and used. */
int rtap_netns_check_traffic(void);
/* Of the port, as the application sees it, wherever the interface is. */
int rtap_netns_expect_link(uint16_t status);

/*
 * Capabilities are a thread's: one without can be refused while the others go on.
 * It may take back what it has given up.
 */
int rtap_netns_set_capability(unsigned int capability, bool on);
/* Does it in a thread that lacks CAP_NET_ADMIN. */
int rtap_netns_without_net_admin(int (*work)(void));

/* A socket that hears of every change of interfaces in this namespace from now on. */
int rtap_netns_watch_links(void);

#endif /* _TEST_PMD_RTAP_NETNS_H_ */
