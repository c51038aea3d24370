/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Helpers of rtap_pmd_autotest for the cases about the data path: see the
 * header. Nothing here is a case.
 */

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_string_fns.h>
#include <rte_thread.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

static uint16_t
value_or(uint16_t value, uint16_t usual)
{
	return value != 0 ? value : usual;
}

static int
apply_queue(uint16_t port, uint16_t queue, const struct rtap_port_conf *conf,
		bool is_deferred)
{
	const struct rte_eth_rxconf rxconf = { .rx_deferred_start = is_deferred };
	const struct rte_eth_txconf txconf = {
		.tx_deferred_start = is_deferred,
		.tx_free_thresh = conf->tx_free_thresh,
	};
	const int socket_id = rte_eth_dev_socket_id(port);
	const int ret = rte_eth_rx_queue_setup(port, queue,
		value_or(conf->nb_rx_desc, RTAP_TEST_NB_DESC), socket_id, &rxconf,
		conf->pool != NULL ? conf->pool : rtap_fx.pool);

	return ret < 0 ? ret : rte_eth_tx_queue_setup(port, queue,
		value_or(conf->nb_tx_desc, RTAP_TEST_NB_DESC), socket_id, &txconf);
}

int
rtap_port_apply(uint16_t port, const struct rtap_port_conf *conf)
{
	const uint16_t nb_queues = value_or(conf->nb_queues, 1);
	const struct rte_eth_conf eth_conf = {
		.rxmode = {
			.mtu = conf->mtu,
			.max_lro_pkt_size = conf->max_lro_pkt_size,
			.offloads = conf->rx_offloads,
		},
		.txmode = { .offloads = conf->tx_offloads },
	};
	int ret = rte_eth_dev_configure(port, nb_queues, nb_queues, &eth_conf);

	for (uint16_t q = 0; q < nb_queues && ret == 0; q++)
		ret = apply_queue(port, q, conf, q + conf->nb_deferred >= nb_queues);
	return ret;
}

int
rtap_port_run_as(const struct rtap_port_conf *conf)
{
	TEST_ASSERT_SUCCESS(rtap_port_apply(rtap_fx.port, conf), "no configuration");
	TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
	return rtap_open_socket();
}

/* Segments of about the same length; the longer ones need not come first. */
static int
append_segments(struct rte_mbuf *mbuf, const uint8_t *frame, uint32_t len,
		uint32_t nb_segs)
{
	struct rte_mbuf *seg = mbuf;

	mbuf->nb_segs = 1;
	for (uint32_t i = 0; i < nb_segs; i++, seg = seg->next) {
		const uint32_t begin = i * len / nb_segs;
		const uint16_t part = (i + 1) * len / nb_segs - begin;

		if (rte_pktmbuf_tailroom(seg) < part)
			return -EMSGSIZE;
		memcpy(rte_pktmbuf_mtod(seg, void *), frame + begin, part);
		seg->data_len = part;
		if (i + 1 == nb_segs)
			break;
		seg->next = rte_pktmbuf_alloc(mbuf->pool);
		if (seg->next == NULL)
			return -ENOMEM;
		mbuf->nb_segs++;
	}
	mbuf->pkt_len = len;
	return 0;
}

struct rte_mbuf *
rtap_chain_of(struct rte_mempool *pool, const uint8_t *frame, uint32_t len,
		uint16_t nb_segs)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (mbuf == NULL || append_segments(mbuf, frame, len, nb_segs) == 0)
		return mbuf;
	rte_pktmbuf_free(mbuf);
	return NULL;
}

struct rte_mbuf *
rtap_chain_new(struct rte_mempool *pool, uint16_t len, uint16_t nb_segs,
		uint32_t seq)
{
	uint8_t frame[UINT16_MAX];

	rtap_frame_fill(frame, len, seq);
	return rtap_chain_of(pool, frame, len, nb_segs);
}

int
rtap_chain_check_bytes(const struct rte_mbuf *mbuf, uint16_t len, uint32_t seq)
{
	uint8_t expected[UINT16_MAX];
	uint32_t offset = 0;

	if (mbuf->pkt_len != len) {
		printf("frame %u: %u bytes instead of %u\n", seq, mbuf->pkt_len, len);
		return -EBADMSG;
	}
	rtap_frame_fill(expected, len, seq);
	for (; mbuf != NULL; mbuf = mbuf->next) {
		if (offset + mbuf->data_len > len || rtap_bytes_check(
				rte_pktmbuf_mtod(mbuf, const uint8_t *),
				expected + offset, mbuf->data_len) < 0) {
			printf("frame %u: wrong from byte %u on\n", seq, offset);
			return -EBADMSG;
		}
		offset += mbuf->data_len;
	}
	return offset == len ? 0 : -EBADMSG;
}

/* All mbufs but the last are full, and the last is not empty. */
static bool
is_filled_in_order(const struct rte_mbuf *mbuf, uint16_t room)
{
	for (; mbuf->next != NULL; mbuf = mbuf->next) {
		if (mbuf->data_len != room)
			return false;
	}
	return mbuf->data_len > 0 && mbuf->data_len <= room;
}

int
rtap_chain_check(const struct rte_mbuf *mbuf, uint16_t room, uint16_t len,
		uint32_t seq)
{
	const char *reason;

	if (rte_mbuf_check(mbuf, 1, &reason) != 0) {
		printf("frame %u: %s\n", seq, reason);
		return -EBADMSG;
	}
	if (mbuf->nb_segs != (len + room - 1) / room || !is_filled_in_order(mbuf, room) ||
			mbuf->port != rtap_fx.port) {
		printf("frame %u: %u bytes in %u segments, port %u\n", seq,
			mbuf->pkt_len, mbuf->nb_segs, mbuf->port);
		return -EBADMSG;
	}
	return rtap_chain_check_bytes(mbuf, len, seq);
}

int
rtap_port_expect_chain(uint16_t room, uint16_t len, uint32_t seq)
{
	struct rte_mbuf *mbuf = rtap_port_receive_one(rtap_fx.port, 0);
	int ret;

	TEST_ASSERT_NOT_NULL(mbuf, "frame of %u bytes did not come", len);
	ret = rtap_chain_check(mbuf, room, len, seq);
	rte_pktmbuf_free(mbuf);
	TEST_ASSERT_SUCCESS(ret, "frame of %u bytes", len);
	return TEST_SUCCESS;
}

int
rtap_port_check_chain(uint16_t room, uint16_t len, uint32_t seq)
{
	TEST_ASSERT_SUCCESS(rtap_kernel_send_one(rtap_fx.sock, len, seq), "no send");
	return rtap_port_expect_chain(room, len, seq);
}

int
rtap_port_check_mtu(uint16_t expected)
{
	struct rtap_kernel_link link;
	uint16_t mtu;

	TEST_ASSERT_SUCCESS(rte_eth_dev_get_mtu(rtap_fx.port, &mtu), "no MTU");
	TEST_ASSERT_SUCCESS(rtap_kernel_link_get(RTAP_TEST_IFACE, &link), "no link");
	TEST_ASSERT(mtu == expected && link.mtu == expected,
		"MTU is %u and the kernel's %u instead of %u", mtu, link.mtu, expected);
	return TEST_SUCCESS;
}

int
rtap_kernel_send_one(int sock, uint16_t len, uint32_t seq)
{
	uint8_t frame[UINT16_MAX];

	rtap_frame_fill(frame, len, seq);
	return rtap_kernel_send_raw(sock, frame, len);
}

int
rtap_kernel_expect_one(int sock, uint16_t len, uint32_t seq)
{
	uint8_t expected[UINT16_MAX];
	uint8_t frame[UINT16_MAX];
	ssize_t got;

	got = rtap_kernel_receive(sock, frame, sizeof(frame));
	if (got != len) {
		printf("frame %u: %zd bytes instead of %u: %s\n", seq, got, len,
			got < 0 ? strerror(errno) : "wrong frame");
		return got < 0 ? -errno : -EBADMSG;
	}
	rtap_frame_fill(expected, len, seq);
	return rtap_bytes_check(frame, expected, len) < 0 ? -EBADMSG : 0;
}

int
rtap_kernel_change(const char *name, unsigned long request, int value)
{
	/* ifr_mtu and ifr_qlen are the same place. */
	struct ifreq req = { .ifr_mtu = value };
	const int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (sock < 0)
		return -errno;
	strlcpy(req.ifr_name, name, sizeof(req.ifr_name));
	if (ioctl(sock, request, &req) < 0)
		ret = -errno;
	close(sock);
	return ret;
}

struct thread_job {
	int (*work)(void *arg);
	void *arg;
	int ret;
};

static uint32_t
thread_main(void *arg)
{
	struct thread_job *job = arg;

	if (rte_thread_register() < 0) {
		job->ret = -ENOMEM;
		return 0;
	}
	job->ret = job->work(job->arg);
	rte_thread_unregister();
	return 0;
}

int
rtap_thread_run(int (*work)(void *arg), void *arg)
{
	struct thread_job job = { .work = work, .arg = arg };
	rte_thread_t thread;
	const int ret = rte_thread_create(&thread, NULL, thread_main, &job);

	if (ret != 0)
		return -ret;
	rte_thread_join(thread, NULL);
	return job.ret;
}

void
rtap_thread_use_all_cpus(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	for (unsigned int i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}
