/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Load on a port for a long time: traffic both ways, and control operations
 * from several threads at random. In every other round none of them loses a
 * packet, so that each is accounted for.
 *
 *     rtap_soak EAL-OPTIONS -- --iface NAME [--secs N] [--round-secs N] [--queues N]
 *			[--seed N] [--pause-ms N] [--secondary EAL-OPTIONS]
 *
 * Prints "seed=...", a line "round=... key=value ..." after each round, and in the
 * end "operations NAME=DONE/FAILED ...". Descriptors are counted by kind: TAP queues,
 * rings, epoll instances, sockets, namespaces, pipes. A second process is started with the
 * options that are given for it, now and then, with pauses of up to --pause-ms; its
 * only own argument tells it its queue.
 */

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <rte_string_fns.h>

#include "soak.h"

#define NB_MBUFS	32767
#define NB_DESC		512
#define NB_THREADS	(SOAK_NB_CONTROLLERS + 2)
#define MAX_WORDS	32
/* What is not quiet after so many looks is stuck; not by the clock, as machines are paused. */
#define LOOK_US		500
#define NB_LOOKS	80000
/* Whatever waits in a queue without being noticed then is lost for the account. */
#define SETTLE_US	200000
#define LINK_TRIES	100	/* of 10 ms */

/* Ends with NULL; empty if there is to be no second process. */
char *soak_secondary_argv[MAX_WORDS + 4];

/* All that is counted. */
struct account {
	uint64_t sent;
	uint64_t heard;
	uint64_t received;
	uint64_t transmitted;
	uint64_t filtered;
	struct rte_eth_stats stats;
};

/* The port */

static int
set_up_port(void)
{
	struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	int ret = rte_eth_dev_configure(soak.port, soak.nb_queues, soak.nb_queues, &conf);

	for (uint16_t q = 0; ret == 0 && q < soak.nb_queues; q++) {
		ret = rte_eth_rx_queue_setup(soak.port, q, NB_DESC, rte_socket_id(), NULL,
			soak.pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(soak.port, q, NB_DESC, rte_socket_id(), NULL);
	}
	return ret;
}

static int
start_port(void)
{
	int ret = set_up_port();

	return ret == 0 ? rte_eth_dev_start(soak.port) : ret;
}

/*
 * Between two rounds the port is as new: what was lent to another process was taken
 * back, and the queues that had mbufs are gone. Those that the pool misses are lost.
 */
static int
renew_port(unsigned int *nb_lost)
{
	int ret;

	for (uint16_t q = 0; q < soak.nb_queues; q++)
		soak_hold(q);
	ret = rte_eth_dev_stop(soak.port);
	if (ret == 0)
		ret = set_up_port();
	*nb_lost = rte_mempool_in_use_count(soak.pool);
	if (ret == 0)
		ret = rte_eth_dev_start(soak.port);
	for (uint16_t q = 0; q < soak.nb_queues; q++)
		soak_release(q);
	return ret;
}

/* Rounds */

static void
wait_for(const bool *place, bool wanted, const char *what)
{
	for (unsigned int i = 0; i < NB_LOOKS; i++) {
		if (soak_get(place) == wanted)
			return;
		rte_delay_us_sleep(LOOK_US);
	}
	printf("stuck what=%s turns=%" PRIu64, what, soak_get(&soak.nb_turns));
	rte_delay_us_sleep(SETTLE_US);
	printf(",%" PRIu64 "\n", soak_get(&soak.nb_turns));
	soak_print_operations();
	exit(EXIT_FAILURE);
}

static uint64_t
count_filtered(void)
{
	static const char *const name = "rx_filtered_packets";
	uint64_t id;
	uint64_t value = 0;

	if (rte_eth_xstats_get_id_by_name(soak.port, name, &id) == 0)
		rte_eth_xstats_get_by_id(soak.port, &id, &value, 1);
	return value;
}

static void
take_account(struct account *account)
{
	account->sent = soak_get(&soak.sent);
	account->heard = soak_get(&soak.heard);
	account->received = soak_get(&soak.received);
	account->transmitted = soak_get(&soak.transmitted);
	account->filtered = count_filtered();
	rte_eth_stats_get(soak.port, &account->stats);
}

static int
begin_round(enum soak_weather weather, struct account *account)
{
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };
	int ret = soak_admin_restore();

	for (unsigned int i = 0; ret == 0 && i < LINK_TRIES &&
			link.link_status == RTE_ETH_LINK_DOWN; i++) {
		rte_delay_us_sleep(10000);
		ret = rte_eth_link_get_nowait(soak.port, &link);
	}
	if (ret < 0 || link.link_status == RTE_ETH_LINK_DOWN)
		return ret < 0 ? ret : -ENETDOWN;
	soak_set(&soak.is_listening, true);
	wait_for(&soak.is_receiver_quiet, false, "opening");
	take_account(account);
	soak_set(&soak.is_traffic, true);
	soak_set(&soak.weather, weather);
	return 0;
}

static void
end_round(struct account *account)
{
	for (unsigned int i = 0; i < SOAK_NB_CONTROLLERS; i++)
		soak_set(&soak.is_controller_quiet[i], i == SOAK_NB_CONTROLLERS - 1 &&
			soak_secondary_argv[0] == NULL);
	soak_set(&soak.weather, SOAK_CALM);
	for (unsigned int i = 0; i < SOAK_NB_CONTROLLERS; i++)
		wait_for(&soak.is_controller_quiet[i], true, "controller");

	soak_set(&soak.is_traffic, false);
	soak_set(&soak.is_sender_quiet, false);
	wait_for(&soak.is_sender_quiet, true, "sender");
	soak_hold(0);
	soak_release(0);
	rte_delay_us_sleep(SETTLE_US);
	soak_set(&soak.is_listening, false);
	wait_for(&soak.is_receiver_quiet, true, "receiver");
	take_account(account);
}

static const char *const fd_kinds[] = { "tun", "io_uring", "eventpoll", "socket", "net:", "pipe" };

/* The kind of a descriptor, RTE_DIM(fd_kinds) for another one. */
static unsigned int
get_fd_kind(const char *fd)
{
	char path[64];
	char target[256] = "";
	unsigned int kind;

	snprintf(path, sizeof(path), "/proc/self/fd/%.16s", fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return RTE_DIM(fd_kinds);
	for (kind = 0; kind < RTE_DIM(fd_kinds); kind++) {
		if (strstr(target, fd_kinds[kind]) != NULL)
			break;
	}
	return kind;
}

/* Other kinds are not counted: of files, the EAL has as many as its heap needs at the time. */
static void
print_fds(void)
{
	unsigned int n[RTE_DIM(fd_kinds) + 1] = { 0 };
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		n[get_fd_kind(entry->d_name)]++;
	closedir(dir);
	printf(" fds=");
	for (unsigned int i = 0; i < RTE_DIM(fd_kinds); i++)
		printf("%s%u", i == 0 ? "" : "+", n[i]);
}

static unsigned long
read_rss_kb(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kb = 0;
	char line[128];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "VmRSS: %lu", &kb) == 1)
			break;
	}
	fclose(file);
	return kb;
}

/* What is lost: frames that no counter has. All are signed, as more may come than went. */
static void
print_sums(const struct account *before, const struct account *after)
{
	const struct rte_eth_stats *a = &before->stats;
	const struct rte_eth_stats *b = &after->stats;
	int64_t sent = after->sent - before->sent;
	int64_t in = b->ipackets - a->ipackets;
	int64_t missed = b->imissed - a->imissed;
	int64_t filtered = after->filtered - before->filtered;
	int64_t transmitted = after->transmitted - before->transmitted;
	int64_t out = b->opackets - a->opackets;
	int64_t ierrors = b->ierrors - a->ierrors;
	int64_t oerrors = b->oerrors - a->oerrors;

	printf(" sent=%" PRId64 " in=%" PRId64 " missed=%" PRId64 " filtered=%" PRId64
		" transmitted=%" PRId64 " out=%" PRId64 " ierrors=%" PRId64 " oerrors=%" PRId64,
		sent, in, missed, filtered, transmitted, out, ierrors, oerrors);
	printf(" lost_in=%" PRId64 " lost_out=%" PRId64 " lost_in_port=%" PRId64
		" lost_in_kernel=%" PRId64, sent - in - missed - filtered - ierrors,
		transmitted - out - oerrors, in - (int64_t)(after->received - before->received),
		out - (int64_t)(after->heard - before->heard));
}

/* What is taken from the heap that the processes share. */
static uint64_t
read_heap(void)
{
	struct rte_malloc_socket_stats stats = { 0 };

	rte_malloc_get_socket_stats(rte_socket_id(), &stats);
	return stats.heap_allocsz_bytes;
}

/* In a storm the counters of the port are reset, frames get lost, and so sums mean nothing. */
static void
print_round(unsigned int round, enum soak_weather weather, const struct account *before,
		const struct account *after, unsigned int nb_lost)
{
	printf("round=%u weather=%s received=%" PRIu64 " heard=%" PRIu64, round,
		weather == SOAK_FAIR ? "fair" : "storm", after->received - before->received,
		after->heard - before->heard);
	if (weather == SOAK_FAIR)
		print_sums(before, after);
	print_fds();
	printf(" damaged=%" PRIu64 " rss_kb=%lu heap=%" PRIu64 " lost_mbufs=%u kills=%u\n",
		soak_get(&soak.damaged), read_rss_kb(), read_heap(),
		nb_lost, soak_get(&soak.nb_kills));
	fflush(stdout);
}

static int
run_rounds(void)
{
	uint64_t end = rte_get_timer_cycles() + soak.secs * rte_get_timer_hz();
	struct account before;
	struct account after;
	unsigned int nb_lost;
	int ret = 0;

	for (unsigned int round = 0; ret == 0 && rte_get_timer_cycles() < end; round++) {
		enum soak_weather weather = round % 2 == 0 ? SOAK_FAIR : SOAK_STORM;

		ret = begin_round(weather, &before);
		if (ret < 0)
			break;
		rte_delay_us_sleep(soak.round_secs * 1000000);
		end_round(&after);
		ret = renew_port(&nb_lost);
		/* The interrupt thread closes and opens its epoll instance when sources change. */
		rte_delay_us_sleep(SETTLE_US);
		print_round(round, weather, &before, &after, nb_lost);
	}
	return ret;
}

static int
start_threads(pthread_t *threads)
{
	unsigned int nb_controllers = SOAK_NB_CONTROLLERS - (soak_secondary_argv[0] == NULL);
	int ret = 0;

	for (uintptr_t i = 0; i < nb_controllers && ret == 0; i++)
		ret = pthread_create(&threads[i], NULL, soak_controller_main, (void *)i);
	if (ret == 0)
		ret = pthread_create(&threads[SOAK_NB_CONTROLLERS], NULL, soak_sender_main,
			(void *)(uintptr_t)SOAK_NB_CONTROLLERS);
	if (ret == 0)
		ret = pthread_create(&threads[SOAK_NB_CONTROLLERS + 1], NULL, soak_receiver_main,
			NULL);
	return -ret;
}

static int
run(void)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	pthread_t threads[NB_THREADS] = { 0 };
	int ret;

	if (lcore >= RTE_MAX_LCORE)
		return -ENODEV;
	ret = rte_eal_remote_launch(soak_worker_main, (void *)(uintptr_t)NB_THREADS, lcore);
	if (ret == 0)
		ret = start_threads(threads);
	if (ret == 0)
		ret = run_rounds();
	soak_set(&soak.is_over, true);
	for (unsigned int i = 0; i < NB_THREADS; i++) {
		if (threads[i] != 0)
			pthread_join(threads[i], NULL);
	}
	rte_eal_wait_lcore(lcore);
	/* The sanitizer of threads sees no other sign that the worker is over. */
	soak_get(&soak.nb_turns);
	soak_print_operations();
	return ret;
}

/* Set-up */

static int
run_primary(const char *iface)
{
	int ret = soak_admin_init(iface);

	if (ret == 0)
		ret = rte_eth_dev_get_port_by_name(SOAK_PORT, &soak.port);
	if (ret < 0)
		return ret;
	soak.pool = soak_pool_create(NB_MBUFS);
	if (soak.pool == NULL || rte_memzone_reserve(SOAK_POOL, sizeof(struct soak_meeting),
			rte_socket_id(), 0) == NULL)
		return -ENOMEM;
	printf("seed=%" PRIu64 "\n", soak.seed);
	ret = start_port();
	if (ret == 0)
		ret = run();
	rte_eth_dev_stop(soak.port);
	rte_eth_dev_close(soak.port);
	return ret;
}

static int
parse_number(const char *text, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 0);
	return end == text || *end != '\0' ? -EINVAL : 0;
}

/* Its own program, the words that are given, and its queue. */
static int
describe_secondary(char *words, char *name)
{
	static char queue[8];
	int n = rte_strsplit(words, strlen(words), &soak_secondary_argv[1], MAX_WORDS, ' ');

	if (n <= 0)
		return -EINVAL;
	snprintf(queue, sizeof(queue), "%d", soak.nb_queues - 1);
	soak_secondary_argv[0] = name;
	soak_secondary_argv[n + 1] = (char *)(uintptr_t)"--";
	soak_secondary_argv[n + 2] = queue;
	return 0;
}

static int
parse_args(int argc, char **argv, const char **iface)
{
	static const struct option options[] = {
		{ "iface", required_argument, NULL, 'i' },
		{ "secs", required_argument, NULL, 's' },
		{ "round-secs", required_argument, NULL, 'r' },
		{ "queues", required_argument, NULL, 'q' },
		{ "seed", required_argument, NULL, 'd' },
		{ "pause-ms", required_argument, NULL, 'p' },
		{ "secondary", required_argument, NULL, 'S' },
		{ 0 },
	};
	uint64_t values[] = { soak.secs, soak.round_secs, soak.nb_queues, rte_rdtsc(),
		soak.pause_ms };
	char *secondary = NULL;
	int opt, index;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (opt == 'i')
			*iface = optarg;
		else if (opt == 'S')
			secondary = optarg;
		else if (opt == '?' || parse_number(optarg, &values[index - 1]) < 0)
			return -EINVAL;
	}
	if (*iface == NULL || values[1] == 0 || values[2] == 0 || values[2] > SOAK_MAX_QUEUES)
		return -EINVAL;
	soak.secs = values[0];
	soak.round_secs = values[1];
	soak.nb_queues = values[2];
	soak.seed = values[3];
	soak.pause_ms = values[4];
	return secondary == NULL ? 0 : describe_secondary(secondary, argv[0]);
}

int
main(int argc, char **argv)
{
	const char *iface = NULL;
	int ret = rte_eal_init(argc, argv);

	if (ret < 0) {
		fprintf(stderr, "rtap_soak: the EAL does not start\n");
		return EXIT_FAILURE;
	}
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		ret = ret + 1 < argc ? soak_secondary_main(atoi(argv[ret + 1])) : -EINVAL;
	} else {
		ret = parse_args(argc - ret, argv + ret, &iface);
		if (ret == 0)
			ret = run_primary(iface);
	}
	if (ret != 0)
		fprintf(stderr, "rtap_soak: %s\n", strerror(-ret));
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
