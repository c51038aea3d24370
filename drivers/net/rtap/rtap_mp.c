/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the messages between processes: what a secondary asks, what the primary
 * answers, and the pipe by which a loan is recalled.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_stdatomic.h>
#include <rte_string_fns.h>

#include "rtap_log.h"
#include "rtap_mp.h"

#define MP_KEY "rtap_mp_send_fds"

/* To be counted up when the meaning of a message changes. */
#define MP_MAGIC 0x52544150
#define MP_VERSION 1

#define ASK_TIMEOUT_S 1
#define ASK_TRIES 3
#define RECALL_TIMEOUT_MS 1000

enum message_kind {
	MESSAGE_GREET = 1,
	MESSAGE_BORROW,
};

/* What is asked and what is answered. */
struct message {
	uint32_t magic;
	uint32_t version;
	uint32_t kind;
	uint32_t layout;
	uint64_t token;
	int32_t result;      /* of the answer */
	uint32_t process_id; /* of an answer to a greeting */
	uint32_t loan;       /* 0 when its first part is asked for */
	uint16_t first;      /* place of the first descriptor of a message among all */
	uint16_t total;
	uint32_t request;    /* its number, which is that of the answer, too */
	char name[RTE_ETH_NAME_MAX_LEN];
};

static_assert(sizeof(struct message) <= RTE_MP_MAX_PARAM_LEN, "EAL limits the length");

struct rtap_mp_lender {
	TAILQ_ENTRY(rtap_mp_lender) next;
	char name[RTE_ETH_NAME_MAX_LEN];
	uint32_t layout;
	uint64_t token;
	uint32_t nb_processes; /* that have greeted */
	uint32_t loan;
	bool is_lending;
	int recall_rd;         /* -1 until somebody asks */
	int recall_wr;
	uint16_t nb_fds;
	int fds[RTAP_MP_MAX_FDS];
};

TAILQ_HEAD(lender_list, rtap_mp_lender);

/* All of this process. They are under the lock, since EAL answers on a thread of its own. */
static struct lender_list lenders = TAILQ_HEAD_INITIALIZER(lenders);
static pthread_mutex_t lenders_lock = PTHREAD_MUTEX_INITIALIZER;

static struct rtap_mp_lender *
find_lender(const char *name)
{
	struct rtap_mp_lender *lender = TAILQ_FIRST(&lenders);

	while (lender != NULL && strcmp(lender->name, name) != 0)
		lender = TAILQ_NEXT(lender, next);
	return lender;
}

/* Place 0 of what is lent is the pipe, so that whoever has a descriptor has the pipe, too. */
static int
lent_fd(const struct rtap_mp_lender *lender, uint16_t place)
{
	return place == 0 ? lender->recall_rd : lender->fds[place - 1];
}

static int
open_pipe(struct rtap_mp_lender *lender)
{
	int ends[2];

	if (lender->recall_rd >= 0)
		return 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	lender->recall_rd = ends[0];
	lender->recall_wr = ends[1];
	return 0;
}

/* Fills in as many descriptors as one message takes. */
static int
answer_borrow(struct rtap_mp_lender *lender, const struct message *ask, struct message *answer,
		struct rte_mp_msg *reply)
{
	int ret;

	/* It may have been recalled and be another one by the time of the second part. */
	if (!lender->is_lending || (ask->first > 0 && ask->loan != lender->loan))
		return -EAGAIN;
	if (ask->first > lender->nb_fds)
		return -EINVAL;
	ret = open_pipe(lender);
	if (ret < 0)
		return ret;

	answer->loan = lender->loan;
	answer->first = ask->first;
	answer->total = lender->nb_fds + 1;
	reply->num_fds = RTE_MIN(answer->total - answer->first, RTE_MP_MAX_FD_NUM);
	for (int i = 0; i < reply->num_fds; i++)
		reply->fds[i] = lent_fd(lender, answer->first + i);
	return 0;
}

static int
answer_greeting(struct rtap_mp_lender *lender, struct message *answer)
{
	answer->token = lender->token;
	answer->process_id = ++lender->nb_processes;
	return 0;
}

/* Any process of the user can send anything. */
static bool
is_well_formed(const struct rte_mp_msg *msg, const struct message *m)
{
	return msg->len_param == sizeof(*m) && m->magic == MP_MAGIC && m->version == MP_VERSION &&
		memchr(m->name, '\0', sizeof(m->name)) != NULL;
}

static int
answer_message(const struct rte_mp_msg *msg, const struct message *ask, struct message *answer,
		struct rte_mp_msg *reply)
{
	struct rtap_mp_lender *lender;

	if (!is_well_formed(msg, ask) || msg->num_fds != 0)
		return -EPROTO;
	lender = find_lender(ask->name);
	if (lender == NULL)
		return -ENODEV;
	answer->layout = lender->layout;
	if (ask->layout != lender->layout)
		return -EPROTO;
	if (ask->kind == MESSAGE_GREET)
		return answer_greeting(lender, answer);
	if (ask->kind != MESSAGE_BORROW)
		return -EPROTO;
	return ask->token == lender->token ? answer_borrow(lender, ask, answer, reply) : -ESTALE;
}

/* The pipe, which comes first, is closed last: it stands for the others. */
static void
close_fds(const int *fds, int nb_fds)
{
	while (nb_fds-- > 0)
		close(fds[nb_fds]);
}

static void
prepare_message(struct rte_mp_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	strlcpy(msg->name, MP_KEY, sizeof(msg->name));
	msg->len_param = sizeof(struct message);
}

/*
 * In the primary, on the thread of rte_mp. The lock is held until the answer is
 * sent: the descriptors must not be closed before.
 */
static int
handle_message(const struct rte_mp_msg *msg, const void *peer)
{
	struct message answer = { .magic = MP_MAGIC, .version = MP_VERSION };
	struct rte_mp_msg reply;
	struct message ask;
	int ret;

	prepare_message(&reply);
	memcpy(&ask, msg->param, sizeof(ask));
	answer.request = ask.request;
	/* Nobody was to send any. */
	close_fds(msg->fds, msg->num_fds);
	pthread_mutex_lock(&lenders_lock);
	answer.result = answer_message(msg, &ask, &answer, &reply);
	memcpy(reply.param, &answer, sizeof(answer));
	ret = rte_mp_reply(&reply, peer);
	pthread_mutex_unlock(&lenders_lock);
	if (answer.result == -EPROTO)
		PMD_LOG(ERR, "a message of a process that is another build is refused");
	return ret;
}

/* Called under the lock. */
static int
add_lender(struct rtap_mp_lender *lender)
{
	if (TAILQ_EMPTY(&lenders) && rte_mp_action_register(MP_KEY, handle_message) < 0 &&
			rte_errno != ENOTSUP)
		return -rte_errno;
	TAILQ_INSERT_TAIL(&lenders, lender, next);
	return 0;
}

struct rtap_mp_lender *
rtap_mp_lender_create(const struct rtap_mp_port *port)
{
	struct rtap_mp_lender *lender = calloc(1, sizeof(*lender));
	int ret;

	if (lender == NULL) {
		PMD_LOG(ERR, "%s: no memory for secondary processes", port->name);
		rte_errno = ENOMEM;
		return NULL;
	}
	strlcpy(lender->name, port->name, sizeof(lender->name));
	lender->layout = port->layout;
	lender->token = port->token;
	lender->recall_rd = -1;
	lender->recall_wr = -1;

	pthread_mutex_lock(&lenders_lock);
	ret = add_lender(lender);
	pthread_mutex_unlock(&lenders_lock);
	if (ret == 0)
		return lender;
	PMD_LOG_ERRNO(ERR, -ret, "%s: cannot serve secondary processes", port->name);
	free(lender);
	rte_errno = -ret;
	return NULL;
}

void
rtap_mp_lender_destroy(struct rtap_mp_lender *lender)
{
	int late_fd;

	if (lender == NULL)
		return;
	rtap_mp_recall(lender, &late_fd);
	if (late_fd >= 0)
		close(late_fd);
	pthread_mutex_lock(&lenders_lock);
	TAILQ_REMOVE(&lenders, lender, next);
	if (TAILQ_EMPTY(&lenders))
		rte_mp_action_unregister(MP_KEY);
	pthread_mutex_unlock(&lenders_lock);
	free(lender);
}

uint32_t
rtap_mp_lend(struct rtap_mp_lender *lender, const int *fds, uint16_t nb_fds)
{
	uint32_t loan;

	pthread_mutex_lock(&lenders_lock);
	lender->loan = RTE_MAX(lender->loan + 1, 1u);
	lender->nb_fds = RTE_MIN(nb_fds, RTAP_MP_MAX_FDS);
	memcpy(lender->fds, fds, lender->nb_fds * sizeof(fds[0]));
	lender->is_lending = true;
	loan = lender->loan;
	pthread_mutex_unlock(&lenders_lock);
	return loan;
}

void
rtap_mp_get_lending(const struct rtap_mp_lender *lender, struct rtap_mp_lending *lending)
{
	pthread_mutex_lock(&lenders_lock);
	lending->is_lending = lender->is_lending;
	lending->is_borrowed = lender->recall_rd >= 0;
	lending->loan = lender->loan;
	lending->nb_processes = lender->nb_processes;
	pthread_mutex_unlock(&lenders_lock);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The write end has an error when nobody has the read end. */
static int
wait_for_readers(int fd)
{
	struct pollfd end = { .fd = fd };
	int64_t deadline = now_ms() + RECALL_TIMEOUT_MS;
	int64_t left = RECALL_TIMEOUT_MS;

	while (left > 0) {
		int ret = poll(&end, 1, left);

		if (ret > 0)
			return 0;
		if (ret < 0 && errno != EINTR)
			return -errno;
		left = deadline - now_ms();
	}
	return -ETIMEDOUT;
}

bool
rtap_mp_is_back(int late_fd)
{
	struct pollfd end = { .fd = late_fd };

	return poll(&end, 1, 0) > 0;
}

int
rtap_mp_recall(struct rtap_mp_lender *lender, int *late_fd)
{
	int ret = 0;
	int fd;

	*late_fd = -1;
	pthread_mutex_lock(&lenders_lock);
	fd = lender->recall_wr;
	lender->is_lending = false;
	lender->recall_wr = -1;
	if (fd >= 0) {
		/* While we have the read end ourselves: without a reader, the write would kill. */
		if (write(fd, "", 1) < 0)
			ret = -errno;
		close(lender->recall_rd);
		lender->recall_rd = -1;
	}
	pthread_mutex_unlock(&lenders_lock);
	if (fd < 0)
		return 0;

	/* Without the lock: who has to give back may just be waiting for an answer. */
	if (ret == 0) {
		ret = wait_for_readers(fd);
		if (ret < 0) {
			*late_fd = fd;
			return ret;
		}
	}
	close(fd);
	return ret;
}

/* EAL takes one that comes late for the answer to the next request: -EBADMSG. */
static int
check_answer(const struct rte_mp_msg *msg, uint32_t request, struct message *answer)
{
	memcpy(answer, msg->param, sizeof(*answer));
	if (!is_well_formed(msg, answer) || answer->result > 0)
		return -EPROTO;
	return answer->request == request ? answer->result : -EBADMSG;
}

/* EAL receives descriptors without this flag. */
static void
set_close_on_exec(const int *fds, int nb_fds)
{
	for (int i = 0; i < nb_fds; i++)
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
}

/* EAL takes one request at a time of one kind. */
static int
send_and_wait(struct rte_mp_msg *msg, struct rte_mp_reply *reply)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct timespec timeout = { .tv_sec = ASK_TIMEOUT_S };
	int ret;

	pthread_mutex_lock(&lock);
	ret = rte_mp_request_sync(msg, reply, &timeout) < 0 ? -rte_errno : 0;
	pthread_mutex_unlock(&lock);
	return ret;
}

static uint32_t
next_request(void)
{
	static RTE_ATOMIC(uint32_t) last;

	return rte_atomic_fetch_add_explicit(&last, 1, rte_memory_order_relaxed) + 1;
}

static int
ask_once(const struct message *ask, struct message *answer, int fds[RTE_MP_MAX_FD_NUM])
{
	struct rte_mp_reply reply;
	struct rte_mp_msg msg;
	int ret;

	prepare_message(&msg);
	memcpy(msg.param, ask, sizeof(*ask));
	ret = send_and_wait(&msg, &reply);
	if (ret < 0)
		return ret;
	/* None, if the primary is about to start and not ready yet. */
	if (reply.nb_received != 1) {
		free(reply.msgs);
		return -EAGAIN;
	}

	ret = check_answer(&reply.msgs[0], ask->request, answer);
	if (ret == 0) {
		ret = reply.msgs[0].num_fds;
		memcpy(fds, reply.msgs[0].fds, ret * sizeof(fds[0]));
	} else {
		/* They are open in this process, whatever was wrong. */
		close_fds(reply.msgs[0].fds, reply.msgs[0].num_fds);
	}
	free(reply.msgs);
	return ret;
}

/* Turns `m` into the answer. Returns the number of descriptors that came with it. */
static int
ask_primary(struct message *m, int fds[RTE_MP_MAX_FD_NUM])
{
	struct message ask = *m;
	int ret = -EBADMSG;

	for (unsigned int i = 0; i < ASK_TRIES && ret == -EBADMSG; i++) {
		/* EAL would say so, too, but in louder words and each time. */
		if (rte_eal_primary_proc_alive(NULL) == 0)
			return -EOWNERDEAD;
		ask.request = next_request();
		ret = ask_once(&ask, m, fds);
	}
	return ret == -EBADMSG ? -ETIMEDOUT : ret;
}

static void
fill_message(struct message *m, const struct rtap_mp_port *port, enum message_kind kind)
{
	memset(m, 0, sizeof(*m));
	m->magic = MP_MAGIC;
	m->version = MP_VERSION;
	m->kind = kind;
	m->layout = port->layout;
	m->token = port->token;
	strlcpy(m->name, port->name, sizeof(m->name));
}

int
rtap_mp_greet(struct rtap_mp_port *port, uint32_t *process_id)
{
	int fds[RTE_MP_MAX_FD_NUM];
	struct message m;
	int ret;

	fill_message(&m, port, MESSAGE_GREET);
	ret = ask_primary(&m, fds);
	if (ret < 0)
		return ret;
	/* None are due. */
	close_fds(fds, ret);
	port->token = m.token;
	*process_id = m.process_id;
	return 0;
}

/* Asks for what follows the first `nb_got` descriptors. Returns how many there are in all. */
static int
borrow_part(const struct rtap_mp_port *port, uint32_t *loan, int *fds, uint16_t *nb_got)
{
	int part[RTE_MP_MAX_FD_NUM];
	struct message m;
	int nb_fds;

	fill_message(&m, port, MESSAGE_BORROW);
	m.loan = *loan;
	m.first = *nb_got;
	nb_fds = ask_primary(&m, part);
	if (nb_fds < 0)
		return nb_fds;
	if (nb_fds == 0 || m.first != *nb_got || m.total > RTAP_MP_MAX_FDS + 1 ||
			nb_fds > m.total - *nb_got || m.loan == 0 ||
			(*nb_got > 0 && m.loan != *loan)) {
		close_fds(part, nb_fds);
		return -EPROTO;
	}
	set_close_on_exec(part, nb_fds);
	memcpy(&fds[*nb_got], part, nb_fds * sizeof(fds[0]));
	*nb_got += nb_fds;
	*loan = m.loan;
	return m.total;
}

int
rtap_mp_check_room(uint16_t nb_fds)
{
	int fds[RTAP_MP_MAX_FDS + 1];
	int ret = 0;
	uint16_t n;

	if (nb_fds > RTE_DIM(fds))
		return -EMFILE;
	for (n = 0; n < nb_fds; n++) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0) {
			ret = -errno;
			break;
		}
	}
	close_fds(fds, n);
	return ret;
}

int
rtap_mp_borrow(const struct rtap_mp_port *port, struct rtap_mp_loan *loan)
{
	int fds[RTAP_MP_MAX_FDS + 1];
	uint16_t nb_got = 0;
	int total;

	loan->number = 0;
	do {
		total = borrow_part(port, &loan->number, fds, &nb_got);
	} while (total > nb_got);
	if (total < 0) {
		close_fds(fds, nb_got);
		return total;
	}
	loan->recall_fd = fds[0];
	loan->nb_fds = nb_got - 1;
	memcpy(loan->fds, &fds[1], loan->nb_fds * sizeof(fds[0]));
	return 0;
}

const char *
rtap_mp_explain(int err)
{
	switch (err) {
	case EOWNERDEAD:
		return "the primary process has ended";
	case ENODEV:
	case ESTALE:
		return "the primary process has closed this port";
	case EPROTO:
		return "the primary process is another build of the driver";
	case ETIMEDOUT:
		return "the primary process does not answer";
	default:
		return rte_strerror(err);
	}
}

bool
rtap_mp_is_final(int err)
{
	return err == EOWNERDEAD || err == ENODEV || err == ESTALE || err == EPROTO;
}
