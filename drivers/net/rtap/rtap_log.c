/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include "rtap_log.h"

RTE_LOG_REGISTER_DEFAULT(rtap_logtype, NOTICE);
