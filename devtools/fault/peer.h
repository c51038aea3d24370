/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _PEER_H_
#define _PEER_H_

/*
 * The program as two processes. The primary starts the secondary, whose calls fail,
 * and does with the port what that one tells it to do. Its own calls do not fail.
 */

#include <stdbool.h>
#include <stdint.h>

enum peer_order {
	PEER_BEGIN,      /* makes a port with so many queues */
	PEER_CONFIGURE,  /* gives it another number of queues */
	PEER_START,
	PEER_STOP,       /* all other processes have given back what they borrowed */
	PEER_CHECK,      /* packets go through the port both ways in the primary */
	PEER_CLOSE,      /* the port is gone, and another one is made in its place */
	PEER_END,        /* the port is gone, and the primary holds what it held before */
};

/* Whether this is a primary whose memory another process can have as well. */
bool peer_is_wanted(void);
bool peer_is_secondary(void);

/* In the primary: the whole life of the secondary. Returns what main() does. */
int peer_run(int nb_names, char **names);

/* In the secondary: 0 or a negative errno. */
int peer_tell(enum peer_order order, uint16_t nb_queues);

#endif /* _PEER_H_ */
