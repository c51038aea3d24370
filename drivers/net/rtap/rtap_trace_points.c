/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the names of the trace points, as EAL's --trace takes them. EAL's header
 * comes first: with it, those after it define what they else declare.
 */

#include <rte_trace_point_register.h>

#include "rtap_trace.h"

RTE_TRACE_POINT_REGISTER(rtap_trace_probe, pmd.net.rtap.probe)

RTE_TRACE_POINT_REGISTER(rtap_trace_configure, pmd.net.rtap.configure)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_queue_setup, pmd.net.rtap.rx.queue_setup)

RTE_TRACE_POINT_REGISTER(rtap_trace_tx_queue_setup, pmd.net.rtap.tx.queue_setup)

RTE_TRACE_POINT_REGISTER(rtap_trace_start, pmd.net.rtap.start)

RTE_TRACE_POINT_REGISTER(rtap_trace_stop, pmd.net.rtap.stop)

RTE_TRACE_POINT_REGISTER(rtap_trace_close, pmd.net.rtap.close)

RTE_TRACE_POINT_REGISTER(rtap_trace_lend, pmd.net.rtap.lend)

RTE_TRACE_POINT_REGISTER(rtap_trace_recall, pmd.net.rtap.recall)

RTE_TRACE_POINT_REGISTER(rtap_trace_link, pmd.net.rtap.link)

RTE_TRACE_POINT_REGISTER(rtap_trace_place, pmd.net.rtap.place)

RTE_TRACE_POINT_REGISTER(rtap_trace_delete, pmd.net.rtap.delete)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_burst, pmd.net.rtap.rx.burst)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_batch, pmd.net.rtap.rx.batch)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_drained, pmd.net.rtap.rx.drained)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_armed, pmd.net.rtap.rx.armed)

RTE_TRACE_POINT_REGISTER(rtap_trace_rx_woken, pmd.net.rtap.rx.woken)

RTE_TRACE_POINT_REGISTER(rtap_trace_tx_burst, pmd.net.rtap.tx.burst)

RTE_TRACE_POINT_REGISTER(rtap_trace_tx_batch, pmd.net.rtap.tx.batch)
