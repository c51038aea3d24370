/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _POOL_H_
#define _POOL_H_

/* Makes the pool of rtap_fx, whose mbufs are counted as the driver gets them. */
int pool_create(void);

#endif /* _POOL_H_ */
