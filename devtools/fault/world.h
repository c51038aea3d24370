/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _WORLD_H_
#define _WORLD_H_

/* What others do to the interface. Steps of operations: 0 or a negative errno. */
int world_move_away(void);
int world_move_home(void);
/* Waits for the driver to hear of it. */
int world_delete(void);

#endif /* _WORLD_H_ */
