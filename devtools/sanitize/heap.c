/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Takes the queues of the driver from libc, whose heap the address sanitizer guards:
 * of DPDK's it knows nothing. Linked with --wrap for these functions.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>

/* Of the run-time of the sanitizer: gcc brings no header that has it. */
int __sanitizer_get_ownership(const volatile void *ptr);

void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void __real_rte_free(void *ptr);
void __wrap_rte_free(void *ptr);

void *
__wrap_rte_zmalloc_socket(const char *type __rte_unused, size_t size, unsigned int align,
		int socket __rte_unused)
{
	void *ptr;

	align = RTE_MAX(align, (unsigned int)RTE_CACHE_LINE_SIZE);
	if (posix_memalign(&ptr, align, size) != 0)
		return NULL;
	return memset(ptr, 0, size);
}

/* What other functions of DPDK gave is in its own heap. */
void
__wrap_rte_free(void *ptr)
{
	if (ptr != NULL && __sanitizer_get_ownership(ptr) != 0)
		free(ptr);
	else
		__real_rte_free(ptr);
}
