/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Some of what the second process of rtap_mp_autotest is told to do: what takes
 * more than a few calls of ethdev.
 */

#include <errno.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "test_pmd_rtap_peer.h"
#include "test_pmd_rtap_port.h"

/* Returns how many of the packets were not taken at once. */
static int
send_or_drop(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const uint16_t nb_tx = rte_eth_tx_burst(port, queue, pkts, n);

	rte_pktmbuf_free_bulk(pkts + nb_tx, n - nb_tx);
	return n - nb_tx;
}

/* Sleeps as little as an application does that polls. */
int
rtap_peer_across(uint16_t port, const struct rtap_run *run)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	unsigned int nb_done = 0;
	int nb_refused = 0;

	do {
		for (unsigned int i = 0; i < 1000 && nb_done < run->n; i++) {
			for (uint16_t q = 0; q <= run->queue; q++) {
				const uint16_t n = rtap_port_receive_once(port, q, pkts,
					RTAP_TEST_BURST);

				if (n > 0)
					nb_refused += send_or_drop(port, run->queue, pkts, n);
				nb_done += n;
			}
		}
	} while (nb_done < run->n && rtap_deadline_wait(&deadline));
	return nb_done == run->n ? nb_refused : -ETIMEDOUT;
}
