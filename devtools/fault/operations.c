/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The operations, in the order of a port's life.
 */

#include <errno.h>
#include <stddef.h>

#include <rte_ethdev.h>

#include "operations.h"
#include "stage.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

static int
configure_two(void)
{
	return port_configure(2);
}

static int
set_up_rx_queue(void)
{
	return rte_eth_rx_queue_setup(rtap_fx.port, 0, RTAP_TEST_NB_DESC, SOCKET_ID_ANY,
		NULL, rtap_fx.pool);
}

static int
set_up_tx_queue(void)
{
	return rte_eth_tx_queue_setup(rtap_fx.port, 0, RTAP_TEST_NB_DESC, SOCKET_ID_ANY,
		NULL);
}

static int
start(void)
{
	return rte_eth_dev_start(rtap_fx.port);
}

static int
is_running(void)
{
	return rtap_kernel_link_wait(RTAP_TEST_IFACE, rtap_kernel_is_running);
}

static int
has_no_carrier(void)
{
	return rtap_kernel_link_wait(RTAP_TEST_IFACE, rtap_kernel_no_carrier);
}

static int
enter_started(void)
{
	return stage_enter(STAGE_STARTED);
}

static int
enter_stopped(void)
{
	int ret = enter_started();

	return ret < 0 ? ret : port_stop();
}

static int
close_port(void)
{
	return rte_eth_dev_close(rtap_fx.port);
}

static int
is_gone(void)
{
	return rtap_kernel_link_wait_gone(RTAP_TEST_IFACE);
}

const struct operation operations[] = {
	{
		.name = "probe",
		.stage = STAGE_NONE,
		.run = port_probe,
		.undo = port_remove,
	},
	{
		.name = "configure",
		.stage = STAGE_PROBED,
		.run = configure_two,
		.undo = port_renew,
	},
	{
		.name = "set up an Rx queue",
		.stage = STAGE_PROBED,
		.prepare = configure_two,
		.run = set_up_rx_queue,
		.undo = port_renew,
	},
	{
		.name = "set up a Tx queue",
		.stage = STAGE_PROBED,
		.prepare = configure_two,
		.run = set_up_tx_queue,
		.undo = port_renew,
	},
	{
		.name = "start",
		.stage = STAGE_CONFIGURED,
		.run = start,
		.check = is_running,
		.undo = port_stop,
	},
	{
		.name = "stop",
		.stage = STAGE_NONE,
		.prepare = enter_started,
		.run = port_stop,
		.check = has_no_carrier,
		.undo = port_remove,
		.is_final = true,
	},
	{
		.name = "close",
		.stage = STAGE_NONE,
		.prepare = enter_stopped,
		.run = close_port,
		.check = is_gone,
		.undo = port_remove,
		.is_final = true,
	},
	{
		.name = "remove",
		.stage = STAGE_NONE,
		.prepare = enter_started,
		.run = port_remove,
		.check = is_gone,
		.is_final = true,
	},
	{ .name = NULL },
};
