/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The kernel as the peer of rtap_pmd_autotest: network namespace, rtnetlink,
 * what /proc says about this process. Knows nothing of ethdev.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <netinet/in.h>

#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "test_pmd_rtap_kernel.h"

#define NL_REQUEST_SIZE 512
#define NL_REPLY_SIZE 16384

static int saved_namespace = -1;

/* Attributes are appended behind the body, aligned, as the length grows. */
union nl_request {
	struct nlmsghdr hdr;
	uint8_t raw[NL_REQUEST_SIZE];
};

union nl_reply {
	struct nlmsghdr hdr;
	uint8_t raw[NL_REPLY_SIZE];
};

static int
neg_errno(void)
{
	return -errno;
}

static void
nl_begin(union nl_request *req, uint16_t type, uint16_t flags,
		const void *body, size_t body_len)
{
	memset(req, 0, sizeof(*req));
	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	req->hdr.nlmsg_seq = 1;
	req->hdr.nlmsg_len = NLMSG_LENGTH(body_len);
	memcpy(NLMSG_DATA(&req->hdr), body, body_len);
}

static void
nl_put(union nl_request *req, uint16_t type, const void *data, size_t len)
{
	const uint32_t offset = NLMSG_ALIGN(req->hdr.nlmsg_len);
	struct rtattr *attr = (struct rtattr *)(req->raw + offset);

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	req->hdr.nlmsg_len = offset + attr->rta_len;
}

static int
nl_open(void)
{
	const struct timeval timeout = { .tv_sec = 2 };
	const int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock >= 0)
		setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return sock;
}

/* One request, one answer: an acknowledgment or a message in the reply. */
static int
nl_transact(const union nl_request *req, union nl_reply *reply)
{
	const int sock = nl_open();
	const struct nlmsgerr *err;
	ssize_t len;
	int ret = 0;

	if (sock < 0)
		return neg_errno();
	len = send(sock, req, req->hdr.nlmsg_len, 0);
	if (len >= 0)
		len = recv(sock, reply, sizeof(*reply), 0);
	if (len < 0)
		ret = neg_errno();
	close(sock);
	if (ret < 0)
		return ret;
	if (!NLMSG_OK(&reply->hdr, (size_t)len))
		return -EPROTO;
	if (reply->hdr.nlmsg_type == NLMSG_ERROR) {
		err = NLMSG_DATA(&reply->hdr);
		return err->error;
	}
	return 0;
}

static int
nl_command(const union nl_request *req)
{
	union nl_reply reply;

	return nl_transact(req, &reply);
}

static struct rtattr *
attr_find(struct rtattr *first, size_t len, uint16_t type)
{
	struct rtattr *attr;

	for (attr = first; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

static struct rtattr *
attr_find_nested(struct rtattr *parent, uint16_t type)
{
	if (parent == NULL)
		return NULL;
	return attr_find(RTA_DATA(parent), RTA_PAYLOAD(parent), type);
}

/* An attribute that is absent leaves the value as it was. */
static void
attr_copy(struct rtattr *attr, void *value, size_t size)
{
	if (attr != NULL)
		memcpy(value, RTA_DATA(attr), RTE_MIN(size, RTA_PAYLOAD(attr)));
}

static void
link_parse(struct nlmsghdr *hdr, struct rtap_kernel_link *link)
{
	struct ifinfomsg *info = NLMSG_DATA(hdr);
	struct rtattr *first = IFLA_RTA(info);
	const size_t len = IFLA_PAYLOAD(hdr);
	struct rtattr *tun;
	uint8_t carrier = 0;

	memset(link, 0, sizeof(*link));
	link->owner = UINT32_MAX;
	link->group = UINT32_MAX;
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	attr_copy(attr_find(first, len, IFLA_ADDRESS), &link->mac, sizeof(link->mac));
	attr_copy(attr_find(first, len, IFLA_MTU), &link->mtu, sizeof(link->mtu));
	attr_copy(attr_find(first, len, IFLA_MAX_MTU),
		&link->max_mtu, sizeof(link->max_mtu));
	attr_copy(attr_find(first, len, IFLA_TXQLEN),
		&link->txqueuelen, sizeof(link->txqueuelen));
	attr_copy(attr_find(first, len, IFLA_GSO_MAX_SIZE),
		&link->gso_max_size, sizeof(link->gso_max_size));
	attr_copy(attr_find(first, len, IFLA_GSO_MAX_SEGS),
		&link->gso_max_segs, sizeof(link->gso_max_segs));
	attr_copy(attr_find(first, len, IFLA_STATS64), &link->stats, sizeof(link->stats));
	attr_copy(attr_find(first, len, IFLA_CARRIER), &carrier, sizeof(carrier));
	link->carrier = carrier != 0;

	tun = attr_find_nested(attr_find(first, len, IFLA_LINKINFO), IFLA_INFO_DATA);
	attr_copy(attr_find_nested(tun, IFLA_TUN_OWNER), &link->owner, sizeof(link->owner));
	attr_copy(attr_find_nested(tun, IFLA_TUN_GROUP), &link->group, sizeof(link->group));
	attr_copy(attr_find_nested(tun, IFLA_TUN_NUM_QUEUES),
		&link->nb_tap_queues, sizeof(link->nb_tap_queues));
	attr_copy(attr_find_nested(tun, IFLA_TUN_NUM_DISABLED_QUEUES),
		&link->nb_idle_tap_queues, sizeof(link->nb_idle_tap_queues));
}

int
rtap_kernel_link_get(const char *name, struct rtap_kernel_link *link)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	union nl_request req;
	union nl_reply reply;
	int ret;

	nl_begin(&req, RTM_GETLINK, 0, &body, sizeof(body));
	nl_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
	ret = nl_transact(&req, &reply);
	if (ret == 0)
		link_parse(&reply.hdr, link);
	return ret;
}

int
rtap_kernel_link_wait(const char *name, rtap_kernel_cond cond)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rtap_kernel_link link;
	int ret;

	do {
		ret = rtap_kernel_link_get(name, &link);
		if (ret == 0 && cond(&link))
			return 0;
	} while (rtap_deadline_wait(&deadline));
	return ret < 0 ? ret : -ETIMEDOUT;
}

int
rtap_kernel_link_wait_gone(const char *name)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	do {
		if (if_nametoindex(name) == 0)
			return 0;
	} while (rtap_deadline_wait(&deadline));
	return -ETIMEDOUT;
}

bool
rtap_kernel_is_running(const struct rtap_kernel_link *link)
{
	return (link->flags & IFF_UP) != 0 && (link->flags & IFF_RUNNING) != 0;
}

bool
rtap_kernel_has_carrier(const struct rtap_kernel_link *link)
{
	return link->carrier;
}

bool
rtap_kernel_no_carrier(const struct rtap_kernel_link *link)
{
	return !link->carrier;
}

static int
link_change(const char *name, struct ifinfomsg *body, uint16_t attr,
		const void *data, size_t len)
{
	union nl_request req;

	body->ifi_index = if_nametoindex(name);
	if (body->ifi_index == 0)
		return -ENODEV;
	nl_begin(&req, RTM_NEWLINK, NLM_F_ACK, body, sizeof(*body));
	if (data != NULL)
		nl_put(&req, attr, data, len);
	return nl_command(&req);
}

int
rtap_kernel_set_up(const char *name)
{
	struct ifinfomsg body = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	return link_change(name, &body, 0, NULL, 0);
}

int
rtap_kernel_set_down(const char *name)
{
	struct ifinfomsg body = { .ifi_change = IFF_UP };

	return link_change(name, &body, 0, NULL, 0);
}

int
rtap_kernel_set_carrier(const char *name, bool on)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	const uint8_t carrier = on;

	return link_change(name, &body, IFLA_CARRIER, &carrier, sizeof(carrier));
}

int
rtap_kernel_set_mac(const char *name, const struct rte_ether_addr *mac)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };

	return link_change(name, &body, IFLA_ADDRESS, mac, sizeof(*mac));
}

int
rtap_kernel_rename(const char *name, const char *new_name)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };

	return link_change(name, &body, IFLA_IFNAME, new_name, strlen(new_name) + 1);
}

int
rtap_kernel_set_gso_limits(const char *name, uint32_t max_size, uint32_t max_segs)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	int ret = link_change(name, &body, IFLA_GSO_MAX_SIZE, &max_size, sizeof(max_size));

	if (ret < 0)
		return ret;
	return link_change(name, &body, IFLA_GSO_MAX_SEGS, &max_segs, sizeof(max_segs));
}

int
rtap_kernel_move(const char *name, int netns)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };

	return link_change(name, &body, IFLA_NET_NS_FD, &netns, sizeof(netns));
}

int
rtap_kernel_link_del(const char *name)
{
	struct ifinfomsg body = { .ifi_index = if_nametoindex(name) };
	union nl_request req;

	if (body.ifi_index == 0)
		return -ENODEV;
	nl_begin(&req, RTM_DELLINK, NLM_F_ACK, &body, sizeof(body));
	return nl_command(&req);
}

int
rtap_kernel_count_links(void)
{
	struct if_nameindex *links = if_nameindex();
	int n = 0;

	if (links == NULL)
		return neg_errno();
	while (links[n].if_index != 0)
		n++;
	if_freenameindex(links);
	return n;
}

/* A persistent interface made by somebody else; no descriptor stays open. */
static int
make_tun(const char *name, short flags, unsigned int index)
{
	struct ifreq req = { .ifr_flags = flags };
	const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return neg_errno();
	rte_strscpy(req.ifr_name, name, sizeof(req.ifr_name));
	if (ioctl(fd, TUNSETIFINDEX, &index) < 0 || ioctl(fd, TUNSETIFF, &req) < 0 ||
	    ioctl(fd, TUNSETPERSIST, 1) < 0)
		ret = neg_errno();
	close(fd);
	return ret;
}

int
rtap_kernel_make_tun(const char *name, short flags)
{
	return make_tun(name, flags, 0);
}

int
rtap_kernel_make_tap_at(const char *name, unsigned int index)
{
	return make_tun(name, IFF_TAP | IFF_NO_PI, index);
}

int
rtap_kernel_set_ipv6(const char *name, bool enable)
{
	char path[96];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return neg_errno();
	len = write(fd, enable ? "0" : "1", 1);
	close(fd);
	return len == 1 ? 0 : -EIO;
}

static size_t
addr_size(int family)
{
	return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

int
rtap_kernel_addr_add(const char *name, int family, const void *addr,
		uint8_t prefix_len)
{
	const struct ifaddrmsg body = {
		.ifa_family = family,
		.ifa_prefixlen = prefix_len,
		/* No duplicate address detection: it takes a second. */
		.ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = if_nametoindex(name),
	};
	union nl_request req;

	nl_begin(&req, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE, &body, sizeof(body));
	nl_put(&req, IFA_LOCAL, addr, addr_size(family));
	nl_put(&req, IFA_ADDRESS, addr, addr_size(family));
	return nl_command(&req);
}

static bool
ifaddr_matches(const struct ifaddrs *ifa, const char *name, int family,
		const void *addr)
{
	const void *found;

	if (ifa->ifa_addr == NULL || ifa->ifa_addr->sa_family != family ||
			strcmp(ifa->ifa_name, name) != 0)
		return false;
	if (family == AF_INET)
		found = &((const struct sockaddr_in *)ifa->ifa_addr)->sin_addr;
	else
		found = &((const struct sockaddr_in6 *)ifa->ifa_addr)->sin6_addr;
	return memcmp(found, addr, addr_size(family)) == 0;
}

bool
rtap_kernel_addr_exists(const char *name, int family, const void *addr)
{
	struct ifaddrs *list;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *ifa = list; ifa != NULL && !found; ifa = ifa->ifa_next)
		found = ifaddr_matches(ifa, name, family, addr);
	freeifaddrs(list);
	return found;
}

int
rtap_kernel_neigh_add(const char *name, int family, const void *addr,
		const struct rte_ether_addr *mac)
{
	const struct ndmsg body = {
		.ndm_family = family,
		.ndm_ifindex = if_nametoindex(name),
		.ndm_state = NUD_PERMANENT,
	};
	union nl_request req;

	nl_begin(&req, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		&body, sizeof(body));
	nl_put(&req, NDA_DST, addr, addr_size(family));
	nl_put(&req, NDA_LLADDR, mac, sizeof(*mac));
	return nl_command(&req);
}

int
rtap_kernel_enter_namespace(void)
{
	saved_namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (saved_namespace < 0)
		return neg_errno();
	if (unshare(CLONE_NEWNET) < 0)
		return neg_errno();
	/*
	 * Without IPv6 the kernel sends nothing by itself on a new interface,
	 * so that the port's counters can be compared exactly. A kernel
	 * without IPv6 has no such file and needs nothing.
	 */
	if (rtap_kernel_set_ipv6("default", false) == -EACCES)
		return -EACCES;
	return rtap_kernel_set_up("lo");
}

void
rtap_kernel_leave_namespace(void)
{
	if (saved_namespace < 0)
		return;
	if (setns(saved_namespace, CLONE_NEWNET) < 0)
		printf("cannot return to the first network namespace: %s\n",
			strerror(errno));
	close(saved_namespace);
	saved_namespace = -1;
}

/* EAL opens one descriptor per memory segment whenever the heap grows. */
static bool
fd_is_memory(int dir_fd, const char *name)
{
	char target[256];
	const ssize_t len = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	return strstr(target, "memfd:") != NULL || strstr(target, "map_") != NULL;
}

int
rtap_kernel_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int n = 0;

	if (dir == NULL)
		return neg_errno();
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && !fd_is_memory(dirfd(dir), entry->d_name))
			n++;
	}
	closedir(dir);
	return n;
}

/* Threads that io_uring makes for requests that it cannot finish at once. */
int
rtap_kernel_count_workers(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	char path[64];
	char name[16];
	int n = 0;
	int fd;

	if (dir == NULL)
		return neg_errno();
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%.16s/comm", entry->d_name);
		fd = openat(dirfd(dir), path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name)) > 7 && memcmp(name, "iou-wrk", 7) == 0)
			n++;
		close(fd);
	}
	closedir(dir);
	return n;
}
