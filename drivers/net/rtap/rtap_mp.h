/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_MP_H_
#define _RTAP_MP_H_

#include <stdbool.h>
#include <stdint.h>

/*
 * The primary process lends the descriptors of a port to secondary processes.
 *
 * A secondary asks; the primary answers with copies of the descriptors and with
 * the read end of a pipe. When that end becomes readable or hangs up, the loan
 * is recalled or the primary has ended: the secondary closes its copies, and
 * the end of the pipe last, by which the primary knows. A secondary that is
 * killed gives everything back in the same way.
 *
 * Nothing here knows what a port is. Functions return 0 or a negative errno.
 */

#define RTAP_MP_MAX_FDS 128

/* Both processes must mean the same port, with the same layout of what they share. */
struct rtap_mp_port {
	const char *name;
	uint32_t layout; /* a number that differs if a shared struct does */
	uint64_t token;  /* tells the port from former ones of that name; 0 if not known yet */
};

struct rtap_mp_loan {
	uint32_t number; /* never 0 */
	int recall_fd;
	uint16_t nb_fds;
	int fds[RTAP_MP_MAX_FDS];
};

/* In the primary. */

struct rtap_mp_lender;

/* NULL and rte_errno if it fails. Where EAL has no messages, nobody will ever ask. */
struct rtap_mp_lender *rtap_mp_lender_create(const struct rtap_mp_port *port);
void rtap_mp_lender_destroy(struct rtap_mp_lender *lender); /* accepts NULL */

/* From now on, who asks gets copies of these; they stay the caller's. Returns the loan's number. */
uint32_t rtap_mp_lend(struct rtap_mp_lender *lender, const int *fds, uint16_t nb_fds);

/*
 * Nobody gets anything any more, and who did gives it back before this returns.
 * If it takes too long, -ETIMEDOUT, or another error if there is no waiting for it:
 * then `late_fd`, otherwise -1, is the caller's to ask whether all is back since.
 */
int rtap_mp_recall(struct rtap_mp_lender *lender, int *late_fd);
bool rtap_mp_is_back(int late_fd);

struct rtap_mp_lending {
	bool is_lending;
	bool is_borrowed;      /* somebody has asked since the last recall */
	uint32_t loan;
	uint32_t nb_processes; /* that have ever greeted */
};

/* From any thread. */
void rtap_mp_get_lending(const struct rtap_mp_lender *lender, struct rtap_mp_lending *lending);

/* In a secondary; not on the thread of rte_mp. They log nothing. */

/*
 * Finds out whether the primary has this port: fills in the token, and a number
 * that no other process has. -ENODEV: no such port; -EPROTO: the primary is
 * another build; -EOWNERDEAD: it has ended.
 */
int rtap_mp_greet(struct rtap_mp_port *port, uint32_t *process_id);

/*
 * 0 if this process can open so many descriptors more. EAL's thread for messages ends
 * for good at a message whose descriptors do not fit.
 */
int rtap_mp_check_room(uint16_t nb_fds);

/* -EAGAIN if the port is not lent at the moment; -ESTALE if it is another one of that name. */
int rtap_mp_borrow(const struct rtap_mp_port *port, struct rtap_mp_loan *loan);

/* In words, why one of these two has failed. */
const char *rtap_mp_explain(int err);
/* The primary will not give another answer. */
bool rtap_mp_is_final(int err);

#endif /* _RTAP_MP_H_ */
