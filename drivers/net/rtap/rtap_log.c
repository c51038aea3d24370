/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>

#include "rtap_log.h"

const char *
rtap_log_remedy(int err)
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

RTE_LOG_REGISTER_DEFAULT(rtap_logtype, NOTICE);
