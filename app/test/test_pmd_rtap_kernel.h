/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_KERNEL_H_
#define _TEST_PMD_RTAP_KERNEL_H_

/*
 * The kernel side of the interface under test: what an administrator and the
 * kernel's own sockets do and see. Nothing here goes through the driver.
 * Functions that return int give 0 (or a count) or a negative errno.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/if_link.h>

#include <rte_ether.h>

#include "test_pmd_rtap_frame.h"

/* What RTM_GETLINK says about an interface. */
struct rtap_kernel_link {
	struct rtnl_link_stats64 stats;
	struct rte_ether_addr mac;
	uint32_t ifindex;
	uint32_t flags;			/* IFF_* */
	uint32_t mtu;
	uint32_t max_mtu;
	uint32_t txqueuelen;
	uint32_t gso_max_size;
	uint32_t gso_max_segs;
	uint32_t nb_tap_queues;		/* attached TAP queues */
	uint32_t nb_idle_tap_queues;	/* detached TAP queues */
	uint32_t owner;			/* of a TUN or TAP interface, or UINT32_MAX */
	uint32_t group;
	bool carrier;
};

typedef bool (*rtap_kernel_cond)(const struct rtap_kernel_link *link);

/* Conditions to wait for. */
bool rtap_kernel_is_running(const struct rtap_kernel_link *link);
bool rtap_kernel_has_carrier(const struct rtap_kernel_link *link);
bool rtap_kernel_no_carrier(const struct rtap_kernel_link *link);

/* Network namespace of the calling thread. */
int rtap_kernel_enter_namespace(void);
void rtap_kernel_leave_namespace(void);

/* Interfaces. */
int rtap_kernel_link_get(const char *name, struct rtap_kernel_link *link);
int rtap_kernel_link_wait(const char *name, rtap_kernel_cond cond);
int rtap_kernel_link_wait_gone(const char *name);
int rtap_kernel_link_del(const char *name);
int rtap_kernel_set_up(const char *name);
int rtap_kernel_set_down(const char *name);
int rtap_kernel_set_carrier(const char *name, bool on);
int rtap_kernel_rename(const char *name, const char *new_name);
int rtap_kernel_set_gso_limits(const char *name, uint32_t max_size, uint32_t max_segs);
int rtap_kernel_move(const char *name, int netns);
int rtap_kernel_set_mac(const char *name, const struct rte_ether_addr *mac);
int rtap_kernel_count_links(void);
int rtap_kernel_make_tun(const char *name, short flags);
int rtap_kernel_make_tap_at(const char *name, unsigned int index);
int rtap_kernel_set_ipv6(const char *name, bool enable);

/* Addresses: family is AF_INET or AF_INET6, address in network order. */
int rtap_kernel_addr_add(const char *name, int family, const void *addr,
		uint8_t prefix_len);
bool rtap_kernel_addr_exists(const char *name, int family, const void *addr);
int rtap_kernel_neigh_add(const char *name, int family, const void *addr,
		const struct rte_ether_addr *mac);

/* Packet sockets, bound to one interface and to one ethertype. */
int rtap_kernel_packet_open(const char *name, uint16_t ethertype);
int rtap_kernel_send_raw(int sock, const void *data, uint16_t len);
int rtap_kernel_send(int sock, const struct rtap_run *run);
/* As recv(), which a wake-up of a ring does not end. */
ssize_t rtap_kernel_receive(int sock, void *frame, size_t size);
int rtap_kernel_expect(int sock, const struct rtap_run *run);

/* File descriptors of this process that are not memory segments. */
int rtap_kernel_count_fds(void);
/* io_uring's worker threads in this process. */
int rtap_kernel_count_workers(void);

#endif /* _TEST_PMD_RTAP_KERNEL_H_ */
