/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns what a netlink message says of an interface, as far as the driver wants to know.
 */

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include <rte_common.h>

#include "rtap_nlattr.h"
#include "rtap_nllink.h"

static_assert(offsetof(struct rtap_link_stats, rx_packets) ==
	offsetof(struct rtnl_link_stats64, rx_packets) &&
	offsetof(struct rtap_link_stats, tx_dropped) ==
	offsetof(struct rtnl_link_stats64, tx_dropped),
	"the kernel's counters are copied as they are");

static void
parse_tun_info(struct rtap_link *link, struct rtattr *link_info)
{
	struct rtap_nlattrs info;
	struct rtattr *data;
	char kind[8];
	uint8_t type = 0;

	rtap_nlattr_parse(&info, RTA_DATA(link_info), RTA_PAYLOAD(link_info));
	rtap_nlattr_get_string(&info, IFLA_INFO_KIND, kind, sizeof(kind));
	data = info.attrs[IFLA_INFO_DATA];
	if (strcmp(kind, "tun") != 0 || data == NULL)
		return;

	rtap_nlattr_parse(&info, RTA_DATA(data), RTA_PAYLOAD(data));
	rtap_nlattr_get(&info, IFLA_TUN_TYPE, &type, sizeof(type));
	link->is_tap = type == IFF_TAP;
	link->is_multi_queue = rtap_nlattr_get_bool(&info, IFLA_TUN_MULTI_QUEUE);
	rtap_nlattr_get(&info, IFLA_TUN_NUM_QUEUES, &link->nb_queues, sizeof(link->nb_queues));
	rtap_nlattr_get(&info, IFLA_TUN_NUM_DISABLED_QUEUES, &link->nb_detached,
		sizeof(link->nb_detached));
}

int
rtap_nllink_parse(struct rtap_link *link, struct nlmsghdr *hdr)
{
	struct ifinfomsg *info = NLMSG_DATA(hdr);
	struct rtap_nlattrs table;

	if (hdr->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EBADMSG;

	memset(link, 0, sizeof(*link));
	link->if_index = info->ifi_index;
	link->flags = info->ifi_flags;

	rtap_nlattr_parse(&table, IFLA_RTA(info), IFLA_PAYLOAD(hdr));
	rtap_nlattr_get_string(&table, IFLA_IFNAME, link->name, sizeof(link->name));
	rtap_nlattr_get(&table, IFLA_ADDRESS, &link->mac, sizeof(link->mac));
	rtap_nlattr_get(&table, IFLA_MTU, &link->mtu, sizeof(link->mtu));
	rtap_nlattr_get(&table, IFLA_MIN_MTU, &link->min_mtu, sizeof(link->min_mtu));
	rtap_nlattr_get(&table, IFLA_MAX_MTU, &link->max_mtu, sizeof(link->max_mtu));
	rtap_nlattr_get(&table, IFLA_GSO_MAX_SIZE, &link->gso_max_size,
		sizeof(link->gso_max_size));
	rtap_nlattr_get(&table, IFLA_GSO_MAX_SEGS, &link->gso_max_segs,
		sizeof(link->gso_max_segs));
	rtap_nlattr_get(&table, IFLA_TXQLEN, &link->queue_len, sizeof(link->queue_len));
	link->carrier = rtap_nlattr_get_bool(&table, IFLA_CARRIER);
	rtap_nlattr_get(&table, IFLA_STATS64, &link->stats, sizeof(link->stats));
	if (table.attrs[IFLA_LINKINFO] != NULL)
		parse_tun_info(link, table.attrs[IFLA_LINKINFO]);
	return 0;
}
