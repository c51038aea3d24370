/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The life of the port around the operations, without failures.
 */

#include <errno.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "borrower.h"
#include "operations.h"
#include "peer.h"
#include "stage.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

int
port_probe(void)
{
	int ret = rte_vdev_init(RTAP_TEST_VDEV, RTAP_TEST_ARGS);

	return ret < 0 ? ret : rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &rtap_fx.port);
}

int
port_remove(void)
{
	return rte_vdev_uninit(RTAP_TEST_VDEV);
}

bool
port_exists(void)
{
	uint16_t port;

	return rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &port) == 0;
}

/* With all kinds of interrupts, whose descriptors and threads are more to lose. */
int
port_configure(uint16_t nb_queues)
{
	const struct rte_eth_conf conf = {
		.intr_conf = { .lsc = 1, .rxq = 1, .rmv = 1 },
	};

	return rte_eth_dev_configure(rtap_fx.port, nb_queues, nb_queues, &conf);
}

/* ethdev does not let a port be without queues again. */
int
port_renew(void)
{
	port_remove();
	rtap_kernel_link_wait_gone(RTAP_TEST_IFACE);
	return port_probe();
}

int
port_start(void)
{
	return peer_is_secondary() ? borrower_start() : rtap_port_start(rtap_fx.port);
}

int
port_stop(void)
{
	return peer_is_secondary() ? borrower_stop() : rte_eth_dev_stop(rtap_fx.port);
}

int
stage_enter(enum stage stage)
{
	int ret = 0;

	if (peer_is_secondary())
		return borrower_enter(stage);
	if (stage >= STAGE_PROBED)
		ret = port_probe();
	if (ret == 0 && stage >= STAGE_CONFIGURED)
		ret = port_configure(STAGE_QUEUES);
	if (ret == 0 && stage >= STAGE_CONFIGURED)
		ret = rtap_port_setup_queues(rtap_fx.port, STAGE_QUEUES);
	if (ret == 0 && stage >= STAGE_STARTED)
		ret = port_start();
	return ret;
}

int
stage_leave(void)
{
	if (peer_is_secondary())
		return borrower_leave();
	if (!port_exists())
		return 0;
	port_remove();
	return rtap_kernel_link_wait_gone(RTAP_TEST_IFACE);
}

static int
check_traffic(void)
{
	int sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTAP_TEST_ETHERTYPE);
	int ret;

	if (sock < 0)
		return sock;
	ret = rtap_port_check_traffic(rtap_fx.port, sock);
	close(sock);
	return ret;
}

static int
start_for_a_while(uint16_t nb_queues)
{
	int ret = 0;

	if (nb_queues == 0) {
		nb_queues = 1;
		ret = port_configure(nb_queues);
	}
	if (ret == 0)
		ret = rtap_port_setup_queues(rtap_fx.port, nb_queues);
	if (ret == 0)
		ret = port_start();
	if (ret < 0)
		return ret;
	ret = check_traffic();
	port_stop();
	return ret;
}

int
port_is_usable(void)
{
	const struct rte_eth_dev_data *data = rte_eth_devices[rtap_fx.port].data;

	if (peer_is_secondary())
		return borrower_is_usable(check_traffic);
	if (!port_exists())
		return 0;
	return data->dev_started ? check_traffic() : start_for_a_while(data->nb_rx_queues);
}
