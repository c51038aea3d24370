/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_VIEW_H_
#define _RTAP_VIEW_H_

/*
 * A port as it is at a moment, copied, for whoever shows it to a user: text and
 * telemetry are made of the copy, while the port goes on, or even away.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <rte_mempool.h>

#include "rtap.h"

enum rtap_view_state {
	RTAP_VIEW_NOT_SET_UP,
	RTAP_VIEW_STOPPED,
	RTAP_VIEW_NOT_POLLED, /* by this process, which has no ring for it */
	RTAP_VIEW_DELETED,    /* the interface was */
	RTAP_VIEW_BUSY,       /* the next burst reads */
	RTAP_VIEW_DRAINED,    /* the next burst arms a poll */
	RTAP_VIEW_ARMED,      /* bursts wait for the poll */
	RTAP_VIEW_WOKEN,      /* the poll has come, and the next burst reads */
	RTAP_VIEW_READY,      /* to transmit */
};

/* What a process has of a queue of one direction, and what all have of it. */
struct rtap_view_queue {
	enum rtap_view_state state;
	unsigned int ring_features; /* RTAP_URING_*, 0 without a ring */
	unsigned int nb_regions;    /* of memory that the ring has registered */
	int armed_by;               /* thread, if it is armed or woken */

	bool is_known;              /* what follows is; a secondary may know nothing of it */
	bool is_deferred;
	uint16_t nb_desc;
	uint64_t offloads;

	/* Rx only */
	uint32_t process_id;        /* that polled last */
	uint16_t room;
	uint16_t nb_segs;
	uint16_t nb_stock;
	uint16_t nb_expected;
	char pool[RTE_MEMPOOL_NAMESIZE];
};

struct rtap_view_pair {
	int tap_fd;
	int intr_fd;
	bool is_intr_enabled;
	struct rtap_view_queue rx;
	struct rtap_view_queue tx;
};

/* Addresses as words, see rtap_filter_word(). */
struct rtap_view_filter {
	uint32_t mode;
	uint32_t nb_unicast;
	uint32_t nb_groups;
	uint64_t unicast[RTAP_MAX_MACS];
	uint64_t groups[RTAP_MAX_GROUPS];
};

struct rtap_view {
	uint16_t port_id;
	char device[RTE_ETH_NAME_MAX_LEN];
	bool is_secondary;
	bool is_started;
	uint32_t process_id;
	struct rtap_args args;       /* of the primary */

	int if_index;
	char if_name[IFNAMSIZ];      /* empty if it is gone or not known */
	bool is_deleted;
	int link_error;              /* positive: why the interface could not be asked */
	struct rtap_link link;       /* if it could */

	bool is_netns_known;
	bool is_moved;               /* the interface is not where it was made */
	bool is_lost;                /* and there, it may not be asked */
	ino_t netns;                 /* where it is, as /proc/PID/ns/net shows it */
	ino_t home;                  /* where it was made */

	int keep_alive_fd;
	int control_fd;
	int stats_fd;

	bool has_link_events;
	bool has_removal_events;
	bool is_removal_told;

	uint16_t mtu;
	uint32_t min_mtu;
	uint32_t max_mtu;
	uint16_t agreed_mtu;
	struct rte_ether_addr mac;
	bool is_mac_apart;
	struct rtap_view_filter filter;

	struct rtap_offload offload;
	bool is_gso_limited;

	bool has_loan;               /* of a secondary; the rest of the primary */
	struct rtap_mp_lending lending;

	uint16_t nb_queues;
	struct rtap_view_pair pairs[RTAP_MAX_QUEUES];
};

/*
 * Takes a view of the port, from any thread, waiting for no more than single requests to
 * the kernel. It is to be freed with free(). NULL and rte_errno: ENODEV if this
 * process has no such port of this driver.
 */
struct rtap_view *rtap_view_take(uint16_t port_id);
/* The number by which a port of this process is taken, whoever has closed it. */
uint16_t rtap_view_place_of(const struct rte_eth_dev *dev);

/*
 * The same of one pair of queues, by a thread that may call control functions of the
 * port. What it is filled into is zero before.
 */
void rtap_view_pair(const struct rte_eth_dev *dev, uint16_t queue_id,
		struct rtap_view_pair *view);

/* Ports that can be viewed, from the given one on; RTE_MAX_ETHPORTS if there are no more. */
uint16_t rtap_view_next(uint16_t port_id);

const char *rtap_view_state_name(enum rtap_view_state state);

/* TUN_F_*. */
extern const struct rtap_name rtap_view_tun_names[];

#endif /* _RTAP_VIEW_H_ */
