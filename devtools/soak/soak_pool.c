/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * A mempool that survives the processes that use it. Who is killed while he changes
 * a ring, or the cache of an lcore, leaves it in a state that hangs the others, or
 * that gives mbufs out twice. Of these two stacks, he can only take some along.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "soak.h"

/* A cell is on one of the stacks, or in the hands of one thread. None has the number 0. */
struct cell {
	uint32_t next;
	void *object;
};

/* The numbers of the topmost cells, under a count of changes: an old one is no match. */
struct stacks {
	uint64_t full;
	uint64_t empty;
	uint64_t nb_full;
	struct cell cells[];
};

static uint32_t
pop(struct stacks *stacks, uint64_t *head)
{
	uint64_t before = soak_get(head);
	uint64_t after;
	uint32_t number;

	do {
		number = (uint32_t)before;
		if (number == 0)
			return 0;
		after = ((before >> 32) + 1) << 32 | soak_get(&stacks->cells[number].next);
	} while (!__atomic_compare_exchange_n(head, &before, after, true, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE));
	return number;
}

static void
push(struct stacks *stacks, uint64_t *head, uint32_t number)
{
	uint64_t before = soak_get(head);
	uint64_t after;

	do {
		soak_set(&stacks->cells[number].next, (uint32_t)before);
		after = ((before >> 32) + 1) << 32 | number;
	} while (!__atomic_compare_exchange_n(head, &before, after, true, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE));
}

static int
alloc_stacks(struct rte_mempool *pool)
{
	struct stacks *stacks = rte_zmalloc(NULL,
		sizeof(*stacks) + (pool->size + 1) * sizeof(struct cell), 0);

	if (stacks == NULL)
		return -ENOMEM;
	for (uint32_t number = 1; number <= pool->size; number++)
		push(stacks, &stacks->empty, number);
	pool->pool_data = stacks;
	return 0;
}

static void
free_stacks(struct rte_mempool *pool)
{
	rte_free(pool->pool_data);
}

static int
put_objects(struct rte_mempool *pool, void *const *objects, unsigned int n)
{
	struct stacks *stacks = pool->pool_data;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t number = pop(stacks, &stacks->empty);

		if (number == 0)
			return -ENOBUFS;
		stacks->cells[number].object = objects[i];
		push(stacks, &stacks->full, number);
		soak_add(&stacks->nb_full, 1);
	}
	return 0;
}

/* All or none. */
static int
get_objects(struct rte_mempool *pool, void **objects, unsigned int n)
{
	struct stacks *stacks = pool->pool_data;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t number = pop(stacks, &stacks->full);

		if (number == 0) {
			put_objects(pool, objects, i);
			return -ENOBUFS;
		}
		objects[i] = stacks->cells[number].object;
		push(stacks, &stacks->empty, number);
		soak_add(&stacks->nb_full, -1);
	}
	return 0;
}

static unsigned int
count_objects(const struct rte_mempool *pool)
{
	const struct stacks *stacks = pool->pool_data;

	return soak_get(&stacks->nb_full);
}

static const struct rte_mempool_ops soak_stacks = {
	.name = "soak",
	.alloc = alloc_stacks,
	.free = free_stacks,
	.enqueue = put_objects,
	.dequeue = get_objects,
	.get_count = count_objects,
};

RTE_MEMPOOL_REGISTER_OPS(soak_stacks)

struct rte_mempool *
soak_pool_create(unsigned int nb_mbufs)
{
	return rte_pktmbuf_pool_create_by_ops(SOAK_POOL, nb_mbufs, 0, 0,
		RTE_PKTMBUF_HEADROOM + 2048, rte_socket_id(), soak_stacks.name);
}
