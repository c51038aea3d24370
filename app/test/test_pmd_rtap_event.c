/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Log of the events of a port under rtap_pmd_autotest.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>

#include "test.h"
#include "test_pmd_rtap_event.h"
#include "test_pmd_rtap_port.h"

#define MAX_EVENTS 4096

/* The thread that raises events writes it, the test reads after it has seen the number. */
static struct {
	RTE_ATOMIC(unsigned int) nb;	/* of the link */
	RTE_ATOMIC(unsigned int) nb_removals;
	uint16_t status[MAX_EVENTS];	/* as link_get says in the callback */
	int error;			/* of a request in the callback */
	RTE_ATOMIC(bool) is_held;
	int (*work)(uint16_t port);
	int (*work_at_removal)(uint16_t port);
} events;

static unsigned int
count_events(void)
{
	return rte_atomic_load_explicit(&events.nb, rte_memory_order_acquire);
}

static int
ask(uint16_t port, uint16_t *status)
{
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };
	struct rte_eth_stats stats;
	int ret = rte_eth_link_get_nowait(port, &link);

	*status = link.link_status;
	if (ret == 0)
		ret = rte_eth_stats_get(port, &stats);
	return ret;
}

static int
note_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret_param)
{
	const bool is_removal = type == RTE_ETH_EVENT_INTR_RMV;
	int (*work)(uint16_t) = is_removal ? events.work_at_removal : events.work;
	const unsigned int n = count_events();
	int ret = ask(port, &events.status[n % MAX_EVENTS]);

	RTE_SET_USED(arg);
	RTE_SET_USED(ret_param);
	if (ret == 0 && work != NULL)
		ret = work(port);
	if (ret < 0)
		events.error = ret;
	if (is_removal)
		rte_atomic_fetch_add_explicit(&events.nb_removals, 1, rte_memory_order_release);
	else
		rte_atomic_store_explicit(&events.nb, n + 1, rte_memory_order_release);
	while (rte_atomic_load_explicit(&events.is_held, rte_memory_order_acquire))
		rte_delay_us_sleep(100);
	return 0;
}

void
rtap_events_forget(void)
{
	rtap_events_hold(false);
	events.work = NULL;
	events.work_at_removal = NULL;
	events.error = 0;
	rte_atomic_store_explicit(&events.nb_removals, 0, rte_memory_order_release);
	rte_atomic_store_explicit(&events.nb, 0, rte_memory_order_release);
}

void
rtap_events_then(int (*work)(uint16_t port))
{
	events.work = work;
}

void
rtap_events_then_at_removal(int (*work)(uint16_t port))
{
	events.work_at_removal = work;
}

void
rtap_events_hold(bool hold)
{
	rte_atomic_store_explicit(&events.is_held, hold, rte_memory_order_release);
}

int
rtap_events_wait(unsigned int nb)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	while (count_events() < nb)
		TEST_ASSERT(rtap_deadline_wait(&deadline), "%u events of %u", count_events(), nb);
	TEST_ASSERT_SUCCESS(events.error, "in the callback: %s", strerror(-events.error));
	return TEST_SUCCESS;
}

int
rtap_events_expect(unsigned int nb)
{
	if (rtap_events_wait(nb) != TEST_SUCCESS)
		return TEST_FAILED;
	for (unsigned int i = 0; i < count_events(); i++)
		TEST_ASSERT_EQUAL(events.status[i], (i % 2 == 0 ? RTE_ETH_LINK_DOWN :
			RTE_ETH_LINK_UP), "event %u tells of status %u", i, events.status[i]);
	TEST_ASSERT_EQUAL(count_events(), nb, "%u events, not %u", count_events(), nb);
	return TEST_SUCCESS;
}

unsigned int
rtap_events_removals(void)
{
	return rte_atomic_load_explicit(&events.nb_removals, rte_memory_order_acquire);
}

int
rtap_events_wait_removal(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	while (rtap_events_removals() == 0)
		TEST_ASSERT(rtap_deadline_wait(&deadline), "no removal is told");
	TEST_ASSERT_EQUAL(rtap_events_removals(), 1, "%u removals", rtap_events_removals());
	TEST_ASSERT_SUCCESS(events.error, "in the callback: %s", strerror(-events.error));
	return TEST_SUCCESS;
}

static int
listen_to(enum rte_eth_event_type type)
{
	return rte_eth_dev_callback_register(rtap_fx.port, type, note_event, NULL);
}

/* As long as it is called, it cannot be taken away. */
static void
ignore(enum rte_eth_event_type type)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	while (rte_eth_dev_callback_unregister(rtap_fx.port, type, note_event, NULL) == -EAGAIN) {
		if (!rtap_deadline_wait(&deadline))
			break;
	}
}

int
rtap_events_configure(const struct rte_eth_intr_conf *intr_conf, uint16_t nb_queues)
{
	const struct rte_eth_conf conf = { .intr_conf = *intr_conf };
	int ret;

	ret = listen_to(RTE_ETH_EVENT_INTR_LSC);
	if (ret == 0)
		ret = listen_to(RTE_ETH_EVENT_INTR_RMV);
	if (ret == 0)
		ret = rte_eth_dev_configure(rtap_fx.port, nb_queues, nb_queues, &conf);
	return ret < 0 ? ret : rtap_port_setup_queues(rtap_fx.port, nb_queues);
}

void
rtap_events_teardown(void)
{
	rtap_events_hold(false);
	rte_eth_dev_stop(rtap_fx.port);
	ignore(RTE_ETH_EVENT_INTR_LSC);
	ignore(RTE_ETH_EVENT_INTR_RMV);
	rtap_teardown();
}
