/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Both ends of the second process of rtap_pmd_autotest: how the test starts it
 * and talks to it, and what it does.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_power_intrinsics.h>
#include <rte_string_fns.h>

#include "test.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_exec.h"
#include "test_pmd_rtap_peer.h"
#include "test_pmd_rtap_port.h"
#include "test_pmd_rtap_xstats.h"

/* Where the peer finds the ends of its pipes. */
#define FD_COMMANDS 3
#define FD_ANSWERS 4

/* Whether the port has so many or not. */
#define PEER_NB_QUEUES 2

/* No other process of the test has it. */
#define PEER_LCORE 100

#define ANSWER_MS 20000
#define STOP_MS 10000

#ifndef __NR_close_range
#define __NR_close_range 436
#endif

struct command {
	enum rtap_peer_op op;
	struct rtap_run run;
};

/* ---- the test's end ---------------------------------------------------------- */

static int
first_cpu(void)
{
	rte_cpuset_t set = rte_lcore_cpuset(rte_get_main_lcore());

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			return cpu;
	}
	return 0;
}

/* After fork(): only what a signal handler may do. */
static void
become_peer(int commands, int answers, char **argv, char **envp)
{
	/* Out of the way of each other first. */
	commands = fcntl(commands, F_DUPFD, FD_ANSWERS + 1);
	answers = fcntl(answers, F_DUPFD, FD_ANSWERS + 1);
	dup2(commands, FD_COMMANDS);
	dup2(answers, FD_ANSWERS);
	syscall(__NR_close_range, FD_ANSWERS + 1, ~0U, 0);
	execve("/proc/self/exe", argv, envp);
	_exit(127);
}

/* The environment with another test to run, which is told that it is not called by hand. */
static char **
make_environment(void)
{
	static char test[] = "DPDK_TEST=rtap_peer";
	static char mark[] = "RTAP_PEER=";
	size_t n = 0;
	char **envp;

	while (environ[n] != NULL)
		n++;
	envp = calloc(n + 3, sizeof(*envp));
	if (envp == NULL)
		return NULL;
	envp[0] = test;
	envp[1] = mark;
	n = 2;
	for (char **var = environ; *var != NULL; var++) {
		if (strncmp(*var, "DPDK_TEST", strlen("DPDK_TEST")) != 0)
			envp[n++] = *var;
	}
	return envp;
}

static pid_t
spawn(int commands, int answers)
{
	char dir[PATH_MAX];
	char prefix[PATH_MAX];
	char lcores[64];
	char *argv[] = {
		strdup("dpdk-test"), strdup("--proc-type=secondary"), prefix, lcores,
		strdup("--no-pci"), strdup("--no-telemetry"), NULL
	};
	char **envp = make_environment();
	pid_t pid;

	strlcpy(dir, rte_eal_get_runtime_dir(), sizeof(dir));
	snprintf(prefix, sizeof(prefix), "--file-prefix=%s", basename(dir));
	snprintf(lcores, sizeof(lcores), "--lcores=%d@%d", PEER_LCORE, first_cpu());
	fflush(NULL);
	pid = envp == NULL ? -1 : fork();
	if (pid == 0)
		become_peer(commands, answers, argv, envp);
	free(argv[0]);
	free(argv[1]);
	free(argv[4]);
	free(argv[5]);
	free(envp);
	return pid;
}

int
rtap_peer_wait(const struct rtap_peer *peer, int *answer)
{
	struct pollfd pfd = { .fd = peer->from, .events = POLLIN };
	int ret;

	/* What a ring wakes is this thread's business as well. */
	do {
		ret = poll(&pfd, 1, ANSWER_MS);
	} while (ret < 0 && errno == EINTR);
	if (ret <= 0)
		return -ETIMEDOUT;
	return read(peer->from, answer, sizeof(*answer)) == sizeof(*answer) ? 0 : -EPIPE;
}

int
rtap_peer_start(struct rtap_peer *peer)
{
	int commands[2];
	int answers[2];
	int ready = -EPIPE;
	int ret;

	peer->pid = -1;
	if (!rtap_can_share())
		return -ENOTSUP;
	if (pipe2(commands, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(answers, O_CLOEXEC) < 0) {
		close(commands[0]);
		close(commands[1]);
		return -errno;
	}
	peer->pid = spawn(commands[0], answers[1]);
	close(commands[0]);
	close(answers[1]);
	peer->to = commands[1];
	peer->from = answers[0];
	ret = rtap_peer_wait(peer, &ready);
	return ret < 0 ? ret : ready;
}

int
rtap_peer_order(const struct rtap_peer *peer, enum rtap_peer_op op, const struct rtap_run *run)
{
	struct command command;

	memset(&command, 0, sizeof(command));
	command.op = op;
	if (run != NULL)
		command.run = *run;
	return write(peer->to, &command, sizeof(command)) == sizeof(command) ? 0 : -EPIPE;
}

int
rtap_peer_do(const struct rtap_peer *peer, enum rtap_peer_op op, const struct rtap_run *run)
{
	int answer;
	int ret = rtap_peer_order(peer, op, run);

	if (ret == 0)
		ret = rtap_peer_wait(peer, &answer);
	return ret < 0 ? ret : answer;
}

static void
forget(struct rtap_peer *peer)
{
	close(peer->from);
	peer->pid = -1;
}

static int
collect(const struct rtap_peer *peer, int *status)
{
	for (unsigned int ms = 0; ms < STOP_MS; ms += 10) {
		if (waitpid(peer->pid, status, WNOHANG) == peer->pid)
			return 0;
		usleep(10 * 1000);
	}
	return -ETIMEDOUT;
}

/* It ends when its pipe does. */
int
rtap_peer_stop(struct rtap_peer *peer)
{
	int status = 0;
	int ret;

	if (peer->pid < 0)
		return 0;
	close(peer->to);
	ret = collect(peer, &status);
	if (ret < 0) {
		kill(peer->pid, SIGKILL);
		collect(peer, &status);
	}
	forget(peer);
	return ret < 0 ? ret : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

void
rtap_peer_kill(struct rtap_peer *peer)
{
	int status;

	if (peer->pid < 0)
		return;
	kill(peer->pid, SIGKILL);
	close(peer->to);
	collect(peer, &status);
	forget(peer);
}

void
rtap_peer_freeze(const struct rtap_peer *peer)
{
	kill(peer->pid, SIGSTOP);
}

void
rtap_peer_thaw(const struct rtap_peer *peer)
{
	kill(peer->pid, SIGCONT);
}

/* ---- the peer's end ---------------------------------------------------------- */

static uint16_t peer_port;

static bool
has_ring(uint16_t queue)
{
	struct rte_eth_burst_mode mode;

	return rte_eth_rx_burst_mode_get(peer_port, queue, &mode) == 0 &&
		(strstr(mode.info, "io_uring") != NULL || strstr(mode.info, "call") != NULL);
}

/* The queues of the primary come a moment after the first burst. */
static int
peer_listen(const struct rtap_run *run)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *pkt;

	do {
		if (rte_eth_rx_burst(peer_port, run->queue, &pkt, 1) != 0)
			return -EEXIST;
		if (has_ring(run->queue))
			return rte_eth_rx_burst(peer_port, run->queue, &pkt, 1) == 0 ? 0 : -EEXIST;
	} while (rtap_deadline_wait(&deadline));
	return -ETIMEDOUT;
}

static int
peer_burst(const struct rtap_run *run)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	uint16_t nb_rx = rte_eth_rx_burst(peer_port, run->queue, pkts, RTAP_TEST_BURST);
	uint16_t nb_tx;

	rte_pktmbuf_free_bulk(pkts, nb_rx);
	pkts[0] = rtap_mbuf_new(rtap_fx.pool, run->len, run->seq);
	if (pkts[0] == NULL)
		return -ENOMEM;
	nb_tx = rte_eth_tx_burst(peer_port, run->queue, pkts, 1);
	if (nb_tx == 0)
		rte_pktmbuf_free(pkts[0]);
	return nb_rx + nb_tx;
}

static bool
is_told_something(void)
{
	struct pollfd pfd = { .fd = FD_COMMANDS, .events = POLLIN };

	return poll(&pfd, 1, 0) != 0;
}

/* What arrives goes back. */
static void
peer_poll(void)
{
	struct rte_mbuf *pkts[RTAP_TEST_BURST];
	unsigned int nb_polls = 0;

	for (uint16_t q = 0;; q = (q + 1) % PEER_NB_QUEUES) {
		const uint16_t nb_rx = rte_eth_rx_burst(peer_port, q, pkts, RTAP_TEST_BURST);
		const uint16_t nb_tx = rte_eth_tx_burst(peer_port, q, pkts, nb_rx);

		rte_pktmbuf_free_bulk(pkts + nb_tx, nb_rx - nb_tx);
		if (++nb_polls % 64 == 0 && is_told_something())
			return;
	}
}

/* Whether the text of this process says that it has borrowed the queues. */
static int
peer_dump(void)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int ret;

	if (file == NULL)
		return -errno;
	ret = rte_eth_dev_priv_dump(peer_port, file);
	fclose(file);
	if (ret == 0 && strstr(text, ", started, in secondary process ") == NULL)
		ret = -EBADMSG;
	if (ret == 0)
		ret = strstr(text, "\n  loan: queues borrowed\n") != NULL;
	if (ret == 1 && strstr(text, "\n  Rx queue 0: ") == NULL)
		ret = -EBADMSG;
	free(text);
	return ret;
}

static void
peer_watch(void)
{
	struct rte_eth_stats stats;
	struct rte_eth_link link;
	struct rte_eth_dev_info info;

	while (!is_told_something()) {
		/* Each may fail while the other process changes the port. */
		if (rte_eth_stats_get(peer_port, &stats) < 0 ||
		    rte_eth_link_get_nowait(peer_port, &link) < 0 ||
		    rte_eth_dev_info_get(peer_port, &info) < 0 || peer_dump() < 0)
			continue;
	}
}

static int
peer_link(void)
{
	struct rte_eth_link link;
	const int ret = rte_eth_link_get_nowait(peer_port, &link);

	return ret < 0 ? ret : link.link_status;
}

static int
peer_packets(void)
{
	struct rte_eth_stats stats;
	const int ret = rte_eth_stats_get(peer_port, &stats);

	return ret < 0 ? ret : (int)(stats.ipackets + stats.opackets);
}

static int
peer_info(void)
{
	struct rte_eth_dev_info info;
	const int ret = rte_eth_dev_info_get(peer_port, &info);

	return ret < 0 ? ret : info.max_rx_queues;
}

static int
must_refuse(const char *what, int ret)
{
	if (ret == -ENOTSUP)
		return 0;
	printf("%s in a secondary: %d\n", what, ret);
	return -EPERM;
}

/* What the driver has no operation for in such a process. */
static int
peer_control_rx(void)
{
	struct rte_power_monitor_cond condition;
	struct rte_ether_addr mac = { .addr_bytes = { 2, 0, 0, 0, 0, 1 } };
	int ret = 0;

	ret |= must_refuse("MAC removal", rte_eth_dev_mac_addr_remove(peer_port, &mac));
	ret |= must_refuse("VLAN",
		rte_eth_dev_set_vlan_offload(peer_port, RTE_ETH_VLAN_STRIP_OFFLOAD));
	ret |= must_refuse("VLAN of a queue", rte_eth_dev_set_vlan_strip_on_queue(peer_port, 0, 1));
	ret |= must_refuse("interrupt", rte_eth_dev_rx_intr_enable(peer_port, 0));
	ret |= must_refuse("interrupt off", rte_eth_dev_rx_intr_disable(peer_port, 0));
	ret |= must_refuse("monitor", rte_eth_get_monitor_addr(peer_port, 0, &condition));
	return ret;
}

static int
peer_control(void)
{
	struct rte_ether_addr mac = { .addr_bytes = { 2, 0, 0, 0, 0, 1 } };
	struct rte_ether_addr group = { .addr_bytes = { 3, 0, 0, 0, 0, 1 } };
	const struct rte_eth_conf conf = { .link_speeds = 0 };
	int ret = 0;

	ret |= must_refuse("configure", rte_eth_dev_configure(peer_port, 2, 2, &conf));
	ret |= must_refuse("Rx queue set-up",
		rte_eth_rx_queue_setup(peer_port, 0, 64, 0, NULL, rtap_fx.pool));
	ret |= must_refuse("Tx queue set-up", rte_eth_tx_queue_setup(peer_port, 0, 64, 0, NULL));
	ret |= must_refuse("stop", rte_eth_dev_stop(peer_port));
	ret |= must_refuse("link down", rte_eth_dev_set_link_down(peer_port));
	ret |= must_refuse("link up", rte_eth_dev_set_link_up(peer_port));
	ret |= must_refuse("promiscuous", rte_eth_promiscuous_enable(peer_port));
	ret |= must_refuse("allmulticast", rte_eth_allmulticast_enable(peer_port));
	ret |= must_refuse("MAC", rte_eth_dev_default_mac_addr_set(peer_port, &mac));
	ret |= must_refuse("second MAC", rte_eth_dev_mac_addr_add(peer_port, &mac, 0));
	ret |= must_refuse("groups", rte_eth_dev_set_mc_addr_list(peer_port, &group, 1));
	ret |= must_refuse("MTU", rte_eth_dev_set_mtu(peer_port, 1400));
	return ret | peer_control_rx();
}

static int
peer_control_queues(void)
{
	int ret = 0;

	ret |= must_refuse("Rx queue stop", rte_eth_dev_rx_queue_stop(peer_port, 0));
	ret |= must_refuse("Tx queue stop", rte_eth_dev_tx_queue_stop(peer_port, 0));
	return ret;
}

static int
peer_inherited(void)
{
	struct rtap_inherited inherited;
	const int ret = rtap_exec_look(&inherited);

	if (ret < 0)
		return ret;
	return inherited.nb_ours == 0 ? inherited.nb_all : -EPERM;
}

/* In a primary that is no test. */
static int
peer_start(void)
{
	const int ret = rtap_pool_create();

	return ret < 0 ? ret : rtap_port_run(peer_port, 1);
}

static int
peer_obey(const struct command *command)
{
	switch (command->op) {
	case RTAP_PEER_SEND:
		return rtap_port_send(peer_port, &command->run);
	case RTAP_PEER_EXPECT:
		return rtap_port_expect(peer_port, &command->run);
	case RTAP_PEER_LISTEN:
		return peer_listen(&command->run);
	case RTAP_PEER_BURST:
		return peer_burst(&command->run);
	case RTAP_PEER_LINK:
		return peer_link();
	case RTAP_PEER_PACKETS:
		return peer_packets();
	case RTAP_PEER_XSTATS:
		return rtap_xstats_digest(peer_port);
	case RTAP_PEER_RESET:
		return rte_eth_xstats_reset(peer_port);
	case RTAP_PEER_INFO:
		return peer_info();
	case RTAP_PEER_DUMP:
		return peer_dump();
	case RTAP_PEER_IS_POLLED:
		return has_ring(command->run.queue);
	case RTAP_PEER_CONTROL:
		return peer_control();
	case RTAP_PEER_CONTROL_QUEUES:
		return peer_control_queues();
	case RTAP_PEER_TAP_FDS:
		return rtap_peer_tap_fds();
	case RTAP_PEER_INHERITED:
		return peer_inherited();
	case RTAP_PEER_FORGE:
		return rtap_peer_forge();
	case RTAP_PEER_START:
		return peer_start();
	case RTAP_PEER_CLOSE:
		return rte_eth_dev_close(peer_port);
	case RTAP_PEER_ACROSS:
		return rtap_peer_across(peer_port, &command->run);
	case RTAP_PEER_FREEZE:
		return rtap_peer_freeze_in_burst(peer_port, &command->run);
	case RTAP_PEER_DELAY:
		return rtap_peer_delay(peer_port, command->run.n);
	case RTAP_PEER_CLOSE_NUMBER:
		return rte_eth_dev_close(command->run.seq);
	case RTAP_PEER_FDS:
		return rtap_kernel_count_fds();
	case RTAP_PEER_LEFT_OPEN:
		return rtap_peer_left_open();
	case RTAP_PEER_DETACH:
		return rte_vdev_uninit(RTAP_TEST_VDEV);
	case RTAP_PEER_FIRST_TAP:
		return rtap_peer_first_tap();
	case RTAP_PEER_OPEN_FILES:
		return rtap_peer_open_files();
	case RTAP_PEER_FILE_BYTES:
		return rtap_peer_file_bytes();
	case RTAP_PEER_LIMIT_FILES:
		return rtap_peer_limit_files(&command->run);
	default:
		return -EINVAL;
	}
}

/* An application takes its time with a new port, and its lcores may poll that already. */
static int
linger(uint16_t port __rte_unused, enum rte_eth_event_type type __rte_unused,
		void *arg __rte_unused, void *ret_param __rte_unused)
{
	rte_delay_us_sleep(10 * 1000);
	return 0;
}

/* What the test program does in the second process, until its pipe ends. */
static int
rtap_peer(void)
{
	struct command command;
	int answer;

	if (getenv("RTAP_PEER") == NULL)
		return TEST_SKIPPED; /* called by hand */
	rtap_fx.pool = rte_mempool_lookup(RTAP_TEST_POOL);
	rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, linger, NULL);
	answer = rte_eth_dev_get_port_by_name(RTAP_TEST_VDEV, &peer_port);
	while (write(FD_ANSWERS, &answer, sizeof(answer)) == sizeof(answer) &&
			read(FD_COMMANDS, &command, sizeof(command)) == sizeof(command)) {
		if (command.op != RTAP_PEER_POLL && command.op != RTAP_PEER_WATCH) {
			answer = peer_obey(&command);
			continue;
		}
		/* Told before, since only the next command ends it. */
		answer = 0;
		if (write(FD_ANSWERS, &answer, sizeof(answer)) != sizeof(answer))
			break;
		if (command.op == RTAP_PEER_POLL)
			peer_poll();
		else
			peer_watch();
		if (read(FD_COMMANDS, &command, sizeof(command)) != sizeof(command))
			break;
		answer = peer_obey(&command);
	}
	/* The prompt that follows would stand before what the test prints next. */
	return freopen("/dev/null", "w", stdout) == NULL ? -EIO : 0;
}

REGISTER_DRIVER_TEST(rtap_peer, rtap_peer);
