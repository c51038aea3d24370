/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the telemetry commands of the driver. They are answered by a thread of
 * telemetry's own, and from views of ports, which are safe to take at any time.
 * What there is no memory for is left out of an answer.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_telemetry.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_view.h"

/*
 * Into a dictionary while it is empty: what is not in an answer must be freed, and
 * telemetry frees nothing of what is in it.
 */
static struct rte_tel_data *
add_container(struct rte_tel_data *dict, const char *key, struct rte_tel_data *data)
{
	if (rte_tel_data_add_dict_container(dict, key, data, 0) == 0)
		return data;
	rte_tel_data_free(data);
	return NULL;
}

static struct rte_tel_data *
add_dict(struct rte_tel_data *dict, const char *key)
{
	struct rte_tel_data *data = rte_tel_data_alloc();

	if (data == NULL)
		return NULL;
	rte_tel_data_start_dict(data);
	return add_container(dict, key, data);
}

static struct rte_tel_data *
add_strings(struct rte_tel_data *dict, const char *key)
{
	struct rte_tel_data *data = rte_tel_data_alloc();

	if (data == NULL)
		return NULL;
	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	return add_container(dict, key, data);
}

static void
add_names(struct rte_tel_data *dict, const char *key, const struct rtap_name *names,
		unsigned int bits)
{
	struct rte_tel_data *data = add_strings(dict, key);

	if (data == NULL)
		return;
	for (const struct rtap_name *n = names; n->name != NULL; n++) {
		if ((bits & n->bit) != 0)
			rte_tel_data_add_array_string(data, n->name);
	}
}

static void
add_mac(struct rte_tel_data *dict, const char *key, const struct rte_ether_addr *mac)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(text, sizeof(text), mac);
	rte_tel_data_add_dict_string(dict, key, text);
}

static const char *
namespace_state(const struct rtap_view *view)
{
	if (view->is_deleted)
		return "none";
	if (view->is_lost)
		return "out of reach";
	if (!view->is_netns_known)
		return "unknown";
	return view->is_moved ? "moved" : "first";
}

/* What tells one port from others. */
static void
add_identity(struct rte_tel_data *dict, const struct rtap_view *view)
{
	rte_tel_data_add_dict_int(dict, "port", view->port_id);
	rte_tel_data_add_dict_string(dict, "device", view->device);
	rte_tel_data_add_dict_string(dict, "interface", view->if_name);
	rte_tel_data_add_dict_int(dict, "ifindex", view->if_index);
	rte_tel_data_add_dict_string(dict, "namespace", namespace_state(view));
	if (view->is_netns_known)
		rte_tel_data_add_dict_uint(dict, "netns", view->netns);
}

static void
add_interface(struct rte_tel_data *dict, const struct rtap_view *view)
{
	const struct rtap_link *link = &view->link;

	rte_tel_data_add_dict_int(dict, "interface_deleted", view->is_deleted);
	if (view->link_error != 0)
		return;
	rte_tel_data_add_dict_int(dict, "interface_up", (link->flags & IFF_UP) != 0);
	rte_tel_data_add_dict_int(dict, "interface_carrier", link->carrier);
	rte_tel_data_add_dict_int(dict, "interface_mtu", link->mtu);
	rte_tel_data_add_dict_int(dict, "interface_queue_length", link->queue_len);
	rte_tel_data_add_dict_int(dict, "interface_queues_attached", link->nb_queues);
	rte_tel_data_add_dict_int(dict, "interface_queues_detached", link->nb_detached);
	add_mac(dict, "interface_mac", &link->mac);
}

static void
add_config(struct rte_tel_data *dict, const struct rtap_view *view)
{
	const struct rtap_view_filter *filter = &view->filter;
	const struct rtap_offload *o = &view->offload;

	rte_tel_data_add_dict_int(dict, "mtu", view->mtu);
	rte_tel_data_add_dict_int(dict, "min_mtu", view->min_mtu);
	rte_tel_data_add_dict_int(dict, "max_mtu", view->max_mtu);
	add_mac(dict, "mac", &view->mac);
	rte_tel_data_add_dict_int(dict, "promiscuous",
		(filter->mode & RTAP_FILTER_PROMISCUOUS) != 0);
	rte_tel_data_add_dict_int(dict, "allmulticast",
		(filter->mode & RTAP_FILTER_ALLMULTICAST) != 0);
	rte_tel_data_add_dict_int(dict, "addresses", filter->nb_unicast);
	rte_tel_data_add_dict_int(dict, "groups", filter->nb_groups);
	add_names(dict, "offloads", rtap_view_tun_names, o->tun_features);
	add_names(dict, "kernel_offloads", rtap_view_tun_names, o->kernel_features);
	rte_tel_data_add_dict_int(dict, "header_length", o->hdr_len);
	rte_tel_data_add_dict_int(dict, "max_aggregate", o->max_aggregate);
	rte_tel_data_add_dict_int(dict, "link_events", view->has_link_events);
	rte_tel_data_add_dict_int(dict, "removal_events", view->has_removal_events);
}

static bool
has_ring(const struct rtap_view_queue *queue)
{
	return queue->state >= RTAP_VIEW_DELETED;
}

/* Those that all rings have that there are. */
static unsigned int
common_features(const struct rtap_view *view)
{
	unsigned int features = 0;
	bool is_first = true;

	for (uint16_t i = 0; i < view->nb_queues; i++) {
		const struct rtap_view_queue *rx = &view->pairs[i].rx;

		if (!has_ring(rx))
			continue;
		features = is_first ? rx->ring_features : features & rx->ring_features;
		is_first = false;
	}
	return features;
}

static void
add_states(struct rte_tel_data *dict, const struct rtap_view *view)
{
	struct rte_tel_data *rx;
	struct rte_tel_data *tx;

	rte_tel_data_add_dict_int(dict, "queues", view->nb_queues);
	add_names(dict, "ring_features", rtap_devargs_features, common_features(view));
	rx = add_strings(dict, "rx_states");
	tx = add_strings(dict, "tx_states");
	for (uint16_t i = 0; i < view->nb_queues && rx != NULL && tx != NULL; i++) {
		rte_tel_data_add_array_string(rx, rtap_view_state_name(view->pairs[i].rx.state));
		rte_tel_data_add_array_string(tx, rtap_view_state_name(view->pairs[i].tx.state));
	}
}

static void
add_offloads(struct rte_tel_data *dict, uint64_t offloads,
		const char *(*name_of)(uint64_t offload))
{
	struct rte_tel_data *data = add_strings(dict, "offloads");

	if (data == NULL)
		return;
	for (unsigned int i = 0; i < 64; i++) {
		if ((offloads & RTE_BIT64(i)) != 0)
			rte_tel_data_add_array_string(data, name_of(RTE_BIT64(i)));
	}
}

static void
add_queue(struct rte_tel_data *dict, const struct rtap_view_queue *queue)
{
	rte_tel_data_add_dict_string(dict, "state", rtap_view_state_name(queue->state));
	if (queue->is_known) {
		rte_tel_data_add_dict_int(dict, "descriptors", queue->nb_desc);
		rte_tel_data_add_dict_int(dict, "deferred", queue->is_deferred);
	}
	if (has_ring(queue))
		add_names(dict, "ring_features", rtap_devargs_features, queue->ring_features);
}

static void
add_rx(struct rte_tel_data *answer, const struct rtap_view_queue *rx)
{
	struct rte_tel_data *dict = add_dict(answer, "rx");

	if (dict == NULL)
		return;
	add_queue(dict, rx);
	if (rx->state == RTAP_VIEW_ARMED || rx->state == RTAP_VIEW_WOKEN)
		rte_tel_data_add_dict_int(dict, "armed_by", rx->armed_by);
	if (!rx->is_known)
		return;
	rte_tel_data_add_dict_string(dict, "pool", rx->pool);
	rte_tel_data_add_dict_int(dict, "mbuf_room", rx->room);
	rte_tel_data_add_dict_int(dict, "frame_mbufs", rx->nb_segs);
	rte_tel_data_add_dict_int(dict, "stock", rx->nb_stock);
	rte_tel_data_add_dict_int(dict, "expected", rx->nb_expected);
	rte_tel_data_add_dict_int(dict, "polled_by_process", rx->process_id);
	rte_tel_data_add_dict_int(dict, "registered_regions", rx->nb_regions);
	add_offloads(dict, rx->offloads, rte_eth_dev_rx_offload_name);
}

static void
add_tx(struct rte_tel_data *answer, const struct rtap_view_queue *tx)
{
	struct rte_tel_data *dict = add_dict(answer, "tx");

	if (dict == NULL)
		return;
	add_queue(dict, tx);
	if (tx->is_known)
		add_offloads(dict, tx->offloads, rte_eth_dev_tx_offload_name);
}

/*
 * Takes a decimal number from the start of the parameters, which must be followed by
 * a comma if `has_more`, and by nothing otherwise.
 */
static int
take_number(const char **params, bool has_more, uint16_t *number)
{
	unsigned long value;
	char *end;

	if (*params == NULL || !isdigit((unsigned char)(*params)[0]))
		return -EINVAL;
	errno = 0;
	value = strtoul(*params, &end, 10);
	if (errno != 0 || value > UINT16_MAX || *end != (has_more ? ',' : '\0'))
		return -EINVAL;
	*params = end + 1;
	*number = value;
	return 0;
}

/* The client's mistakes are no matter of who runs the application, but this one is. */
static int
refuse(const char *cmd, int err)
{
	if (err == ENOMEM)
		PMD_LOG_ERRNO(ERR, err, "telemetry: %s is not answered", cmd);
	else
		PMD_LOG_ERRNO(INFO, err, "telemetry: %s is refused", cmd);
	return -err;
}

static void
add_port(struct rte_tel_data *answer, const struct rtap_view *view)
{
	struct rte_tel_data *dict;
	char key[sizeof("65535")];

	snprintf(key, sizeof(key), "%u", view->port_id);
	dict = add_dict(answer, key);
	if (dict != NULL)
		add_identity(dict, view);
}

/* A dictionary, because older releases of telemetry take none into an array. */
static int
answer_list(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	if (params != NULL && params[0] != '\0')
		return refuse(cmd, EINVAL);
	rte_tel_data_start_dict(answer);
	for (uint16_t i = rtap_view_next(0); i < RTE_MAX_ETHPORTS; i = rtap_view_next(i + 1)) {
		struct rtap_view *view = rtap_view_take(i);

		/* It may have been closed at this moment. */
		if (view != NULL)
			add_port(answer, view);
		free(view);
	}
	return 0;
}

static int
answer_info(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	struct rtap_view *view;
	uint16_t port_id;

	if (take_number(&params, false, &port_id) < 0)
		return refuse(cmd, EINVAL);
	view = rtap_view_take(port_id);
	if (view == NULL)
		return refuse(cmd, rte_errno);
	rte_tel_data_start_dict(answer);
	add_identity(answer, view);
	rte_tel_data_add_dict_string(answer, "process",
		view->is_secondary ? "secondary" : "primary");
	rte_tel_data_add_dict_int(answer, "started", view->is_started);
	add_interface(answer, view);
	add_config(answer, view);
	add_states(answer, view);
	free(view);
	return 0;
}

static int
answer_queue(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	const struct rtap_view_pair *pair;
	struct rtap_view *view;
	uint16_t queue_id;
	uint16_t port_id;

	if (take_number(&params, true, &port_id) < 0 ||
			take_number(&params, false, &queue_id) < 0)
		return refuse(cmd, EINVAL);
	view = rtap_view_take(port_id);
	if (view == NULL)
		return refuse(cmd, rte_errno);
	if (queue_id >= view->nb_queues) {
		free(view);
		return refuse(cmd, EINVAL);
	}
	pair = &view->pairs[queue_id];
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_int(answer, "port", port_id);
	rte_tel_data_add_dict_int(answer, "queue", queue_id);
	rte_tel_data_add_dict_int(answer, "fd", pair->tap_fd);
	rte_tel_data_add_dict_int(answer, "interrupt", pair->is_intr_enabled);
	add_rx(answer, &pair->rx);
	add_tx(answer, &pair->tx);
	free(view);
	return 0;
}

RTE_INIT(rtap_telemetry_init)
{
	rte_telemetry_register_cmd("/rtap/list", answer_list,
		"Returns the ports of net_rtap with their interfaces. Takes no parameters");
	rte_telemetry_register_cmd("/rtap/info", answer_info,
		"Returns the state of a port of net_rtap. Parameters: int port_id");
	rte_telemetry_register_cmd("/rtap/queue", answer_queue,
		"Returns the state of a queue pair. Parameters: int port_id, int queue_id");
}
