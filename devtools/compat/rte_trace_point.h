/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/* Stands in front of DPDK's own, for rte_trace_point_register.h beside it. */

#ifndef RTAP_COMPAT_REGISTERS_TRACE_POINTS
#include_next <rte_trace_point.h>
#endif
