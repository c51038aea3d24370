/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_PORT_H_
#define _TEST_PMD_RTAP_PORT_H_

/*
 * The application's side of the port under test: the device that each case
 * makes and removes, and runs of test frames through its bursts.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test_pmd_rtap_frame.h"

#define RTAP_TEST_DRIVER "net_rtap"
#define RTAP_TEST_VDEV "net_rtap0"
#define RTAP_TEST_VDEV2 "net_rtap1"
#define RTAP_TEST_IFACE "rtest0"
#define RTAP_TEST_IFACE2 "rtest1"
#define RTAP_TEST_ARGS "iface=" RTAP_TEST_IFACE
#define RTAP_TEST_POOL "rtap_test"
#define RTAP_TEST_NB_DESC 64
#define RTAP_TEST_PRIV_SIZE 64
#define RTAP_TEST_BURST 32U

/* What every case starts with; made by its set-up, undone by its tear-down. */
struct rtap_fixture {
	struct rte_mempool *pool;	/* one for the whole run */
	uint16_t port;			/* of RTAP_TEST_VDEV, if it was made */
	int sock;			/* packet socket on RTAP_TEST_IFACE, or -1 */
	int nb_fds;			/* before the set-up */
	unsigned int nb_mbufs;		/* free ones, before the set-up */
	unsigned int nb_leaks;		/* cases that left something behind */
};

extern struct rtap_fixture rtap_fx;

/* Sub-suites, one per subject. */
struct unit_test_suite;
extern struct unit_test_suite rtap_devargs_suite;
extern struct unit_test_suite rtap_owner_suite;
extern struct unit_test_suite rtap_config_suite;
extern struct unit_test_suite rtap_control_suite;
extern struct unit_test_suite rtap_rx_suite;
extern struct unit_test_suite rtap_tx_suite;
extern struct unit_test_suite rtap_flow_suite;
extern struct unit_test_suite rtap_thread_suite;
extern struct unit_test_suite rtap_life_suite;
extern struct unit_test_suite rtap_stats_suite;
extern struct unit_test_suite rtap_fault_suite;
extern struct unit_test_suite rtap_move_suite;
extern struct unit_test_suite rtap_apart_suite;
extern struct unit_test_suite rtap_restart_suite;
extern struct unit_test_suite rtap_hotplug_suite;

/* Once for the whole run. */
int rtap_pool_create(void);
void rtap_pool_free(void);

/* For each case: nothing, a probed port, a started port with n queue pairs. */
int rtap_setup_none(void);
int rtap_setup_probed(void);
int rtap_setup_started(void);
int rtap_setup_two_queues(void);
void rtap_teardown(void);
int rtap_open_socket(void);

/* Steps. Each returns 0 or a negative errno. */
int rtap_vdev_create(const char *vdev, const char *args, uint16_t *port);
int rtap_port_setup_queues(uint16_t port, uint16_t nb_queues);
int rtap_port_configure(uint16_t port, uint16_t nb_queues);
int rtap_port_start(uint16_t port);
int rtap_port_run(uint16_t port, uint16_t nb_queues);

/* Whether another process can attach to the memory of this one. */
bool rtap_can_share(void);

/* Nothing is left of what a case made: bounded wait, then true. */
bool rtap_nothing_left(void);
bool rtap_mbufs_are_back(const struct rte_mempool *pool, unsigned int nb_free);

/* Single packets. */
struct rte_mbuf *rtap_mbuf_new(struct rte_mempool *pool, uint16_t len, uint32_t seq);
unsigned int rtap_port_receive_once(uint16_t port, uint16_t queue,
		struct rte_mbuf **pkts, uint16_t nb_pkts);
/* Takes frames and keeps them until the pool has no more; their number, 0 if it still has. */
unsigned int rtap_port_hold_until_empty(struct rte_mbuf **held, unsigned int max);
struct rte_mbuf *rtap_port_receive_one(uint16_t port, uint16_t queue);
int rtap_port_transmit_one(uint16_t port, struct rte_mbuf *mbuf);

/* Runs of frames. */
int rtap_port_send(uint16_t port, const struct rtap_run *run);
int rtap_port_expect(uint16_t port, const struct rtap_run *run);

/* Both directions of a port once, from the kernel's packet socket. */
int rtap_port_check_traffic(uint16_t port, int sock);

#endif /* _TEST_PMD_RTAP_PORT_H_ */
