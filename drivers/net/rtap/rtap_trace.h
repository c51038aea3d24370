/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_TRACE_H_
#define _RTAP_TRACE_H_

/*
 * Trace points, registered in rtap_trace_points.c. Those of the control path are
 * always there, for a load and a branch. Those of the data path are compiled in
 * with the build option enable_trace_fp only.
 */

#include <stdint.h>

#include <rte_trace_point.h>

RTE_TRACE_POINT(
	rtap_trace_probe,
	RTE_TRACE_POINT_ARGS(const char *device, uint16_t port_id, int if_index),
	rte_trace_point_emit_string(device);
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_int(if_index);
)

RTE_TRACE_POINT(
	rtap_trace_configure,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t nb_queues, uint32_t tun_features,
		uint16_t hdr_len),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(nb_queues);
	rte_trace_point_emit_u32(tun_features);
	rte_trace_point_emit_u16(hdr_len);
)

RTE_TRACE_POINT(
	rtap_trace_rx_queue_setup,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_desc,
		uint16_t room),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_desc);
	rte_trace_point_emit_u16(room);
)

RTE_TRACE_POINT(
	rtap_trace_tx_queue_setup,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_desc),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_desc);
)

RTE_TRACE_POINT(
	rtap_trace_start,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

RTE_TRACE_POINT(
	rtap_trace_stop,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

RTE_TRACE_POINT(
	rtap_trace_close,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

/* From here on secondary processes can have the queues, by this number. */
RTE_TRACE_POINT(
	rtap_trace_lend,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint32_t loan),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u32(loan);
)

/* Nobody has them any more, or the errno why somebody may have. */
RTE_TRACE_POINT(
	rtap_trace_recall,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, int error),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_int(error);
)

/* As the application is told of it. */
RTE_TRACE_POINT(
	rtap_trace_link,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint8_t is_up),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u8(is_up);
)

/* Where the interface is, once that is known and whenever it is elsewhere. */
RTE_TRACE_POINT(
	rtap_trace_place,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, int if_index),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_int(if_index);
)

RTE_TRACE_POINT(
	rtap_trace_delete,
	RTE_TRACE_POINT_ARGS(uint16_t port_id),
	rte_trace_point_emit_u16(port_id);
)

/* Of bursts that asked the kernel. */
RTE_TRACE_POINT_FP(
	rtap_trace_rx_burst,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_asked,
		uint16_t nb_rx),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_asked);
	rte_trace_point_emit_u16(nb_rx);
)

RTE_TRACE_POINT_FP(
	rtap_trace_rx_batch,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_reads,
		uint16_t nb_rx),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_reads);
	rte_trace_point_emit_u16(nb_rx);
)

RTE_TRACE_POINT_FP(
	rtap_trace_rx_drained,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
)

RTE_TRACE_POINT_FP(
	rtap_trace_rx_armed,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
)

RTE_TRACE_POINT_FP(
	rtap_trace_rx_woken,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
)

RTE_TRACE_POINT_FP(
	rtap_trace_tx_burst,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_asked,
		uint16_t nb_tx),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_asked);
	rte_trace_point_emit_u16(nb_tx);
)

RTE_TRACE_POINT_FP(
	rtap_trace_tx_batch,
	RTE_TRACE_POINT_ARGS(uint16_t port_id, uint16_t queue_id, uint16_t nb_writes,
		uint16_t nb_taken),
	rte_trace_point_emit_u16(port_id);
	rte_trace_point_emit_u16(queue_id);
	rte_trace_point_emit_u16(nb_writes);
	rte_trace_point_emit_u16(nb_taken);
)

#endif /* _RTAP_TRACE_H_ */
