/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>
#include <string.h>

#include <rte_mempool.h>

#include "test_pmd_rtap_pool.h"

static const struct rte_mempool_ops *
usual_ops(void)
{
	for (unsigned int i = 0; i < rte_mempool_ops_table.num_ops; i++) {
		if (strcmp(rte_mempool_ops_table.ops[i].name, "ring_mp_mc") == 0)
			return &rte_mempool_ops_table.ops[i];
	}
	return NULL;
}

int
rtap_usual_alloc(struct rte_mempool *pool)
{
	return usual_ops() == NULL ? -ENOENT : usual_ops()->alloc(pool);
}

void
rtap_usual_free(struct rte_mempool *pool)
{
	usual_ops()->free(pool);
}

int
rtap_usual_enqueue(struct rte_mempool *pool, void *const *objects, unsigned int n)
{
	return usual_ops()->enqueue(pool, objects, n);
}

int
rtap_usual_dequeue(struct rte_mempool *pool, void **objects, unsigned int n)
{
	return usual_ops()->dequeue(pool, objects, n);
}

unsigned int
rtap_usual_get_count(const struct rte_mempool *pool)
{
	return usual_ops()->get_count(pool);
}
