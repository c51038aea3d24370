/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Runs the tables of test_offload_*.c and prints their results as TAP. Needs
 * neither root nor an interface.
 */

#include <stdarg.h>
#include <stdio.h>

#include <rte_common.h>

#include "test_offload.h"

static unsigned int nb_cases;
static unsigned int nb_failed;

bool
test_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	return false;
}

void
test_end(const char *group, const char *name, bool ok)
{
	nb_cases++;
	nb_failed += !ok;
	printf("%sok %u - %s: %s\n", ok ? "" : "not ", nb_cases, group, name);
}

/*
 * Headers in one segment, in two that meet at each of their bytes, in segments
 * of a few bytes; packets that are the application's alone and that are not.
 */
bool
test_next_shape(const struct frame *f, uint32_t i, struct packet_shape *shape)
{
	static const uint16_t few_bytes[] = { 11, 5, 1, 7, 3, 9, 13, 1, 1, 2, 17, UINT16_MAX };
	static const uint16_t usual[] = { 2048 };
	static const uint16_t odd[] = { 1777 };
	static uint16_t halves[2] = { 0, 32768 };
	static const struct packet_shape shapes[] = {
		{ .nb_seg_lens = 0 },
		{ .seg_lens = few_bytes, .nb_seg_lens = RTE_DIM(few_bytes) },
		{ .seg_lens = usual, .nb_seg_lens = 1 },
		{ .seg_lens = odd, .nb_seg_lens = 1 },
		{ .seg_lens = halves, .nb_seg_lens = 2 },
	};
	const uint32_t nb_fixed = (RTE_DIM(shapes) - 1) * PACKET_NB_KINDS;

	if (i < nb_fixed) {
		*shape = shapes[i % (RTE_DIM(shapes) - 1)];
		shape->kind = i / (RTE_DIM(shapes) - 1);
		/* No segment is longer than its buffer can be. */
		if (f->len > 60000 && shape->nb_seg_lens == 0)
			shape->seg_lens = usual, shape->nb_seg_lens = 1;
		return true;
	}
	halves[0] = i - nb_fixed + 1;
	*shape = shapes[RTE_DIM(shapes) - 1];
	return halves[0] <= f->payload && halves[0] < f->len;
}

int
main(void)
{
	/* What is printed before a crash tells where it was. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_tx();
	test_tx_refusals();
	test_rx();
	test_rx_refusals();
	test_agreement();
	printf("1..%u\n", nb_cases);
	return nb_failed > 0 ? 1 : 0;
}
