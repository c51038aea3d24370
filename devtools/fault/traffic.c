/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Traffic while a call fails. What an operation has of it is kept here between
 * its steps.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "stage.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "traffic.h"

/* More than the driver writes or reads one by one. */
#define NB_PACKETS 8
#define NB_MANY 60
#define LEN 200
#define NB_SEGS 3
/* An empty burst asks for nothing, but one of them arms a poll. */
#define NB_POLLS 20
#define WAIT_US 200000

static int sock = -1;
static struct rte_mbuf *packets[NB_MANY];
static uint16_t nb_packets; /* of the operation */
static uint16_t nb_done;

static int
start(uint16_t n)
{
	int ret = port_start();

	if (ret < 0)
		return ret;
	sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTAP_TEST_ETHERTYPE);
	nb_packets = n;
	nb_done = 0;
	return sock < 0 ? sock : rte_eth_stats_reset(rtap_fx.port);
}

static int
make_packets(uint16_t nb_segs)
{
	for (uint16_t i = 0; i < nb_packets; i++) {
		packets[i] = nb_segs == 1 ? rtap_mbuf_new(rtap_fx.pool, LEN, i) :
			rtap_chain_new(rtap_fx.pool, LEN, nb_segs, i);
		if (packets[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
prepare_send(uint16_t n, uint16_t nb_segs)
{
	int ret = start(n);

	return ret < 0 ? ret : make_packets(nb_segs);
}

int
traffic_prepare_one(void)
{
	return prepare_send(1, 1);
}

int
traffic_prepare_burst(void)
{
	return prepare_send(NB_PACKETS, 1);
}

int
traffic_prepare_chains(void)
{
	return prepare_send(NB_PACKETS, NB_SEGS);
}

int
traffic_prepare_many(void)
{
	return prepare_send(NB_MANY, 1);
}

static int
prepare_receive(uint16_t n)
{
	const struct rtap_run run = { .n = n, .len = LEN };
	int ret = start(n);

	return ret < 0 ? ret : rtap_kernel_send(sock, &run);
}

int
traffic_prepare_receive(void)
{
	return prepare_receive(NB_PACKETS);
}

int
traffic_prepare_receive_many(void)
{
	return prepare_receive(NB_MANY);
}

/* An application that knows no haste, but no end, either. */
int
traffic_send(void)
{
	for (unsigned int i = 0; i < NB_POLLS && nb_done < nb_packets; i++)
		nb_done += rte_eth_tx_burst(rtap_fx.port, 0, &packets[nb_done],
			nb_packets - nb_done);
	return nb_done == nb_packets ? 0 : -EAGAIN;
}

/* What the interface got: of each frame the number, which never goes back. */
static int
count_frames(uint16_t *nb_frames)
{
	const struct timeval wait = { .tv_usec = WAIT_US };
	uint8_t expected[LEN];
	uint8_t frame[LEN + 1];
	uint32_t seq = 0;

	*nb_frames = 0;
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	while (*nb_frames < nb_packets) {
		ssize_t len = rtap_kernel_receive(sock, frame, sizeof(frame));

		if (len < 0)
			break;
		do {
			rtap_frame_fill(expected, LEN, seq++);
		} while (seq <= nb_packets && memcmp(frame, expected, LEN) != 0);
		if (len != LEN || seq > nb_packets)
			return -EBADMSG;
		++*nb_frames;
	}
	return 0;
}

int
traffic_check_sent(void)
{
	struct rte_eth_stats stats;
	uint16_t nb_frames;
	int ret = rte_eth_stats_get(rtap_fx.port, &stats);

	if (ret < 0 || stats.opackets + stats.oerrors != nb_packets ||
			stats.obytes != stats.opackets * LEN) {
		printf("# %" PRIu64 " sent, %" PRIu64 " bytes, %" PRIu64 " errors\n",
			stats.opackets, stats.obytes, stats.oerrors);
		return -EILSEQ;
	}
	/* Nothing is to wait for if all were lost. */
	ret = stats.opackets == 0 ? 0 : count_frames(&nb_frames);
	return ret == 0 && stats.opackets > 0 && nb_frames != stats.opackets ? -EILSEQ : ret;
}

int
traffic_receive(void)
{
	for (unsigned int i = 0; i < NB_POLLS; i++)
		nb_done += rtap_port_receive_once(rtap_fx.port, 0, &packets[nb_done],
			nb_packets - nb_done);
	return 0;
}

/* Waits for those that are still to come, in their order. */
static int
take_received(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	int ret = 0;

	while (nb_done < nb_packets && rtap_deadline_wait(&deadline))
		traffic_receive();
	for (uint16_t i = 0; i < nb_done; i++) {
		ret |= rtap_frame_check(rte_pktmbuf_mtod(packets[i], uint8_t *),
			packets[i]->data_len, LEN, i);
		rte_pktmbuf_free(packets[i]);
	}
	return ret != 0 ? -EBADMSG : 0;
}

int
traffic_check_received(void)
{
	struct rte_eth_stats stats;

	if (take_received() < 0 || rte_eth_stats_get(rtap_fx.port, &stats) < 0)
		return -EBADMSG;
	if (nb_done == nb_packets && stats.ipackets == nb_packets &&
			stats.ibytes == nb_packets * LEN && stats.imissed == 0 &&
			stats.ierrors + stats.rx_nombuf <= 1)
		return 0;
	printf("# %u came, %" PRIu64 " counted, %" PRIu64 " bytes, %" PRIu64 " errors, %"
		PRIu64 " without mbufs\n", nb_done, stats.ipackets, stats.ibytes, stats.ierrors,
		stats.rx_nombuf);
	return -EILSEQ;
}

/* What the kernel holds is lost with the start of its queue: only what came is looked at. */
int
traffic_account_received(unsigned int nb_errors, bool is_final)
{
	struct rte_eth_stats stats;

	if (is_final)
		nb_packets = nb_done;
	if (take_received() < 0 || rte_eth_stats_get(rtap_fx.port, &stats) < 0)
		return -EBADMSG;
	if (nb_done == nb_packets && stats.ipackets == nb_done && stats.ibytes == nb_done * LEN &&
			stats.imissed + stats.rx_nombuf == 0 && stats.ierrors == nb_errors)
		return 0;
	printf("# %u of %u came, %" PRIu64 " counted, %" PRIu64 " errors instead of %u\n", nb_done,
		nb_packets, stats.ipackets, stats.ierrors, nb_errors);
	return -EILSEQ;
}

int
traffic_account_sent(unsigned int nb_errors)
{
	struct rte_eth_stats stats;
	int ret = rte_eth_stats_get(rtap_fx.port, &stats);

	if (ret == 0 && stats.oerrors != nb_errors) {
		printf("# %" PRIu64 " errors instead of %u\n", stats.oerrors, nb_errors);
		ret = -EILSEQ;
	}
	return ret < 0 ? ret : traffic_check_sent();
}

int
traffic_undo(void)
{
	close(sock);
	return port_stop();
}
