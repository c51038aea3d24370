/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * What is counted, one function a kind.
 */

#include <dirent.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "fault.h"
#include "rtap.h"
#include "state.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define SETTLED_US 3000

/* The interrupt thread has come round. */
static bool has_turned;

static uint64_t
count_fds(void)
{
	return rtap_kernel_count_fds();
}

/* What a queue has in stock differs with its traffic, and is not lost. */
static uint64_t
count_mbufs(void)
{
	const struct rte_eth_dev_data *data = rte_eth_devices[rtap_fx.port].data;
	uint64_t n = rte_mempool_avail_count(rtap_fx.pool);

	for (uint16_t i = 0; rte_eth_dev_count_avail() > 0 && i < data->nb_rx_queues; i++) {
		const struct rtap_rx_queue *q = data->rx_queues[i];

		n += q == NULL ? 0 : q->nb_stock;
	}
	return n;
}

static uint64_t
count_blocks(void)
{
	return fault_count_blocks();
}

static struct rte_malloc_socket_stats
heap(void)
{
	struct rte_malloc_socket_stats stats;

	memset(&stats, 0, sizeof(stats));
	rte_malloc_get_socket_stats(0, &stats);
	return stats;
}

static uint64_t
count_heap_blocks(void)
{
	return heap().alloc_count;
}

static uint64_t
count_heap_bytes(void)
{
	return heap().heap_allocsz_bytes;
}

static void
count_memzone(const struct rte_memzone *zone __rte_unused, void *n)
{
	++*(uint64_t *)n;
}

static uint64_t
count_memzones(void)
{
	uint64_t n = 0;

	rte_memzone_walk(count_memzone, &n);
	return n;
}

static uint64_t
count_links(void)
{
	return rtap_kernel_count_links();
}

static uint64_t
count_ports(void)
{
	return rte_eth_dev_count_avail();
}

static uint64_t
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	uint64_t n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Each ring has some. */
static uint64_t
count_ring_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	uint64_t n = 0;

	if (maps == NULL)
		return 0;
	while (fgets(line, sizeof(line), maps) != NULL)
		n += strstr(line, "io_uring") != NULL;
	fclose(maps);
	return n;
}

static const struct {
	const char *name;
	uint64_t (*count)(void);
} kinds[NB_STATES] = {
	{ "descriptors", count_fds },
	{ "free mbufs", count_mbufs },
	{ "blocks of the driver", count_blocks },
	{ "blocks of DPDK's heap", count_heap_blocks },
	{ "bytes of DPDK's heap", count_heap_bytes },
	{ "memzones", count_memzones },
	{ "interfaces", count_links },
	{ "ports", count_ports },
	{ "threads", count_threads },
	{ "pieces of ring memory", count_ring_maps },
};

void
state_take(struct state *state)
{
	for (unsigned int i = 0; i < NB_STATES; i++)
		state->counts[i] = kinds[i].count();
}

static void
note_turn(void *arg __rte_unused)
{
	__atomic_store_n(&has_turned, true, __ATOMIC_RELEASE);
}

static void
wait_for_turn(void)
{
	struct rtap_deadline deadline = rtap_deadline_start();

	has_turned = false;
	if (rte_eal_alarm_set(1, note_turn, NULL) < 0)
		return;
	while (!__atomic_load_n(&has_turned, __ATOMIC_ACQUIRE) && rtap_deadline_wait(&deadline))
		;
}

/*
 * EAL's interrupt thread makes its epoll descriptor anew when something is registered.
 * An alarm may be in front of that in its turn, but the next one is behind.
 */
void
state_take_settled(struct state *state)
{
	struct rtap_deadline deadline = rtap_deadline_start();
	struct state before;

	wait_for_turn();
	wait_for_turn();
	state_take(state);
	do {
		before = *state;
		usleep(SETTLED_US);
		state_take(state);
	} while (memcmp(&before, state, sizeof(before)) != 0 && rtap_deadline_wait(&deadline));
}

/* Threads end a moment later, and so does the hold that a ring has on its file. */
bool
state_is(const struct state *wanted, char *text, unsigned int size)
{
	struct rtap_deadline deadline = rtap_deadline_start();
	struct state now;

	do {
		state_take(&now);
		if (memcmp(&now, wanted, sizeof(now)) == 0)
			return true;
	} while (rtap_deadline_wait(&deadline));

	text[0] = '\0';
	for (unsigned int i = 0; i < NB_STATES; i++) {
		const size_t len = strlen(text);

		if (now.counts[i] != wanted->counts[i])
			snprintf(text + len, size - len, "%s%" PRIu64 " %s instead of %" PRIu64,
				len > 0 ? ", " : "", now.counts[i], kinds[i].name,
				wanted->counts[i]);
	}
	return false;
}
