/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _STAGE_H_
#define _STAGE_H_

#include <stdbool.h>
#include <stdint.h>

#define STAGE_QUEUES 2

/* Steps, without failures unless they are tried; 0 or a negative errno. */
int port_probe(void);
int port_remove(void);
bool port_exists(void);
int port_configure(uint16_t nb_queues);
int port_renew(void);
int port_start(void);
int port_stop(void);

#endif /* _STAGE_H_ */
