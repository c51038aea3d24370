/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_INTR_H_
#define _TEST_PMD_RTAP_INTR_H_

/*
 * What the cases about receive interrupts share: a port that has them, and an
 * epoll instance of the application that they are added to.
 * Functions that return int give 0 or a negative errno, set-ups a test result.
 */

#include <stdbool.h>
#include <stdint.h>

/* Sub-suites. */
struct unit_test_suite;
extern struct unit_test_suite rtap_intr_suite;
extern struct unit_test_suite rtap_wake_suite;
extern struct unit_test_suite rtap_power_suite;

#define RTAP_INTR_NB_QUEUES 2
#define RTAP_INTR_NB_IDLE_POLLS 50

extern int rtap_intr_epfd;

int rtap_setup_intr(void);
int rtap_setup_intr_two_queues(void);
void rtap_teardown_intr(void);

int rtap_intr_configure(uint16_t nb_queues);
/* RTE_INTR_EVENT_ADD or RTE_INTR_EVENT_DEL for all queues. */
int rtap_intr_control(uint16_t nb_queues, int op);

/* Of queue 0. */
int rtap_intr_enable(void);
int rtap_intr_disable(void);
/* Waits as an application does. True if just queue 0 wakes it. */
bool rtap_intr_wakes(void);
/* True if nothing does. */
bool rtap_intr_sleeps_on(void);
/* Leaves the queue as one that has been found empty again and again. */
int rtap_intr_poll_idle(void);

/*
 * Another thread does the same, and makes no system call after that: what the
 * kernel has for it by its ring has to wait.
 */
int rtap_spinner_start(void);
void rtap_spinner_end(void);

/* So many frames, from the kernel and out of the port. */
int rtap_intr_send(unsigned int n);
int rtap_intr_take(unsigned int n);

#endif /* _TEST_PMD_RTAP_INTR_H_ */
