/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Some of what the second process of rtap_mp_autotest is told to do: what takes
 * more than a few calls of ethdev.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <net/if.h>

#include <linux/if_tun.h>

#include <rte_alarm.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_stdatomic.h>

#include "test_pmd_rtap_peer.h"
#include "test_pmd_rtap_port.h"

#define MAX_FDS 1024
#define MAX_FILES 64
#define ALARM_MS 10
/* An alarm that has not come by then does not come. */
#define ALARM_END_MS 10000

/* Returns how many of the packets were not taken at once. */
static int
send_or_drop(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const uint16_t nb_tx = rte_eth_tx_burst(port, queue, pkts, n);

	rte_pktmbuf_free_bulk(pkts + nb_tx, n - nb_tx);
	return n - nb_tx;
}

/* Sleeps as little as an application does that polls. */
int
rtap_peer_across(uint16_t port, const struct rtap_run *run)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	unsigned int nb_done = 0;
	int nb_refused = 0;

	do {
		for (unsigned int i = 0; i < 1000 && nb_done < run->n; i++) {
			for (uint16_t q = 0; q <= run->queue; q++) {
				const uint16_t n = rtap_port_receive_once(port, q, pkts,
					RTAP_TEST_BURST);

				if (n > 0)
					nb_refused += send_or_drop(port, run->queue, pkts, n);
				nb_done += n;
			}
		}
	} while (nb_done < run->n && rtap_deadline_wait(&deadline));
	return nb_done == run->n ? nb_refused : -ETIMEDOUT;
}

static RTE_ATOMIC(bool) has_fired;

static void
fire(void *arg __rte_unused)
{
	rte_atomic_store_explicit(&has_fired, true, rte_memory_order_release);
}

static int
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec % 1000000 * 1000 + now.tv_nsec / 1000000;
}

/* One alarm, while a queue is polled. Returns how late it was. */
static int
wait_alarm(uint16_t port)
{
	const int start = now_ms();
	struct rte_mbuf *pkt;

	rte_atomic_store_explicit(&has_fired, false, rte_memory_order_relaxed);
	if (rte_eal_alarm_set(ALARM_MS * 1000, fire, NULL) < 0)
		return -EIO;
	while (!rte_atomic_load_explicit(&has_fired, rte_memory_order_acquire)) {
		if (rte_eth_rx_burst(port, 0, &pkt, 1) == 1)
			rte_pktmbuf_free(pkt);
		if (now_ms() - start > ALARM_END_MS)
			return -ETIMEDOUT;
	}
	return now_ms() - start - ALARM_MS;
}

int
rtap_peer_delay(uint16_t port, unsigned int ms)
{
	int worst = 0;

	for (unsigned int i = 0; i < ms / ALARM_MS && worst >= 0; i++) {
		const int delay = wait_alarm(port);

		worst = delay < 0 ? delay : RTE_MAX(worst, delay);
	}
	return worst;
}

/* By its name: a TAP queue or a ring; or a netlink socket. EAL has pipes, too. */
static bool
is_of_driver(int fd)
{
	static const char *const names[] = { "/dev/net/tun", "anon_inode:[io_uring]" };
	socklen_t len = sizeof(int);
	char path[64];
	char name[64] = "";
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0)
		return domain == AF_NETLINK;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, name, sizeof(name) - 1) < 0)
		return false;
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* The peer's own pipes come first. */
int
rtap_peer_left_open(void)
{
	int nb_left = 0;
	int nb_seen = 0;

	for (int fd = RTAP_PEER_FIRST_FD; fd < MAX_FDS; fd++) {
		const int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || !is_of_driver(fd))
			continue;
		nb_seen++;
		if ((flags & FD_CLOEXEC) == 0)
			nb_left++;
	}
	/* A loan of one queue is a TAP descriptor and two rings; and there are sockets. */
	return nb_seen > 3 ? nb_left : -ENOENT;
}

static bool
is_tap(int fd)
{
	struct ifreq req;

	return ioctl(fd, TUNGETIFF, &req) == 0;
}

int
rtap_peer_tap_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (is_tap(fd))
			n++;
	}
	return n;
}

int
rtap_peer_first_tap(void)
{
	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (is_tap(fd))
			return fd;
	}
	return -ENOENT;
}

static int files[MAX_FILES];

/* More than a loan of a few queues has had descriptors. */
int
rtap_peer_open_files(void)
{
	for (unsigned int i = 0; i < MAX_FILES; i++) {
		files[i] = memfd_create("rtap_test", MFD_CLOEXEC);
		if (files[i] < 0)
			return -errno;
	}
	return files[0];
}

int
rtap_peer_file_bytes(void)
{
	struct stat file;
	int n = 0;

	for (unsigned int i = 0; i < MAX_FILES; i++) {
		if (fstat(files[i], &file) < 0)
			return -errno;
		n += file.st_size;
		close(files[i]);
	}
	return n;
}
