/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_NETLINK_H_
#define _RTAP_NETLINK_H_

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

#include <rte_ether.h>

/*
 * One rtnetlink socket, bound to the network namespace of the thread that
 * opened it for good. Any thread of the process may use it: the lock makes
 * each request and its reply one step. Functions return 0 or a negative errno.
 */
struct rtap_nl {
	int fd;
	uint32_t port_id; /* our address, as the kernel gave it */
	uint32_t seq;     /* of the last request */
	pthread_mutex_t lock;
};

/* Where an interface is. */
struct rtap_place {
	int netns_id; /* what the socket's namespace calls another one, or RTAP_NETNS_OWN */
	int if_index;
};

#define RTAP_NETNS_OWN (-1)

/* The first of the kernel's counters, in its order (struct rtnl_link_stats64). */
struct rtap_link_stats {
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	uint64_t rx_errors;
	uint64_t tx_errors;
	uint64_t rx_dropped;
	uint64_t tx_dropped; /* frames for the application */
};

/* What one RTM_NEWLINK message says of an interface. */
struct rtap_link {
	int if_index;
	unsigned int flags; /* IFF_* of the kernel */
	char name[IFNAMSIZ];
	struct rte_ether_addr mac;
	uint32_t mtu;
	uint32_t min_mtu;
	uint32_t max_mtu;
	uint32_t gso_max_size; /* bytes of an aggregate for us, one more than the longest */
	uint32_t gso_max_segs; /* packets in an aggregate for us */
	uint32_t queue_len; /* packets that each queue of the interface holds for us */
	bool carrier;
	struct rtap_link_stats stats;

	/* Of a TUN or TAP interface only. */
	bool is_tap;
	bool is_multi_queue;
	uint32_t nb_queues;   /* attached */
	uint32_t nb_detached;
};

/* What happened to some interface. */
struct rtap_nl_event {
	struct rtap_place place;
	bool is_gone; /* deleted or moved away: the link does not count */
	struct rtap_link link;
};

/* Returns whether there is more to be told; if not, the socket is not touched any more. */
typedef bool (*rtap_nl_listener)(const struct rtap_nl_event *event, void *arg);

static inline struct rtap_place
rtap_place_here(int if_index)
{
	const struct rtap_place place = { .netns_id = RTAP_NETNS_OWN, .if_index = if_index };

	return place;
}

int rtap_nl_open(struct rtap_nl *nl);
/* The socket is also told of the changes of all interfaces in its namespace. */
int rtap_nl_open_events(struct rtap_nl *nl);
/*
 * From now on, also of those in other namespaces. -EPERM, not logged, without
 * CAP_NET_BROADCAST; there is more to hear than is good for anything else.
 */
int rtap_nl_listen_everywhere(const struct rtap_nl *nl, bool on);
void rtap_nl_close(struct rtap_nl *nl); /* accepts one whose fd is -1 */

/*
 * A descriptor of the socket's namespace, for the caller to close, or a negative
 * errno, not logged: who lacks CAP_NET_ADMIN may not ask.
 */
int rtap_nl_get_netns(const struct rtap_nl *nl);
/* What the socket's namespace calls another one; it is given a number if it has none yet. */
int rtap_nl_get_netns_id(struct rtap_nl *nl, int netns_fd, int *netns_id);

/* -ENODEV if there is no such interface there; not logged. */
int rtap_nl_get_link(struct rtap_nl *nl, struct rtap_place place, struct rtap_link *link);
int rtap_nl_get_link_by_name(struct rtap_nl *nl, int netns_id, const char *name,
		struct rtap_link *link);

/*
 * Tells of all changes that wait. A request on the same socket drops those that
 * it has overtaken. -ENOBUFS: there were more than the socket could hold.
 */
int rtap_nl_drain(const struct rtap_nl *nl, rtap_nl_listener listen, void *arg);

/* The name of the interface in that place, whichever it is; -ENODEV if there is none. */
int rtap_nl_get_name(struct rtap_nl *nl, struct rtap_place place, char name[IFNAMSIZ]);
int rtap_nl_get_flags(struct rtap_nl *nl, struct rtap_place place, unsigned int *flags);
int rtap_nl_get_mac(struct rtap_nl *nl, struct rtap_place place, struct rte_ether_addr *mac);
int rtap_nl_get_stats(struct rtap_nl *nl, struct rtap_place place,
		struct rtap_link_stats *stats);

/* Changes are of interfaces in the socket's own namespace. -EPERM is not logged. */

/* Sets those of `mask` to their value in `flags`; the others stay as they are. */
int rtap_nl_change_flags(struct rtap_nl *nl, int if_index, unsigned int flags,
		unsigned int mask);
int rtap_nl_set_mtu(struct rtap_nl *nl, int if_index, uint32_t mtu);
int rtap_nl_set_queue_len(struct rtap_nl *nl, int if_index, uint32_t queue_len);
/* See struct rtap_link. */
int rtap_nl_set_gso_limits(struct rtap_nl *nl, int if_index, uint32_t max_size,
		uint32_t max_segs);
int rtap_nl_set_mac(struct rtap_nl *nl, int if_index, const struct rte_ether_addr *mac);

#endif /* _RTAP_NETLINK_H_ */
