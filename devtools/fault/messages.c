/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Brings what a secondary process asks to the primary's end, and the answer back,
 * without EAL's socket and thread. Descriptors are duplicated on the way, as the
 * kernel does.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "control.h"
#include "fault.h"
#include "messages.h"
#include "operations.h"
#include "rtap.h"
#include "rtap_mp.h"
#include "stage.h"
#include "test_pmd_rtap_port.h"

static rte_mp_t handler;
static struct rte_mp_msg answer;
static bool has_answer;

/* Both ends are in this process. */
static bool is_alone = true;

static struct rtap_mp_port greeted;
static struct rtap_mp_loan loan;
static bool has_loan;
static pthread_t borrower;

void
messages_use_eal(void)
{
	is_alone = false;
}

int
messages_register(const char *name, rte_mp_t action)
{
	if (!is_alone)
		return rte_mp_action_register(name, action);
	handler = action;
	return 0;
}

int
messages_reply(struct rte_mp_msg *msg, const char *peer)
{
	if (!is_alone)
		return rte_mp_reply(msg, peer);
	answer = *msg;
	for (int i = 0; i < msg->num_fds; i++)
		answer.fds[i] = dup(msg->fds[i]);
	has_answer = true;
	return 0;
}

static int
request_by_eal(struct rte_mp_msg *msg, struct rte_mp_reply *reply,
		const struct timespec *timeout)
{
	int ret = rte_mp_request_sync(msg, reply, timeout);

	if (ret == 0)
		fault_note_block(reply->msgs);
	return ret;
}

/* Without an answer, EAL waits for it in vain. */
int
messages_request(struct rte_mp_msg *msg, struct rte_mp_reply *reply,
		const struct timespec *timeout)
{
	if (!is_alone)
		return request_by_eal(msg, reply, timeout);
	*reply = (struct rte_mp_reply) { .nb_sent = 1 };
	has_answer = false;
	if (handler != NULL)
		handler(msg, "");
	if (has_answer)
		reply->msgs = fault_note_block(malloc(sizeof(answer)));
	if (reply->msgs == NULL) {
		rte_errno = ETIMEDOUT;
		return -1;
	}
	reply->msgs[0] = answer;
	reply->nb_received = 1;
	return 0;
}

int
messages_primary_alive(const char *config)
{
	return is_alone ? 1 : rte_eal_primary_proc_alive(config);
}

/* The functions of messages leave it to their caller to tell. */
static int
tell(int ret)
{
	if (ret < 0)
		RTE_LOG(ERR, USER1, "%s\n", rtap_mp_explain(-ret));
	return ret;
}

int
messages_greet(void)
{
	uint32_t process_id = 0;
	int ret;

	greeted = (struct rtap_mp_port) { .name = RTAP_TEST_VDEV, .layout = RTAP_LAYOUT };
	ret = tell(rtap_mp_greet(&greeted, &process_id));
	return ret == 0 && (process_id == 0 || greeted.token == 0) ? -EILSEQ : ret;
}

int
messages_borrow(void)
{
	int ret = tell(rtap_mp_borrow(&greeted, &loan));

	has_loan = ret == 0;
	return ret;
}

static bool
is_same_file(int fd, int other)
{
	struct stat a;
	struct stat b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino && a.st_rdev == b.st_rdev;
}

int
messages_has_loan(void)
{
	const struct rtap_process *process = rtap_process(&rte_eth_devices[rtap_fx.port]);

	if (!has_loan || loan.nb_fds != STAGE_QUEUES || loan.number == 0)
		return -EILSEQ;
	for (uint16_t i = 0; i < loan.nb_fds; i++) {
		if (!is_same_file(loan.fds[i], process->queues[i].tap_fd))
			return -EILSEQ;
	}
	return 0;
}

static void
close_loan(void)
{
	if (has_loan) {
		for (uint16_t i = 0; i < loan.nb_fds; i++)
			close(loan.fds[i]);
		close(loan.recall_fd);
	}
	has_loan = false;
}

int
messages_give_back(void)
{
	int ret;

	close_loan();
	ret = control_stop_rx_queue();
	return ret < 0 ? ret : control_start_rx_queue();
}

/* As the interrupt thread of a secondary process does it. */
static void *
wait_for_recall(void *arg __rte_unused)
{
	struct pollfd end = { .fd = loan.recall_fd, .events = POLLIN };

	while (poll(&end, 1, -1) < 0)
		;
	close_loan();
	return NULL;
}

int
messages_use_loan(void)
{
	int ret = stage_enter(STAGE_STARTED);

	if (ret == 0)
		ret = messages_greet();
	if (ret == 0)
		ret = messages_borrow();
	if (ret == 0)
		ret = -pthread_create(&borrower, NULL, wait_for_recall, NULL);
	return ret;
}

int
messages_end_use(void)
{
	int ret = control_start_rx_queue();

	if (ret == 0)
		ret = port_is_usable();
	pthread_join(borrower, NULL);
	port_remove();
	return ret;
}
