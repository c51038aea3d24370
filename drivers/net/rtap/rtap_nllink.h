/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_NLLINK_H_
#define _RTAP_NLLINK_H_

#include <linux/netlink.h>

#include "rtap_netlink.h"

/*
 * Reads a message of type RTM_NEWLINK or RTM_DELLINK, which lies within its
 * datagram. Returns 0 or -EBADMSG.
 */
int rtap_nllink_parse(struct rtap_link *link, struct nlmsghdr *hdr);

#endif /* _RTAP_NLLINK_H_ */
