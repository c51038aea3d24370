/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the TAP descriptors of a port in this process: makes the interface or
 * takes it over, and opens and closes its queues. It is the one place where an
 * interface is named; everywhere else its index or a descriptor stands for it.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_string_fns.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_tap.h"

/* The kernel lets go of a killed process's queues some time after its end. */
#define TAKE_OVER_STEP_US (20 * 1000)
#define TAKE_OVER_STEPS 50

/* A rename between two looks at a name is rare, but nothing keeps others from trying. */
#define OPEN_TRIES 1000

/*
 * Looks whether the named interface can be taken over: its index if it can, 0
 * if there is none, or a negative errno, with the cause logged.
 */
static int
check_existing(struct rtap_nl *nl, const char *name)
{
	struct rtap_link link;
	int ret;

	for (unsigned int i = 0; i < TAKE_OVER_STEPS; i++) {
		ret = rtap_nl_get_link_by_name(nl, RTAP_NETNS_OWN, name, &link);
		if (ret == -ENODEV)
			return 0;
		if (ret < 0) {
			PMD_LOG_ERRNO(ERR, -ret, "cannot look for interface '%s'", name);
			return ret;
		}
		if (!link.is_tap || !link.is_multi_queue) {
			PMD_LOG(ERR, "interface '%s' is no %s: delete it or choose another name",
				name, link.is_tap ? "multi-queue TAP" : "TAP interface");
			/* Not EEXIST: EAL takes that for a device that it has probed already. */
			return -ENOTUNIQ;
		}
		if (link.nb_queues + link.nb_detached == 0)
			return link.if_index;
		rte_delay_us_sleep(TAKE_OVER_STEP_US);
	}
	PMD_LOG(ERR, "interface '%s' is in use by another port or process", name);
	return -EBUSY;
}

/* The kernel makes what somebody has deleted since we looked. */
static int
check_taken_over(struct rtap_nl *nl, const char *name, int if_index)
{
	struct rtap_link link;
	int ret = rtap_nl_get_link_by_name(nl, RTAP_NETNS_OWN, name, &link);

	if (ret == 0 && link.if_index == if_index)
		return 0;
	PMD_LOG(ERR, "interface '%s' was deleted or renamed at this moment", name);
	return -ENODEV;
}

/* What is not asked for stays as it is. */
static int
set_access(const struct rtap_process *process)
{
	const struct rtap_args *args = &process->args;
	int fd = process->keep_alive_fd;
	int ret = 0;

	if (args->owner != RTAP_NO_ID)
		ret = rtap_tap_set_owner(fd, args->owner);
	if (ret == 0 && args->group != RTAP_NO_ID)
		ret = rtap_tap_set_group(fd, args->group);
	return ret;
}

/*
 * The kernel lets every user who may open /dev/net/tun have queues of an interface without
 * owner and group, and with them the packets: a new one is for this user, unless told
 * otherwise. Who was there before is found out when the port looks at its interface.
 */
static int
set_access_of_new(const struct rtap_process *process)
{
	int ret;

	if (process->args.owner != RTAP_NO_ID || process->args.group != RTAP_NO_ID)
		return set_access(process);
	ret = rtap_tap_set_owner(process->keep_alive_fd, geteuid());
	/* A user namespace may have no number for its user: that is only told. */
	return ret == -EINVAL ? 0 : ret;
}

int
rtap_iface_open(struct rtap_process *process)
{
	bool create = process->args.create;
	char name[IFNAMSIZ];
	int if_index = 0;
	int ret;

	strlcpy(name, process->args.iface, sizeof(name));
	if (strchr(name, '%') == NULL)
		if_index = check_existing(&process->nl, name);
	if (if_index < 0)
		return if_index;
	if (if_index == 0 && !create) {
		PMD_LOG(ERR, "there is no interface '%s', and %s=0 forbids making it", name,
			RTAP_ARG_CREATE);
		return -ENODEV;
	}

	ret = rtap_tap_open(name, if_index > 0 ? RTAP_TAP_ATTACH : RTAP_TAP_CREATE,
		process->args.napi);
	if (ret == -ENODEV)
		PMD_LOG(ERR, "interface '%s' was just deleted", process->args.iface);
	if (ret < 0)
		return ret;
	process->keep_alive_fd = ret;
	ret = create ? 0 : check_taken_over(&process->nl, name, if_index);
	if (ret == 0 && if_index == 0)
		ret = set_access_of_new(process);
	return ret < 0 ? ret : rtap_tap_detach(process->keep_alive_fd);
}

/* What the kernel takes for an offload stands together with what that builds on. */
static const unsigned int offload_sets[] = {
	TUN_F_CSUM,
	RTAP_TUN_TSO,
	RTAP_TUN_TSO | RTAP_TUN_USO,
	RTAP_TUN_TSO | RTAP_TUN_F_UDP_TUNNEL_GSO,
};

int
rtap_iface_probe_offloads(int fd, uint32_t *features)
{
	/* Segmentation inside tunnels has no place in the short header. */
	int ret = rtap_tap_set_vnet_hdr_len(fd, RTAP_VNET_TUNNEL_HDR_LEN);

	if (ret < 0)
		return ret;
	*features = 0;
	for (unsigned int i = 0; i < RTE_DIM(offload_sets); i++) {
		if (rtap_tap_try_offload(fd, offload_sets[i]))
			*features |= offload_sets[i];
	}
	return rtap_iface_set_offload(fd, 0, RTAP_VNET_HDR_LEN);
}

int
rtap_iface_set_offload(int fd, uint32_t tun_features, uint16_t hdr_len)
{
	int ret = rtap_tap_set_vnet_hdr_len(fd, hdr_len);

	return ret < 0 ? ret : rtap_tap_set_offload(fd, tun_features);
}

/* Not again where it is set already: the kernel would forget its neighbors. */
static int
set_mac(struct rtap_process *process, int if_index)
{
	const struct rte_ether_addr *mac = &process->args.mac;
	struct rte_ether_addr current;
	int ret;

	if (rte_is_zero_ether_addr(mac))
		return 0;
	ret = rtap_nl_get_mac(&process->nl, rtap_place_here(if_index), &current);
	if (ret < 0 || rte_is_same_ether_addr(&current, mac))
		return ret;
	ret = rtap_nl_set_mac(&process->nl, if_index, mac);
	if (ret == -EPERM)
		PMD_LOG_ERRNO(ERR, -ret, "to set the MAC address of the interface by %s, "
			"CAP_NET_ADMIN is needed", RTAP_ARG_MAC);
	return ret;
}

int
rtap_iface_set_up(struct rtap_process *process, int if_index)
{
	enum rtap_persist persist = process->args.persist;
	int fd = process->keep_alive_fd;
	int ret = rtap_tap_set_carrier(fd, false);

	if (ret == 0)
		ret = set_mac(process, if_index);
	/* What was taken over keeps its users if it is refused. */
	if (ret == 0)
		ret = set_access(process);
	/* Last, since from here on the interface would stay behind if a later step failed. */
	if (ret == 0 && persist != RTAP_PERSIST_UNCHANGED)
		ret = rtap_tap_set_persist(fd, persist == RTAP_PERSIST_ON);
	return ret;
}

/*
 * A queue that was opened by name belongs to our interface if their names are
 * the same after it: 1 if so, 0 if not, or a negative errno.
 */
static int
is_queue_of(int fd, int keep_alive_fd)
{
	char expected[IFNAMSIZ];
	char name[IFNAMSIZ];
	int ret;

	ret = rtap_tap_get_name(fd, name);
	if (ret == 0)
		ret = rtap_tap_get_name(keep_alive_fd, expected);
	if (ret < 0)
		return ret;
	return strcmp(name, expected) == 0 ? rtap_tap_same_netns(fd, keep_alive_fd) : 0;
}

/* What opens a queue, possibly in another network namespace. */
struct opening {
	char name[IFNAMSIZ];
	bool napi;
};

static int
open_named(void *arg)
{
	struct opening *opening = arg;

	return rtap_tap_open(opening->name, RTAP_TAP_ATTACH, opening->napi);
}

/* The name is that of our interface, unless it changes at this moment. */
static int
find_name(struct rtap_process *process, const struct rtap_place *place, char name[IFNAMSIZ])
{
	struct rtap_link link;
	int ret = rtap_tap_get_name(process->keep_alive_fd, name);

	if (ret == 0)
		ret = rtap_nl_get_link_by_name(&process->nl, place->netns_id, name, &link);
	if (ret == 0 && link.if_index != place->if_index)
		ret = -ENODEV;
	return ret;
}

/* Where ours is and what it is called. What gets away meanwhile is looked for again. */
static int
find_iface(struct rte_eth_dev *dev, char name[IFNAMSIZ], int *netns_fd)
{
	struct rtap_process *process = rtap_process(dev);
	struct rtap_place place;
	int ret = rtap_place_find(dev, &process->nl, &place, netns_fd);

	if (ret == 0)
		ret = find_name(process, &place, name);
	if (ret < 0 && ret != -ENODEV && ret != -EAGAIN)
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot look for its interface", dev->data->name);
	return ret;
}

/* A queue of an interface that has the name of ours, in the namespace where ours is. */
static int
try_to_open(struct rte_eth_dev *dev, struct opening *opening)
{
	int netns_fd;
	int ret = find_iface(dev, opening->name, &netns_fd);

	if (ret == 0)
		ret = netns_fd < 0 ? open_named(opening) :
			rtap_netns_call(netns_fd, open_named, opening);
	if (netns_fd >= 0)
		close(netns_fd);
	return ret;
}

/* The kernel wants a name to open a queue by, and it may change under our hands. */
static int
open_our_queue(struct rte_eth_dev *dev)
{
	int keep_alive_fd = rtap_process(dev)->keep_alive_fd;
	struct opening opening = { .napi = rtap_process(dev)->args.napi };

	for (unsigned int i = 0; i < OPEN_TRIES && !rtap_is_removed(dev); i++) {
		int fd = try_to_open(dev, &opening);
		int ret;

		if (fd == -ENODEV || fd == -EAGAIN)
			continue;
		if (fd < 0)
			return fd;
		ret = is_queue_of(fd, keep_alive_fd);
		if (ret > 0)
			return fd;
		close(fd);
		if (ret < 0) {
			PMD_LOG_ERRNO(ERR, -ret, "cannot check a queue of interface '%s'",
				opening.name);
			return ret;
		}
	}
	PMD_LOG(ERR, "%s: its interface was deleted or cannot be followed", dev->data->name);
	return -ENODEV;
}

/* Opens one more queue of the port's interface, detached. */
static int
rtap_queue_open(struct rte_eth_dev *dev, uint16_t queue_id)
{
	int fd = open_our_queue(dev);
	int ret;

	if (fd < 0)
		return fd;
	ret = rtap_tap_detach(fd);
	if (ret < 0)
		close(fd);
	else
		rtap_process(dev)->queues[queue_id].tap_fd = fd;
	return ret;
}

static void
rtap_queue_close(struct rtap_process *process, uint16_t queue_id)
{
	struct rtap_queue_pair *pair = &process->queues[queue_id];

	if (pair->tap_fd < 0)
		return;
	close(pair->tap_fd);
	pair->tap_fd = -1;
}

void
rtap_queues_close_from(struct rtap_process *process, uint16_t first)
{
	for (uint16_t i = first; i < RTAP_MAX_QUEUES; i++)
		rtap_queue_close(process, i);
}

int
rtap_queues_resize(struct rte_eth_dev *dev, uint16_t nb_queues)
{
	struct rtap_process *process = rtap_process(dev);

	rtap_queues_close_from(process, nb_queues);
	for (uint16_t i = 0; i < nb_queues; i++) {
		int ret = process->queues[i].tap_fd >= 0 ? 0 : rtap_queue_open(dev, i);

		if (ret < 0)
			return ret;
	}
	/* Before Linux 6.1 each opening has raised the carrier. */
	return rtap_tap_set_carrier(process->keep_alive_fd, false);
}
