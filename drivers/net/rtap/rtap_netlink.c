/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns rtnetlink: one request type, one transaction that does all that can go
 * wrong on a netlink socket, one parser of RTM_NEWLINK, and short operations
 * on top. Interfaces are named by index wherever the kernel allows it, since
 * the user may rename them at any time.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_string_fns.h>

#include "rtap_log.h"
#include "rtap_netlink.h"
#include "rtap_nlattr.h"
#include "rtap_nllink.h"

/* The kernel answers at once, but it may wait for the RTNL lock first. */
#define REPLY_TIMEOUT_S 3

/* The largest that the kernel has. */
#define MAX_ERRNO 4095

struct request {
	struct nlmsghdr hdr;
	union {
		struct ifinfomsg info;
		struct rtgenmsg netns;
	};
	char attrs[64]; /* room for an interface name, or for an address */
};

/* What a transaction brings back. */
struct reply {
	struct rtap_link *link; /* filled from RTM_NEWLINK if not NULL */
	bool has_link;          /* it is */
	int *netns_id;          /* from RTM_NEWNSID; not touched if the namespace has none */
	bool done;
	int error;              /* 0 or the kernel's negative errno */
	char text[96];          /* the kernel's own words for it, or empty */
};

/* A datagram as it was received. */
struct datagram {
	void *buf;
	int len;
	int netns_id; /* where it comes from */
};

/* The kernel's words follow its error number, behind our own request if it repeats that. */
static void
parse_error(struct reply *reply, struct nlmsghdr *hdr)
{
	struct nlmsgerr *err = NLMSG_DATA(hdr);
	struct rtap_nlattrs table;
	size_t skip = sizeof(*err);

	reply->done = true;
	if (hdr->nlmsg_len < NLMSG_LENGTH(sizeof(*err))) {
		reply->error = -EBADMSG;
		return;
	}
	/* What is no errno would be taken for something else by those who ask. */
	reply->error = err->error <= 0 && err->error >= -MAX_ERRNO ? err->error : -EBADMSG;
	if ((hdr->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;

	if ((hdr->nlmsg_flags & NLM_F_CAPPED) == 0)
		skip += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (hdr->nlmsg_len <= NLMSG_LENGTH(skip))
		return;
	rtap_nlattr_parse(&table, RTE_PTR_ADD(err, skip), hdr->nlmsg_len - NLMSG_LENGTH(skip));
	rtap_nlattr_get_string(&table, NLMSGERR_ATTR_MSG, reply->text, sizeof(reply->text));
}

static int
parse_netns_id(int *netns_id, struct nlmsghdr *hdr)
{
	unsigned int len = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	struct rtap_nlattrs table;

	if (hdr->nlmsg_len < len)
		return -EBADMSG;
	rtap_nlattr_parse(&table, RTE_PTR_ADD(hdr, len), hdr->nlmsg_len - len);
	rtap_nlattr_get(&table, NETNSA_NSID, netns_id, sizeof(*netns_id));
	return 0;
}

static void
handle_message(struct reply *reply, struct nlmsghdr *hdr)
{
	switch (hdr->nlmsg_type) {
	case NLMSG_ERROR:
		parse_error(reply, hdr);
		break;
	case NLMSG_DONE:
		reply->done = true;
		break;
	case RTM_NEWLINK:
		if (reply->link == NULL)
			break;
		reply->error = rtap_nllink_parse(reply->link, hdr);
		reply->has_link = true;
		/* The parts of a multipart reply are ended by NLMSG_DONE. */
		reply->done = (hdr->nlmsg_flags & NLM_F_MULTI) == 0;
		break;
	case RTM_NEWNSID:
		if (reply->netns_id != NULL)
			reply->error = parse_netns_id(reply->netns_id, hdr);
		reply->done = true;
		break;
	}
}

/* What NLMSG_OK() tells, without its comparison of different signs. */
static bool
is_whole(const struct nlmsghdr *hdr, int len)
{
	return len >= (int)sizeof(*hdr) && hdr->nlmsg_len >= sizeof(*hdr) &&
		hdr->nlmsg_len <= (unsigned int)len;
}

/* The kernel tells only of namespaces that are not the socket's own. */
static int
get_netns_id(struct msghdr *msg)
{
	int netns_id = RTAP_NETNS_OWN;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
			memcpy(&netns_id, CMSG_DATA(c), sizeof(netns_id));
	}
	return netns_id;
}

/*
 * Receives one datagram whatever its size, the size being asked for first. It
 * is empty if nothing came of it, because of a signal or a sender that is not
 * the kernel. Returns 0 or a negative errno, -EAGAIN if none came in time.
 */
static int
receive(int fd, int flags, struct datagram *datagram)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct sockaddr_nl from = { 0 };
	ssize_t len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | flags);
	struct iovec iov = { .iov_len = RTE_MAX(len, 1) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	datagram->len = 0;
	datagram->buf = NULL;
	if (len < 0)
		return errno == EINTR ? 0 : -errno;
	datagram->buf = malloc(iov.iov_len);
	if (datagram->buf == NULL)
		return -ENOMEM;

	iov.iov_base = datagram->buf;
	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return -errno;
	if (from.nl_pid == 0)
		datagram->len = len;
	datagram->netns_id = get_netns_id(&msg);
	return 0;
}

/* Late answers to a request that timed out have an older sequence number. */
static void
handle_answer(const struct rtap_nl *nl, struct reply *reply, const struct datagram *datagram)
{
	struct nlmsghdr *hdr = datagram->buf;
	int len = datagram->len;

	for (; is_whole(hdr, len) && !reply->done; hdr = NLMSG_NEXT(hdr, len)) {
		if (hdr->nlmsg_seq == nl->seq && hdr->nlmsg_pid == nl->port_id)
			handle_message(reply, hdr);
	}
}

/* Whatever comes instead of the answer, the wait for it has an end. */
static int
rtap_nl_recv(const struct rtap_nl *nl, struct reply *reply)
{
	uint64_t end = rte_get_timer_cycles() + REPLY_TIMEOUT_S * rte_get_timer_hz();

	while (!reply->done) {
		struct datagram datagram;
		int ret = receive(nl->fd, 0, &datagram);

		handle_answer(nl, reply, &datagram);
		free(datagram.buf);
		if (ret == -EAGAIN || (!reply->done && rte_get_timer_cycles() > end))
			return -ETIMEDOUT;
		if (ret < 0)
			return ret;
	}
	return reply->error;
}

/* A bridge tells of its ports in messages of its own family, which leave out most of the state. */
static bool
parse_event(struct rtap_nl_event *event, struct nlmsghdr *hdr)
{
	const struct ifinfomsg *info = NLMSG_DATA(hdr);

	if (hdr->nlmsg_type != RTM_NEWLINK && hdr->nlmsg_type != RTM_DELLINK)
		return false;
	event->is_gone = hdr->nlmsg_type == RTM_DELLINK;
	return rtap_nllink_parse(&event->link, hdr) == 0 && info->ifi_family == AF_UNSPEC;
}

/* Answers to requests that nobody waits for are events, too: they tell the state at their time. */
static bool
tell_events(const struct datagram *datagram, rtap_nl_listener listen, void *arg)
{
	struct nlmsghdr *hdr = datagram->buf;
	int len = datagram->len;

	for (; is_whole(hdr, len); hdr = NLMSG_NEXT(hdr, len)) {
		struct rtap_nl_event event;

		if (!parse_event(&event, hdr))
			continue;
		event.place.netns_id = datagram->netns_id;
		event.place.if_index = event.link.if_index;
		if (!listen(&event, arg))
			return false;
	}
	return true;
}

/*
 * An overrun is told before what came ahead of it, and only once: until the
 * socket is empty, the kernel drops all that comes without telling it again.
 */
int
rtap_nl_drain(const struct rtap_nl *nl, rtap_nl_listener listen, void *arg)
{
	int overrun = 0;
	int ret = 0;

	while (ret == 0 || ret == -ENOBUFS) {
		struct datagram datagram;
		bool has_more;

		ret = receive(nl->fd, MSG_DONTWAIT, &datagram);
		has_more = tell_events(&datagram, listen, arg);
		free(datagram.buf);
		if (!has_more)
			return 0;
		if (ret == -ENOBUFS)
			overrun = ret;
	}
	return ret == -EAGAIN ? overrun : ret;
}

static int
send_request(const struct rtap_nl *nl, const struct request *req)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t len;

	do {
		len = sendto(nl->fd, req, req->hdr.nlmsg_len, 0,
			(const struct sockaddr *)&kernel, sizeof(kernel));
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : 0;
}

static int
transact(struct rtap_nl *nl, struct request *req, struct reply *reply)
{
	int ret;

	pthread_mutex_lock(&nl->lock);
	req->hdr.nlmsg_seq = ++nl->seq;
	ret = send_request(nl, req);
	if (ret == 0)
		ret = rtap_nl_recv(nl, reply);
	pthread_mutex_unlock(&nl->lock);
	return ret;
}

static void
init_header(struct request *req, uint16_t type, uint16_t flags, size_t len)
{
	memset(req, 0, sizeof(*req));
	req->hdr.nlmsg_len = NLMSG_LENGTH(len);
	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
}

static void
init_request(struct request *req, uint16_t type, uint16_t flags, int if_index)
{
	init_header(req, type, flags, sizeof(req->info));
	req->info.ifi_family = AF_UNSPEC;
	req->info.ifi_index = if_index;
}

/* All attributes that we send are of known size: the room is a matter of this file. */
static void
add_attr(struct request *req, uint16_t type, const void *value, uint16_t len)
{
	struct rtattr *rta = RTE_PTR_ADD(req, NLMSG_ALIGN(req->hdr.nlmsg_len));

	RTE_ASSERT(NLMSG_ALIGN(req->hdr.nlmsg_len) + RTA_SPACE(len) <= sizeof(*req));
	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), value, len);
	req->hdr.nlmsg_len = NLMSG_ALIGN(req->hdr.nlmsg_len) + RTA_SPACE(len);
}

/* Sends a change and says what the kernel has against it, in its own words if it gave any. */
static int
change_link(struct rtap_nl *nl, struct request *req, const char *what)
{
	struct reply reply = { 0 };
	int ret = transact(nl, req, &reply);

	/* It may have moved meanwhile, and then is looked for; what may be denied, callers know. */
	if (ret < 0 && ret != -ENODEV && ret != -EPERM)
		PMD_LOG_ERRNO(ERR, -ret, "cannot set %s of interface %d%s%s", what,
			req->info.ifi_index, reply.text[0] == '\0' ? "" : ", ", reply.text);
	return ret;
}

static int
open_socket(struct rtap_nl *nl, uint32_t groups)
{
	const struct timeval timeout = { .tv_sec = REPLY_TIMEOUT_S };
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	socklen_t addr_len = sizeof(addr);
	const int on = 1;
	int ret;

	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0) {
		ret = -errno;
		PMD_LOG_ERRNO(ERR, -ret, "cannot open a netlink socket");
		return ret;
	}

	/* The kernel's error texts are a convenience: without them there is the number. */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
			bind(nl->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
			getsockname(nl->fd, (struct sockaddr *)&addr, &addr_len) < 0) {
		ret = -errno;
		PMD_LOG_ERRNO(ERR, -ret, "cannot set up a netlink socket");
		close(nl->fd);
		nl->fd = -1;
		return ret;
	}
	nl->port_id = addr.nl_pid;
	pthread_mutex_init(&nl->lock, NULL);
	return 0;
}

int
rtap_nl_open(struct rtap_nl *nl)
{
	return open_socket(nl, 0);
}

int
rtap_nl_open_events(struct rtap_nl *nl)
{
	return open_socket(nl, RTMGRP_LINK);
}

int
rtap_nl_listen_everywhere(const struct rtap_nl *nl, bool on)
{
	const int value = on;

	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &value, sizeof(value)) < 0)
		return -errno;
	return 0;
}

void
rtap_nl_close(struct rtap_nl *nl)
{
	if (nl->fd < 0)
		return;
	close(nl->fd);
	nl->fd = -1;
	pthread_mutex_destroy(&nl->lock);
}

int
rtap_nl_get_netns(const struct rtap_nl *nl)
{
	int fd = ioctl(nl->fd, SIOCGSKNS);

	return fd < 0 ? -errno : fd;
}

static int
ask_netns_id(struct rtap_nl *nl, uint16_t type, uint16_t flags, int netns_fd, int *netns_id)
{
	struct reply reply = { .netns_id = netns_id };
	struct request req;

	init_header(&req, type, flags, sizeof(req.netns));
	req.netns.rtgen_family = AF_UNSPEC;
	add_attr(&req, NETNSA_FD, &netns_fd, sizeof(netns_fd));
	/* Says nothing in a question; an order gets any number that is free. */
	add_attr(&req, NETNSA_NSID, netns_id, sizeof(*netns_id));
	return transact(nl, &req, &reply);
}

int
rtap_nl_get_netns_id(struct rtap_nl *nl, int netns_fd, int *netns_id)
{
	int ret;

	*netns_id = NETNSA_NSID_NOT_ASSIGNED;
	ret = ask_netns_id(nl, RTM_GETNSID, 0, netns_fd, netns_id);
	if (ret < 0 || *netns_id != NETNSA_NSID_NOT_ASSIGNED)
		return ret;
	/* Somebody else may be faster: then it has one, too. */
	ret = ask_netns_id(nl, RTM_NEWNSID, NLM_F_ACK, netns_fd, netns_id);
	if (ret < 0 && ret != -EEXIST)
		return ret;
	return ask_netns_id(nl, RTM_GETNSID, 0, netns_fd, netns_id);
}

static int
get_link(struct rtap_nl *nl, struct rtap_place place, const char *name, struct rtap_link *link)
{
	struct reply reply = { .link = link };
	struct request req;
	int ret;

	init_request(&req, RTM_GETLINK, 0, place.if_index);
	if (name != NULL)
		add_attr(&req, IFLA_IFNAME, name, strnlen(name, IFNAMSIZ - 1) + 1);
	if (place.netns_id != RTAP_NETNS_OWN)
		add_attr(&req, IFLA_TARGET_NETNSID, &place.netns_id, sizeof(place.netns_id));
	ret = transact(nl, &req, &reply);
	/* A mere "done" says nothing of the interface. */
	return ret == 0 && !reply.has_link ? -EBADMSG : ret;
}

int
rtap_nl_get_link(struct rtap_nl *nl, struct rtap_place place, struct rtap_link *link)
{
	return get_link(nl, place, NULL, link);
}

int
rtap_nl_get_link_by_name(struct rtap_nl *nl, int netns_id, const char *name,
		struct rtap_link *link)
{
	const struct rtap_place place = { .netns_id = netns_id };

	return get_link(nl, place, name, link);
}

/* Asked before each operation, so that the short way is worth it where there is one. */
int
rtap_nl_get_name(struct rtap_nl *nl, struct rtap_place place, char name[IFNAMSIZ])
{
	struct ifreq ifr = { .ifr_ifindex = place.if_index };
	struct rtap_link link;
	int ret = 0;

	if (place.netns_id != RTAP_NETNS_OWN) {
		ret = rtap_nl_get_link(nl, place, &link);
		if (ret == 0)
			strlcpy(name, link.name, IFNAMSIZ);
	} else if (ioctl(nl->fd, SIOCGIFNAME, &ifr) < 0) {
		ret = -errno;
	} else {
		strlcpy(name, ifr.ifr_name, IFNAMSIZ);
	}
	return ret;
}

int
rtap_nl_get_flags(struct rtap_nl *nl, struct rtap_place place, unsigned int *flags)
{
	struct rtap_link link;
	int ret = rtap_nl_get_link(nl, place, &link);

	if (ret == 0)
		*flags = link.flags;
	return ret;
}

int
rtap_nl_get_mac(struct rtap_nl *nl, struct rtap_place place, struct rte_ether_addr *mac)
{
	struct rtap_link link;
	int ret = rtap_nl_get_link(nl, place, &link);

	if (ret == 0)
		*mac = link.mac;
	return ret;
}

int
rtap_nl_get_stats(struct rtap_nl *nl, struct rtap_place place, struct rtap_link_stats *stats)
{
	struct rtap_link link;
	int ret = rtap_nl_get_link(nl, place, &link);

	if (ret == 0)
		*stats = link.stats;
	return ret;
}

int
rtap_nl_change_flags(struct rtap_nl *nl, int if_index, unsigned int flags,
		unsigned int mask)
{
	struct request req;

	init_request(&req, RTM_NEWLINK, NLM_F_ACK, if_index);
	req.info.ifi_flags = flags & mask;
	req.info.ifi_change = mask;
	return change_link(nl, &req, "the flags");
}

static int
set_attr(struct rtap_nl *nl, int if_index, uint16_t type, const void *value, uint16_t len,
		const char *what)
{
	struct request req;

	init_request(&req, RTM_NEWLINK, NLM_F_ACK, if_index);
	add_attr(&req, type, value, len);
	return change_link(nl, &req, what);
}

int
rtap_nl_set_mtu(struct rtap_nl *nl, int if_index, uint32_t mtu)
{
	return set_attr(nl, if_index, IFLA_MTU, &mtu, sizeof(mtu), "the MTU");
}

int
rtap_nl_set_queue_len(struct rtap_nl *nl, int if_index, uint32_t queue_len)
{
	return set_attr(nl, if_index, IFLA_TXQLEN, &queue_len, sizeof(queue_len),
		"the queue length");
}

int
rtap_nl_set_gso_limits(struct rtap_nl *nl, int if_index, uint32_t max_size, uint32_t max_segs)
{
	int ret = set_attr(nl, if_index, IFLA_GSO_MAX_SIZE, &max_size, sizeof(max_size),
		"the largest size of aggregates");

	if (ret < 0)
		return ret;
	return set_attr(nl, if_index, IFLA_GSO_MAX_SEGS, &max_segs, sizeof(max_segs),
		"the largest number of packets in an aggregate");
}

int
rtap_nl_set_mac(struct rtap_nl *nl, int if_index, const struct rte_ether_addr *mac)
{
	return set_attr(nl, if_index, IFLA_ADDRESS, mac, sizeof(*mac), "the MAC address");
}
