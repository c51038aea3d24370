/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * What the application does with its port besides traffic. ethdev wants one
 * thread at a time to change it, and nobody to poll a queue that is not started.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_memzone.h>

#include "soak.h"

#define MIN_MTU SOAK_MAX_LEN
#define MAX_MTU 1500
#define MAX_DOWN_US 20000
#define MAX_XSTATS 256
/* Until the second process polls, and what it then may do until it is killed. */
#define SECONDARY_START_MS 10000
#define SECONDARY_MAX_LIFE_MS 500
#define SECONDARY_BURSTS 1000
#define KILL_MS 10000

extern char *soak_secondary_argv[];

int
soak_op_mtu(struct soak_random *random)
{
	uint16_t mtu = MIN_MTU + soak_random_below(random, MAX_MTU - MIN_MTU + 1);
	int ret;

	pthread_mutex_lock(&soak.control);
	ret = rte_eth_dev_set_mtu(soak.port, mtu);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

int
soak_op_mac(struct soak_random *random)
{
	struct rte_ether_addr mac = { .addr_bytes = { 0x02 } };
	int ret;

	for (unsigned int i = 1; i < RTE_ETHER_ADDR_LEN; i++)
		mac.addr_bytes[i] = soak_random_below(random, 256);
	pthread_mutex_lock(&soak.control);
	ret = rte_eth_dev_default_mac_addr_set(soak.port, &mac);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

static int
switch_mode(struct soak_random *random, int (*enable)(uint16_t port), int (*disable)(uint16_t port))
{
	bool on = soak_random_below(random, 2) != 0;
	int ret;

	pthread_mutex_lock(&soak.control);
	ret = on ? enable(soak.port) : disable(soak.port);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

int
soak_op_promiscuous(struct soak_random *random)
{
	return switch_mode(random, rte_eth_promiscuous_enable, rte_eth_promiscuous_disable);
}

int
soak_op_allmulticast(struct soak_random *random)
{
	return switch_mode(random, rte_eth_allmulticast_enable, rte_eth_allmulticast_disable);
}

int
soak_op_link(struct soak_random *random)
{
	int ret;

	pthread_mutex_lock(&soak.control);
	ret = rte_eth_dev_set_link_down(soak.port);
	rte_delay_us_sleep(1 + soak_random_below(random, MAX_DOWN_US));
	if (ret == 0)
		ret = rte_eth_dev_set_link_up(soak.port);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

int
soak_op_queue(struct soak_random *random)
{
	uint16_t queue = soak_random_below(random, soak.nb_queues);
	int ret;

	pthread_mutex_lock(&soak.control);
	soak_hold(queue);
	ret = rte_eth_dev_rx_queue_stop(soak.port, queue);
	if (ret == 0)
		ret = rte_eth_dev_tx_queue_stop(soak.port, queue);
	rte_delay_us_sleep(1 + soak_random_below(random, MAX_DOWN_US));
	if (ret == 0)
		ret = rte_eth_dev_tx_queue_start(soak.port, queue);
	if (ret == 0)
		ret = rte_eth_dev_rx_queue_start(soak.port, queue);
	soak_release(queue);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

int
soak_op_restart(struct soak_random *random)
{
	int ret;

	(void)random;
	pthread_mutex_lock(&soak.control);
	for (uint16_t q = 0; q < soak.nb_queues; q++)
		soak_hold(q);
	ret = rte_eth_dev_stop(soak.port);
	if (ret == 0)
		ret = rte_eth_dev_start(soak.port);
	for (uint16_t q = 0; q < soak.nb_queues; q++)
		soak_release(q);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

/* Whoever only looks need not wait for those who change something. */
int
soak_op_look(struct soak_random *random)
{
	struct rte_eth_xstat xstats[MAX_XSTATS];
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats;
	struct rte_eth_link link;
	int ret;

	switch (soak_random_below(random, 4)) {
	case 0:
		return rte_eth_stats_get(soak.port, &stats);
	case 1:
		return rte_eth_link_get_nowait(soak.port, &link);
	case 2:
		return rte_eth_dev_info_get(soak.port, &info);
	default:
		ret = rte_eth_xstats_get(soak.port, xstats, MAX_XSTATS);
		return ret < 0 ? ret : 0;
	}
}

int
soak_op_reset(struct soak_random *random)
{
	int ret;

	(void)random;
	pthread_mutex_lock(&soak.control);
	ret = rte_eth_stats_reset(soak.port);
	pthread_mutex_unlock(&soak.control);
	return ret;
}

static bool
has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* False if it ends instead, or takes too long. */
static bool
wait_for_bursts(const struct soak_meeting *meeting, pid_t pid)
{
	for (unsigned int i = 0; i < SECONDARY_START_MS && !has_ended(pid); i++) {
		if (soak_get(&meeting->nb_bursts) >= SECONDARY_BURSTS)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

/* Where in the kernel it is. */
static void
print_place(pid_t pid)
{
	char path[64];
	char text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(text, sizeof(text), file) != NULL)
		printf("process=%d killed=1 wchan=%s\n", pid, text);
	fclose(file);
}

static int
kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	for (unsigned int i = 0; i < KILL_MS; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return 0;
		rte_delay_us_sleep(1000);
	}
	print_place(pid);
	return -ETIMEDOUT;
}

/* Nothing of ours is open in it but standard output. */
int
soak_op_secondary(struct soak_random *random)
{
	struct soak_meeting *meeting = rte_memzone_lookup(SOAK_POOL)->addr;
	uint16_t queue = soak.nb_queues - 1;
	bool is_polling;
	pid_t pid;
	int ret;

	soak_hold(queue);
	soak_set(&meeting->nb_bursts, 0);
	ret = -posix_spawn(&pid, "/proc/self/exe", NULL, NULL, soak_secondary_argv, environ);
	if (ret == 0) {
		is_polling = wait_for_bursts(meeting, pid);
		if (is_polling)
			rte_delay_us_sleep(1 + soak_random_below(random,
				SECONDARY_MAX_LIFE_MS * 1000));
		ret = kill_and_wait(pid);
		if (ret == 0 && !is_polling)
			ret = -ECHILD;
		soak_add(&soak.nb_kills, is_polling);
	}
	soak_release(queue);
	return ret;
}
