/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Stands in front of DPDK's own, which must come before rte_trace_point.h. In the
 * driver, the compatibility header has included that by then: what it defined for
 * the use of trace points is taken back here, and defined anew for their
 * registration. DPDK's own tests, which find this header as well, get what it hides.
 */

#if defined(_RTE_TRACE_POINT_H_) && !defined(RTAP_COMPAT_REGISTERS_TRACE_POINTS)
#define RTAP_COMPAT_REGISTERS_TRACE_POINTS

#undef _RTE_TRACE_POINT_H_
#if RTE_VERSION >= RTE_VERSION_NUM(25, 3, 0, 0) /* before, one definition was for both */
#undef RTE_TRACE_POINT_ARGS
#undef __RTE_TRACE_POINT
#endif
#undef __rte_trace_point_emit_header_generic
#undef __rte_trace_point_emit_header_fp
#undef __rte_trace_point_emit
#undef rte_trace_point_emit_string
#undef rte_trace_point_emit_blob

#endif

#include_next <rte_trace_point_register.h>
