/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_LOG_H_
#define _RTAP_LOG_H_

#include <rte_errno.h>
#include <rte_log.h>

extern int rtap_logtype;
#define RTE_LOGTYPE_RTAP rtap_logtype

/*
 * The text of a positive error number, and what to do about it if that is the same
 * wherever it appears. It is the calling thread's until the next call.
 */
const char *rtap_log_error(int err);

#define PMD_LOG(level, ...) \
	RTE_LOG_LINE(level, RTAP, __VA_ARGS__)

/*
 * Appends the text of a positive error number.
 * The number is an argument because liburing and our own functions return it
 * and leave errno alone: errno would name the wrong cause.
 */
#define PMD_LOG_ERRNO(level, err, fmt, ...) \
	RTE_LOG_LINE(level, RTAP, fmt ": %s", ## __VA_ARGS__, rtap_log_error(err))

#ifdef RTE_ETHDEV_DEBUG_RX
#define PMD_RX_LOG(level, ...) PMD_LOG(level, __VA_ARGS__)
#else
#define PMD_RX_LOG(...) do { } while (0)
#endif

#ifdef RTE_ETHDEV_DEBUG_TX
#define PMD_TX_LOG(level, ...) PMD_LOG(level, __VA_ARGS__)
#else
#define PMD_TX_LOG(...) do { } while (0)
#endif

#endif /* _RTAP_LOG_H_ */
