/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * What the second process of rtap_mp_autotest sends to the driver in the first
 * one, as any process of the same user could: messages with something wrong.
 * And what the first process answers in place of its driver.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>
#include <rte_string_fns.h>

#include "test_pmd_rtap_mp.h"
#include "test_pmd_rtap_peer.h"
#include "test_pmd_rtap_port.h"

#define MP_KEY "rtap_mp_send_fds"

/* What the driver of this build sends; where a member is wrong, it is refused. */
struct message {
	uint32_t magic;
	uint32_t version;
	uint32_t kind;
	uint32_t layout;
	uint64_t token;
	int32_t result;
	uint32_t process_id;
	uint32_t loan;
	uint16_t first;
	uint16_t total;
	uint32_t request;
	char name[RTE_ETH_NAME_MAX_LEN];
};

#define MAGIC 0x52544150
#define VERSION 1
#define KIND_GREET 1
#define KIND_BORROW 2

/* Sends it. The answer is in `answer`, and has no descriptor. */
static int
send_forged(const struct message *m, int len, int nb_fds, struct message *answer)
{
	const struct timespec timeout = { .tv_sec = 5 };
	struct rte_mp_reply reply;
	struct rte_mp_msg msg;
	int ret;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.name, MP_KEY, sizeof(msg.name));
	memcpy(msg.param, m, sizeof(*m));
	msg.len_param = len;
	msg.num_fds = nb_fds;
	if (rte_mp_request_sync(&msg, &reply, &timeout) < 0 || reply.nb_received != 1)
		return -ETIMEDOUT;
	memcpy(answer, reply.msgs[0].param, sizeof(*answer));
	ret = reply.msgs[0].num_fds == 0 ? 0 : -EPERM;
	free(reply.msgs);
	return ret;
}

static int
forge(const char *what, const struct message *m, int len, int nb_fds, int wanted)
{
	struct message answer;
	const int ret = send_forged(m, len, nb_fds, &answer);

	if (ret == 0 && answer.result == wanted)
		return 0;
	printf("a message with %s: %d, %d instead of %d\n", what, ret,
		ret == 0 ? answer.result : 0, wanted);
	return -EPERM;
}

/* A good message but for one member. */
static int
forge_members(const struct message *good)
{
	const int len = sizeof(*good);
	struct message m = *good;
	int ret = 0;

	m.magic++;
	ret |= forge("another beginning", &m, len, 0, -EPROTO);
	m = *good;
	m.version++;
	ret |= forge("another version", &m, len, 0, -EPROTO);
	m = *good;
	m.layout++;
	ret |= forge("another layout", &m, len, 0, -EPROTO);
	m = *good;
	m.kind = KIND_BORROW + 1;
	ret |= forge("another kind", &m, len, 0, -EPROTO);
	m = *good;
	m.kind = KIND_BORROW;
	ret |= forge("another token", &m, len, 0, -ESTALE);
	m = *good;
	memset(m.name, 'x', sizeof(m.name));
	ret |= forge("an endless name", &m, len, 0, -EPROTO);
	m = *good;
	m.name[0]++;
	ret |= forge("another name", &m, len, 0, -ENODEV);
	return ret;
}

int
rtap_peer_forge(void)
{
	const int len = sizeof(struct message);
	struct message answer;
	struct message good;
	int ret;

	memset(&good, 0, sizeof(good));
	good.magic = MAGIC;
	good.version = VERSION;
	good.kind = KIND_GREET;
	strlcpy(good.name, RTAP_TEST_VDEV, sizeof(good.name));
	/* The refusal tells which layout it has to be. */
	ret = send_forged(&good, len, 0, &answer);
	good.layout = answer.layout;

	ret |= forge("all good", &good, len, 0, 0);
	ret |= forge("no content", &good, 0, 0, -EPROTO);
	ret |= forge("too little content", &good, len - 1, 0, -EPROTO);
	ret |= forge("too much content", &good, RTE_MP_MAX_PARAM_LEN, 0, -EPROTO);
	ret |= forge("a descriptor", &good, len, 1, -EPROTO);
	return ret | forge_members(&good);
}

static enum rtap_forged_answer forged;
static int (*work_first)(void);
static int forged_pipe[2] = { -1, -1 };
static RTE_ATOMIC(unsigned int) nb_forged;

/* What is good of an answer about one queue: the pipe and a TAP descriptor. */
static void
make_odd(struct message *m, struct rte_mp_msg *msg)
{
	m->total = 2;
	msg->num_fds = 2;
	switch (forged) {
	case RTAP_FORGED_ERROR:
		m->result = -EIO;
		break;
	case RTAP_FORGED_SUCCESS:
		m->result = 1;
		break;
	case RTAP_FORGED_MAGIC:
		m->magic++;
		break;
	case RTAP_FORGED_FIRST:
		m->first++;
		break;
	case RTAP_FORGED_TOO_FEW:
		m->total = 1;
		break;
	case RTAP_FORGED_TOO_MANY:
		m->total = UINT16_MAX;
		break;
	case RTAP_FORGED_NONE:
		msg->num_fds = 0;
		break;
	case RTAP_FORGED_REQUEST:
		m->loan = 1;
		m->request++;
		break;
	case RTAP_FORGED_LOAN:
		m->loan = 1;
		break;
	default:
		m->result = -EPROTO;
		msg->num_fds = 0;
	}
}

static int
answer_oddly(const struct rte_mp_msg *ask, const void *peer)
{
	struct rte_mp_msg msg;
	struct message m;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.name, MP_KEY, sizeof(msg.name));
	msg.len_param = sizeof(m);
	memcpy(&m, ask->param, sizeof(m));
	make_odd(&m, &msg);
	memcpy(msg.param, &m, sizeof(m));
	for (int i = 0; i < msg.num_fds; i++)
		msg.fds[i] = forged_pipe[0];
	if (work_first != NULL && work_first() < 0)
		return -1;
	rte_atomic_fetch_add_explicit(&nb_forged, 1, rte_memory_order_relaxed);
	return rte_mp_reply(&msg, peer);
}

int
rtap_forge_answers(enum rtap_forged_answer odd, int (*first)(void))
{
	forged = odd;
	work_first = first;
	rte_atomic_store_explicit(&nb_forged, 0, rte_memory_order_relaxed);
	rte_mp_action_unregister(MP_KEY);
	if (forged_pipe[0] < 0 && pipe2(forged_pipe, O_CLOEXEC) < 0)
		return -errno;
	return rte_mp_action_register(MP_KEY, answer_oddly);
}

unsigned int
rtap_forged_answers_count(void)
{
	return rte_atomic_load_explicit(&nb_forged, rte_memory_order_relaxed);
}

void
rtap_forge_end(void)
{
	rte_mp_action_unregister(MP_KEY);
	if (forged_pipe[0] < 0)
		return;
	close(forged_pipe[0]);
	close(forged_pipe[1]);
	forged_pipe[0] = -1;
}
