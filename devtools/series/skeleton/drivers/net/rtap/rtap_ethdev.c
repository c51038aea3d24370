/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Registers the driver. A device of it is refused until there is a port.
 */

#include <errno.h>

#include <bus_vdev_driver.h>

#include "rtap_log.h"

static int
rtap_probe(struct rte_vdev_device *vdev)
{
	PMD_LOG(ERR, "%s: not supported yet", rte_vdev_device_name(vdev));
	return -ENOTSUP;
}

static int
rtap_remove(struct rte_vdev_device *vdev)
{
	PMD_LOG(DEBUG, "%s: removed", rte_vdev_device_name(vdev));
	return 0;
}

static struct rte_vdev_driver rtap_driver = {
	.probe = rtap_probe,
	.remove = rtap_remove,
};

RTE_PMD_REGISTER_VDEV(net_rtap, rtap_driver);
RTE_PMD_REGISTER_ALIAS(net_rtap, eth_rtap);
