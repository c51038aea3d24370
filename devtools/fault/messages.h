/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _MESSAGES_H_
#define _MESSAGES_H_

/*
 * The messages between processes, both ends of which are in this one, or one of which is.
 */

#include <time.h>

#include <rte_eal.h>

/* There is another process from now on. */
void messages_use_eal(void);

/* What the driver calls instead of the functions that they are named after. */
int messages_register(const char *name, rte_mp_t action);
int messages_reply(struct rte_mp_msg *msg, const char *peer);
int messages_request(struct rte_mp_msg *msg, struct rte_mp_reply *reply,
		const struct timespec *timeout);
int messages_primary_alive(const char *config);

/* Steps of operations, as a secondary process does them: 0 or a negative errno. */
int messages_greet(void);
int messages_borrow(void);
int messages_has_loan(void);
/* The primary lends anew afterwards. */
int messages_give_back(void);
/* From nothing: a thread waits for the recall, and gives back. The port is usable in the end. */
int messages_use_loan(void);
int messages_end_use(void);

#endif /* _MESSAGES_H_ */
