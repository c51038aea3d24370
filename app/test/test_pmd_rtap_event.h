/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_EVENT_H_
#define _TEST_PMD_RTAP_EVENT_H_

/*
 * What happens to the interface, and what the port tells of it: a log of the
 * events of the port of the case. The callback asks for link and statistics
 * itself, and an error there is an error of whoever waits for events.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

/* Configures the port with interrupts, and begins to listen to its events. */
int rtap_events_configure(const struct rte_eth_intr_conf *conf, uint16_t nb_queues);
/* Tear-down of cases that listen. */
void rtap_events_teardown(void);

/* Only while no event is under way. */
void rtap_events_forget(void);
/* What else the callback does; forgotten with the events. */
void rtap_events_then(int (*work)(uint16_t port));
void rtap_events_then_at_removal(int (*work)(uint16_t port));
/* While held, the callback does not return. */
void rtap_events_hold(bool hold);

/* TEST_SUCCESS when so many link events have come, TEST_FAILED if they do not come. */
int rtap_events_wait(unsigned int nb);
/* Also that they tell of down and up in turn, beginning with down, and are no more. */
int rtap_events_expect(unsigned int nb);

/* The same for the removal of the device, which is told once. */
int rtap_events_wait_removal(void);
unsigned int rtap_events_removals(void);

#endif /* _TEST_PMD_RTAP_EVENT_H_ */
