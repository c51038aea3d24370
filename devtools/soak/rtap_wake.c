/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The hunt for a lost wake-up. Threads sleep on Rx interrupts as l3fwd-power does:
 * poll their queues until nothing comes, enable the interrupts, wait in epoll. Each
 * frame is sent when the one before was taken, so that it arrives before, while or
 * after they are enabled, with gaps of random lengths on both sides. Link status
 * events are on, and come: from changes of the MTU that nobody waits for.
 *
 *     rtap_wake EAL-OPTIONS -- --iface NAME [--frames N] [--queues N] [--sleepers N]
 *			[--seed N]
 *
 * Queues are shared out among the sleepers. Prints "seed=...", then "sent=... taken=...
 * before=... during=... after=... changes=... rest_us=...": how many frames were
 * sent before, while and after an interrupt was being enabled, and the CPU time that
 * the sleepers used in a second without frames. A frame that nobody takes ends it.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_udp.h>

#include "soak.h"

#define NB_MBUFS 4095
#define NB_DESC 256
#define NB_IDLE_POLLS 5
#define MAX_GAP 1024		/* pauses of the CPU, at most */
#define NB_GAP_SCALES 9		/* each half as long as the one before */
#define MAX_CHANGE_US 3000
#define REST_S 1
/* Looks whether the frame was taken, most of them with a sleep in between. */
#define NB_SPINS 10000
#define NB_LOOKS 30000
#define LOOK_US 500

/* When an interrupt was enabled, and when that was done: by the TSC. */
struct sleeper {
	unsigned int number;
	pthread_t thread;
	int epfd;
	uint64_t begin;
	uint64_t end;
	uint64_t when[3];	/* frames sent before, while, after */
	bool has_failed;
};

static struct sleeper sleepers[SOAK_MAX_QUEUES];
static unsigned int nb_sleepers = 1;
static uint64_t nb_frames = 20000;
static uint64_t nb_changes;

/* Of the frame that is under way: before it was sent. */
static uint64_t sent_at;

/* The sleeping side */

static bool
is_mine(const struct sleeper *sleeper, uint16_t queue)
{
	return queue % nb_sleepers == sleeper->number;
}

static void
take(struct sleeper *sleeper, struct rte_mbuf *mbuf)
{
	uint64_t at = soak_get(&sent_at);

	sleeper->when[at < sleeper->begin ? 0 : at <= sleeper->end ? 1 : 2]++;
	rte_pktmbuf_free(mbuf);
	soak_add(&soak.received, 1);
}

static unsigned int
poll_queues(struct sleeper *sleeper)
{
	struct rte_mbuf *mbuf;
	unsigned int n = 0;

	for (uint16_t q = 0; q < soak.nb_queues; q++) {
		if (!is_mine(sleeper, q) || rte_eth_rx_burst(soak.port, q, &mbuf, 1) == 0)
			continue;
		take(sleeper, mbuf);
		n++;
	}
	return n;
}

static int
for_queues(const struct sleeper *sleeper, int (*function)(uint16_t port, uint16_t queue))
{
	int ret = 0;

	for (uint16_t q = 0; q < soak.nb_queues && ret == 0; q++) {
		if (is_mine(sleeper, q))
			ret = function(soak.port, q);
	}
	return ret;
}

/* Short gaps are as likely as long ones. */
static void
pause_at_random(struct soak_random *random)
{
	uint32_t max = MAX_GAP >> soak_random_below(random, NB_GAP_SCALES);
	uint32_t n = soak_random_below(random, max);

	for (uint32_t i = 0; i < n; i++)
		rte_pause();
}

/* Nothing but a frame or the end may wake it, so there is no time limit. */
static int
sleep_for_frame(struct sleeper *sleeper, struct soak_random *random)
{
	struct rte_epoll_event events[SOAK_MAX_QUEUES];
	int ret;

	pause_at_random(random);
	sleeper->begin = rte_rdtsc_precise();
	ret = for_queues(sleeper, rte_eth_dev_rx_intr_enable);
	sleeper->end = rte_rdtsc_precise();
	if (ret == 0 && rte_epoll_wait(sleeper->epfd, events, SOAK_MAX_QUEUES, -1) < 0)
		ret = -errno;
	return ret == 0 ? for_queues(sleeper, rte_eth_dev_rx_intr_disable) : ret;
}

static void *
sleeper_main(void *arg)
{
	struct sleeper *sleeper = arg;
	struct soak_random random;
	unsigned int nb_idle = 0;

	soak_random_init(&random, sleeper->number);
	while (!soak_get(&soak.is_over) && !sleeper->has_failed) {
		if (poll_queues(sleeper) > 0)
			nb_idle = 0;
		else if (++nb_idle >= NB_IDLE_POLLS)
			sleeper->has_failed = sleep_for_frame(sleeper, &random) < 0;
	}
	return NULL;
}

/* The other side */

/* Of a flow of its own, so that the kernel chooses any of the queues. */
static void
fill_frame(uint8_t *frame, struct soak_random *random)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(frame, 0, SOAK_MIN_LEN);
	memset(eth, 0xff, RTE_ETHER_ADDR_LEN);
	frame[RTE_ETHER_ADDR_LEN] = 0x02;
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(SOAK_MIN_LEN - sizeof(*eth));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(192, 0, 2, 1));
	ip->dst_addr = rte_cpu_to_be_32(RTE_IPV4(192, 0, 2, 2));
	udp->src_port = soak_random_below(random, UINT16_MAX);
	udp->dst_port = rte_cpu_to_be_16(9);
	udp->dgram_len = rte_cpu_to_be_16(SOAK_MIN_LEN - sizeof(*eth) - sizeof(*ip));
}

static bool
becomes_taken(uint64_t n)
{
	for (unsigned int i = 0; i < NB_LOOKS; i++) {
		if (soak_get(&soak.received) >= n)
			return true;
		if (i < NB_SPINS)
			rte_pause();
		else
			rte_delay_us_sleep(LOOK_US);
	}
	return false;
}

static int
send_frame(int fd, struct soak_random *random)
{
	uint8_t frame[SOAK_MIN_LEN];

	pause_at_random(random);
	fill_frame(frame, random);
	soak_set(&sent_at, rte_rdtsc_precise());
	return send(fd, frame, sizeof(frame), 0) < 0 ? -errno : 0;
}

static int
send_frames(int fd, struct soak_random *random)
{
	int ret = 0;

	while (soak.sent < nb_frames && ret == 0) {
		ret = send_frame(fd, random);
		soak.sent++;
		if (ret == 0 && !becomes_taken(soak.sent)) {
			printf("lost frame=%" PRIu64 "\n", soak.sent);
			ret = -ETIMEDOUT;
		}
	}
	return ret;
}

static void *
changer_main(void *arg __rte_unused)
{
	struct soak_random random;

	soak_random_init(&random, SOAK_MAX_QUEUES + 1);
	while (!soak_get(&soak.is_over)) {
		if (soak_op_iface_mtu(&random) == 0)
			nb_changes++;
		usleep(soak_random_below(&random, MAX_CHANGE_US));
	}
	return NULL;
}

static uint64_t
sleepers_cpu_us(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nb_sleepers; i++) {
		struct timespec used = { 0 };
		clockid_t clock;

		if (pthread_getcpuclockid(sleepers[i].thread, &clock) == 0)
			clock_gettime(clock, &used);
		sum += used.tv_sec * UINT64_C(1000000) + used.tv_nsec / 1000;
	}
	return sum;
}

static void
print_result(uint64_t rest_us)
{
	uint64_t when[3] = { 0 };

	for (unsigned int i = 0; i < nb_sleepers; i++) {
		for (unsigned int k = 0; k < RTE_DIM(when); k++)
			when[k] += sleepers[i].when[k];
	}
	printf("sent=%" PRIu64 " taken=%" PRIu64 " before=%" PRIu64 " during=%" PRIu64
		" after=%" PRIu64 " changes=%" PRIu64 " rest_us=%" PRIu64 "\n", soak.sent,
		soak_get(&soak.received), when[0], when[1], when[2], nb_changes, rest_us);
}

/* Any frame ends the sleep of whose queue it comes to. */
static int
end_sleepers(int fd, struct soak_random *random)
{
	int ret = 0;

	soak_set(&soak.is_over, true);
	for (unsigned int i = 0; i < nb_sleepers; i++) {
		while (ret == 0 && pthread_tryjoin_np(sleepers[i].thread, NULL) == EBUSY) {
			ret = send_frame(fd, random);
			rte_delay_us_sleep(LOOK_US);
		}
		if (sleepers[i].has_failed)
			ret = -EIO;
	}
	return ret;
}

/* Changes go on while nothing is sent: events of the link are no reason to wake. */
static int
hunt(int fd)
{
	struct soak_random random;
	uint64_t used_us;
	int ret;

	soak_random_init(&random, SOAK_MAX_QUEUES);
	ret = send_frames(fd, &random);
	rte_delay_us_sleep(LOOK_US * 20);
	used_us = sleepers_cpu_us();
	rte_delay_us_sleep(REST_S * 1000000);
	print_result(sleepers_cpu_us() - used_us);
	return ret == 0 ? end_sleepers(fd, &random) : ret;
}

static int
run(void)
{
	pthread_t changer;
	int if_index = 0;
	int fd = -1;
	int ret = 0;

	fd = soak_socket(AF_PACKET, SOCK_RAW, 0, &if_index);
	if (fd < 0)
		return fd;
	const struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_ifindex = if_index };

	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		ret = -errno;
	for (unsigned int i = 0; i < nb_sleepers && ret == 0; i++)
		ret = -pthread_create(&sleepers[i].thread, NULL, sleeper_main, &sleepers[i]);
	if (ret == 0)
		ret = -pthread_create(&changer, NULL, changer_main, NULL);
	if (ret == 0) {
		ret = hunt(fd);
		soak_set(&soak.is_over, true);
		pthread_join(changer, NULL);
	}
	close(fd);
	return ret;
}

/* Set-up */

static int
add_queues(struct sleeper *sleeper, unsigned int number)
{
	int ret = 0;

	sleeper->number = number;
	sleeper->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (sleeper->epfd < 0)
		return -errno;
	for (uint16_t q = 0; q < soak.nb_queues && ret == 0; q++) {
		if (is_mine(sleeper, q))
			ret = rte_eth_dev_rx_intr_ctl_q(soak.port, q, sleeper->epfd,
				RTE_INTR_EVENT_ADD, NULL);
	}
	return ret;
}

static int
start_port(void)
{
	const struct rte_eth_conf conf = { .intr_conf = { .lsc = 1, .rxq = 1 } };
	int ret = rte_eth_dev_configure(soak.port, soak.nb_queues, soak.nb_queues, &conf);

	for (uint16_t q = 0; q < soak.nb_queues && ret == 0; q++) {
		ret = rte_eth_rx_queue_setup(soak.port, q, NB_DESC, rte_socket_id(), NULL,
			soak.pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(soak.port, q, NB_DESC, rte_socket_id(), NULL);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(soak.port);
	for (unsigned int i = 0; i < nb_sleepers && ret == 0; i++)
		ret = add_queues(&sleepers[i], i);
	return ret;
}

static int
hunt_on_port(const char *iface)
{
	int ret = soak_admin_init(iface);

	if (ret == 0)
		ret = rte_eth_dev_get_port_by_name(SOAK_PORT, &soak.port);
	if (ret < 0)
		return ret;
	soak.pool = rte_pktmbuf_pool_create(SOAK_POOL, NB_MBUFS, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, rte_socket_id());
	if (soak.pool == NULL)
		return -ENOMEM;
	printf("seed=%" PRIu64 "\n", soak.seed);
	ret = start_port();
	if (ret == 0)
		ret = run();
	return ret;
}

static int
parse_args(int argc, char **argv, const char **iface)
{
	static const struct option options[] = {
		{ "iface", required_argument, NULL, 'i' },
		{ "frames", required_argument, NULL, 'f' },
		{ "queues", required_argument, NULL, 'q' },
		{ "sleepers", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'd' },
		{ 0 },
	};
	uint64_t values[] = { nb_frames, soak.nb_queues, nb_sleepers, rte_rdtsc() };
	int opt, index;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (opt == '?')
			return -EINVAL;
		if (opt == 'i')
			*iface = optarg;
		else
			values[index - 1] = strtoull(optarg, NULL, 0);
	}
	if (*iface == NULL || values[1] == 0 || values[1] > SOAK_MAX_QUEUES || values[2] == 0 ||
			values[2] > values[1])
		return -EINVAL;
	nb_frames = values[0];
	soak.nb_queues = values[1];
	nb_sleepers = values[2];
	soak.seed = values[3];
	return 0;
}

int
main(int argc, char **argv)
{
	const char *iface = NULL;
	cpu_set_t cpus;
	int ret;

	/* The EAL binds this thread to its lcore's CPU, and all that it creates. */
	pthread_getaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	ret = rte_eal_init(argc, argv);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	if (ret >= 0)
		ret = parse_args(argc - ret, argv + ret, &iface);
	if (ret == 0)
		ret = hunt_on_port(iface);
	if (ret < 0)
		fprintf(stderr, "rtap_wake: %s\n", strerror(-ret));
	/* Whoever sleeps on a lost frame sleeps for ever. */
	fflush(stdout);
	_exit(ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
