/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The operations, in the order of a port's life.
 */

#include <errno.h>
#include <stddef.h>

#include <rte_ethdev.h>

#include "control.h"
#include "messages.h"
#include "operations.h"
#include "stage.h"
#include "telemetry.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "traffic.h"
#include "world.h"

#define MORE_QUEUES 4

static int
configure_two(void)
{
	return port_configure(2);
}

static int
configure_more(void)
{
	return port_configure(MORE_QUEUES);
}

static int
configure_again(void)
{
	int ret = port_configure(STAGE_QUEUES);

	return ret < 0 ? ret : rtap_port_setup_queues(rtap_fx.port, STAGE_QUEUES);
}

static int
come_home_configured(void)
{
	int ret = world_move_home();

	return ret == 0 ? configure_again() : ret;
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
		.name = "configure more queues",
		.stage = STAGE_CONFIGURED,
		.run = configure_more,
		.undo = configure_again,
		.is_lossy = true,
	},
	{
		.name = "start",
		.stage = STAGE_CONFIGURED,
		.run = start,
		.check = is_running,
		.undo = port_stop,
	},
	{
		.name = "send a packet",
		.stage = STAGE_CONFIGURED,
		.prepare = traffic_prepare_one,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "send a burst",
		.stage = STAGE_CONFIGURED,
		.prepare = traffic_prepare_burst,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "send a burst of chains",
		.stage = STAGE_CONFIGURED,
		.prepare = traffic_prepare_chains,
		.run = traffic_send,
		.check = traffic_check_sent,
		.undo = traffic_undo,
	},
	{
		.name = "receive",
		.stage = STAGE_CONFIGURED,
		.prepare = traffic_prepare_receive,
		.run = traffic_receive,
		.check = traffic_check_received,
		.undo = traffic_undo,
	},
	{
		.name = "set the MTU",
		.stage = STAGE_STARTED,
		.run = control_set_mtu,
		.check = control_has_mtu,
		.undo = control_reset_mtu,
	},
	{
		.name = "configure more queues in another namespace",
		.stage = STAGE_CONFIGURED,
		.prepare = world_move_away,
		.run = configure_more,
		.undo = come_home_configured,
		.is_lossy = true,
		.is_deaf = true,
	},
	{
		.name = "set the MAC address",
		.stage = STAGE_STARTED,
		.prepare = control_note_mac,
		.run = control_set_mac,
		.check = control_has_mac,
		.undo = control_reset_mac,
	},
	{
		.name = "set the filters",
		.stage = STAGE_STARTED,
		.run = control_set_filters,
		.undo = control_reset_filters,
	},
	{
		.name = "set the link up",
		.stage = STAGE_STARTED,
		.prepare = control_set_down,
		.run = control_set_up,
		.check = control_is_up,
	},
	{
		.name = "hear that the link goes down",
		.stage = STAGE_STARTED,
		.run = control_hear_down,
		.is_deaf = true,
		.undo = control_bring_up,
	},
	{
		.name = "ask for statistics",
		.stage = STAGE_STARTED,
		.run = control_get_stats,
	},
	{
		.name = "reset the statistics",
		.stage = STAGE_STARTED,
		.run = control_reset_stats,
	},
	{
		.name = "ask for extended statistics",
		.stage = STAGE_STARTED,
		.run = control_get_xstats,
	},
	{
		.name = "ask for information",
		.stage = STAGE_STARTED,
		.run = control_get_info,
	},
	{
		.name = "dump",
		.stage = STAGE_STARTED,
		.run = control_dump,
	},
	{
		.name = "answer telemetry about the list of ports",
		.stage = STAGE_STARTED,
		.prepare = telemetry_note,
		.run = telemetry_list,
		.check = telemetry_is_whole,
	},
	{
		.name = "answer telemetry about a port",
		.stage = STAGE_STARTED,
		.prepare = telemetry_note,
		.run = telemetry_info,
		.check = telemetry_is_whole,
	},
	{
		.name = "answer telemetry about a queue pair",
		.stage = STAGE_STARTED,
		.prepare = telemetry_note,
		.run = telemetry_queue,
		.check = telemetry_is_whole,
	},
	{
		.name = "answer a greeting of another process",
		.stage = STAGE_STARTED,
		.run = messages_greet,
		.check = messages_greet,
	},
	{
		.name = "lend the queues to another process",
		.stage = STAGE_STARTED,
		.prepare = messages_greet,
		.run = messages_borrow,
		.check = messages_has_loan,
		.undo = messages_give_back,
		.is_lossy = true, /* the pipe is kept for whoever asks next */
	},
	{
		.name = "take the queues back from another process",
		.stage = STAGE_NONE,
		.prepare = messages_use_loan,
		.run = control_stop_rx_queue,
		.undo = messages_end_use,
		.is_deaf = true,
		.loses_by = "write", /* who was not told may go on with the queues for ever */
	},
	{
		.name = "enable an Rx interrupt",
		.stage = STAGE_STARTED,
		.run = control_enable_interrupt,
		.undo = control_disable_interrupt,
	},
	{
		.name = "disable an Rx interrupt",
		.stage = STAGE_STARTED,
		.prepare = control_enable_interrupt,
		.run = control_disable_interrupt,
	},
	{
		.name = "start an Rx queue",
		.stage = STAGE_STARTED,
		.prepare = control_stop_rx_queue,
		.run = control_start_rx_queue,
	},
	{
		.name = "stop an Rx queue",
		.stage = STAGE_STARTED,
		.is_deaf = true,
		.run = control_stop_rx_queue,
		.undo = control_start_rx_queue,
	},
	{
		.name = "start a Tx queue",
		.stage = STAGE_STARTED,
		.prepare = control_stop_tx_queue,
		.run = control_start_tx_queue,
	},
	{
		.name = "hear that the interface is deleted",
		.stage = STAGE_NONE,
		.prepare = enter_started,
		.run = world_delete,
		.undo = port_remove,
		.is_deaf = true,
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
