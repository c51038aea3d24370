/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TELEMETRY_H_
#define _TELEMETRY_H_

/*
 * The client of telemetry: calls what the driver has registered, without a socket.
 */

#include <rte_telemetry.h>

/* What the driver calls instead of the functions that they are named after. */
int telemetry_register(const char *cmd, telemetry_cb answer, const char *help);
void *telemetry_alloc(void);
void telemetry_free(struct rte_tel_data *data);
int telemetry_add_container(struct rte_tel_data *dict, const char *key,
		struct rte_tel_data *data, int keep);

/* Steps of operations: 0 or a negative errno. */
int telemetry_note(void);
int telemetry_list(void);
int telemetry_info(void);
int telemetry_queue(void);
/* The answers are what they were when they were noted. */
int telemetry_is_whole(void);

#endif /* _TELEMETRY_H_ */
