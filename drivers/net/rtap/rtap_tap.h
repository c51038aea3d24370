/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_TAP_H_
#define _RTAP_TAP_H_

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

/*
 * The TAP file descriptor as a value.
 * Every function returns 0 (or an fd) or a negative errno and logs what the
 * kernel refused; none knows of ethdev. An fd belongs to the caller. -ENODEV
 * says that the interface was deleted, and is not logged.
 */

/* How rtap_tap_open() is to treat an interface that exists already. */
enum rtap_tap_mode {
	RTAP_TAP_CREATE, /* it must not exist: -EBUSY if it does */
	RTAP_TAP_ATTACH, /* one more queue of it: -ENODEV, not logged, if it is not there */
};

/*
 * Opens a queue of the TAP interface `name`, which may hold one "%d" for the
 * kernel to fill in; the name that the interface has then is written back.
 * The queue is attached, non-blocking, close-on-exec, and has a virtio-net
 * header in front of each frame. A new interface starts without carrier.
 * With `napi`, what is written to the queue is handled in a NAPI poll of its own.
 */
int rtap_tap_open(char name[IFNAMSIZ], enum rtap_tap_mode mode, bool napi);

/* Name of the interface that a queue belongs to, as it is now. */
int rtap_tap_get_name(int fd, char name[IFNAMSIZ]);

/* A detached queue takes no packets and drops those that it held. */
int rtap_tap_attach(int fd);
int rtap_tap_detach(int fd);

/* These hold for the whole interface, whichever of its queues is named. */
int rtap_tap_set_vnet_hdr_len(int fd, int len);
int rtap_tap_set_offload(int fd, unsigned int tun_f_mask);
/* Tries whether the kernel takes these, and leaves them switched on if it does. */
bool rtap_tap_try_offload(int fd, unsigned int tun_f_mask);
int rtap_tap_set_persist(int fd, bool on);
int rtap_tap_set_carrier(int fd, bool on);
/*
 * Who may open queues of the interface without CAP_NET_ADMIN: that user, the members of
 * that group, or only who is both if both are set. Before either is, any user may.
 */
int rtap_tap_set_owner(int fd, uint32_t user);
int rtap_tap_set_group(int fd, uint32_t group);

/*
 * A descriptor of the network namespace of the queue's interface, for the caller
 * to close. -EPERM, which is not logged, if the process has no CAP_NET_ADMIN there.
 */
int rtap_tap_get_netns(int fd);

/*
 * 1 if both queues are of interfaces in one network namespace, 0 if not, or a
 * negative errno. A process that may not ask the kernel cannot have moved one either: 1.
 */
int rtap_tap_same_netns(int fd, int other_fd);

#endif /* _RTAP_TAP_H_ */
