/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * A pool of mbufs that may have none when it is asked. It has no cache, so that
 * each call of the driver comes here.
 */

#include <errno.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "fault.h"
#include "pool.h"
#include "test_pmd_rtap_pool.h"
#include "test_pmd_rtap_port.h"

#define NB_MBUFS 1023

static const struct fault_call get_call = {
	.name = "mempool get",
	.how = "negative",
	.errors = { ENOBUFS },
};

static int
fault_dequeue(struct rte_mempool *pool, void **objects, unsigned int n)
{
	if (fault_hits(&get_call, __builtin_return_address(0), n))
		return -ENOBUFS;
	return rtap_usual_dequeue(pool, objects, n);
}

static const struct rte_mempool_ops fault_ops = {
	.name = "fault",
	.alloc = rtap_usual_alloc,
	.free = rtap_usual_free,
	.enqueue = rtap_usual_enqueue,
	.dequeue = fault_dequeue,
	.get_count = rtap_usual_get_count,
};

RTE_MEMPOOL_REGISTER_OPS(fault_ops);

int
pool_create(void)
{
	rtap_fx.pool = rte_pktmbuf_pool_create_by_ops(RTAP_TEST_POOL, NB_MBUFS, 0,
		RTAP_TEST_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id(),
		fault_ops.name);
	return rtap_fx.pool == NULL ? -ENOMEM : 0;
}
