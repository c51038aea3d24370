/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_URING_H_
#define _RTAP_URING_H_

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <liburing.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

/* What not every kernel has, and what a ring works without. */
enum rtap_uring_feature {
	RTAP_URING_NOWAIT = 1 << 0,        /* requests on a TAP that do not wait */
	RTAP_URING_SKIP_SUCCESS = 1 << 1,  /* a request that succeeds needs no completion */
	RTAP_URING_TASKRUN_FLAG = 1 << 2,  /* wake-ups show in the ring and do not interrupt */
	RTAP_URING_FIXED_FILE = 1 << 3,    /* file 0 of the ring is the TAP queue */
	RTAP_URING_FIXED_BUFFERS = 1 << 4, /* the memory of the mbufs is known to the ring */
};

/*
 * One io_uring on one TAP queue. It belongs to the process that opened it: its
 * rings are mapped memory. At most one thread uses it at a time; that thread
 * may change from call to call.
 *
 * Functions that return int return 0 or a negative errno.
 */

/* Parts of buffer memory that can be registered with one ring. */
#define RTAP_URING_MAX_REGIONS 16
#define RTAP_URING_MAX_REGION_LEN ((size_t)1 << 30) /* the kernel's limit */

/* A completion is told by its kind in the top byte and a number below it. */
enum rtap_uring_kind {
	RTAP_URING_READ = 1, /* number: position in the batch */
	RTAP_URING_WRITE,    /* number: position in the batch */
	RTAP_URING_POLL,     /* number: generation of the poll */
	RTAP_URING_CANCEL,
};

#define RTAP_URING_KIND_SHIFT 56

struct rtap_uring {
	struct io_uring ring;
	int tap_fd;            /* not owned */
	unsigned int features; /* RTAP_URING_* */
	unsigned int without;  /* those not to be used */

	/* The poll that counts is the one armed last; those it replaced may still be in flight. */
	bool is_armed;
	bool is_stuck;         /* a poll could not be ended in time */
	int armed_by;          /* thread id */
	uint32_t generation;   /* of the poll armed last */
	unsigned int nb_polls; /* in flight */

	unsigned int nb_regions;
	struct iovec regions[RTAP_URING_MAX_REGIONS];
};

/*
 * Makes a ring of `nb_entries` for the queue and finds out which features the
 * kernel has, those in `without` left aside. Returns NULL and sets rte_errno if
 * it cannot. The ring is to be drained before it is destroyed; NULL is accepted.
 */
struct rtap_uring *rtap_uring_create(unsigned int nb_entries, int tap_fd,
		unsigned int without);
void rtap_uring_destroy(struct rtap_uring *u);

/*
 * Ends the polls of some rings, NULL among them accepted. A poll ends when the
 * thread that armed it enters the kernel, at its next timer tick at the latest,
 * unless it runs without one: so there is one deadline for all of them.
 */
void rtap_uring_drain(struct rtap_uring *const *rings, unsigned int nb_rings);

/* 0 if the process may use io_uring; otherwise the cause is logged. */
int rtap_uring_check(void);

/*
 * Registers memory that reads then name by region: the kernel pins it once
 * instead of at each packet. Regions that overlap are refused.
 */
int rtap_uring_register_regions(struct rtap_uring *u, const struct iovec *regions,
		unsigned int nb_regions);

/*
 * Hands the prepared requests to the kernel. Returns how many it took, in their
 * order; the rest are taken back, so that the ring is empty afterwards.
 */
unsigned int rtap_uring_submit(struct rtap_uring *u);

/*
 * Arms the poll request if none is armed. Its completion, which may be there at
 * once, shows in rtap_uring_is_woken(). A poll left by another thread is
 * replaced, because the kernel reports it only when that thread enters the kernel.
 */
int rtap_uring_arm_poll(struct rtap_uring *u);

/* Takes the completions of polls; clears `is_armed` if the armed one is among them. */
void rtap_uring_reap_polls(struct rtap_uring *u);

static inline bool
rtap_uring_has(const struct rtap_uring *u, enum rtap_uring_feature feature)
{
	return (u->features & feature) != 0;
}

static inline uint64_t
rtap_uring_encode(enum rtap_uring_kind kind, uint32_t number)
{
	return (uint64_t)kind << RTAP_URING_KIND_SHIFT | number;
}

static inline enum rtap_uring_kind
rtap_uring_kind(const struct io_uring_cqe *cqe)
{
	return (enum rtap_uring_kind)(cqe->user_data >> RTAP_URING_KIND_SHIFT);
}

static inline uint32_t
rtap_uring_number(const struct io_uring_cqe *cqe)
{
	return (uint32_t)cqe->user_data;
}

/* True if a completion waits, or will be there after the next system call. Looks at memory only. */
static inline bool
rtap_uring_is_woken(const struct rtap_uring *u)
{
	const unsigned int flags = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;

	return io_uring_cq_ready(&u->ring) != 0 ||
		(io_uring_smp_load_acquire(u->ring.sq.kflags) & flags) != 0;
}

/*
 * The word of the ring that the kernel writes when the armed poll wakes: where
 * a completion needs a system call first, that is the flag that asks for it.
 */
static inline const unsigned int *
rtap_uring_wake_word(const struct rtap_uring *u)
{
	return rtap_uring_has(u, RTAP_URING_TASKRUN_FLAG) ?
		u->ring.sq.kflags : u->ring.cq.ktail;
}

/* Completions of a poll that another one has replaced, and of cancels, mean nothing any more. */
static inline void
rtap_uring_note_poll(struct rtap_uring *u, const struct io_uring_cqe *cqe)
{
	if (rtap_uring_kind(cqe) != RTAP_URING_POLL)
		return;
	u->nb_polls--;
	if (rtap_uring_number(cqe) == u->generation)
		u->is_armed = false;
}

/* Region that holds all of the buffer, or -1. */
static inline int
rtap_uring_find_region(const struct rtap_uring *u, const void *addr, size_t len)
{
	for (unsigned int i = 0; i < u->nb_regions; i++) {
		uintptr_t offset = (uintptr_t)addr - (uintptr_t)u->regions[i].iov_base;

		if (offset < u->regions[i].iov_len && len <= u->regions[i].iov_len - offset)
			return i;
	}
	return -1;
}

/* The caller knows that the ring has room: it never prepares more than its entries. */
static inline struct io_uring_sqe *
rtap_uring_get_sqe(struct rtap_uring *u)
{
	return io_uring_get_sqe(&u->ring);
}

/* The request names the queue's file, by its place in the ring if it has one there. */
static inline void
rtap_uring_set_file(const struct rtap_uring *u, struct io_uring_sqe *sqe)
{
	if (likely(rtap_uring_has(u, RTAP_URING_FIXED_FILE))) {
		sqe->fd = 0;
		sqe->flags |= IOSQE_FIXED_FILE;
	} else {
		sqe->fd = u->tap_fd;
	}
}

/* Makes a prepared request one that does not wait, on the queue's file. */
static inline void
rtap_uring_finish_sqe(const struct rtap_uring *u, struct io_uring_sqe *sqe,
		enum rtap_uring_kind kind, uint32_t number)
{
	sqe->rw_flags = RWF_NOWAIT;
	rtap_uring_set_file(u, sqe);
	sqe->user_data = rtap_uring_encode(kind, number);
}

static inline void
rtap_uring_prep_read(struct rtap_uring *u, void *buf, uint32_t len, uint32_t number)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);
	int region = rtap_uring_find_region(u, buf, len);

	if (likely(region >= 0))
		io_uring_prep_read_fixed(sqe, u->tap_fd, buf, len, 0, region);
	else
		io_uring_prep_read(sqe, u->tap_fd, buf, len, 0);
	rtap_uring_finish_sqe(u, sqe, RTAP_URING_READ, number);
}

/* The kernel copies the vector at submit: it may be used again after that. */
static inline void
rtap_uring_prep_readv(struct rtap_uring *u, const struct iovec *iov, unsigned int nb_iov,
		uint32_t number)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);

	io_uring_prep_readv(sqe, u->tap_fd, iov, nb_iov, 0);
	rtap_uring_finish_sqe(u, sqe, RTAP_URING_READ, number);
}

/* Success of a write needs no completion where the kernel can leave it out. */
static inline void
rtap_uring_finish_write(const struct rtap_uring *u, struct io_uring_sqe *sqe, uint32_t number)
{
	rtap_uring_finish_sqe(u, sqe, RTAP_URING_WRITE, number);
	if (likely(rtap_uring_has(u, RTAP_URING_SKIP_SUCCESS)))
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

static inline void
rtap_uring_prep_write(struct rtap_uring *u, const void *buf, uint32_t len, uint32_t number)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);

	io_uring_prep_write(sqe, u->tap_fd, buf, len, 0);
	rtap_uring_finish_write(u, sqe, number);
}

/* As for reads, the vector may be used again after the submit. */
static inline void
rtap_uring_prep_writev(struct rtap_uring *u, const struct iovec *iov, unsigned int nb_iov,
		uint32_t number)
{
	struct io_uring_sqe *sqe = rtap_uring_get_sqe(u);

	io_uring_prep_writev(sqe, u->tap_fd, iov, nb_iov, 0);
	rtap_uring_finish_write(u, sqe, number);
}

#endif /* _RTAP_URING_H_ */
