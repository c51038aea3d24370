/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_FRAME_H_
#define _TEST_PMD_RTAP_FRAME_H_

/*
 * Test frames: the content follows from sequence number and length alone, so
 * that the receiver can check every byte without having seen the sent frame.
 */

#include <stdbool.h>
#include <stdint.h>

/* Local experimental ethertype: nothing in the kernel sends it by itself. */
#define RTAP_TEST_ETHERTYPE 0x88B5

#define RTAP_TEST_MIN_LEN 60
#define RTAP_TEST_MAX_LEN 1514
#define RTAP_TEST_JUMBO_LEN 9014

/* How long to wait for something that should happen at once. */
#define RTAP_TEST_WAIT_MS 2000

/* A run of frames of one length with consecutive sequence numbers. */
struct rtap_run {
	uint32_t seq;		/* of the first frame */
	unsigned int n;
	uint16_t len;
	uint16_t queue;		/* of the port */
	uint16_t burst;		/* packets asked per burst, 0: a usual number */
};

void rtap_frame_fill(uint8_t *frame, uint16_t len, uint32_t seq);
bool rtap_frame_is_ours(const uint8_t *frame, uint16_t len);
/* 0, or -1 after printing the first difference. */
int rtap_frame_check(const uint8_t *frame, uint16_t len,
		uint16_t expected_len, uint32_t expected_seq);
int rtap_bytes_check(const uint8_t *got, const uint8_t *expected, uint16_t len);

/* Bounded waiting: true until the time is up, sleeping a little. */
struct rtap_deadline {
	uint64_t end_ns;
};

struct rtap_deadline rtap_deadline_start(void);
bool rtap_deadline_wait(const struct rtap_deadline *deadline);

#endif /* _TEST_PMD_RTAP_FRAME_H_ */
