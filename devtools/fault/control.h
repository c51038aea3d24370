/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _CONTROL_H_
#define _CONTROL_H_

/* Steps of operations on a started port: 0 or a negative errno. */
int control_set_mtu(void);
int control_has_mtu(void);
int control_reset_mtu(void);
int control_note_mac(void);
int control_set_mac(void);
int control_has_mac(void);
int control_reset_mac(void);
int control_set_down(void);
int control_set_up(void);
int control_is_up(void);
int control_knows_down(void);
int control_hear_down(void);
int control_bring_up(void);
int control_get_link(void);
int control_get_stats(void);
int control_reset_stats(void);
int control_get_xstats(void);
int control_get_info(void);
int control_dump(void);
int control_set_filters(void);
int control_reset_filters(void);
int control_enable_interrupt(void);
int control_disable_interrupt(void);
int control_stop_rx_queue(void);
int control_start_rx_queue(void);
int control_stop_tx_queue(void);
int control_start_tx_queue(void);

#endif /* _CONTROL_H_ */
