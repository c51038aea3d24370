/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_DEVARGS_H_
#define _RTAP_DEVARGS_H_

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

#include <rte_ether.h>

#define RTAP_ARG_IFACE "iface"
#define RTAP_ARG_CREATE "create"
#define RTAP_ARG_PERSIST "persist"
#define RTAP_ARG_OWNER "owner"
#define RTAP_ARG_GROUP "group"
#define RTAP_ARG_MAC "mac"
#define RTAP_ARG_NAPI "napi"
#define RTAP_ARG_USO "uso"
#define RTAP_ARG_WITHOUT "without"

/* What the kernel has in place of a user or a group where there is none. */
#define RTAP_NO_ID UINT32_MAX

/* An interface that is there already keeps its persistence unless told otherwise. */
enum rtap_persist {
	RTAP_PERSIST_UNCHANGED,
	RTAP_PERSIST_OFF,
	RTAP_PERSIST_ON,
};

struct rtap_args {
	char iface[IFNAMSIZ]; /* may hold one "%d" */
	bool create;          /* make the interface if there is none of that name */
	enum rtap_persist persist;
	uint32_t owner;       /* user who may open queues of the interface, or RTAP_NO_ID */
	uint32_t group;       /* whose members may, or RTAP_NO_ID */
	struct rte_ether_addr mac; /* of the interface, apart from the port's; zero if not given */
	bool uso;             /* LRO includes aggregates of UDP */
	bool napi;            /* the kernel handles what we transmit in a NAPI poll */
	unsigned int without; /* RTAP_URING_* features to do without, for tests */
};

/* Bits and what they are called, ended by a NULL. */
struct rtap_name {
	unsigned int bit;
	const char *name;
};

/* RTAP_URING_*, as `without` has them. */
extern const struct rtap_name rtap_devargs_features[];

/*
 * Fills in the arguments from the text behind the device name, NULL or empty
 * for the defaults. Returns -EINVAL, having named key and value, for a key
 * that is unknown or repeated, and for a value that cannot be; another error,
 * also logged, if it could not be found out whether it can.
 */
int rtap_devargs_parse(struct rtap_args *args, const char *text);

#endif /* _RTAP_DEVARGS_H_ */
