/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Stands between the driver and its rings. The requests of a submit are looked at
 * before, and their completions afterwards, since all are there when it returns.
 */

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <liburing.h>

#include <rte_common.h>

#include "forge.h"
#include "rtap_uring.h"

#define MAX_ENTRIES 128

const struct forgery forgeries[] = {
	{ "reads of a batch fail with EIO", FORGE_RESULT, -EIO, 2, true, true },
	{ "reads of a batch fail with ENOBUFS", FORGE_RESULT, -ENOBUFS, 2, true, true },
	{ "reads of a batch find nothing", FORGE_RESULT, -EAGAIN, 20, true },
	{ "reads of a batch give less than a header", FORGE_RESULT, 3, 2, true, true },
	{ "a read of a batch gives no byte", FORGE_RESULT, 0, 2, true, true },
	{ "a read of a batch fails with EBADFD", FORGE_RESULT, -EBADFD, 1, true, false, true },
	{ "read fails with EIO", FORGE_PLAIN, -EIO, 2, true, true },
	{ "read fails with ENOBUFS", FORGE_PLAIN, -ENOBUFS, 2, true, true },
	{ "read finds nothing", FORGE_PLAIN, -EAGAIN, 40, true },
	{ "read gives less than a header", FORGE_PLAIN, 3, 2, true, true },
	{ "read fails with EBADFD", FORGE_PLAIN, -EBADFD, 1, true, false, true },
	{ "submits of reads are interrupted", FORGE_SUBMIT, -EINTR, 200, true },
	{ "submits of reads take nothing", FORGE_SUBMIT, 0, 10, true },
	{ "submits of reads fail with EAGAIN", FORGE_SUBMIT, -EAGAIN, 10, true },
	{ "submits of reads fail with EBUSY", FORGE_SUBMIT, -EBUSY, 10, true },
	{ "submits take half of the reads", FORGE_FEWER, 0, 4, true },
	{ "submits take half of the reads and then none", FORGE_PART, -EAGAIN, 4, true },
	{ "reads complete from the last to the first", FORGE_ORDER, -EAGAIN, 20, true },
	{ "completions of reads find no room", FORGE_FULL, 0, 2, true },
	{ "writes of a batch fail with EIO", FORGE_RESULT, -EIO, 6, false, true },
	{ "writes of a batch fail with ENOBUFS", FORGE_RESULT, -ENOBUFS, 6, false, true },
	{ "writes of a batch fail with EAGAIN", FORGE_RESULT, -EAGAIN, 6, false, true },
	{ "writes of a batch fail with EBADFD", FORGE_RESULT, -EBADFD, 6, false, true },
	{ "submits of writes are interrupted", FORGE_SUBMIT, -EINTR, 200, false },
	{ "submits of writes take nothing", FORGE_SUBMIT, 0, 10, false },
	{ "submits of writes fail with EAGAIN", FORGE_SUBMIT, -EAGAIN, 10, false },
	{ "submits take half of the writes", FORGE_FEWER, 0, 4, false },
	{ "submits take half of the writes and then none", FORGE_PART, -EAGAIN, 4, false },
	{ .name = NULL },
};

static const struct forgery *current;
static unsigned int nb_done;

static uint64_t marked[MAX_ENTRIES];
static unsigned int nb_marked;
static bool is_next_refused;

void
forge_arm(const struct forgery *forgery)
{
	current = forgery;
	nb_done = 0;
	is_next_refused = false;
}

unsigned int
forge_disarm(void)
{
	current = NULL;
	return nb_done;
}

static bool
is_due(enum forge_kind kind)
{
	return current != NULL && current->kind == kind && nb_done < current->times;
}

static struct io_uring_sqe *
sqe_at(struct io_uring *ring, unsigned int place)
{
	return &ring->sq.sqes[place & *ring->sq.kring_mask];
}

/* Reads and writes, but no polls. */
static bool
is_traffic(uint64_t user_data)
{
	const uint64_t kind = user_data >> RTAP_URING_KIND_SHIFT;

	return kind == RTAP_URING_READ || kind == RTAP_URING_WRITE;
}

/* Of more than one: polls come alone, or with the end of another. */
static bool
is_batch(struct io_uring *ring)
{
	return io_uring_sq_ready(ring) > 1 &&
		is_traffic(sqe_at(ring, ring->sq.sqe_head)->user_data);
}

/* Every second one does nothing instead, of which the kernel tells. */
static void
mark_requests(struct io_uring *ring)
{
	nb_marked = 0;
	for (unsigned int i = ring->sq.sqe_head + 1; i < ring->sq.sqe_tail; i += 2) {
		struct io_uring_sqe *sqe = sqe_at(ring, i);

		if (nb_done == current->times)
			break;
		marked[nb_marked++] = sqe->user_data;
		io_uring_prep_nop(sqe);
		sqe->user_data = marked[nb_marked - 1];
		nb_done++;
	}
}

static bool
is_marked(uint64_t user_data)
{
	for (unsigned int i = 0; i < nb_marked; i++) {
		if (marked[i] == user_data)
			return true;
	}
	return false;
}

static int
submit_marked(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	unsigned int head;
	int ret;

	mark_requests(ring);
	ret = io_uring_submit(ring);
	io_uring_for_each_cqe(ring, head, cqe) {
		if (is_marked(cqe->user_data))
			cqe->res = current->result;
	}
	return ret;
}

static int
submit_half(struct io_uring *ring)
{
	unsigned int nb_left = io_uring_sq_ready(ring) / 2;
	int ret;

	nb_done++;
	ring->sq.sqe_tail -= nb_left;
	ret = io_uring_submit(ring);
	ring->sq.sqe_tail += nb_left;
	is_next_refused = current->kind == FORGE_PART;
	return ret;
}

static int
submit_backwards(struct io_uring *ring)
{
	struct io_uring_cqe *cqes[MAX_ENTRIES];
	struct io_uring_cqe *cqe;
	struct io_uring_cqe other;
	unsigned int n = 0;
	unsigned int head;
	int ret = submit_marked(ring);

	io_uring_for_each_cqe(ring, head, cqe) {
		if (is_traffic(cqe->user_data) && n < MAX_ENTRIES)
			cqes[n++] = cqe;
	}
	for (unsigned int i = 0; i < n / 2; i++) {
		other = *cqes[i];
		*cqes[i] = *cqes[n - 1 - i];
		*cqes[n - 1 - i] = other;
	}
	return ret;
}

/* With completions that mean nothing to the driver. */
static void
fill_completions(struct io_uring *ring)
{
	while (io_uring_cq_ready(ring) < *ring->cq.kring_entries) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_nop(sqe);
		sqe->user_data = rtap_uring_encode(RTAP_URING_CANCEL, 0);
		if (io_uring_submit(ring) != 1)
			break;
	}
}

static int
submit_without_room(struct io_uring *ring)
{
	struct io_uring_sqe sqes[MAX_ENTRIES];
	unsigned int n = io_uring_sq_ready(ring);

	nb_done++;
	for (unsigned int i = 0; i < n; i++)
		sqes[i] = *sqe_at(ring, ring->sq.sqe_head + i);
	ring->sq.sqe_tail = ring->sq.sqe_head;
	fill_completions(ring);
	for (unsigned int i = 0; i < n; i++)
		*io_uring_get_sqe(ring) = sqes[i];
	return io_uring_submit(ring);
}

static int
forge_submit(struct io_uring *ring)
{
	if (is_next_refused) {
		is_next_refused = false;
		return current->result;
	}
	if (is_due(FORGE_SUBMIT)) {
		nb_done++;
		return current->result;
	}
	if (!is_batch(ring))
		return io_uring_submit(ring);
	if (is_due(FORGE_RESULT))
		return submit_marked(ring);
	if (is_due(FORGE_FEWER) || is_due(FORGE_PART))
		return submit_half(ring);
	if (is_due(FORGE_ORDER))
		return submit_backwards(ring);
	if (is_due(FORGE_FULL))
		return submit_without_room(ring);
	return io_uring_submit(ring);
}

static ssize_t
forge_result(void)
{
	nb_done++;
	if (current->result >= 0)
		return current->result;
	errno = -current->result;
	return -1;
}

/* The driver reads descriptors of other kinds as well, but never with so much room. */
static ssize_t
forge_read(int fd, void *buf, size_t len)
{
	return len > 1024 && is_due(FORGE_PLAIN) ? forge_result() : read(fd, buf, len);
}

void *
forge_target(const char *name)
{
	static const struct {
		const char *name;
		void *target;
	} targets[] = {
		{ "io_uring_submit", forge_submit },
		{ "read", forge_read },
	};

	for (unsigned int i = 0; i < RTE_DIM(targets) && current != NULL; i++) {
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].target;
	}
	return NULL;
}
