/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * libFuzzer's target for the messages between processes. Both ends are the
 * driver's; between them, the input changes what is asked and what is answered,
 * as any process of the same user could. EAL sees to it that content and
 * descriptors are no more than fit, so the input does not exceed that.
 *
 * Descriptors are numbers here, of which the system calls keep account by --wrap
 * of the linker: none may be left open, closed twice, or be one of others.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_string_fns.h>

#include "rtap_mp.h"

#include "fuzz.h"

#define NB_PORTS 2
#define MAX_STEPS 24
#define LAYOUT 77

/* Numbers that no file of this process has. */
#define FIRST_FD 10000
#define NB_FDS 512

enum owner {
	CLOSED,
	LENDER,   /* a queue in the first process */
	PIPE,     /* an end of the pipe there */
	RECEIVED, /* from the other process */
};

struct fake_fd {
	enum owner owner;
	bool close_on_exec;
	int peer; /* of a pipe */
};

static struct input in;
static struct fake_fd fds[NB_FDS];

static struct {
	struct rtap_mp_port as_made;
	struct rtap_mp_lender *lender;
	bool is_lent;
	int fds[RTAP_MP_MAX_FDS];
	uint16_t nb_fds;
} ports[NB_PORTS];

static rte_mp_t handler;
static struct rte_mp_msg answer;  /* of the handler */
static bool has_answer;
static bool is_changed; /* what was asked or answered is not what was sent */

static struct fake_fd *
find_fd(int fd)
{
	DEMAND(fd >= FIRST_FD && fd < FIRST_FD + NB_FDS, "a stranger's descriptor %d", fd);
	DEMAND(fds[fd - FIRST_FD].owner != CLOSED, "descriptor %d is closed", fd);
	return &fds[fd - FIRST_FD];
}

static int
new_fd(enum owner owner)
{
	for (unsigned int i = 0; i < NB_FDS; i++) {
		if (fds[i].owner != CLOSED)
			continue;
		fds[i] = (struct fake_fd) { .owner = owner, .peer = -1 };
		return FIRST_FD + i;
	}
	abort();
}

static unsigned int
count_fds(enum owner owner)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < NB_FDS; i++)
		n += fds[i].owner == owner;
	return n;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_pipe2(int ends[2], int flags);
int __wrap_fcntl(int fd, int what, ...);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __wrap_poll(struct pollfd *fd, nfds_t n, int timeout);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

/* libFuzzer has files of its own. */
int
__wrap_close(int fd)
{
	if (fd >= 0 && fd < FIRST_FD)
		return __real_close(fd);
	find_fd(fd)->owner = CLOSED;
	return 0;
}

int
__wrap_pipe2(int ends[2], int flags)
{
	DEMAND((flags & O_CLOEXEC) != 0, "%#x", flags);
	if (take(&in, 1) == 255) {
		errno = EMFILE;
		return -1;
	}
	ends[0] = new_fd(PIPE);
	ends[1] = new_fd(PIPE);
	find_fd(ends[1])->peer = ends[0];
	return 0;
}

int
__wrap_fcntl(int fd, int what, ...)
{
	va_list args;

	DEMAND(what == F_SETFD, "%d", what);
	va_start(args, what);
	find_fd(fd)->close_on_exec = va_arg(args, int) == FD_CLOEXEC;
	va_end(args);
	return 0;
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (fd >= 0 && fd < FIRST_FD)
		return __real_write(fd, buf, len);
	/* Without a reader, it would kill the process. */
	DEMAND(find_fd(find_fd(fd)->peer)->owner == PIPE, "%d", fd);
	return len;
}

/* The other process gives back at once, or never. */
int
__wrap_poll(struct pollfd *fd, nfds_t n, int timeout __rte_unused)
{
	DEMAND(n == 1 && find_fd(fd->fd)->owner == PIPE, "%d", fd->fd);
	switch (take(&in, 1)) {
	case 255:
		errno = EINTR;
		return -1;
	case 254:
		errno = ENOMEM;
		return -1;
	case 253:
		return 0;
	default:
		fd->revents = POLLERR;
		return 1;
	}
}

/* Time flies, so that nothing is waited for. */
int
__wrap_clock_gettime(clockid_t id __rte_unused, struct timespec *now)
{
	static time_t seconds;

	*now = (struct timespec) { .tv_sec = ++seconds };
	return 0;
}

/* The parts of EAL that the driver calls. */

int
rte_mp_action_register(const char *name __rte_unused, rte_mp_t action)
{
	DEMAND(handler == NULL, "registered twice");
	if (take(&in, 1) == 255) {
		rte_errno = ENOMEM;
		return -1;
	}
	handler = action;
	return 0;
}

void
rte_mp_action_unregister(const char *name __rte_unused)
{
	DEMAND(handler != NULL, "not registered");
	handler = NULL;
}

int
rte_eal_primary_proc_alive(const char *path __rte_unused)
{
	return take(&in, 1) != 255;
}

int
rte_mp_reply(struct rte_mp_msg *msg, const char *peer __rte_unused)
{
	DEMAND(!has_answer, "answered twice");
	DEMAND(msg->num_fds >= 0 && msg->num_fds <= RTE_MP_MAX_FD_NUM, "%d", msg->num_fds);
	DEMAND(msg->len_param > 0 && msg->len_param <= RTE_MP_MAX_PARAM_LEN, "%d",
		msg->len_param);
	has_answer = true;
	answer = *msg;
	for (int i = 0; i < msg->num_fds; i++) {
		const enum owner owner = find_fd(msg->fds[i])->owner;

		DEMAND(owner == LENDER || owner == PIPE, "%d of %d", i, msg->num_fds);
		answer.fds[i] = new_fd(RECEIVED);
	}
	return 0;
}

/* Some bytes of the content are others, and so is its length. */
static void
change_content(struct rte_mp_msg *msg)
{
	const uint8_t bits = take(&in, 1);

	for (unsigned int n = bits & 7; n > 0; n--) {
		const uint8_t at = take(&in, 1);
		const uint8_t value = take(&in, 1);

		is_changed |= msg->param[at] != value;
		msg->param[at] = value;
	}
	if ((bits & 8) != 0) {
		msg->len_param = take(&in, 2) % (RTE_MP_MAX_PARAM_LEN + 1);
		is_changed = true;
	}
}

/* There are more or fewer descriptors. */
static void
change_fds(struct rte_mp_msg *msg)
{
	const uint8_t bits = take(&in, 1);
	const int nb_fds = bits % (RTE_MP_MAX_FD_NUM + 1);

	if ((bits & 128) == 0)
		return;
	is_changed |= nb_fds != msg->num_fds;
	while (msg->num_fds > nb_fds)
		close(msg->fds[--msg->num_fds]);
	while (msg->num_fds < nb_fds)
		msg->fds[msg->num_fds++] = new_fd(RECEIVED);
}

static int
give_answer(struct rte_mp_reply *reply)
{
	reply->msgs = malloc(sizeof(answer));
	if (reply->msgs == NULL)
		abort();
	change_content(&answer);
	change_fds(&answer);
	reply->msgs[0] = answer;
	reply->nb_received = 1;
	return 0;
}

int
rte_mp_request_sync(struct rte_mp_msg *msg, struct rte_mp_reply *reply,
		const struct timespec *timeout __rte_unused)
{
	struct rte_mp_msg question = *msg;

	*reply = (struct rte_mp_reply) { .nb_sent = 1 };
	change_content(&question);
	change_fds(&question);
	has_answer = false;
	if (handler == NULL || take(&in, 1) == 255) {
		while (question.num_fds > 0)
			close(question.fds[--question.num_fds]);
		is_changed = true;
		rte_errno = ETIMEDOUT;
		return handler == NULL ? 0 : -1;
	}
	handler(&question, "");
	DEMAND(has_answer, "no answer");
	return give_answer(reply);
}

/* What the input has to say of them. */

static void
make_port(unsigned int i)
{
	static const char *const names[NB_PORTS] = { "net_rtap0", "net_rtap1" };

	if (ports[i].lender != NULL)
		return;
	ports[i].as_made = (struct rtap_mp_port) {
		.name = names[i],
		.layout = LAYOUT,
		.token = 1 + take(&in, 1),
	};
	ports[i].lender = rtap_mp_lender_create(&ports[i].as_made);
	ports[i].is_lent = false;
}

static void
close_lent(unsigned int i)
{
	for (uint16_t n = 0; n < ports[i].nb_fds; n++)
		close(ports[i].fds[n]);
	ports[i].nb_fds = 0;
}

static void
recall_port(unsigned int i)
{
	int late_fd;
	int ret;

	if (ports[i].lender == NULL)
		return;
	ret = rtap_mp_recall(ports[i].lender, &late_fd);
	DEMAND(ret <= 0, "%d", ret);
	DEMAND(late_fd < 0 || ret < 0, "%d, late %d", ret, late_fd);
	if (late_fd >= 0)
		close(late_fd);
	ports[i].is_lent = false;
	close_lent(i);
}

static void
remove_port(unsigned int i)
{
	rtap_mp_lender_destroy(ports[i].lender);
	ports[i].lender = NULL;
	ports[i].is_lent = false;
	close_lent(i);
}

static void
lend_port(unsigned int i)
{
	if (ports[i].lender == NULL || ports[i].is_lent)
		return;
	ports[i].nb_fds = take(&in, 1) % (RTAP_MP_MAX_FDS + 1);
	for (uint16_t n = 0; n < ports[i].nb_fds; n++)
		ports[i].fds[n] = new_fd(LENDER);
	DEMAND(rtap_mp_lend(ports[i].lender, ports[i].fds, ports[i].nb_fds) != 0, "no number");
	ports[i].is_lent = true;
}

/* What the first process has to say if nobody interferes. */
static int
expected_error(unsigned int i, const struct rtap_mp_port *port, bool is_greeting)
{
	if (ports[i].lender == NULL)
		return -ENODEV;
	if (port->layout != LAYOUT)
		return -EPROTO;
	if (is_greeting)
		return 0;
	if (port->token != ports[i].as_made.token)
		return -ESTALE;
	return ports[i].is_lent ? 0 : -EAGAIN;
}

/* All that came is in the loan, and is closed with it. */
static void
check_loan(const struct rtap_mp_loan *loan, unsigned int i)
{
	DEMAND(loan->number != 0, "a loan without a number");
	DEMAND(loan->nb_fds <= RTAP_MP_MAX_FDS, "%u", loan->nb_fds);
	DEMAND(is_changed || loan->nb_fds == ports[i].nb_fds, "%u of %u", loan->nb_fds,
		ports[i].nb_fds);
	DEMAND(count_fds(RECEIVED) == loan->nb_fds + 1U, "%u of %u", loan->nb_fds + 1U,
		count_fds(RECEIVED));
	DEMAND(find_fd(loan->recall_fd)->close_on_exec, "pipe");
	close(loan->recall_fd);
	for (uint16_t n = 0; n < loan->nb_fds; n++) {
		DEMAND(find_fd(loan->fds[n])->close_on_exec, "%u", n);
		close(loan->fds[n]);
	}
}

static void
ask(unsigned int i, bool is_greeting)
{
	struct rtap_mp_port port = ports[i].as_made;
	const uint8_t wrong = take(&in, 1);
	struct rtap_mp_loan loan;
	uint32_t process_id = 0;
	int expected;
	int ret;

	if (port.name == NULL)
		port.name = "net_rtap9";
	port.layout = wrong == 1 ? LAYOUT + 1 : LAYOUT;
	port.token += wrong == 2;
	expected = expected_error(i, &port, is_greeting);
	is_changed = false;
	if (is_greeting)
		ret = rtap_mp_greet(&port, &process_id);
	else
		ret = rtap_mp_borrow(&port, &loan);
	DEMAND(ret <= 0, "%d", ret);
	DEMAND(is_changed || handler == NULL || ret == expected || ret == -EOWNERDEAD ||
		ret == -EMFILE, "%d instead of %d", ret, expected);
	if (ret == 0 && !is_greeting)
		check_loan(&loan, i);
	DEMAND(count_fds(RECEIVED) == 0, "%u descriptors are left over", count_fds(RECEIVED));
}

static void
do_step(void)
{
	const uint8_t what = take(&in, 1);
	const unsigned int i = (what >> 3) % NB_PORTS;

	switch (what & 7) {
	case 0:
		make_port(i);
		break;
	case 1:
		remove_port(i);
		break;
	case 2:
	case 3:
		lend_port(i);
		break;
	case 4:
		recall_port(i);
		break;
	default:
		ask(i, (what & 7) == 5);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct input) { .data = data, .left = size };
	memset(ports, 0, sizeof(ports));
	for (unsigned int i = 0; i < MAX_STEPS && in.left > 0; i++)
		do_step();
	for (unsigned int i = 0; i < NB_PORTS; i++)
		remove_port(i);
	DEMAND(handler == NULL, "still registered");
	for (unsigned int i = 0; i < NB_FDS; i++)
		DEMAND(fds[i].owner == CLOSED, "descriptor %u is left over", i);
	return 0;
}
