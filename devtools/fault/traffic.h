/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TRAFFIC_H_
#define _TRAFFIC_H_

/*
 * Packets of which each is accounted for. Steps of operations: 0 or a negative errno.
 */

#include <stdbool.h>

/* The port is started, and some packets are ready to go or wait in the kernel. */
int traffic_prepare_one(void);
int traffic_prepare_burst(void);
int traffic_prepare_chains(void);
int traffic_prepare_receive(void);
/* Several batches of them. */
int traffic_prepare_many(void);
int traffic_prepare_receive_many(void);
/* Until all have gone, or come. */
int traffic_send(void);
int traffic_receive(void);
/* Each packet is sent or counted as an error; the others came in their order. */
int traffic_check_sent(void);
/* Each packet came, if late. */
int traffic_check_received(void);
/*
 * Each packet came, or will once the queue is started again if it gives nothing any
 * more, and so many errors were counted.
 */
int traffic_account_received(unsigned int nb_errors, bool is_final);
int traffic_account_sent(unsigned int nb_errors);
/* The port is stopped again. */
int traffic_undo(void);

#endif /* _TRAFFIC_H_ */
