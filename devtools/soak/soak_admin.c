/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * An administrator, who does things to the interface: renames it, sets MTU and
 * MAC address, takes it down, moves it to another network namespace.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_string_fns.h>

#include "soak.h"

#define THREAD_NETNS	"/proc/thread-self/ns/net"
#define MIN_MTU		SOAK_MAX_LEN
#define MAX_MTU		1500
#define MAX_DOWN_US	20000

static int home_fd = -1;
static int away_fd = -1;

/* The kernel is not to say anything of its own accord in this namespace, either. */
static void
disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		fprintf(stderr, "rtap_soak: IPv6 stays on: %s\n", strerror(errno));
	close(fd);
}

/* Returns its descriptor; the thread is at home again. */
static int
make_netns(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	disable_ipv6();
	fd = open(THREAD_NETNS, O_RDONLY | O_CLOEXEC);
	if (setns(home_fd, CLONE_NEWNET) < 0)
		return -errno;
	return fd;
}

int
soak_admin_init(const char *name)
{
	strlcpy(soak.place.name, name, sizeof(soak.place.name));
	pthread_mutex_init(&soak.place.lock, NULL);
	home_fd = open(THREAD_NETNS, O_RDONLY | O_CLOEXEC);
	if (home_fd < 0)
		return -errno;
	away_fd = make_netns();
	soak.place.netns_fd = home_fd;
	return away_fd < 0 ? away_fd : 0;
}

/* The place is locked. */
static int
socket_at(int netns_fd, int family, int type, int protocol)
{
	int fd;

	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	return fd < 0 ? -errno : fd;
}

static int
find_index(int fd, int *if_index)
{
	struct ifreq ifr = { 0 };

	strlcpy(ifr.ifr_name, soak.place.name, sizeof(ifr.ifr_name));
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	*if_index = ifr.ifr_ifindex;
	return 0;
}

/* Interfaces are asked for at any socket: one of another family is as good. */
int
soak_socket(int family, int type, int protocol, int *if_index)
{
	int fd;
	int ret;

	pthread_mutex_lock(&soak.place.lock);
	fd = socket_at(soak.place.netns_fd, family, type, protocol);
	ret = fd < 0 ? fd : find_index(fd, if_index);
	pthread_mutex_unlock(&soak.place.lock);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

/* The place is locked. */
static int
request(unsigned long number, struct ifreq *ifr)
{
	int fd = socket_at(soak.place.netns_fd, AF_INET, SOCK_DGRAM, 0);
	int ret;

	if (fd < 0)
		return fd;
	strlcpy(ifr->ifr_name, soak.place.name, sizeof(ifr->ifr_name));
	ret = ioctl(fd, number, ifr) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static int
locked_request(unsigned long number, struct ifreq *ifr)
{
	int ret;

	pthread_mutex_lock(&soak.place.lock);
	ret = request(number, ifr);
	pthread_mutex_unlock(&soak.place.lock);
	return ret;
}

int
soak_op_rename(struct soak_random *random)
{
	struct ifreq ifr = { 0 };
	int ret;

	snprintf(ifr.ifr_newname, sizeof(ifr.ifr_newname), "soak%u",
		soak_random_below(random, 100000));
	pthread_mutex_lock(&soak.place.lock);
	ret = request(SIOCSIFNAME, &ifr);
	if (ret == 0)
		strlcpy(soak.place.name, ifr.ifr_newname, sizeof(soak.place.name));
	pthread_mutex_unlock(&soak.place.lock);
	return ret;
}

int
soak_op_iface_mtu(struct soak_random *random)
{
	struct ifreq ifr = {
		.ifr_mtu = MIN_MTU + soak_random_below(random, MAX_MTU - MIN_MTU + 1),
	};

	return locked_request(SIOCSIFMTU, &ifr);
}

int
soak_op_iface_mac(struct soak_random *random)
{
	struct ifreq ifr = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };

	for (unsigned int i = 0; i < RTE_ETHER_ADDR_LEN; i++)
		ifr.ifr_hwaddr.sa_data[i] = soak_random_below(random, 256);
	ifr.ifr_hwaddr.sa_data[0] = 0x02;
	return locked_request(SIOCSIFHWADDR, &ifr);
}

/* The place is locked. */
static int
set_up(bool on)
{
	struct ifreq ifr = { 0 };
	int ret = request(SIOCGIFFLAGS, &ifr);

	if (ret < 0)
		return ret;
	ifr.ifr_flags = on ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	return request(SIOCSIFFLAGS, &ifr);
}

int
soak_op_iface_down(struct soak_random *random)
{
	int ret;

	pthread_mutex_lock(&soak.place.lock);
	ret = set_up(false);
	pthread_mutex_unlock(&soak.place.lock);
	usleep(soak_random_below(random, MAX_DOWN_US));
	pthread_mutex_lock(&soak.place.lock);
	if (ret == 0)
		ret = set_up(true);
	pthread_mutex_unlock(&soak.place.lock);
	return ret;
}

/* Sends RTM_NEWLINK and returns what the kernel acknowledges. */
static int
send_move(int fd, int if_index, int netns_fd)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
		struct rtattr attr;
		int netns_fd;
	} msg = {
		.hdr.nlmsg_len = sizeof(msg),
		.hdr.nlmsg_type = RTM_NEWLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.info.ifi_index = if_index,
		.attr.rta_len = RTA_LENGTH(sizeof(int)),
		.attr.rta_type = IFLA_NET_NS_FD,
		.netns_fd = netns_fd,
	};
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr error;
		char rest[256];
	} answer;

	if (send(fd, &msg, sizeof(msg), 0) < 0)
		return -errno;
	if (recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.error.error;
}

/* The place is locked. Leaves the interface down, as the kernel does. */
static int
move_to(int netns_fd)
{
	int fd = socket_at(soak.place.netns_fd, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int if_index = 0;
	int ret;

	if (fd < 0)
		return fd;
	ret = find_index(fd, &if_index);
	if (ret == 0)
		ret = send_move(fd, if_index, netns_fd);
	if (ret == 0)
		soak.place.netns_fd = netns_fd;
	close(fd);
	return ret;
}

int
soak_op_move(struct soak_random *random)
{
	int ret;

	(void)random;
	pthread_mutex_lock(&soak.place.lock);
	ret = move_to(soak.place.netns_fd == home_fd ? away_fd : home_fd);
	if (ret == 0)
		ret = set_up(true);
	pthread_mutex_unlock(&soak.place.lock);
	return ret;
}

int
soak_admin_restore(void)
{
	int ret = 0;

	pthread_mutex_lock(&soak.place.lock);
	if (soak.place.netns_fd != home_fd)
		ret = move_to(home_fd);
	if (ret == 0)
		ret = set_up(true);
	pthread_mutex_unlock(&soak.place.lock);
	return ret;
}
