/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_EXEC_H_
#define _TEST_PMD_RTAP_EXEC_H_

/*
 * What a program gets that this process starts: the descriptors that it inherits.
 */

struct unit_test_suite;
extern struct unit_test_suite rtap_exec_suite;

struct rtap_inherited {
	int nb_all;
	int nb_ours; /* TAP queues, rings and namespaces, which only the driver has */
};

/* Starts such a program, and returns 0 or a negative errno. */
int rtap_exec_look(struct rtap_inherited *inherited);

#endif /* _TEST_PMD_RTAP_EXEC_H_ */
