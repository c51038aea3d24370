/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The kernel's side of the traffic: packet sockets on the interface, which are
 * opened again where the interface has gone to.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "soak.h"

#define BATCH		32
#define RECEIVE_ROOM	(4 << 20)
#define RETRY_US	500
/* So long the traffic is of one kind. */
#define BATCHES_A_MOOD	200
#define MAX_GAP_US	400

struct batch {
	uint8_t frames[BATCH][SOAK_MAX_LEN];
	struct iovec iov[BATCH];
	struct mmsghdr msgs[BATCH];
};

static int
open_packet_socket(uint16_t ethertype)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
	};
	int fd = soak_socket(AF_PACKET, SOCK_RAW, 0, &addr.sll_ifindex);
	int room = RECEIVE_ROOM;
	int ret;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static void
close_socket(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
fill_batch(struct batch *batch, unsigned int n, struct soak_random *random, uint64_t number)
{
	for (unsigned int i = 0; i < n; i++) {
		uint16_t len = SOAK_MIN_LEN +
			soak_random_below(random, SOAK_MAX_LEN - SOAK_MIN_LEN + 1);

		soak_frame_fill(batch->frames[i], len, number + i);
		batch->iov[i].iov_base = batch->frames[i];
		batch->iov[i].iov_len = len;
		batch->msgs[i].msg_hdr = (struct msghdr) {
			.msg_iov = &batch->iov[i],
			.msg_iovlen = 1,
		};
	}
}

/* False if the socket is of no use any more. */
static bool
send_batch(int fd, struct batch *batch, unsigned int n)
{
	int sent = sendmmsg(fd, batch->msgs, n, 0);

	if (sent > 0)
		soak_add(&soak.sent, sent);
	/* The queueing discipline dropped one, and no counter of the interface has it. */
	return sent > 0 || errno == ENOBUFS || errno == EINTR || errno == EAGAIN;
}

/* At full rate, or one by one with gaps in which the queues become idle. */
void *
soak_sender_main(void *arg)
{
	static struct batch batch;
	struct soak_random random;
	bool is_sparse = false;
	uint64_t number = 0;
	int fd = -1;

	soak_random_init(&random, (unsigned int)(uintptr_t)arg);
	while (!soak_get(&soak.is_over)) {
		unsigned int n = is_sparse ? 1 : BATCH;

		if (!soak_get(&soak.is_traffic)) {
			close_socket(&fd);
			soak_set(&soak.is_sender_quiet, true);
			usleep(RETRY_US);
			continue;
		}
		soak_set(&soak.is_sender_quiet, false);
		if (fd < 0)
			fd = open_packet_socket(0);
		fill_batch(&batch, n, &random, number);
		if (fd < 0 || !send_batch(fd, &batch, n)) {
			close_socket(&fd);
			usleep(RETRY_US);
		}
		number += n;
		if (soak_random_below(&random, BATCHES_A_MOOD) == 0)
			is_sparse = soak_random_below(&random, 2) == 0;
		if (is_sparse)
			usleep(soak_random_below(&random, MAX_GAP_US));
	}
	close_socket(&fd);
	return NULL;
}

/* What the socket had no room for was received by the kernel nevertheless. */
static void
add_drops(int fd)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		soak_add(&soak.heard, stats.tp_drops);
}

/* False if the socket is of no use any more. */
static bool
receive_batch(int fd, struct batch *batch)
{
	int n;

	for (unsigned int i = 0; i < BATCH; i++) {
		batch->iov[i].iov_base = batch->frames[i];
		batch->iov[i].iov_len = SOAK_MAX_LEN;
		batch->msgs[i].msg_hdr = (struct msghdr) {
			.msg_iov = &batch->iov[i],
			.msg_iovlen = 1,
		};
	}
	n = recvmmsg(fd, batch->msgs, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		usleep(RETRY_US);
		return true;
	}
	for (int i = 0; i < n; i++) {
		if (!soak_frame_is_whole(batch->frames[i], batch->msgs[i].msg_len))
			soak_add(&soak.damaged, 1);
		soak_add(&soak.heard, 1);
	}
	return n >= 0;
}

static void
leave_off(int *fd, struct batch *batch)
{
	uint64_t before;

	if (*fd < 0)
		return;
	do {
		before = soak_get(&soak.heard);
	} while (receive_batch(*fd, batch) && soak_get(&soak.heard) != before);
	add_drops(*fd);
	close_socket(fd);
}

void *
soak_receiver_main(void *arg)
{
	static struct batch batch;
	int fd = -1;

	(void)arg;
	while (!soak_get(&soak.is_over)) {
		if (!soak_get(&soak.is_listening)) {
			leave_off(&fd, &batch);
			soak_set(&soak.is_receiver_quiet, true);
			usleep(RETRY_US);
			continue;
		}
		if (fd < 0)
			fd = open_packet_socket(SOAK_ETHERTYPE);
		if (fd >= 0)
			soak_set(&soak.is_receiver_quiet, false);
		if (fd < 0 || !receive_batch(fd, &batch)) {
			leave_off(&fd, &batch);
			usleep(RETRY_US);
		}
	}
	leave_off(&fd, &batch);
	return NULL;
}
