/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>
#include <string.h>

#include <ethdev_driver.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "borrower.h"
#include "control.h"
#include "log.h"
#include "peer.h"
#include "rtap.h"
#include "stage.h"
#include "telemetry.h"
#include "test_pmd_rtap_port.h"
#include "traffic.h"

/* One message has no descriptors of so many, the pipe being one, where EAL has a low limit. */
#define MANY_QUEUES 9

static const struct rte_eth_dev *
port(void)
{
	return &rte_eth_devices[rtap_fx.port];
}

/* ---- what is waited for ------------------------------------------------------- */

static bool
has_loan(void)
{
	return rtap_borrower_has_loan(port());
}

static bool
has_rx_ring(void)
{
	return rtap_process(port())->queues[0].rx != NULL;
}

static bool
has_tx_ring(void)
{
	return rtap_process(port())->queues[0].tx != NULL;
}

static void
poll_rx(uint16_t queue)
{
	struct rte_mbuf *pkt;

	if (rtap_port_receive_once(rtap_fx.port, queue, &pkt, 1) > 0)
		rte_pktmbuf_free(pkt);
}

static void
poll_first_rx(void)
{
	poll_rx(0);
}

static void
poll_first_tx(void)
{
	rte_eth_tx_burst(rtap_fx.port, 0, NULL, 0);
}

/* One that the port has not: its ring is not made as soon as the queues are there. */
static void
poll_none(void)
{
	poll_rx(MANY_QUEUES);
}

/* Polls on, since the driver tries again, but not after it has told of an error. */
static int
wait_for(bool (*is_there)(void), void (*poll)(void))
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	const size_t nb_logged = strlen(log_last());

	do {
		poll();
		if (is_there())
			return 0;
		if (strlen(log_last()) != nb_logged)
			return -EIO;
	} while (rtap_deadline_wait(&deadline));
	return -ETIMEDOUT;
}

/* ---- its life ---------------------------------------------------------------- */

int
borrower_enter(enum stage stage)
{
	int ret = peer_tell(PEER_BEGIN, STAGE_QUEUES);

	if (ret == 0 && stage >= STAGE_PROBED)
		ret = port_probe();
	if (ret == 0 && stage >= STAGE_STARTED)
		ret = borrower_start();
	return ret;
}

int
borrower_leave(void)
{
	if (port_exists())
		port_remove();
	return peer_tell(PEER_END, 0);
}

static int
start_primary(void)
{
	return peer_tell(PEER_START, 0);
}

static int
borrow(void)
{
	return wait_for(has_loan, poll_none);
}

static int
open_rx(void)
{
	return wait_for(has_rx_ring, poll_first_rx);
}

static int
open_tx(void)
{
	return wait_for(has_tx_ring, poll_first_tx);
}

int
borrower_start(void)
{
	int ret = start_primary();

	if (ret == 0)
		ret = borrow();
	if (ret == 0)
		ret = open_rx();
	return ret == 0 ? open_tx() : ret;
}

int
borrower_stop(void)
{
	return peer_tell(PEER_STOP, 0);
}

int
borrower_is_usable(int (*check_traffic)(void))
{
	int ret;

	if (!port_exists())
		return peer_tell(PEER_CHECK, 0);
	if (port()->data->dev_started)
		return check_traffic();
	ret = borrower_start();
	if (ret == 0)
		ret = check_traffic();
	return ret == 0 ? borrower_stop() : ret;
}

/* ---- steps of operations ------------------------------------------------------ */

static int
start_and_borrow(void)
{
	int ret = start_primary();

	return ret == 0 ? borrow() : ret;
}

static int
have_it_recalled(void)
{
	int ret = borrower_start();

	if (ret == 0)
		ret = borrower_stop();
	return ret == 0 ? start_primary() : ret;
}

static int
start_many(void)
{
	int ret = peer_tell(PEER_CONFIGURE, MANY_QUEUES);

	return ret == 0 ? start_primary() : ret;
}

static int
stop_many(void)
{
	int ret = borrower_stop();

	return ret == 0 ? peer_tell(PEER_CONFIGURE, STAGE_QUEUES) : ret;
}

static int
has_all_queues(void)
{
	for (uint16_t i = 0; i < port()->data->nb_rx_queues; i++) {
		if (rtap_process(port())->queues[i].tap_fd < 0)
			return -EILSEQ;
	}
	return has_loan() ? 0 : -EILSEQ;
}

static int
has_no_queue(void)
{
	for (uint16_t i = 0; i < RTAP_MAX_QUEUES; i++) {
		const struct rtap_queue_pair *pair = &rtap_process(port())->queues[i];

		if (pair->tap_fd >= 0 || pair->rx != NULL || pair->tx != NULL)
			return -EILSEQ;
	}
	return has_loan() ? -EILSEQ : 0;
}

static int
attach_and_start(void)
{
	int ret = port_probe();

	return ret == 0 ? borrower_start() : ret;
}

static int
lose_port(void)
{
	int ret = attach_and_start();

	return ret == 0 ? peer_tell(PEER_CLOSE, STAGE_QUEUES) : ret;
}

static int
is_detached(void)
{
	return port_exists() ? -EEXIST : 0;
}

static int
close_port(void)
{
	return rte_eth_dev_close(rtap_fx.port);
}

static int
remove_and_stop(void)
{
	int ret = port_remove();

	return ret < 0 ? ret : borrower_stop();
}

/* What a process keeps of a port that it gave up is used for the next one. */
const struct operation borrower_first_operation = {
	.name = "attach the first port of a process",
	.stage = STAGE_NONE,
	.run = port_probe,
	.undo = port_remove,
	.is_first = true,
	.only = "aligned_alloc",
};

const struct operation borrower_operations[] = {
	{
		.name = "attach a port of the primary",
		.stage = STAGE_NONE,
		.run = port_probe,
		.undo = port_remove,
	},
	{
		.name = "borrow the queues",
		.stage = STAGE_PROBED,
		.prepare = start_primary,
		.run = borrow,
		.check = has_all_queues,
		.undo = borrower_stop,
	},
	{
		.name = "borrow more queues than one message can have",
		.stage = STAGE_PROBED,
		.prepare = start_many,
		.run = borrow,
		.check = has_all_queues,
		.undo = stop_many,
	},
	{
		.name = "borrow the queues again",
		.stage = STAGE_PROBED,
		.prepare = have_it_recalled,
		.run = borrow,
		.check = has_all_queues,
		.undo = borrower_stop,
	},
	{
		.name = "poll a borrowed Rx queue for the first time",
		.stage = STAGE_PROBED,
		.prepare = start_and_borrow,
		.run = open_rx,
		.undo = borrower_stop,
	},
	{
		.name = "poll a borrowed Tx queue for the first time",
		.stage = STAGE_PROBED,
		.prepare = start_and_borrow,
		.run = open_tx,
		.undo = borrower_stop,
	},
	{
		.name = "send a packet on a borrowed queue",
		.stage = STAGE_PROBED,
		.prepare = traffic_prepare_one,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "send a burst on a borrowed queue",
		.stage = STAGE_PROBED,
		.prepare = traffic_prepare_burst,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "send a burst of chains on a borrowed queue",
		.stage = STAGE_PROBED,
		.prepare = traffic_prepare_chains,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "receive on a borrowed queue",
		.stage = STAGE_PROBED,
		.prepare = traffic_prepare_receive,
		.run = traffic_receive,
		.check = traffic_check_received,
		.undo = traffic_undo,
	},
	{
		.name = "give the queues back",
		.stage = STAGE_STARTED,
		.run = borrower_stop,
		.check = has_no_queue,
		.undo = borrower_start,
	},
	{
		.name = "ask a secondary for the link",
		.stage = STAGE_STARTED,
		.run = control_get_link,
	},
	{
		.name = "ask a secondary for statistics",
		.stage = STAGE_STARTED,
		.run = control_get_stats,
	},
	{
		.name = "reset the statistics in a secondary",
		.stage = STAGE_STARTED,
		.run = control_reset_stats,
	},
	{
		.name = "ask a secondary for extended statistics",
		.stage = STAGE_STARTED,
		.run = control_get_xstats,
	},
	{
		.name = "ask a secondary for information",
		.stage = STAGE_STARTED,
		.run = control_get_info,
	},
	{
		.name = "dump in a secondary",
		.stage = STAGE_STARTED,
		.run = control_dump,
	},
	{
		.name = "answer telemetry about a port of a secondary",
		.stage = STAGE_STARTED,
		.prepare = telemetry_note,
		.run = telemetry_info,
		.check = telemetry_is_whole,
	},
	{
		.name = "answer telemetry about a borrowed queue pair",
		.stage = STAGE_STARTED,
		.prepare = telemetry_note,
		.run = telemetry_queue,
		.check = telemetry_is_whole,
	},
	{
		.name = "close in a secondary",
		.stage = STAGE_NONE,
		.prepare = attach_and_start,
		.run = close_port,
		.check = is_detached,
		.undo = remove_and_stop,
		.is_final = true,
	},
	{
		.name = "detach",
		.stage = STAGE_NONE,
		.prepare = attach_and_start,
		.run = port_remove,
		.check = is_detached,
		.undo = borrower_stop,
		.is_final = true,
	},
	{
		.name = "detach what the primary has closed",
		.stage = STAGE_NONE,
		.prepare = lose_port,
		.run = port_remove,
		.check = is_detached,
		.is_final = true,
	},
	{ .name = NULL },
};
