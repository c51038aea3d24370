/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * UDP round trips through the application, one packet in flight. The socket is looked
 * at without sleeping, so that the time is the driver's and not the scheduler's.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define WARM_UP		200
#define LOST_NS		100000000
#define MAX_PAYLOAD	9000

struct trips {
	uint32_t *ns;
	unsigned int nb;
	unsigned int lost;
};

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The time of one trip in ns, a negative errno, or 0 when the packet did not come back. */
static int64_t
one_trip(int fd, unsigned char *packet, size_t len, uint32_t number)
{
	uint64_t start = peer_now_ns();
	uint32_t answer;

	memcpy(packet, &number, sizeof(number));
	if (send(fd, packet, len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(fd, packet, len, MSG_DONTWAIT);
		uint64_t now = peer_now_ns();

		if (got < 0 && errno != EAGAIN)
			return -errno;
		if (got >= (ssize_t)sizeof(answer)) {
			memcpy(&answer, packet, sizeof(answer));
			if (answer == number)
				return (int64_t)(now - start);
		}
		if (now - start > LOST_NS)
			return 0;
	}
}

static int
run_trips(const struct peer_args *args, int fd, struct trips *trips)
{
	unsigned char packet[MAX_PAYLOAD] = { 0 };
	uint64_t end = peer_now_ns() + (uint64_t)(args->secs * 1e9);
	unsigned int nb = args->trips + WARM_UP;

	for (uint32_t i = 0; i < nb && peer_now_ns() < end; i++) {
		int64_t ns = one_trip(fd, packet, args->size - PEER_HEADERS, i);

		if (ns < 0)
			return (int)ns;
		if (ns == 0)
			trips->lost++;
		else if (i >= WARM_UP)
			trips->ns[trips->nb++] = (uint32_t)ns;
	}
	return 0;
}

static double
percentile_us(const struct trips *trips, double part)
{
	if (trips->nb == 0)
		return 0;
	return trips->ns[(unsigned int)(part * (trips->nb - 1))] / 1000.0;
}

int
peer_rtt(const struct peer_args *args)
{
	struct trips trips = { 0 };
	int one = 1;
	int fd, ret;

	fd = peer_udp_socket(args);
	if (fd < 0)
		return fd;
	/*
	 * No UDP checksum: over veth the kernel leaves it for later, and the application,
	 * which does not know, would send back a wrong one.
	 */
	(void)setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one));
	trips.ns = calloc(args->trips + 1, sizeof(*trips.ns));
	if (trips.ns == NULL) {
		close(fd);
		return -ENOMEM;
	}
	ret = run_trips(args, fd, &trips);
	qsort(trips.ns, trips.nb, sizeof(*trips.ns), compare);
	printf("rtt trips=%u lost=%u p50=%.3f p99=%.3f max=%.3f\n", trips.nb, trips.lost,
		percentile_us(&trips, 0.5), percentile_us(&trips, 0.99), percentile_us(&trips, 1));
	free(trips.ns);
	close(fd);
	return ret;
}
