/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The kernel as the peer of rtap_pmd_autotest: runs of test frames through a
 * packet socket on the interface. Knows nothing of ethdev.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <rte_byteorder.h>

#include "test_pmd_rtap_kernel.h"

/* Room for every burst of the tests: the default holds some 90 frames. */
#define PACKET_RCVBUF (8 * 1024 * 1024)

static int
packet_bind(int sock, const char *name, uint16_t ethertype)
{
	const struct timeval timeout = { .tv_usec = 1000 * RTAP_TEST_WAIT_MS / 4 };
	const int size = PACKET_RCVBUF;
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = rte_cpu_to_be_16(ethertype),
		.sll_ifindex = if_nametoindex(name),
	};

	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0 ||
	    bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return 0;
}

int
rtap_kernel_packet_open(const char *name, uint16_t ethertype)
{
	/* Protocol 0 until bound: frames of other interfaces never queue up. */
	const int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int ret;

	if (sock < 0)
		return -errno;
	ret = packet_bind(sock, name, ethertype);
	if (ret == 0)
		return sock;
	close(sock);
	return ret;
}

int
rtap_kernel_send_raw(int sock, const void *data, uint16_t len)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	/* ENOBUFS: the kernel has not yet noticed that the carrier is back. */
	do {
		if (send(sock, data, len, 0) == len)
			return 0;
	} while ((errno == ENOBUFS || errno == ENETDOWN) &&
		rtap_deadline_wait(&deadline));
	printf("kernel refuses to send %u bytes: %s\n", len, strerror(errno));
	return -errno;
}

int
rtap_kernel_send(int sock, const struct rtap_run *run)
{
	uint8_t frame[RTAP_TEST_JUMBO_LEN];
	int ret = 0;

	for (unsigned int i = 0; i < run->n && ret == 0; i++) {
		rtap_frame_fill(frame, run->len, run->seq + i);
		ret = rtap_kernel_send_raw(sock, frame, run->len);
	}
	return ret;
}

ssize_t
rtap_kernel_receive(int sock, void *frame, size_t size)
{
	ssize_t len;

	/* A wake-up of the port's ring may come between. */
	do {
		len = recv(sock, frame, size, 0);
	} while (len < 0 && errno == EINTR);
	return len;
}

int
rtap_kernel_expect(int sock, const struct rtap_run *run)
{
	uint8_t frame[RTAP_TEST_JUMBO_LEN];
	ssize_t len;

	for (unsigned int i = 0; i < run->n; i++) {
		len = rtap_kernel_receive(sock, frame, sizeof(frame));
		if (len < 0) {
			printf("frame %u of %u did not reach the kernel: %s\n",
				i, run->n, strerror(errno));
			return -errno;
		}
		if (rtap_frame_check(frame, (uint16_t)len, run->len, run->seq + i) < 0)
			return -EBADMSG;
	}
	return 0;
}
