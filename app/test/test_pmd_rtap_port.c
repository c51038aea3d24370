/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Port side of rtap_pmd_autotest: the device that a case works on, and runs
 * of test frames through its receive and transmit bursts.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_common.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "test.h"
#include "test_pmd_rtap_frame.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

#define POOL_NB_MBUFS 8191
#define POOL_CACHE 64
#define MAX_BURST 512U

struct rtap_fixture rtap_fx = { .sock = -1 };

int
rtap_pool_create(void)
{
	rtap_fx.pool = rte_pktmbuf_pool_create(RTAP_TEST_POOL, POOL_NB_MBUFS,
		POOL_CACHE, RTAP_TEST_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE,
		(int)rte_socket_id());
	return rtap_fx.pool == NULL ? -ENOMEM : 0;
}

void
rtap_pool_free(void)
{
	rte_mempool_free(rtap_fx.pool);
	rtap_fx.pool = NULL;
}

int
rtap_vdev_create(const char *vdev, const char *args, uint16_t *port)
{
	const int ret = rte_vdev_init(vdev, args);

	if (ret < 0) {
		printf("%s,%s: %s\n", vdev, args, strerror(-ret));
		return ret;
	}
	return rte_eth_dev_get_port_by_name(vdev, port);
}

int
rtap_port_setup_queues(uint16_t port, uint16_t nb_queues)
{
	int ret = 0;

	for (uint16_t q = 0; q < nb_queues && ret == 0; q++) {
		ret = rte_eth_rx_queue_setup(port, q, RTAP_TEST_NB_DESC,
			rte_eth_dev_socket_id(port), NULL, rtap_fx.pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, q, RTAP_TEST_NB_DESC,
				rte_eth_dev_socket_id(port), NULL);
	}
	return ret;
}

int
rtap_port_configure(uint16_t port, uint16_t nb_queues)
{
	const struct rte_eth_conf conf = { .link_speeds = 0 };
	const int ret = rte_eth_dev_configure(port, nb_queues, nb_queues, &conf);

	return ret < 0 ? ret : rtap_port_setup_queues(port, nb_queues);
}

static const char *
iface_of(uint16_t port)
{
	return port == rtap_fx.port ? RTAP_TEST_IFACE : RTAP_TEST_IFACE2;
}

int
rtap_port_start(uint16_t port)
{
	const int ret = rte_eth_dev_start(port);

	/* The kernel activates its transmit queue a little after the carrier. */
	return ret < 0 ? ret :
		rtap_kernel_link_wait(iface_of(port), rtap_kernel_is_running);
}

int
rtap_port_run(uint16_t port, uint16_t nb_queues)
{
	const int ret = rtap_port_configure(port, nb_queues);

	return ret < 0 ? ret : rtap_port_start(port);
}

int
rtap_setup_none(void)
{
	rtap_fx.sock = -1;
	rtap_fx.nb_fds = rtap_kernel_count_fds();
	rtap_fx.nb_mbufs = rte_mempool_avail_count(rtap_fx.pool);
	return TEST_SUCCESS;
}

int
rtap_setup_probed(void)
{
	rtap_setup_none();
	TEST_ASSERT_SUCCESS(
		rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS, &rtap_fx.port),
		"cannot create " RTAP_TEST_VDEV);
	return TEST_SUCCESS;
}

/* Also instead of the former one: a socket keeps the interface's errors. */
int
rtap_open_socket(void)
{
	if (rtap_fx.sock >= 0)
		close(rtap_fx.sock);
	rtap_fx.sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, RTAP_TEST_ETHERTYPE);
	TEST_ASSERT(rtap_fx.sock >= 0, "no packet socket: %s",
		strerror(-rtap_fx.sock));
	return TEST_SUCCESS;
}

static int
setup_running(uint16_t nb_queues)
{
	int ret = rtap_setup_probed();

	if (ret != TEST_SUCCESS)
		return ret;
	ret = rtap_port_run(rtap_fx.port, nb_queues);
	TEST_ASSERT_SUCCESS(ret, "cannot start with %u queues: %s", nb_queues,
		strerror(-ret));
	return rtap_open_socket();
}

int
rtap_setup_started(void)
{
	return setup_running(1);
}

int
rtap_setup_two_queues(void)
{
	return setup_running(2);
}

/*
 * A device that is absent does no harm, and one whose port is closed goes as
 * well. One that was detached stays known by its name, and must be attached
 * again before it can go.
 */
static void
vdev_remove(const char *vdev, const char *args)
{
	if (rte_vdev_uninit(vdev) > 0 && rte_eal_hotplug_add("vdev", vdev, args) == 0)
		rte_vdev_uninit(vdev);
}

static void
link_remove(const char *name)
{
	/* A ring that is gone may hold the interface a moment longer. */
	if (rtap_kernel_link_wait_gone(name) == 0)
		return;
	printf("%s is left behind and deleted now\n", name);
	rtap_kernel_link_del(name);
}

void
rtap_teardown(void)
{
	if (rtap_fx.sock >= 0)
		close(rtap_fx.sock);
	rtap_fx.sock = -1;
	vdev_remove(RTAP_TEST_VDEV2, "iface=" RTAP_TEST_IFACE2);
	vdev_remove(RTAP_TEST_VDEV, RTAP_TEST_ARGS);
	link_remove(RTAP_TEST_IFACE);
	link_remove(RTAP_TEST_IFACE2);
	if (rtap_nothing_left())
		return;
	rtap_fx.nb_leaks++;
	printf("the case named next left that behind\n");
}

bool
rtap_mbufs_are_back(const struct rte_mempool *pool, unsigned int nb_free)
{
	const unsigned int now = rte_mempool_avail_count(pool);

	if (now == nb_free)
		return true;
	printf("%u free mbufs instead of %u\n", now, nb_free);
	return false;
}

static bool
fds_are_closed(void)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	int now;

	do {
		now = rtap_kernel_count_fds();
		if (now == rtap_fx.nb_fds)
			return true;
	} while (rtap_deadline_wait(&deadline));
	printf("%d descriptors instead of %d\n", now, rtap_fx.nb_fds);
	return false;
}

/* rte_mp says so where no files are shared. */
bool
rtap_can_share(void)
{
	if (rte_eal_has_hugepages() == 0)
		return false;
	if (rte_mp_action_register("rtap_test", NULL) < 0)
		return rte_errno != ENOTSUP;
	rte_mp_action_unregister("rtap_test");
	return true;
}

bool
rtap_nothing_left(void)
{
	const bool mbufs = rtap_mbufs_are_back(rtap_fx.pool, rtap_fx.nb_mbufs);

	return fds_are_closed() && mbufs;
}

struct rte_mbuf *
rtap_mbuf_new(struct rte_mempool *pool, uint16_t len, uint32_t seq)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	char *data;

	if (mbuf == NULL)
		return NULL;
	data = rte_pktmbuf_append(mbuf, len);
	if (data == NULL) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	rtap_frame_fill((uint8_t *)data, len, seq);
	return mbuf;
}

/* One burst; what the kernel sent of its own accord is dropped. */
unsigned int
rtap_port_receive_once(uint16_t port, uint16_t queue, struct rte_mbuf **pkts,
		uint16_t nb_pkts)
{
	const uint16_t n = rte_eth_rx_burst(port, queue, pkts, nb_pkts);
	unsigned int nb_ours = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (rtap_frame_is_ours(rte_pktmbuf_mtod(pkts[i], uint8_t *),
				pkts[i]->data_len))
			pkts[nb_ours++] = pkts[i];
		else
			rte_pktmbuf_free(pkts[i]);
	}
	return nb_ours;
}

struct rte_mbuf *
rtap_port_receive_one(uint16_t port, uint16_t queue)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *mbuf;

	do {
		if (rtap_port_receive_once(port, queue, &mbuf, 1) == 1)
			return mbuf;
	} while (rtap_deadline_wait(&deadline));
	return NULL;
}

int
rtap_port_transmit_one(uint16_t port, struct rte_mbuf *mbuf)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	do {
		if (rte_eth_tx_burst(port, 0, &mbuf, 1) == 1)
			return 0;
	} while (rtap_deadline_wait(&deadline));
	rte_pktmbuf_free(mbuf);
	return -EAGAIN;
}

/* Metadata first: the port must describe the packet as it is. */
static int
mbuf_check(const struct rte_mbuf *mbuf, uint16_t port, uint16_t len, uint32_t seq)
{
	if (mbuf->nb_segs != 1 || mbuf->next != NULL ||
	    mbuf->pkt_len != mbuf->data_len || mbuf->port != port) {
		printf("frame %u: port %u, %u segments, %u of %u bytes in the first\n",
			seq, mbuf->port, mbuf->nb_segs, mbuf->data_len, mbuf->pkt_len);
		return -EBADMSG;
	}
	return rtap_frame_check(rte_pktmbuf_mtod(mbuf, const uint8_t *),
		mbuf->data_len, len, seq);
}

static int
mbufs_check(struct rte_mbuf **pkts, unsigned int n, uint16_t port,
		uint16_t len, uint32_t seq)
{
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (ret == 0)
			ret = mbuf_check(pkts[i], port, len, seq + i);
		rte_pktmbuf_free(pkts[i]);
	}
	return ret;
}

static uint16_t
run_burst(const struct rtap_run *run)
{
	return run->burst != 0 ? RTE_MIN(run->burst, MAX_BURST) : RTAP_TEST_BURST;
}

int
rtap_port_expect(uint16_t port, const struct rtap_run *run)
{
	struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[MAX_BURST];
	unsigned int nb_done = 0;
	unsigned int n;

	while (nb_done < run->n) {
		n = rtap_port_receive_once(port, run->queue, pkts, run_burst(run));
		if (mbufs_check(pkts, n, port, run->len, run->seq + nb_done) < 0)
			return -EBADMSG;
		nb_done += n;
		if (n != 0)
			deadline = rtap_deadline_start();
		else if (!rtap_deadline_wait(&deadline))
			break;
	}
	if (nb_done == run->n)
		return 0;
	printf("%u of %u frames reached the port\n", nb_done, run->n);
	return -ETIMEDOUT;
}

static int
send_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	uint16_t done = 0;

	do {
		done += rte_eth_tx_burst(port, queue, pkts + done, n - done);
		if (done == n)
			return 0;
	} while (rtap_deadline_wait(&deadline));
	printf("port took %u of %u packets\n", done, n);
	rte_pktmbuf_free_bulk(pkts + done, n - done);
	return -EAGAIN;
}

int
rtap_port_send(uint16_t port, const struct rtap_run *run)
{
	struct rte_mbuf *pkts[MAX_BURST];
	unsigned int nb_done = 0;
	uint16_t n;
	int ret = 0;

	while (nb_done < run->n && ret == 0) {
		for (n = 0; n < run_burst(run) && nb_done < run->n; n++, nb_done++) {
			pkts[n] = rtap_mbuf_new(rtap_fx.pool, run->len, run->seq + nb_done);
			if (pkts[n] == NULL)
				break;
		}
		if (n == 0)
			return -ENOMEM;
		ret = send_burst(port, run->queue, pkts, n);
	}
	return ret;
}

unsigned int
rtap_port_hold_until_empty(struct rte_mbuf **held, unsigned int max)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_eth_stats stats;
	unsigned int n = 0;

	memset(&stats, 0, sizeof(stats));
	do {
		n += rtap_port_receive_once(rtap_fx.port, 0, held + n,
			(uint16_t)RTE_MIN(max - n, RTAP_TEST_BURST));
		if (rte_eth_stats_get(rtap_fx.port, &stats) < 0)
			break;
	} while (stats.rx_nombuf == 0 && n < max && rtap_deadline_wait(&deadline));
	return stats.rx_nombuf != 0 ? n : 0;
}

int
rtap_port_check_traffic(uint16_t port, int sock)
{
	const struct rtap_run run = { .seq = 7, .n = 8, .len = 300 };
	int ret = rtap_port_send(port, &run);

	if (ret == 0)
		ret = rtap_kernel_expect(sock, &run);
	if (ret == 0)
		ret = rtap_kernel_send(sock, &run);
	if (ret == 0)
		ret = rtap_port_expect(port, &run);
	return ret;
}
