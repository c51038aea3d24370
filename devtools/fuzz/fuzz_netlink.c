/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * libFuzzer's target for rtnetlink. The input says which operation is done and
 * what the socket then delivers: datagrams of any content, from the kernel or
 * not, of another size than told before, and errors instead of them. The system
 * calls of the driver come here by --wrap of the linker.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <rte_common.h>

#include "rtap_netlink.h"

#include "fuzz.h"

#define MAX_DATAGRAM 4096
#define MAX_ERRNO 4095
#define OUR_PORT UINT32_C(0x7a5b3c1d)
#define FIRST_SEQ UINT32_C(0x11223344)
#define IF_INDEX 7

/* What a step of the input is, in the low bits of its first byte. */
enum step_kind {
	STEP_NOTHING,     /* nothing came in time */
	STEP_INTERRUPTED,
	STEP_OVERFLOW,
	STEP_STRANGER,    /* a datagram that is not the kernel's */
	STEP_VANISHES,    /* it cannot be received after its size was told */
	STEP_DATAGRAM,    /* and so are all the others */
};

#define STEP_KINDS 7
/* The other bits. */
#define STEP_OURS (1 << 3)     /* each message answers our request */
#define STEP_NETNS (1 << 4)    /* it comes from another namespace */
#define STEP_SHORTER (1 << 5)  /* its size was told larger than it is */
#define STEP_LONGER (1 << 6)

static struct input in;
static struct rtap_nl nl;

/* The datagram that waits. */
static struct {
	bool is_waiting;
	enum step_kind kind;
	uint8_t bits;
	int netns_id;
	size_t len;
	_Alignas(NLMSG_ALIGNTO) uint8_t data[MAX_DATAGRAM];
} next;

static bool has_answer; /* a message that can be taken for the answer was delivered */
static bool is_over;    /* nobody may ask any more */

/* Makes of all messages of the datagram what is asked for, and looks whether any is. */
static void
address_messages(void)
{
	size_t at = 0;

	while (at + sizeof(struct nlmsghdr) <= next.len) {
		struct nlmsghdr *hdr = (struct nlmsghdr *)&next.data[at];

		if ((next.bits & STEP_OURS) != 0) {
			hdr->nlmsg_seq = nl.seq;
			hdr->nlmsg_pid = OUR_PORT;
		}
		if (hdr->nlmsg_seq == nl.seq && hdr->nlmsg_pid == OUR_PORT &&
				next.kind != STEP_STRANGER)
			has_answer = true;
		if (hdr->nlmsg_len < sizeof(*hdr) || hdr->nlmsg_len > next.len - at)
			break;
		at += NLMSG_ALIGN(hdr->nlmsg_len);
	}
}

static void
take_step(void)
{
	const uint8_t step = take(&in, 1);

	next.kind = step % 8 % STEP_KINDS;
	next.bits = step;
	next.is_waiting = next.kind >= STEP_STRANGER;
	if (!next.is_waiting)
		return;
	next.netns_id = (step & STEP_NETNS) != 0 ? (int8_t)take(&in, 1) : RTAP_NETNS_OWN;
	next.len = take_bytes(&in, next.data, take_len(&in, MAX_DATAGRAM));
	address_messages();
}

ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);

/* The driver only asks for the size by this. */
ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
	DEMAND(fd == nl.fd && !is_over, "%d", fd);
	DEMAND(buf == NULL && len == 0, "%zu bytes", len);
	DEMAND((flags & (MSG_PEEK | MSG_TRUNC)) == (MSG_PEEK | MSG_TRUNC), "%#x", flags);
	if (!next.is_waiting)
		take_step();
	switch (next.kind) {
	case STEP_NOTHING:
		errno = EAGAIN;
		return -1;
	case STEP_INTERRUPTED:
		errno = EINTR;
		return -1;
	case STEP_OVERFLOW:
		errno = ENOBUFS;
		return -1;
	default:
		break;
	}
	if ((next.bits & STEP_SHORTER) != 0)
		return next.len + 8;
	return (next.bits & STEP_LONGER) != 0 ? next.len / 2 : next.len;
}

/* Where the socket is not that of the interface, the kernel says so beside the datagram. */
static void
give_netns_id(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (next.netns_id == RTAP_NETNS_OWN || c == NULL ||
			msg->msg_controllen < CMSG_SPACE(sizeof(next.netns_id))) {
		msg->msg_controllen = 0;
		return;
	}
	c->cmsg_level = SOL_NETLINK;
	c->cmsg_type = NETLINK_LISTEN_ALL_NSID;
	c->cmsg_len = CMSG_LEN(sizeof(next.netns_id));
	memcpy(CMSG_DATA(c), &next.netns_id, sizeof(next.netns_id));
	msg->msg_controllen = CMSG_SPACE(sizeof(next.netns_id));
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);

ssize_t
__wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	size_t len = RTE_MIN(next.len, msg->msg_iov[0].iov_len);

	DEMAND(fd == nl.fd && next.is_waiting, "%d", fd);
	DEMAND((flags & MSG_DONTWAIT) != 0, "%#x", flags);
	next.is_waiting = false;
	if (next.kind == STEP_VANISHES) {
		errno = EAGAIN;
		return -1;
	}
	from.nl_pid = next.kind == STEP_STRANGER ? 4711 : 0;
	memcpy(msg->msg_name, &from, sizeof(from));
	msg->msg_namelen = sizeof(from);
	memcpy(msg->msg_iov[0].iov_base, next.data, len);
	give_netns_id(msg);
	return len;
}

ssize_t __wrap_sendto(int fd, const void *buf, size_t len, int flags, const void *addr,
		socklen_t addr_len);

/* What the driver sends is whole, and goes to the kernel. */
ssize_t
__wrap_sendto(int fd, const void *buf, size_t len, int flags __rte_unused, const void *addr,
		socklen_t addr_len)
{
	const struct nlmsghdr *hdr = buf;
	struct sockaddr_nl to;

	DEMAND(fd == nl.fd, "%d", fd);
	DEMAND(len >= NLMSG_LENGTH(sizeof(struct rtgenmsg)) && len == hdr->nlmsg_len,
		"%zu bytes", len);
	DEMAND(addr_len == sizeof(to), "%u bytes", addr_len);
	memcpy(&to, addr, sizeof(to));
	DEMAND(to.nl_family == AF_NETLINK && to.nl_pid == 0, "to %u", to.nl_pid);
	if (take(&in, 1) != 255)
		return len;
	errno = take(&in, 1) % 2 == 0 ? EINTR : ENOBUFS;
	return -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...);

int
__wrap_ioctl(int fd __rte_unused, unsigned long request __rte_unused, ...)
{
	errno = ENODEV;
	return -1;
}

static void
check_link(const struct rtap_link *link)
{
	DEMAND(memchr(link->name, '\0', sizeof(link->name)) != NULL, "endless name");
	DEMAND(link->name[IFNAMSIZ - 1] == '\0', "nobody has filled it in");
}

static bool
listen_to(const struct rtap_nl_event *event, void *arg __rte_unused)
{
	check_link(&event->link);
	DEMAND(event->place.if_index == event->link.if_index, "%d and %d",
		event->place.if_index, event->link.if_index);
	is_over = (take(&in, 1) & 3) == 3;
	return !is_over;
}

static int
ask(uint8_t what, struct rtap_place place)
{
	struct rtap_link link;
	int ret;

	memset(&link, 0xa5, sizeof(link));
	if (what == 0)
		ret = rtap_nl_get_link_by_name(&nl, place.netns_id, "rtap0", &link);
	else
		ret = rtap_nl_get_link(&nl, place, &link);
	if (ret == 0)
		check_link(&link);
	return ret;
}

static int
ask_name(struct rtap_place place)
{
	char name[IFNAMSIZ];
	int ret = rtap_nl_get_name(&nl, place, name);

	DEMAND(ret < 0 || strnlen(name, sizeof(name)) < sizeof(name), "endless name");
	return ret;
}

static int
ask_netns_id(void)
{
	int netns_id;
	int ret = rtap_nl_get_netns_id(&nl, 0, &netns_id);

	/* The answer may have been an earlier one's. */
	has_answer = true;
	return ret;
}

static int
change(uint8_t what)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 1 } };

	switch (what) {
	case 0:
		return rtap_nl_set_mtu(&nl, IF_INDEX, 1400);
	case 1:
		return rtap_nl_set_mac(&nl, IF_INDEX, &mac);
	case 2:
		return rtap_nl_set_queue_len(&nl, IF_INDEX, 1000);
	default:
		return rtap_nl_change_flags(&nl, IF_INDEX, IFF_UP, IFF_UP);
	}
}

static int
do_operation(uint8_t what)
{
	const struct rtap_place place = {
		.netns_id = (what & 128) != 0 ? 5 : RTAP_NETNS_OWN,
		.if_index = IF_INDEX,
	};
	int ret;

	switch (what & 3) {
	case 0:
		return ask(what >> 2 & 1, place);
	case 1:
		return change(what >> 2 & 3);
	case 2:
		ret = rtap_nl_drain(&nl, listen_to, NULL);
		has_answer = true; /* needs none */
		return ret;
	default:
		return (what & 4) != 0 ? ask_netns_id() : ask_name(place);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ret;

	in = (struct input) { .data = data, .left = size };
	nl = (struct rtap_nl) { .fd = 1000, .port_id = OUR_PORT, .seq = FIRST_SEQ };
	pthread_mutex_init(&nl.lock, NULL);
	next.is_waiting = false;
	is_over = false;
	has_answer = false;
	ret = do_operation(take(&in, 1));
	DEMAND(ret <= 0 && ret >= -MAX_ERRNO, "%d", ret);
	DEMAND(ret < 0 || has_answer, "success without an answer");
	pthread_mutex_destroy(&nl.lock);
	return 0;
}
