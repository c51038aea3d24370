/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_PEER_H_
#define _TEST_PMD_RTAP_PEER_H_

/*
 * A second process on the port under test: the test program itself, started as
 * a secondary process, which does what it is told through a pipe.
 * Functions that return int give 0 (or a count) or a negative errno.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "test_pmd_rtap_frame.h"

/* Below are standard input and output, and the two ends of pipes to the test. */
#define RTAP_PEER_FIRST_FD 5

/* devtools/tests/61-mp-ends.sh has some of the numbers as well. */
enum rtap_peer_op {
	RTAP_PEER_START = 1,	/* the port, in a process that is a primary instead */
	RTAP_PEER_SEND,		/* a run, to the kernel */
	RTAP_PEER_EXPECT,	/* a run, from the kernel */
	RTAP_PEER_LISTEN,	/* one empty burst of the run's queue, after some that may be */
	RTAP_PEER_BURST,	/* both bursts of the run's queue once; how many packets in all */
	RTAP_PEER_POLL,		/* bursts on queues, both ways, until it is told something else */
	RTAP_PEER_WATCH,	/* statistics, link and limits in the same way */
	RTAP_PEER_LINK,		/* whether the link is up */
	RTAP_PEER_PACKETS,	/* ipackets and opackets, added */
	RTAP_PEER_XSTATS,	/* a digest of their names and values */
	RTAP_PEER_INFO,		/* the largest number of queues */
	RTAP_PEER_CONTROL,	/* 0 if every change of the port is refused */
	RTAP_PEER_CONTROL_QUEUES, /* the same for queues that are started */
	RTAP_PEER_TAP_FDS,	/* open descriptors of TAP queues */
	RTAP_PEER_FORGE,	/* 0 if messages that make no sense are refused */
	RTAP_PEER_CLOSE,	/* the port in this process */
	RTAP_PEER_DUMP,		/* whether the text of the port says that queues are borrowed */
	RTAP_PEER_IS_POLLED,	/* whether the burst mode of the queue says so */
	RTAP_PEER_ACROSS,	/* moves a run from any queue; packets not sent at once */
	RTAP_PEER_DELAY,	/* polls for the run's ms; by how many of them an alarm was late */
	RTAP_PEER_CLOSE_NUMBER,	/* another port, its number being the run's first */
	RTAP_PEER_FDS,		/* open descriptors */
	RTAP_PEER_LEFT_OPEN,	/* those of the driver that a program it runs would have, too */
	RTAP_PEER_DETACH,	/* the device in this process */
	RTAP_PEER_FIRST_TAP,	/* the smallest number of a TAP descriptor */
	RTAP_PEER_OPEN_FILES,	/* empty ones, with all the small numbers; the smallest number */
	RTAP_PEER_FILE_BYTES,	/* what has been written to these, which are closed */
	RTAP_PEER_INHERITED,	/* descriptors that its programs get, an error if some are ours */
	RTAP_PEER_RESET,	/* the statistics */
	RTAP_PEER_FREEZE,	/* itself, in an Rx burst of the run's queue; what that gives */
	RTAP_PEER_LIMIT_FILES,	/* it can open the run's n more, or, if 0, as many as before */
};

struct rtap_peer {
	pid_t pid;
	int to;
	int from;
};

/* 0, or -ENOTSUP where processes cannot share memory. */
int rtap_peer_start(struct rtap_peer *peer);
/* Returns what the peer answers, in bounded time. */
int rtap_peer_do(const struct rtap_peer *peer, enum rtap_peer_op op, const struct rtap_run *run);
/* The same in two steps. */
int rtap_peer_order(const struct rtap_peer *peer, enum rtap_peer_op op,
		const struct rtap_run *run);
int rtap_peer_wait(const struct rtap_peer *peer, int *answer);
/* It ends by itself: 0 if well. Or it is killed. */
int rtap_peer_stop(struct rtap_peer *peer);
void rtap_peer_kill(struct rtap_peer *peer);
/* Frozen, as by a debugger, and on again. */
void rtap_peer_freeze(const struct rtap_peer *peer);
void rtap_peer_thaw(const struct rtap_peer *peer);

/* In the second process: 0 if the first one refuses messages that make no sense. */
int rtap_peer_forge(void);

/* What some of the orders do there. */
int rtap_peer_across(uint16_t port, const struct rtap_run *run);
int rtap_peer_freeze_in_burst(uint16_t port, const struct rtap_run *run);
int rtap_peer_limit_files(const struct rtap_run *run);
int rtap_peer_delay(uint16_t port, unsigned int ms);
int rtap_peer_left_open(void);
int rtap_peer_tap_fds(void);
int rtap_peer_first_tap(void);
int rtap_peer_open_files(void);
int rtap_peer_file_bytes(void);

#endif /* _TEST_PMD_RTAP_PEER_H_ */
