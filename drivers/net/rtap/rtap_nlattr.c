/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the attributes of netlink messages: each run of them is put into a table
 * once, and values are copied out of it by type.
 */

#include <string.h>

#include <rte_common.h>

#include "rtap_nlattr.h"

void
rtap_nlattr_parse(struct rtap_nlattrs *table, struct rtattr *rta, int len)
{
	memset(table, 0, sizeof(*table));
	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		unsigned int type = rta->rta_type & NLA_TYPE_MASK;

		if (type <= RTAP_NLATTR_MAX)
			table->attrs[type] = rta;
	}
}

void
rtap_nlattr_get_part(const struct rtap_nlattrs *table, unsigned int type, size_t offset,
		void *value, size_t len)
{
	struct rtattr *rta = table->attrs[type];

	if (rta != NULL && RTA_PAYLOAD(rta) >= offset + len)
		memcpy(value, RTE_PTR_ADD(RTA_DATA(rta), offset), len);
}

void
rtap_nlattr_get(const struct rtap_nlattrs *table, unsigned int type, void *value, size_t len)
{
	rtap_nlattr_get_part(table, type, 0, value, len);
}

bool
rtap_nlattr_get_bool(const struct rtap_nlattrs *table, unsigned int type)
{
	uint8_t value = 0;

	rtap_nlattr_get(table, type, &value, sizeof(value));
	return value != 0;
}

/* The string may lack its end; the buffer never does. */
void
rtap_nlattr_get_string(const struct rtap_nlattrs *table, unsigned int type, char *buf, size_t size)
{
	struct rtattr *rta = table->attrs[type];
	size_t len;

	buf[0] = '\0';
	if (rta == NULL)
		return;
	len = RTE_MIN((size_t)RTA_PAYLOAD(rta), size - 1);
	memcpy(buf, RTA_DATA(rta), len);
	buf[len] = '\0';
}
