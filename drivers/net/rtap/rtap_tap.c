/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the ioctls of /dev/net/tun: one function an ioctl, and the opening of
 * a queue. Keeps no state and closes nothing but what it failed to hand out.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "rtap_log.h"
#include "rtap_netns.h"
#include "rtap_tap.h"

#define TUN_PATH "/dev/net/tun"

/* Since Linux 6.1; the kernel tells whether it knows it. */
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER 0x0040
#endif

/* What the driver cannot do without, with the name that the user can look up. */
static const struct {
	unsigned int flag;
	const char *name;
} needed_features[] = {
	{ IFF_TAP, "IFF_TAP" },
	{ IFF_NO_PI, "IFF_NO_PI" },
	{ IFF_VNET_HDR, "IFF_VNET_HDR" },
	{ IFF_MULTI_QUEUE, "IFF_MULTI_QUEUE" },
};

static int
open_tun(void)
{
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err = errno;

	if (fd >= 0)
		return fd;

	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		PMD_LOG_ERRNO(ERR, err,
			"cannot open %s, load module tun or add the device to the container",
			TUN_PATH);
		break;
	case EACCES:
	case EPERM:
		PMD_LOG_ERRNO(ERR, err,
			"cannot open %s, the process needs read and write permission on it",
			TUN_PATH);
		break;
	default:
		PMD_LOG_ERRNO(ERR, err, "cannot open %s", TUN_PATH);
	}
	/* There is a file, but no driver; ENODEV would say that the interface was deleted. */
	return err == ENODEV ? -ENXIO : -err;
}

/* Returns the features of the kernel's TUN driver, or -ENOTSUP if one that we need is missing. */
static int
get_features(int fd, unsigned int *features)
{
	if (ioctl(fd, TUNGETFEATURES, features) < 0) {
		int err = errno;

		PMD_LOG_ERRNO(ERR, err, "cannot ask %s for its features", TUN_PATH);
		return -err;
	}

	for (unsigned int i = 0; i < RTE_DIM(needed_features); i++) {
		if ((*features & needed_features[i].flag) != 0)
			continue;
		PMD_LOG(ERR, "the kernel's TUN driver lacks %s", needed_features[i].name);
		return -ENOTSUP;
	}
	return 0;
}

/* The kernel gives several causes one number; the text says which ones it can be. */
static void
log_set_iff_failure(int err, const char *name, enum rtap_tap_mode mode)
{
	switch (err) {
	case EPERM:
		if (mode == RTAP_TAP_ATTACH)
			PMD_LOG_ERRNO(ERR, err,
				"cannot open '%s', its owner or group is another, "
				"and CAP_NET_ADMIN is missing", name);
		else
			PMD_LOG_ERRNO(ERR, err,
				"cannot open '%s', CAP_NET_ADMIN is needed "
				"in its network namespace", name);
		break;
	case EBUSY:
		PMD_LOG_ERRNO(ERR, err,
			"cannot open TAP interface '%s', it exists or belongs to another process",
			name);
		break;
	case EINVAL:
		PMD_LOG_ERRNO(ERR, err,
			"cannot open '%s', it exists and is no multi-queue TAP interface",
			name);
		break;
	case E2BIG:
		PMD_LOG_ERRNO(ERR, err, "TAP interface '%s' has no free queue", name);
		break;
	default:
		PMD_LOG_ERRNO(ERR, err, "cannot open TAP interface '%s'", name);
	}
}

/*
 * The kernel makes an interface of a name that it does not know. It cannot if
 * the index of the new interface is in use, as that of the loopback always is.
 */
static int
forbid_creation(int fd)
{
	const unsigned int loopback_index = 1;

	if (ioctl(fd, TUNSETIFINDEX, &loopback_index) < 0) {
		int err = errno;

		PMD_LOG_ERRNO(ERR, err, "cannot set up %s", TUN_PATH);
		return -err;
	}
	return 0;
}

int
rtap_tap_open(char name[IFNAMSIZ], enum rtap_tap_mode mode, bool napi)
{
	struct ifreq ifr = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE,
	};
	unsigned int features;
	int fd = open_tun();
	int ret;

	if (fd < 0)
		return fd;

	ret = get_features(fd, &features);
	if (ret == 0 && mode == RTAP_TAP_ATTACH)
		ret = forbid_creation(fd);
	if (ret < 0)
		goto close_fd;

	/* Spares a short blink of carrier each time a queue is opened. */
	ifr.ifr_flags |= features & IFF_NO_CARRIER;
	if (napi)
		ifr.ifr_flags |= IFF_NAPI;
	if (mode == RTAP_TAP_CREATE)
		ifr.ifr_flags |= IFF_TUN_EXCL;

	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		ret = -errno;
		if (ret == -EBUSY && mode == RTAP_TAP_ATTACH)
			ret = -ENODEV;
		else
			log_set_iff_failure(-ret, name, mode);
		goto close_fd;
	}
	strlcpy(name, ifr.ifr_name, IFNAMSIZ);
	return fd;

close_fd:
	close(fd);
	return ret;
}

/*
 * Once the interface is deleted, its queues answer everything with EBADFD. The
 * caller decides what that means, so it is no error to be logged here.
 */
static __rte_format_printf(2, 3) int
fail(int err, const char *format, ...)
{
	char what[64];
	va_list args;

	if (err == EBADFD)
		return -ENODEV;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	PMD_LOG_ERRNO(ERR, err, "cannot %s the TAP interface", what);
	return -err;
}

int
rtap_tap_get_name(int fd, char name[IFNAMSIZ])
{
	struct ifreq ifr = { 0 };

	if (ioctl(fd, TUNGETIFF, &ifr) < 0)
		return fail(errno, "ask for the name of");
	strlcpy(name, ifr.ifr_name, IFNAMSIZ);
	return 0;
}

/*
 * The kernel says EINVAL to a queue whose interface was deleted, and to one that is
 * in that state already, as one is that could not be brought out of it.
 */
static int
set_queue(int fd, short flag, const char *what)
{
	struct ifreq ifr = { .ifr_flags = flag };
	struct ifreq now = { 0 };
	bool is_detached;
	int err;

	if (ioctl(fd, TUNSETQUEUE, &ifr) == 0)
		return 0;
	err = errno;
	if (err != EINVAL)
		return fail(err, "%s a queue of", what);
	if (ioctl(fd, TUNGETIFF, &now) < 0)
		return fail(errno, "ask for the name of");
	is_detached = now.ifr_flags & IFF_DETACH_QUEUE;
	if (is_detached ? flag == IFF_DETACH_QUEUE : flag == IFF_ATTACH_QUEUE)
		return 0;
	return fail(err, "%s a queue of", what);
}

int
rtap_tap_attach(int fd)
{
	return set_queue(fd, IFF_ATTACH_QUEUE, "attach");
}

int
rtap_tap_detach(int fd)
{
	return set_queue(fd, IFF_DETACH_QUEUE, "detach");
}

int
rtap_tap_set_vnet_hdr_len(int fd, int len)
{
	if (ioctl(fd, TUNSETVNETHDRSZ, &len) < 0)
		return fail(errno, "set a virtio-net header of %d bytes for", len);
	return 0;
}

int
rtap_tap_set_offload(int fd, unsigned int tun_f_mask)
{
	if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)tun_f_mask) < 0)
		return fail(errno, "set offloads %#x of", tun_f_mask);
	return 0;
}

bool
rtap_tap_try_offload(int fd, unsigned int tun_f_mask)
{
	return ioctl(fd, TUNSETOFFLOAD, (unsigned long)tun_f_mask) == 0;
}

int
rtap_tap_set_persist(int fd, bool on)
{
	if (ioctl(fd, TUNSETPERSIST, (unsigned long)on) < 0)
		return fail(errno, "switch %s persistence of", on ? "on" : "off");
	return 0;
}

int
rtap_tap_set_carrier(int fd, bool on)
{
	int carrier = on;

	if (ioctl(fd, TUNSETCARRIER, &carrier) < 0)
		return fail(errno, "switch %s the carrier of", on ? "on" : "off");
	return 0;
}

int
rtap_tap_set_owner(int fd, uint32_t user)
{
	if (ioctl(fd, TUNSETOWNER, (unsigned long)user) < 0)
		return fail(errno, "set user %u as the owner of", user);
	return 0;
}

int
rtap_tap_set_group(int fd, uint32_t group)
{
	if (ioctl(fd, TUNSETGROUP, (unsigned long)group) < 0)
		return fail(errno, "set group %u as the owner of", group);
	return 0;
}

int
rtap_tap_get_netns(int fd)
{
	int netns_fd = ioctl(fd, TUNGETDEVNETNS);

	if (netns_fd >= 0)
		return netns_fd;
	return errno == EPERM ? -EPERM : fail(errno, "ask for the network namespace of");
}

static int
identify_netns(int fd, struct rtap_netns *netns)
{
	int netns_fd = rtap_tap_get_netns(fd);
	int ret;

	if (netns_fd < 0)
		return netns_fd;
	ret = rtap_netns_identify(netns_fd, netns);
	close(netns_fd);
	return ret;
}

int
rtap_tap_same_netns(int fd, int other_fd)
{
	struct rtap_netns a = { 0 };
	struct rtap_netns b = { 0 };
	int ret;

	ret = identify_netns(fd, &a);
	if (ret == 0)
		ret = identify_netns(other_fd, &b);
	if (ret == -EPERM)
		return 1;
	if (ret < 0)
		return ret;
	return rtap_netns_equal(&a, &b);
}
