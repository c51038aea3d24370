/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_OFFLOAD_H_
#define _TEST_OFFLOAD_H_

/* Tests of the conversions as tables: one line of TAP per row. */

#include <stdbool.h>

#include "frame.h"
#include "packet.h"

/* Prints what is wrong in a case, and fails it. Returns false. */
bool test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends a case. */
void test_end(const char *group, const char *name, bool ok);

/* Shapes that packets are given one after the other; false when there are no more. */
bool test_next_shape(const struct frame *f, uint32_t i, struct packet_shape *shape);

/* Groups of cases. */
void test_tx(void);
void test_tx_refusals(void);
void test_rx(void);
void test_rx_refusals(void);
void test_agreement(void);

#endif /* _TEST_OFFLOAD_H_ */
