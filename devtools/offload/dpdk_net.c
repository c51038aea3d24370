/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The only parts of DPDK's libraries that the conversions call. Compiled here,
 * so that the sanitizer sees what they read of hostile packets.
 */

#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "../../subprojects/dpdk/lib/net/rte_net.c"

const void *
__rte_pktmbuf_read(const struct rte_mbuf *m, uint32_t off, uint32_t len, void *buf)
{
	uint32_t done = 0;

	if (off > m->pkt_len || len > m->pkt_len - off)
		return NULL;
	while (off >= m->data_len && m->next != NULL) {
		off -= m->data_len;
		m = m->next;
	}
	if (len <= m->data_len - off)
		return rte_pktmbuf_mtod_offset(m, char *, off);
	for (; done < len; m = m->next, off = 0) {
		const uint32_t part = RTE_MIN(len - done, m->data_len - off);

		memcpy((char *)buf + done, rte_pktmbuf_mtod_offset(m, char *, off), part);
		done += part;
	}
	return buf;
}
