/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_POOL_H_
#define _TEST_PMD_RTAP_POOL_H_

#include <rte_mempool.h>

/*
 * A mempool handler that does what the usual one does: for handlers of tests that
 * differ from it in one operation only. None of the others may be called if alloc
 * failed, with -ENOENT where the usual handler is not there.
 */
int rtap_usual_alloc(struct rte_mempool *pool);
void rtap_usual_free(struct rte_mempool *pool);
int rtap_usual_enqueue(struct rte_mempool *pool, void *const *objects, unsigned int n);
int rtap_usual_dequeue(struct rte_mempool *pool, void **objects, unsigned int n);
unsigned int rtap_usual_get_count(const struct rte_mempool *pool);

#endif /* _TEST_PMD_RTAP_POOL_H_ */
