/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _TEST_PMD_RTAP_MP_H_
#define _TEST_PMD_RTAP_MP_H_

/* What all cases with a second process share. */

#include "test_pmd_rtap_peer.h"

/* Sub-suites of rtap_mp_autotest. */
struct unit_test_suite;
extern struct unit_test_suite rtap_mp_suite;
extern struct unit_test_suite rtap_loan_suite;
extern struct unit_test_suite rtap_turn_suite;
extern struct unit_test_suite rtap_late_suite;
extern struct unit_test_suite rtap_mp_away_suite;

extern struct rtap_peer rtap_mp_peer;

/* A started port of one queue pair and a second process on it. */
int rtap_mp_setup(void);
void rtap_mp_teardown(void);
/* TEST_SKIPPED where processes cannot share memory. */
int rtap_mp_start_peer(void);

/* What the second process answers to an order; to one that needs no run. */
int rtap_mp_do(enum rtap_peer_op op, const struct rtap_run *run);
int rtap_mp_tell(enum rtap_peer_op op);
/* Both directions of the second process; then of the first one, too. */
int rtap_mp_check_peer(void);
int rtap_mp_check_both(void);
/* That bursts of the second process on this queue neither give nor take packets. */
int rtap_mp_check_quiet(uint16_t queue);

/* What the first process answers in place of its driver. */
enum rtap_forged_answer {
	RTAP_FORGED_ERROR,	/* an error, and descriptors nevertheless */
	RTAP_FORGED_SUCCESS,	/* neither an error nor a loan */
	RTAP_FORGED_MAGIC,
	RTAP_FORGED_FIRST,	/* another part of a loan */
	RTAP_FORGED_TOO_FEW,	/* more descriptors than there are in all */
	RTAP_FORGED_TOO_MANY,	/* of more than can be */
	RTAP_FORGED_NONE,	/* a part without one */
	RTAP_FORGED_REQUEST,	/* a loan, to another request */
	RTAP_FORGED_NB_BORROW,
	RTAP_FORGED_BUILD = RTAP_FORGED_NB_BORROW, /* that it is another build */
	RTAP_FORGED_LOAN,	/* of one queue */
};

/* With something to do before each, on the thread that answers. */
int rtap_forge_answers(enum rtap_forged_answer odd, int (*first)(void));
unsigned int rtap_forged_answers_count(void);
/* Nobody answers from now on, until the driver has a new port; a loan comes to its end. */
void rtap_forge_end(void);

#endif /* _TEST_PMD_RTAP_MP_H_ */
