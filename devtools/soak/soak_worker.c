/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The lcore of the application: receives, checks and frees, transmits; and what
 * the second process does with its queue.
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "soak.h"

#define BURST 32
#define TURNS_A_BURST 4

static void
check_and_free(struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (!soak_frame_is_whole(rte_pktmbuf_mtod(pkts[i], uint8_t *),
				rte_pktmbuf_data_len(pkts[i])))
			soak_add(&soak.damaged, 1);
	}
	rte_pktmbuf_free_bulk(pkts, n);
}

static uint16_t
receive(uint16_t queue)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t n = rte_eth_rx_burst(soak.port, queue, pkts, BURST);

	check_and_free(pkts, n);
	return n;
}

/* Returns how many the port took. */
static uint16_t
transmit(uint16_t queue, struct soak_random *random, uint64_t number)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t n = 1 + soak_random_below(random, BURST);
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(soak.pool, pkts, n) != 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		uint16_t len = SOAK_MIN_LEN +
			soak_random_below(random, SOAK_MAX_LEN - SOAK_MIN_LEN + 1);

		soak_frame_fill((uint8_t *)rte_pktmbuf_append(pkts[i], len), len, number + i);
	}
	sent = rte_eth_tx_burst(soak.port, queue, pkts, n);
	rte_pktmbuf_free_bulk(&pkts[sent], n - sent);
	return sent;
}

/* Transmits only now and then, so that the other direction has times of rest. */
static void
serve(uint16_t queue, struct soak_random *random, bool is_traffic, uint64_t *number)
{
	uint16_t n;

	soak_add(&soak.received, receive(queue));
	if (!is_traffic || soak_random_below(random, TURNS_A_BURST) != 0)
		return;
	n = transmit(queue, random, *number);
	soak_add(&soak.transmitted, n);
	*number += n;
}

int
soak_worker_main(void *arg)
{
	struct soak_random random;
	uint64_t number = 0;

	soak_random_init(&random, (unsigned int)(uintptr_t)arg);
	while (!soak_get(&soak.is_over)) {
		bool is_traffic = soak_get(&soak.is_traffic);

		for (uint16_t q = 0; q < soak.nb_queues; q++) {
			if (soak_get(&soak.holds[q]) == 0)
				serve(q, &random, is_traffic, &number);
		}
		soak_add(&soak.nb_turns, 1);
	}
	return 0;
}

void
soak_hold(uint16_t queue)
{
	uint64_t turns;

	soak_add(&soak.holds[queue], 1);
	turns = soak_get(&soak.nb_turns);
	while (soak_get(&soak.nb_turns) < turns + 2)
		rte_delay_us_sleep(50);
}

void
soak_release(uint16_t queue)
{
	soak_add(&soak.holds[queue], -1);
}

int
soak_secondary_main(uint16_t queue)
{
	const struct rte_memzone *zone = rte_memzone_lookup(SOAK_POOL);
	struct soak_meeting *meeting;
	struct soak_random random;

	soak.pool = rte_mempool_lookup(SOAK_POOL);
	if (zone == NULL || soak.pool == NULL)
		return -ENOENT;
	meeting = zone->addr;
	soak_random_init(&random, 100);
	for (;;) {
		receive(queue);
		transmit(queue, &random, 0);
		soak_add(&meeting->nb_bursts, 1);
	}
}
