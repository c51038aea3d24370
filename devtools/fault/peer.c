/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_string_fns.h>

#include "log.h"
#include "messages.h"
#include "operations.h"
#include "peer.h"
#include "stage.h"
#include "state.h"
#include "test_pmd_rtap_port.h"

/* Where the secondary finds the socket to the primary. */
#define FD_PRIMARY 3

/* More than all that the primary ever waits for. */
#define ANSWER_S 30

#define MAX_ARGS 128

#ifndef __NR_close_range
#define __NR_close_range 436
#endif

struct order {
	enum peer_order what;
	uint16_t nb_queues;
};

/* What the primary held before it made the port. */
static struct state base;

bool
peer_is_secondary(void)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY;
}

bool
peer_is_wanted(void)
{
	return !peer_is_secondary() && rtap_can_share();
}

/* What a ring wakes is this thread's business as well. */
static bool
get(int sock, void *message, size_t size)
{
	ssize_t len;

	do {
		len = recv(sock, message, size, 0);
	} while (len < 0 && errno == EINTR);
	return len == (ssize_t)size;
}

static bool
put(int sock, const void *message, size_t size)
{
	return send(sock, message, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* ---- the primary ------------------------------------------------------------- */

static int
make_port(uint16_t nb_queues)
{
	int ret = port_probe();

	return ret < 0 ? ret : rtap_port_configure(rtap_fx.port, nb_queues);
}

static int
begin(uint16_t nb_queues)
{
	state_take_settled(&base);
	return make_port(nb_queues);
}

static int
replace_port(uint16_t nb_queues)
{
	int ret = stage_leave();

	return ret < 0 ? ret : make_port(nb_queues);
}

static int
end(void)
{
	int ret = stage_leave();
	char text[512];

	if (ret < 0 || state_is(&base, text, sizeof(text)))
		return ret;
	printf("# in the primary there are %s\n", text);
	return -EILSEQ;
}

/* It would be told of a process that does not give back. */
static int
stop(void)
{
	int ret;

	log_forget();
	ret = port_stop();
	if (ret < 0 || log_is_empty())
		return ret;
	printf("# in the primary: %s", log_last());
	return -EILSEQ;
}

static int
obey(const struct order *order)
{
	switch (order->what) {
	case PEER_BEGIN:
		return begin(order->nb_queues);
	case PEER_CONFIGURE:
		return rtap_port_configure(rtap_fx.port, order->nb_queues);
	case PEER_START:
		return port_start();
	case PEER_STOP:
		return stop();
	case PEER_CHECK:
		return port_is_usable();
	case PEER_CLOSE:
		return replace_port(order->nb_queues);
	case PEER_END:
		return end();
	default:
		return -EINVAL;
	}
}

static void
serve(int sock)
{
	struct order order;
	int answer;

	while (get(sock, &order, sizeof(order))) {
		answer = obey(&order);
		fflush(stdout);
		if (!put(sock, &answer, sizeof(answer)))
			break;
	}
}

/* After fork(): only what a signal handler may do. */
static void
become_secondary(int sock, char **args)
{
	dup2(sock, FD_PRIMARY);
	syscall(__NR_close_range, FD_PRIMARY + 1, ~0U, 0);
	execv("/proc/self/exe", args);
	_exit(127);
}

static pid_t
spawn(int sock, int nb_names, char **names)
{
	static char program[] = "rtap_fault";
	static char type[] = "--proc-type=secondary";
	static char no_pci[] = "--no-pci";
	static char no_telemetry[] = "--no-telemetry";
	static char end_of_options[] = "--";
	char *args[MAX_ARGS] = { program, type, no_pci, no_telemetry };
	char dir[PATH_MAX];
	char prefix[PATH_MAX + 32];
	char lcore[64];
	pid_t pid;

	strlcpy(dir, rte_eal_get_runtime_dir(), sizeof(dir));
	snprintf(prefix, sizeof(prefix), "--file-prefix=%s", basename(dir));
	snprintf(lcore, sizeof(lcore), "--lcores=100@%d", sched_getcpu());
	args[4] = prefix;
	args[5] = lcore;
	args[6] = end_of_options;
	for (int i = 0; i < nb_names && i + 8 < MAX_ARGS; i++)
		args[7 + i] = names[i];
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_secondary(sock, args);
	return pid;
}

int
peer_run(int nb_names, char **names)
{
	int ends[2];
	int status = 0;
	pid_t pid;

	messages_use_eal();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return EXIT_FAILURE;
	pid = spawn(ends[1], nb_names, names);
	close(ends[1]);
	if (pid > 0)
		serve(ends[0]);
	close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	if (WIFSIGNALED(status))
		printf("Bail out! the secondary process ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* ---- the secondary ----------------------------------------------------------- */

int
peer_tell(enum peer_order what, uint16_t nb_queues)
{
	const struct timeval wait = { .tv_sec = ANSWER_S };
	struct order order;
	int answer;

	memset(&order, 0, sizeof(order));
	order.what = what;
	order.nb_queues = nb_queues;
	fflush(stdout);
	if (setsockopt(FD_PRIMARY, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
			put(FD_PRIMARY, &order, sizeof(order)) &&
			get(FD_PRIMARY, &answer, sizeof(answer)))
		return answer;
	printf("Bail out! the primary process has ended\n");
	exit(EXIT_FAILURE);
}
