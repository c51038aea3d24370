/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The receiver of bulk UDP: what was segmented on the way comes in large pieces again if
 * the kernel has it so, and is counted in bytes from the first piece on.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

/* In <netinet/udp.h>, which clashes with <linux/udp.h>. */
#ifndef SOL_UDP
#define SOL_UDP		17
#endif

#define RECEIVE_BYTES	(64 << 10)
#define FIRST_WAIT_MS	5000
#define LATER_WAIT_MS	500

static int
sink_socket(const struct peer_args *args)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_port = htons(PEER_PORT),
		.sin_addr = args->sip,
	};
	int rcvbuf = 64 << 20;
	int one = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int
set_timeout(int fd, int ms)
{
	struct timeval timeout = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ?
		-errno : 0;
}

/* 0 when nothing came for too long. */
static ssize_t
receive(int fd)
{
	static unsigned char buffer[RECEIVE_BYTES];
	ssize_t len = recv(fd, buffer, sizeof(buffer), 0);

	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	return len;
}

int
peer_sink(const struct peer_args *args)
{
	int fd = sink_socket(args);
	uint64_t start_ns, now_ns;
	uint64_t bytes = 0;
	ssize_t len;
	int ret;

	if (fd < 0)
		return fd;
	ret = set_timeout(fd, FIRST_WAIT_MS);
	len = ret == 0 ? receive(fd) : ret;
	start_ns = now_ns = peer_now_ns();
	if (ret == 0)
		ret = set_timeout(fd, LATER_WAIT_MS);
	while (ret == 0 && len > 0 && now_ns - start_ns < args->secs * 1e9) {
		len = receive(fd);
		if (len > 0) {
			bytes += (uint64_t)len;
			now_ns = peer_now_ns();
		}
	}
	close(fd);
	if (ret < 0 || len < 0)
		return ret < 0 ? ret : (int)len;
	printf("received bytes=%llu secs=%.6f\n", (unsigned long long)bytes,
		(double)(now_ns - start_ns) * 1e-9);
	return 0;
}
