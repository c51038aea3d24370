/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>
#include <stdio.h>

#include "rtap_log.h"

static const char *
remedy(int err)
{
	switch (err) {
	case EMFILE:
		return ", raise RLIMIT_NOFILE (ulimit -n)";
	case ENFILE:
		return ", raise fs.file-max";
	default:
		return "";
	}
}

const char *
rtap_log_error(int err)
{
	static __thread char text[128];

	snprintf(text, sizeof(text), "%s%s", rte_strerror(err), remedy(err));
	return text;
}

RTE_LOG_REGISTER_DEFAULT(rtap_logtype, NOTICE);
