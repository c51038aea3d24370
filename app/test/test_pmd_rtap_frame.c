/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Test frames and bounded waiting for rtap_pmd_autotest: shared by the side
 * that uses the port and the side that uses the kernel's sockets.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>

#include "test_pmd_rtap_frame.h"

#define FRAME_SEQ_OFFSET RTE_ETHER_HDR_LEN
#define FRAME_DATA_OFFSET (FRAME_SEQ_OFFSET + sizeof(rte_be32_t))
#define WAIT_STEP_US 200

void
rtap_frame_fill(uint8_t *frame, uint16_t len, uint32_t seq)
{
	/* Broadcast is for everybody, whatever MAC and filters are set. */
	static const struct rte_ether_hdr hdr = {
		.dst_addr.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.src_addr.addr_bytes = { 0x02, 0x72, 0x74, 0x61, 0x70, 0x01 },
		.ether_type = RTE_BE16(RTAP_TEST_ETHERTYPE),
	};
	const rte_be32_t seq_be = rte_cpu_to_be_32(seq);

	memcpy(frame, &hdr, sizeof(hdr));
	memcpy(frame + FRAME_SEQ_OFFSET, &seq_be, sizeof(seq_be));
	/* 251 is prime: neighbouring blocks and frames never look alike. */
	for (unsigned int i = FRAME_DATA_OFFSET; i < len; i++)
		frame[i] = (uint8_t)((i + seq * 13 + len) % 251);
}

bool
rtap_frame_is_ours(const uint8_t *frame, uint16_t len)
{
	const rte_be16_t type = RTE_BE16(RTAP_TEST_ETHERTYPE);

	return len >= FRAME_DATA_OFFSET &&
		memcmp(frame + 2 * RTE_ETHER_ADDR_LEN, &type, sizeof(type)) == 0;
}

int
rtap_bytes_check(const uint8_t *got, const uint8_t *expected, uint16_t len)
{
	for (uint16_t i = 0; i < len; i++) {
		if (got[i] == expected[i])
			continue;
		printf("first difference at byte %u of %u: 0x%02x instead of 0x%02x\n",
			i, len, got[i], expected[i]);
		return -1;
	}
	return 0;
}

int
rtap_frame_check(const uint8_t *frame, uint16_t len,
		uint16_t expected_len, uint32_t expected_seq)
{
	uint8_t expected[RTAP_TEST_JUMBO_LEN];
	rte_be32_t seq_be;

	memcpy(&seq_be, frame + FRAME_SEQ_OFFSET, sizeof(seq_be));
	if (rte_be_to_cpu_32(seq_be) != expected_seq) {
		printf("frame %" PRIu32 " came instead of frame %" PRIu32 "\n",
			rte_be_to_cpu_32(seq_be), expected_seq);
		return -1;
	}
	if (len != expected_len) {
		printf("frame %" PRIu32 " has %u bytes instead of %u\n",
			expected_seq, len, expected_len);
		return -1;
	}
	rtap_frame_fill(expected, len, expected_seq);
	return rtap_bytes_check(frame, expected, len);
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct rtap_deadline
rtap_deadline_start(void)
{
	return (struct rtap_deadline){
		.end_ns = now_ns() + UINT64_C(1000000) * RTAP_TEST_WAIT_MS,
	};
}

bool
rtap_deadline_wait(const struct rtap_deadline *deadline)
{
	usleep(WAIT_STEP_US);
	return now_ns() < deadline->end_ns;
}
