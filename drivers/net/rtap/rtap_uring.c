/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the io_uring of a queue: set-up with probing of what the kernel can do,
 * submit, the armed poll, and a bounded cancel-and-drain before the end.
 * Knows nothing of mbufs and ethdev.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "rtap_log.h"
#include "rtap_uring.h"

#define DRAIN_STEP_US 1000
#define DRAIN_STEPS 200

/*
 * Ring flags, best first. With the first set, the wake-up of an armed poll does
 * not interrupt the polling core: the kernel raises a flag in the ring and runs
 * the completion at our next system call (Linux 5.19).
 */
static const unsigned int setup_flags[] = {
	IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN |
		IORING_SETUP_TASKRUN_FLAG,
	IORING_SETUP_CLAMP,
};

/* The sysctl since Linux 6.6: 0 where there is none. */
static int
read_disabled(void)
{
	FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	int value = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

static void
log_refusal(int err)
{
	switch (read_disabled()) {
	case 0:
		PMD_LOG_ERRNO(ERR, err,
			"io_uring refused, the seccomp profile must allow its system calls");
		break;
	case 1:
		PMD_LOG_ERRNO(ERR, err,
			"io_uring refused, kernel.io_uring_disabled=1 asks for CAP_SYS_ADMIN");
		break;
	default:
		PMD_LOG_ERRNO(ERR, err,
			"io_uring refused, kernel.io_uring_disabled must be set to 0");
	}
}

static void
log_setup_failure(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		log_refusal(err);
		break;
	case ENOSYS:
		PMD_LOG_ERRNO(ERR, err,
			"no io_uring, the kernel or the seccomp profile leaves it out");
		break;
	case ENOMEM:
		PMD_LOG_ERRNO(ERR, err, "no memory for an io_uring, see RLIMIT_MEMLOCK");
		break;
	default:
		PMD_LOG_ERRNO(ERR, err, "cannot set up an io_uring");
	}
}

static int
init_ring(struct rtap_uring *u, unsigned int nb_entries, unsigned int without)
{
	unsigned int first = (without & RTAP_URING_TASKRUN_FLAG) != 0;
	int ret = -EINVAL;

	for (unsigned int i = first; i < RTE_DIM(setup_flags) && ret == -EINVAL; i++) {
		struct io_uring_params params = { .flags = setup_flags[i] };

		ret = io_uring_queue_init_params(nb_entries, &u->ring, &params);
		if (ret < 0)
			continue;
		if ((params.flags & IORING_SETUP_TASKRUN_FLAG) != 0)
			u->features |= RTAP_URING_TASKRUN_FLAG;
		if ((params.features & IORING_FEAT_CQE_SKIP) != 0)
			u->features |= RTAP_URING_SKIP_SUCCESS;
		return 0;
	}
	log_setup_failure(-ret);
	return ret;
}

/* A seccomp profile may allow one system call of io_uring and not the others. */
static int
try_system_calls(struct io_uring *ring)
{
	int ret;

	io_uring_prep_nop(io_uring_get_sqe(ring));
	ret = io_uring_submit(ring);
	if (ret < 0)
		return ret;
	/* There are none, but the kernel gets to say so only if it is asked. */
	ret = io_uring_unregister_files(ring);
	return ret == -EPERM || ret == -EACCES || ret == -ENOSYS ? ret : 0;
}

int
rtap_uring_check(void)
{
	struct rtap_uring u = { 0 };
	int ret = init_ring(&u, 1, 0);

	if (ret < 0)
		return ret;
	ret = try_system_calls(&u.ring);
	if (ret < 0)
		log_setup_failure(-ret);
	io_uring_queue_exit(&u.ring);
	return ret;
}

/*
 * TUN reads and writes without waiting since Linux 6.4. Before that a request
 * marked so fails, whatever the length: a read of no bytes tells, and takes
 * no packet.
 */
static bool
probe_nowait(struct rtap_uring *u)
{
	struct io_uring_cqe *cqe;
	bool ok;

	rtap_uring_prep_read(u, NULL, 0, 0);
	if (rtap_uring_submit(u) != 1 || io_uring_peek_cqe(&u->ring, &cqe) != 0)
		return false;
	ok = cqe->res == 0;
	io_uring_cqe_seen(&u->ring, cqe);
	return ok;
}

struct rtap_uring *
rtap_uring_create(unsigned int nb_entries, int tap_fd, unsigned int without)
{
	struct rtap_uring *u = calloc(1, sizeof(*u));
	int ret;

	if (u == NULL) {
		PMD_LOG(ERR, "no memory for a ring on fd %d", tap_fd);
		rte_errno = ENOMEM;
		return NULL;
	}
	u->tap_fd = tap_fd;
	u->without = without;
	ret = init_ring(u, nb_entries, without);
	if (ret < 0) {
		free(u);
		rte_errno = -ret;
		return NULL;
	}

	if ((without & RTAP_URING_FIXED_FILE) == 0 &&
			io_uring_register_files(&u->ring, &tap_fd, 1) == 0)
		u->features |= RTAP_URING_FIXED_FILE;
	if (probe_nowait(u))
		u->features |= RTAP_URING_NOWAIT;
	u->features &= ~without;
	PMD_LOG(DEBUG, "ring of %u entries on fd %d has features %#x", nb_entries, tap_fd,
		u->features);
	return u;
}

int
rtap_uring_register_regions(struct rtap_uring *u, const struct iovec *regions,
		unsigned int nb_regions)
{
	int ret;

	if ((u->without & RTAP_URING_FIXED_BUFFERS) != 0)
		return -ENOTSUP;
	if (nb_regions > RTAP_URING_MAX_REGIONS)
		return -E2BIG;

	ret = io_uring_register_buffers(&u->ring, regions, nb_regions);
	if (ret < 0)
		return ret;
	memcpy(u->regions, regions, nb_regions * sizeof(*regions));
	u->nb_regions = nb_regions;
	u->features |= RTAP_URING_FIXED_BUFFERS;
	return 0;
}

/*
 * The kernel reads the tail only in the system call that we make, so what it
 * did not take can be taken back by moving the tail to its head.
 */
static void
take_back(struct io_uring *ring)
{
	unsigned int head = io_uring_smp_load_acquire(ring->sq.khead);

	*ring->sq.ktail = head;
	ring->sq.sqe_head = head;
	ring->sq.sqe_tail = head;
}

unsigned int
rtap_uring_submit(struct rtap_uring *u)
{
	unsigned int nb_ready = io_uring_sq_ready(&u->ring);
	unsigned int nb_taken = 0;

	while (nb_taken < nb_ready) {
		int ret = io_uring_submit(&u->ring);

		if (ret == -EINTR)
			continue;
		if (unlikely(ret <= 0)) {
			take_back(&u->ring);
			break;
		}
		nb_taken += ret;
	}
	return nb_taken;
}

/*
 * Not by IORING_OP_POLL_REMOVE: that gives up (EALREADY) on a poll that has woken
 * and whose thread has not been in the kernel since. If the packet is gone until
 * then, the kernel arms the poll again, which nobody would end any more. A cancel
 * leaves a mark on it.
 */
static void
prep_cancel(struct rtap_uring *u)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);

	/* liburing changed the type of its own function's argument between releases. */
	io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, NULL, 0, 0);
	sqe->addr = rtap_uring_encode(RTAP_URING_POLL, u->generation);
	sqe->user_data = rtap_uring_encode(RTAP_URING_CANCEL, 0);
}

static void
prep_poll_add(struct rtap_uring *u)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);

	io_uring_prep_poll_add(sqe, u->tap_fd, POLLIN);
	rtap_uring_set_file(u, sqe);
	sqe->user_data = rtap_uring_encode(RTAP_URING_POLL, ++u->generation);
}

int
rtap_uring_arm_poll(struct rtap_uring *u)
{
	int thread_id = rte_gettid();
	unsigned int nb_prepared = 1;

	if (u->is_armed) {
		if (u->armed_by == thread_id)
			return 0;
		prep_cancel(u);
		nb_prepared++;
	}
	prep_poll_add(u);

	/* A poll that was to be replaced is of an older generation now, whether it ended or not. */
	u->is_armed = rtap_uring_submit(u) == nb_prepared;
	if (!u->is_armed)
		return -EAGAIN;
	u->nb_polls++;
	u->armed_by = thread_id;
	return 0;
}

void
rtap_uring_reap_polls(struct rtap_uring *u)
{
	struct io_uring_cqe *cqe;
	unsigned int nb_seen = 0;
	unsigned int head;

	/* Completions that found no room wait in the kernel for a call that asks for them. */
	if (unlikely((io_uring_smp_load_acquire(u->ring.sq.kflags) & IORING_SQ_CQ_OVERFLOW) != 0))
		io_uring_peek_cqe(&u->ring, &cqe);

	io_uring_for_each_cqe(&u->ring, head, cqe) {
		rtap_uring_note_poll(u, cqe);
		nb_seen++;
	}
	io_uring_cq_advance(&u->ring, nb_seen);
}

/* True if no poll is in flight, or none that could be waited for. */
static bool
is_quiet(struct rtap_uring *u)
{
	if (u == NULL || u->is_stuck)
		return true;
	rtap_uring_reap_polls(u);
	return u->nb_polls == 0;
}

static bool
are_quiet(struct rtap_uring *const *rings, unsigned int nb_rings)
{
	for (unsigned int i = 0; i < nb_rings; i++) {
		if (!is_quiet(rings[i]))
			return false;
	}
	return true;
}

/* Those that a later poll has replaced have been cancelled when it was armed. */
static void
cancel_poll(struct rtap_uring *u)
{
	if (is_quiet(u) || !u->is_armed)
		return;
	prep_cancel(u);
	rtap_uring_submit(u);
}

void
rtap_uring_drain(struct rtap_uring *const *rings, unsigned int nb_rings)
{
	for (unsigned int i = 0; i < nb_rings; i++)
		cancel_poll(rings[i]);

	/* Sleeping is a system call, too, and so brings what this thread has armed. */
	for (unsigned int i = 0; i < DRAIN_STEPS && !are_quiet(rings, nb_rings); i++)
		rte_delay_us_sleep(DRAIN_STEP_US);

	for (unsigned int i = 0; i < nb_rings; i++) {
		if (is_quiet(rings[i]))
			continue;
		rings[i]->is_stuck = true;
		PMD_LOG(DEBUG, "poll of fd %d is left to the kernel to end", rings[i]->tap_fd);
	}
}

void
rtap_uring_destroy(struct rtap_uring *u)
{
	if (u == NULL)
		return;
	/*
	 * The kernel takes a ring down some time after its last close. What it
	 * holds is given back first, so that closing the TAP queue really closes
	 * it. Both calls wait for requests in flight: not if one could not be ended.
	 */
	if (!u->is_stuck) {
		if (rtap_uring_has(u, RTAP_URING_FIXED_FILE))
			io_uring_unregister_files(&u->ring);
		if (u->nb_regions > 0)
			io_uring_unregister_buffers(&u->ring);
	}
	io_uring_queue_exit(&u->ring);
	free(u);
}
