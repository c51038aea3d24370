/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_NLATTR_H_
#define _RTAP_NLATTR_H_

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* Room for every attribute that we know; a newer kernel's others are skipped. */
#define RTAP_NLATTR_MAX ((unsigned int)IFLA_MAX)

static_assert(IFLA_MAX >= IFLA_INFO_MAX && IFLA_MAX >= IFLA_TUN_MAX &&
	IFLA_MAX >= NLMSGERR_ATTR_MAX, "one size of attribute table serves all");

/* The kernel's macros cast const away, so what they walk over is not const here. */
struct rtap_nlattrs {
	struct rtattr *attrs[RTAP_NLATTR_MAX + 1];
};

void rtap_nlattr_parse(struct rtap_nlattrs *table, struct rtattr *rta, int len);

/* A value that is absent or shorter leaves the buffer as it was. */
void rtap_nlattr_get(const struct rtap_nlattrs *table, unsigned int type, void *value, size_t len);
/* A part of a structure, of which the length differs by kernel. */
void rtap_nlattr_get_part(const struct rtap_nlattrs *table, unsigned int type, size_t offset,
		void *value, size_t len);
/* False if it is absent. */
bool rtap_nlattr_get_bool(const struct rtap_nlattrs *table, unsigned int type);
/* Empty if it is absent. */
void rtap_nlattr_get_string(const struct rtap_nlattrs *table, unsigned int type, char *buf,
		size_t size);

#endif /* _RTAP_NLATTR_H_ */
