/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The DPDK side of the benchmark: opens port 0 with default offloads, or with those of
 * segmentation and few large mbufs, prints a line "ready", then reads one measurement per
 * line from standard input and answers each with one line "result key=value ...". It
 * knows nothing of the driver below the port.
 *
 *     rtap_bench EAL-OPTIONS -- [--queues N] [--desc N] [--tso]
 *
 * A secondary process measures the port of the primary, with the same options, while that
 * waits for its next line.
 *
 *     tx   burst= size= secs= dmac= sip= dip=	send UDP packets as fast as possible
 *     tx   segment= ...				send TCP packets, to be segmented if larger
 *     rx   burst= size= secs=			receive and free
 *     echo secs= quiet=			swap addresses and send back
 *     idle secs=				time empty bursts
 *
 * With several lcores the queues are dealt out among them. "syscalls=1" counts the
 * system calls of the polling threads; the counting slows each of them down, so it is
 * for a run of its own.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_udp.h>

#include "rtap_bench.h"

#define MAX_WORKERS	8
#define TX_MBUFS	4095
#define TX_LARGE_MBUFS	255
#define MBUF_CACHE	256
#define RX_POOL		"bench_rx"
#define TX_POOL		"bench_tx"

struct bench bench = {
	.nb_queues = 1,
	.nb_desc = 1024,
	.tx_room = RTE_MBUF_DEFAULT_DATAROOM,
};

static struct worker workers[MAX_WORKERS];

static double
time_of(const struct timeval *tv)
{
	return tv->tv_sec + tv->tv_usec * 1e-6;
}

/* A job: prepare the workers, run them, add up */

static void
deal_queues(unsigned int nb_workers)
{
	for (uint16_t q = 0; q < bench.nb_queues; q++) {
		struct worker *w = &workers[q % nb_workers];

		w->queues[w->nb_queues++] = q;
	}
}

static int
run_workers(const struct job *job, void (*step)(struct worker *w))
{
	unsigned int nb_workers = RTE_MIN(rte_lcore_count(), bench.nb_queues);
	unsigned int lcore;
	unsigned int i = 1;

	memset(workers, 0, sizeof(workers));
	deal_queues(nb_workers);
	for (unsigned int n = 0; n < nb_workers; n++) {
		workers[n].job = job;
		workers[n].step = step;
	}
	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (i == nb_workers)
			break;
		if (rte_eal_remote_launch(bench_worker_main, &workers[i], lcore) != 0)
			return -EBUSY;
		i++;
	}
	bench_worker_main(&workers[0]);
	rte_eal_mp_wait_lcore();
	return (int)nb_workers;
}

/* All workers together. */
struct sum {
	struct counts window;
	uint64_t total;		/* packets inside and outside the window */
	uint64_t other;
	unsigned int hit;
	double secs;
	double rate;
	double user;
	double system;
	int64_t syscalls;
};

static void
add_worker(struct sum *sum, const struct worker *w)
{
	const struct moment *begin = &w->begin;
	const struct moment *end = &w->end;
	double secs = (double)(end->tsc - begin->tsc) / rte_get_tsc_hz();
	uint64_t packets = end->counts.packets - begin->counts.packets;

	sum->window.packets += packets;
	sum->window.bursts += end->counts.bursts - begin->counts.bursts;
	sum->window.empty += end->counts.empty - begin->counts.empty;
	sum->window.busy_tsc += end->counts.busy_tsc - begin->counts.busy_tsc;
	sum->total += w->counts.packets;
	sum->other += w->counts.other;
	for (uint16_t i = 0; i < w->nb_queues; i++)
		sum->hit += w->hit[w->queues[i]];
	sum->secs = RTE_MAX(sum->secs, secs);
	sum->rate += packets / secs;
	sum->user += time_of(&end->usage.ru_utime) - time_of(&begin->usage.ru_utime);
	sum->system += time_of(&end->usage.ru_stime) - time_of(&begin->usage.ru_stime);
	if (w->syscalls < 0 || sum->syscalls < 0)
		sum->syscalls = -1;
	else
		sum->syscalls += w->syscalls;
}

static void
print_result(const struct job *job, int nb_workers, const struct rte_eth_stats *before,
		const struct rte_eth_stats *after)
{
	struct sum sum = { 0 };

	for (int i = 0; i < nb_workers; i++)
		add_worker(&sum, &workers[i]);
	printf("result mode=%s packets=%" PRIu64 " secs=%.6f rate=%.1f total=%" PRIu64
		" other=%" PRIu64 " bursts=%" PRIu64 " empty=%" PRIu64 " hit=%u"
		" user=%.6f system=%.6f busy=%.6f syscalls=%" PRId64,
		job->mode, sum.window.packets, sum.secs, sum.rate, sum.total, sum.other,
		sum.window.bursts, sum.window.empty, sum.hit, sum.user, sum.system,
		(double)sum.window.busy_tsc / rte_get_tsc_hz(), sum.syscalls);
	printf(" imissed=%" PRIu64 " nombuf=%" PRIu64 " ierrors=%" PRIu64 " oerrors=%" PRIu64 "\n",
		after->imissed - before->imissed, after->rx_nombuf - before->rx_nombuf,
		after->ierrors - before->ierrors, after->oerrors - before->oerrors);
}

static int
run_job(struct job *job)
{
	static const struct {
		const char *mode;
		void (*step)(struct worker *w);
	} modes[] = {
		{ "tx", bench_step_tx },
		{ "rx", bench_step_rx },
		{ "echo", bench_step_echo },
		{ "idle", bench_step_idle },
	};
	struct rte_eth_stats before = { 0 };
	struct rte_eth_stats after = { 0 };

	for (unsigned int i = 0; i < RTE_DIM(modes); i++) {
		int ret;

		if (strcmp(job->mode, modes[i].mode) != 0)
			continue;
		if (modes[i].step == bench_step_tx)
			bench_build_packets(job);
		rte_eth_stats_get(BENCH_PORT, &before);
		ret = run_workers(job, modes[i].step);
		if (ret < 0)
			return ret;
		rte_eth_stats_get(BENCH_PORT, &after);
		print_result(job, ret, &before, &after);
		return 0;
	}
	return -ENOTSUP;
}

/* The language of standard input */

static int
set_number(struct job *job, const char *key, const char *value)
{
	const struct {
		const char *key;
		double *number;
	} numbers[] = {
		{ "secs", &job->secs },
		{ "warm", &job->warm },
		{ "wait", &job->wait },
		{ "quiet", &job->quiet },
		{ "burst", &job->burst },
		{ "size", &job->size },
		{ "segment", &job->segment },
		{ "syscalls", &job->syscalls },
	};
	char *end;

	for (unsigned int i = 0; i < RTE_DIM(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		*numbers[i].number = strtod(value, &end);
		return end == value || *end != '\0' ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int
set_key(struct job *job, const char *key, const char *value)
{
	if (strcmp(key, "dmac") == 0)
		return rte_ether_unformat_addr(value, &job->dmac);
	if (strcmp(key, "sip") == 0)
		return inet_pton(AF_INET, value, &job->sip) == 1 ? 0 : -EINVAL;
	if (strcmp(key, "dip") == 0)
		return inet_pton(AF_INET, value, &job->dip) == 1 ? 0 : -EINVAL;
	return set_number(job, key, value);
}

static int
parse_job(struct job *job, char *line)
{
	const size_t headers = sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) +
			sizeof(struct rte_udp_hdr);
	char *save;
	char *word = strtok_r(line, " \n", &save);

	*job = (struct job){ .secs = 1, .burst = 32, .size = 64 };
	if (word == NULL || strlen(word) >= sizeof(job->mode))
		return -EINVAL;
	strcpy(job->mode, word);
	while ((word = strtok_r(NULL, " \n", &save)) != NULL) {
		char *value = strchr(word, '=');

		if (value == NULL)
			return -EINVAL;
		*value++ = '\0';
		if (set_key(job, word, value) != 0)
			return -EINVAL;
	}
	if (job->burst < 1 || job->burst > BENCH_MAX_BURST || job->size < headers ||
	    job->size > bench.tx_room || job->secs < 0)
		return -ERANGE;
	return 0;
}

static void
serve(void)
{
	char line[512];
	struct job job;

	for (;;) {
		int ret;

		if (fgets(line, sizeof(line), stdin) == NULL) {
			/* net_tap raises a signal per received packet. */
			if (ferror(stdin) == 0 || errno != EINTR)
				return;
			clearerr(stdin);
			continue;
		}
		ret = parse_job(&job, line);
		if (ret == 0)
			ret = run_job(&job);
		if (ret != 0)
			printf("error %s\n", strerror(-ret));
		fflush(stdout);
	}
}

/* Set-up */

static int
create_pools(void)
{
	unsigned int rx_mbufs =
		bench.nb_queues * (bench.nb_desc + MBUF_CACHE) + 2 * BENCH_MAX_BURST;

	bench.rx_pool = rte_pktmbuf_pool_create(RX_POOL, rx_mbufs, MBUF_CACHE, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE, rte_socket_id());
	bench.tx_pool = rte_pktmbuf_pool_create(TX_POOL,
			bench.tso ? TX_LARGE_MBUFS : TX_MBUFS,
			bench.tso ? TX_LARGE_MBUFS / 2 : MBUF_CACHE, 0,
			(uint16_t)(bench.tx_room + RTE_PKTMBUF_HEADROOM), rte_socket_id());
	if (bench.rx_pool == NULL || bench.tx_pool == NULL)
		return -ENOMEM;
	return 0;
}

static int
start_port(void)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t nb_rxd = bench.nb_desc;
	uint16_t nb_txd = bench.nb_desc;
	int ret;

	if (bench.tso)
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
			RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO;
	ret = rte_eth_dev_configure(BENCH_PORT, bench.nb_queues, bench.nb_queues, &conf);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(BENCH_PORT, &nb_rxd, &nb_txd);
	bench.nb_desc = nb_rxd;
	if (ret == 0)
		ret = create_pools();
	for (uint16_t q = 0; ret == 0 && q < bench.nb_queues; q++) {
		ret = rte_eth_rx_queue_setup(BENCH_PORT, q, nb_rxd, rte_socket_id(), NULL,
				bench.rx_pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(BENCH_PORT, q, nb_txd, rte_socket_id(), NULL);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(BENCH_PORT);
	/* The peer's frames are to an address of their own. */
	return ret == 0 ? rte_eth_promiscuous_enable(BENCH_PORT) : ret;
}

/* The port is as the primary has started it. */
static int
join_port(void)
{
	bench.rx_pool = rte_mempool_lookup(RX_POOL);
	bench.tx_pool = rte_mempool_lookup(TX_POOL);
	return bench.rx_pool == NULL || bench.tx_pool == NULL ? -ENOENT : 0;
}

static int
open_port(void)
{
	if (!rte_eth_dev_is_valid_port(BENCH_PORT))
		return -ENODEV;
	return rte_eal_process_type() == RTE_PROC_PRIMARY ? start_port() : join_port();
}

static void
close_port(void)
{
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_eth_dev_stop(BENCH_PORT);
	rte_eth_dev_close(BENCH_PORT);
}

static int
parse_args(int argc, char **argv)
{
	static const struct option options[] = {
		{ "queues", required_argument, NULL, 'q' },
		{ "desc", required_argument, NULL, 'd' },
		{ "tso", no_argument, NULL, 't' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long value = optarg == NULL ? 0 : strtoul(optarg, NULL, 10);

		if (opt == 'q' && value >= 1 && value <= BENCH_MAX_QUEUES)
			bench.nb_queues = (uint16_t)value;
		else if (opt == 'd' && value >= 1 && value <= UINT16_MAX)
			bench.nb_desc = (uint16_t)value;
		else if (opt == 't')
			bench.tso = true;
		else
			return -EINVAL;
	}
	if (rte_lcore_count() > MAX_WORKERS)
		return -ERANGE;
	if (bench.tso)
		bench.tx_room = UINT16_MAX - RTE_PKTMBUF_HEADROOM;
	return 0;
}

static int
print_ready(void)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(BENCH_PORT, &info);

	if (ret < 0)
		return ret;
	printf("ready driver=%s queues=%u desc=%u\n", info.driver_name, bench.nb_queues,
			bench.nb_desc);
	fflush(stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	int ret = rte_eal_init(argc, argv);

	if (ret < 0) {
		fprintf(stderr, "rtap_bench: the EAL does not start\n");
		return EXIT_FAILURE;
	}
	ret = parse_args(argc - ret, argv + ret);
	if (ret == 0)
		ret = open_port();
	if (ret == 0)
		ret = print_ready();
	if (ret != 0) {
		fprintf(stderr, "rtap_bench: %s\n", strerror(-ret));
		rte_eal_cleanup();
		return EXIT_FAILURE;
	}
	serve();
	close_port();
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
