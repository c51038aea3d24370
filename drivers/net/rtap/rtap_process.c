/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what a process has of a port, primary or secondary, from its probe to its
 * close. What goes into it is of others.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "rtap.h"
#include "rtap_log.h"

/* Gives back all that this process holds of the port; works on a half-built one. */
void
rtap_process_release(struct rte_eth_dev *dev)
{
	struct rtap_process *process = rtap_process(dev);

	if (process == NULL)
		return;
	rtap_mp_lender_destroy(process->lender);
	rtap_intr_close(process);
	rtap_rx_intr_close(dev);
	rtap_queues_close_from(process, 0);
	rtap_nl_close(&process->stats_nl);
	rtap_nl_close(&process->nl);
	rtap_location_destroy(&process->location);
	if (process->keep_alive_fd >= 0)
		close(process->keep_alive_fd);
	dev->process_private = NULL;
	free(process);
}

int
rtap_process_create(struct rte_eth_dev *dev, uint32_t process_id)
{
	struct rtap_process *process = calloc(1, sizeof(*process));
	int ret;

	if (process == NULL) {
		PMD_LOG(ERR, "%s: no memory for a port", dev->data->name);
		return -ENOMEM;
	}
	process->keep_alive_fd = -1;
	process->nl.fd = -1;
	process->stats_nl.fd = -1;
	for (unsigned int i = 0; i < RTAP_MAX_QUEUES; i++) {
		process->queues[i].tap_fd = -1;
		process->queues[i].intr_fd = -1;
		process->queues[i].process_id = process_id;
	}
	dev->process_private = process;

	ret = rtap_nl_open(&process->nl);
	if (ret == 0)
		ret = rtap_nl_open(&process->stats_nl);
	if (ret == 0)
		ret = rtap_location_init(&process->location, &process->nl);
	return ret;
}
