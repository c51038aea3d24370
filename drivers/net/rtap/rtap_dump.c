/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the text about a port that belongs into a bug report. It is made of a view:
 * the port is not touched while a slow file is written.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_view.h"

static void
print_names(FILE *file, const struct rtap_name *names, unsigned int bits)
{
	if (bits == 0)
		fputs(" none", file);
	for (const struct rtap_name *n = names; n->name != NULL; n++) {
		if ((bits & n->bit) != 0)
			fprintf(file, " %s", n->name);
	}
}

static void
print_mac(FILE *file, const struct rte_ether_addr *mac)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(text, sizeof(text), mac);
	fprintf(file, " %s", text);
}

/* In the form in which they are given. */
static void
print_arguments(FILE *file, const struct rtap_args *args)
{
	const char *separator = "," RTAP_ARG_WITHOUT "=";

	fprintf(file, "  arguments: " RTAP_ARG_IFACE "=%s," RTAP_ARG_CREATE "=%d", args->iface,
		args->create);
	if (args->persist != RTAP_PERSIST_UNCHANGED)
		fprintf(file, "," RTAP_ARG_PERSIST "=%d", args->persist == RTAP_PERSIST_ON);
	if (args->owner != RTAP_NO_ID)
		fprintf(file, "," RTAP_ARG_OWNER "=%u", args->owner);
	if (args->group != RTAP_NO_ID)
		fprintf(file, "," RTAP_ARG_GROUP "=%u", args->group);
	if (!rte_is_zero_ether_addr(&args->mac))
		fprintf(file, "," RTAP_ARG_MAC "=" RTE_ETHER_ADDR_PRT_FMT,
			RTE_ETHER_ADDR_BYTES(&args->mac));
	fprintf(file, "," RTAP_ARG_NAPI "=%d," RTAP_ARG_USO "=%d", args->napi, args->uso);
	for (const struct rtap_name *n = rtap_devargs_features; n->name != NULL; n++) {
		if ((args->without & n->bit) == 0)
			continue;
		fprintf(file, "%s%s", separator, n->name);
		separator = "+";
	}
	fputc('\n', file);
}

static void
print_head(FILE *file, const struct rtap_view *view)
{
	const char *state = view->is_started ? "started" : "stopped";

	if (view->is_secondary) {
		fprintf(file, "%s: port %u, %s, in secondary process %u\n", view->device,
			view->port_id, state, view->process_id);
		return;
	}
	fprintf(file, "%s: port %u, %s, in the primary process\n", view->device, view->port_id,
		state);
	print_arguments(file, &view->args);
}

static void
print_link(FILE *file, const struct rtap_link *link)
{
	fprintf(file, "  interface state: %s, %s, MTU %u, queue length %u\n",
		(link->flags & IFF_UP) != 0 ? "up" : "down",
		link->carrier ? "carrier" : "no carrier", link->mtu, link->queue_len);
	fprintf(file, "  interface MAC:");
	print_mac(file, &link->mac);
	fprintf(file, "\n  interface queues: %u attached, %u detached\n", link->nb_queues,
		link->nb_detached);
	fprintf(file, "  interface limits: aggregates of %u bytes, %u packets\n",
		link->gso_max_size, link->gso_max_segs);
}

static void
print_interface(FILE *file, const struct rtap_view *view)
{
	fprintf(file, "  interface: %s, index %d\n",
		view->if_name[0] != '\0' ? view->if_name : "-", view->if_index);
	if (view->link_error == 0)
		print_link(file, &view->link);
	else
		fprintf(file, "  interface state: %s\n",
			view->is_deleted ? "deleted" : rte_strerror(view->link_error));
	if (!view->is_netns_known)
		fprintf(file, "  namespace: not known%s\n",
			view->is_lost ? ", CAP_NET_ADMIN is missing there" : "");
	else if (view->is_moved)
		fprintf(file, "  namespace: net:[%ju], moved from net:[%ju]\n",
			(uintmax_t)view->netns, (uintmax_t)view->home);
	else
		fprintf(file, "  namespace: net:[%ju], not moved\n", (uintmax_t)view->netns);
}

static void
print_fd(FILE *file, const char *name, int fd)
{
	if (fd >= 0)
		fprintf(file, "%s %d", name, fd);
}

static void
print_process(FILE *file, const struct rtap_view *view)
{
	fputs("  fds:", file);
	print_fd(file, " keep-alive", view->keep_alive_fd);
	print_fd(file, " control", view->control_fd);
	print_fd(file, " statistics", view->stats_fd);
	fprintf(file, "\n  events:%s%s%s%s\n", view->has_link_events ? " link" : "",
		view->has_removal_events ? " removal" : "",
		view->has_link_events || view->has_removal_events ? "" : " none",
		view->is_removal_told ? ", removal was told" : "");
	if (view->is_secondary)
		fprintf(file, "  loan: queues %sborrowed\n", view->has_loan ? "" : "not ");
	else
		fprintf(file, "  loan: number %u, %s, %s, %u processes attached so far\n",
			view->lending.loan, view->lending.is_lending ? "lent" : "not lent",
			view->lending.is_borrowed ? "asked for" : "not asked for",
			view->lending.nb_processes);
}

static void
print_words(FILE *file, const char *name, const uint64_t *words, unsigned int nb_words)
{
	if (nb_words == 0)
		return;
	fprintf(file, "  %s:", name);
	for (unsigned int i = 0; i < nb_words; i++) {
		struct rte_ether_addr mac;

		memcpy(&mac, &words[i], sizeof(mac));
		print_mac(file, &mac);
	}
	fputc('\n', file);
}

static void
print_config(FILE *file, const struct rtap_view *view)
{
	const struct rtap_view_filter *filter = &view->filter;
	const struct rtap_offload *o = &view->offload;

	fprintf(file, "  MTU: %u, agreed on %u, possible %u to %u\n", view->mtu,
		view->agreed_mtu, view->min_mtu, view->max_mtu);
	fputs("  MAC:", file);
	print_mac(file, &view->mac);
	fprintf(file, ", %s the interface\n", view->is_mac_apart ? "apart from" : "shared with");
	fprintf(file, "  filter: promiscuous %s, all multicast %s\n",
		(filter->mode & RTAP_FILTER_PROMISCUOUS) != 0 ? "on" : "off",
		(filter->mode & RTAP_FILTER_ALLMULTICAST) != 0 ? "on" : "off");
	print_words(file, "filter addresses", filter->unicast, filter->nb_unicast);
	print_words(file, "filter groups", filter->groups, filter->nb_groups);
	fputs("  offloads:", file);
	print_names(file, rtap_view_tun_names, o->tun_features);
	fputs("\n  offloads of the kernel:", file);
	print_names(file, rtap_view_tun_names, o->kernel_features);
	fprintf(file, "\n  header: %u bytes, aggregates up to %u bytes, interface %slimited\n",
		o->hdr_len, o->max_aggregate, view->is_gso_limited ? "" : "not ");
}

static void
print_offloads(FILE *file, uint64_t offloads, const char *(*name_of)(uint64_t offload))
{
	fputs(", offloads", file);
	if (offloads == 0)
		fputs(" none", file);
	for (unsigned int i = 0; i < 64; i++) {
		if ((offloads & RTE_BIT64(i)) != 0)
			fprintf(file, " %s", name_of(RTE_BIT64(i)));
	}
}

static void
print_ring(FILE *file, const struct rtap_view_queue *view)
{
	if (view->state < RTAP_VIEW_DELETED)
		return;
	fputs(", ring", file);
	print_names(file, rtap_devargs_features, view->ring_features);
	if ((view->ring_features & RTAP_URING_NOWAIT) == 0)
		fputs(" (fallback)", file);
}

static void
print_rx(FILE *file, uint16_t queue_id, const struct rtap_view_pair *pair)
{
	const struct rtap_view_queue *rx = &pair->rx;

	fprintf(file, "  Rx queue %u: %s", queue_id, rtap_view_state_name(rx->state));
	if (rx->state == RTAP_VIEW_ARMED || rx->state == RTAP_VIEW_WOKEN)
		fprintf(file, " by thread %d", rx->armed_by);
	print_fd(file, ", fd", pair->tap_fd);
	print_fd(file, pair->is_intr_enabled ? ", interrupt on, fd" : ", interrupt off, fd",
		pair->intr_fd);
	if (rx->is_known) {
		fprintf(file, ", %u descriptors%s, pool %s of %u bytes, %u mbufs a frame, "
			"%u in stock, %u expected, polled by process %u", rx->nb_desc,
			rx->is_deferred ? " deferred" : "", rx->pool, rx->room, rx->nb_segs,
			rx->nb_stock, rx->nb_expected, rx->process_id);
		print_offloads(file, rx->offloads, rte_eth_dev_rx_offload_name);
	}
	print_ring(file, rx);
	if (rx->nb_regions > 0)
		fprintf(file, ", %u regions", rx->nb_regions);
	fputc('\n', file);
}

static void
print_tx(FILE *file, uint16_t queue_id, const struct rtap_view_queue *tx)
{
	fprintf(file, "  Tx queue %u: %s", queue_id, rtap_view_state_name(tx->state));
	if (tx->is_known) {
		fprintf(file, ", %u descriptors%s", tx->nb_desc,
			tx->is_deferred ? " deferred" : "");
		print_offloads(file, tx->offloads, rte_eth_dev_tx_offload_name);
	}
	print_ring(file, tx);
	fputc('\n', file);
}

int
rtap_dump(struct rte_eth_dev *dev, FILE *file)
{
	/* Not by its number: what the primary has closed has none any more. */
	struct rtap_view *view = rtap_view_take(rtap_view_place_of(dev));

	int ret;

	if (view == NULL) {
		ret = -rte_errno;
		PMD_LOG_ERRNO(ERR, -ret, "cannot look at the port");
		return ret;
	}
	print_head(file, view);
	print_interface(file, view);
	print_process(file, view);
	print_config(file, view);
	for (uint16_t i = 0; i < view->nb_queues; i++) {
		print_rx(file, i, &view->pairs[i]);
		print_tx(file, i, &view->pairs[i].tx);
	}
	free(view);
	return 0;
}
