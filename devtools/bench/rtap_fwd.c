/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Forwards between two ports, and passes the offloads on: a checksum that the sender left
 * out is left to the other port, and an aggregate is sent as what it was put together
 * from. testpmd 22.11 does this for TCP, but not for UDP. It knows nothing of the driver
 * below the ports, and nothing of tunnels.
 *
 *     rtap_fwd EAL-OPTIONS -- [--rx-offloads MASK] [--tx-offloads MASK] [--max-lro N]
 *			[--mbuf-size N] [--mbufs N] [--desc N]
 *
 * Prints "ready" and forwards until its standard input ends, then "result key=value ...".
 * Input sets the statistics of the ports to zero.
 */

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_net.h>

#define NB_PORTS	2
#define BURST		32
#define MBUF_CACHE	64

static struct {
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint64_t max_lro;
	uint64_t mbuf_size;
	uint64_t mbufs;
	uint64_t desc;
} config = {
	.mbuf_size = RTE_MBUF_DEFAULT_BUF_SIZE,
	.mbufs = 8191,
	.desc = 1024,
};

static bool stopping;

/* By receiving port. */
static struct {
	uint64_t received;
	uint64_t aggregates;
	uint64_t refused;	/* by tx_prepare or the burst */
} counts[NB_PORTS];

/* What the sending port has to do for this packet. */
static uint64_t
tx_flags(uint64_t rx_flags, uint32_t ptype)
{
	bool is_udp = (ptype & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP;
	uint64_t flags = RTE_ETH_IS_IPV4_HDR(ptype) ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;

	if ((rx_flags & RTE_MBUF_F_RX_LRO) == 0)
		return flags | (is_udp ? RTE_MBUF_F_TX_UDP_CKSUM : RTE_MBUF_F_TX_TCP_CKSUM);
	if (RTE_ETH_IS_IPV4_HDR(ptype))
		flags |= RTE_MBUF_F_TX_IP_CKSUM;
	return flags | (is_udp ? RTE_MBUF_F_TX_UDP_SEG : RTE_MBUF_F_TX_TCP_SEG);
}

/* A complete packet asks for nothing. */
static void
pass_offloads_on(struct rte_mbuf *m)
{
	uint64_t rx_flags = m->ol_flags;
	uint16_t segment = m->tso_segsz;
	struct rte_net_hdr_lens lens;
	uint32_t ptype;

	m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
	m->tx_offload = 0;
	if ((rx_flags & RTE_MBUF_F_RX_LRO) == 0 &&
	    (rx_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return;
	ptype = rte_net_get_ptype(m, &lens, RTE_PTYPE_ALL_MASK);
	m->ol_flags |= tx_flags(rx_flags, ptype);
	m->l2_len = lens.l2_len;
	m->l3_len = lens.l3_len;
	m->l4_len = lens.l4_len;
	if ((rx_flags & RTE_MBUF_F_RX_LRO) != 0)
		m->tso_segsz = segment;
}

static void
forward(uint16_t from, uint16_t to)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t nb = rte_eth_rx_burst(from, 0, pkts, BURST);
	uint16_t sent;

	if (nb == 0)
		return;
	counts[from].received += nb;
	for (uint16_t i = 0; i < nb; i++) {
		counts[from].aggregates += (pkts[i]->ol_flags & RTE_MBUF_F_RX_LRO) != 0;
		pass_offloads_on(pkts[i]);
	}
	sent = rte_eth_tx_prepare(to, 0, pkts, nb);
	sent = rte_eth_tx_burst(to, 0, pkts, sent);
	counts[from].refused += nb - sent;
	if (sent < nb)
		rte_pktmbuf_free_bulk(&pkts[sent], nb - sent);
}

static int
forward_both(void *arg)
{
	RTE_SET_USED(arg);
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		forward(0, 1);
		forward(1, 0);
	}
	return 0;
}

/* Set-up */

static int
start_port(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {
		.rxmode.offloads = config.rx_offloads,
		.rxmode.max_lro_pkt_size = (uint32_t)config.max_lro,
		.txmode.offloads = config.tx_offloads,
	};
	int ret = rte_eth_dev_configure(port, 1, 1, &conf);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, (uint16_t)config.desc, rte_socket_id(),
				NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, (uint16_t)config.desc, rte_socket_id(),
				NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	/* The frames are for those behind the other port. */
	return ret == 0 ? rte_eth_promiscuous_enable(port) : ret;
}

static int
start_ports(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("fwd", (unsigned int)config.mbufs,
			MBUF_CACHE, 0, (uint16_t)config.mbuf_size, rte_socket_id());
	int ret = pool == NULL ? -ENOMEM : 0;

	if (rte_eth_dev_count_avail() != NB_PORTS)
		return -ENODEV;
	for (uint16_t port = 0; ret == 0 && port < NB_PORTS; port++)
		ret = start_port(port, pool);
	return ret;
}

static int
parse_args(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rx-offloads", required_argument, NULL, 'r' },
		{ "tx-offloads", required_argument, NULL, 't' },
		{ "max-lro", required_argument, NULL, 'l' },
		{ "mbuf-size", required_argument, NULL, 's' },
		{ "mbufs", required_argument, NULL, 'm' },
		{ "desc", required_argument, NULL, 'd' },
		{ 0 },
	};
	uint64_t *const values[] = {
		&config.rx_offloads, &config.tx_offloads, &config.max_lro,
		&config.mbuf_size, &config.mbufs, &config.desc,
	};
	int opt, index;
	char *end;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (opt == '?')
			return -EINVAL;
		*values[index] = strtoull(optarg, &end, 0);
		if (end == optarg || *end != '\0')
			return -EINVAL;
	}
	return config.mbuf_size <= UINT16_MAX && config.desc <= UINT16_MAX &&
		config.max_lro <= UINT16_MAX && config.mbufs <= UINT16_MAX ? 0 : -ERANGE;
}

static void
serve_input(void)
{
	char buffer[64];
	ssize_t len;

	do {
		len = read(STDIN_FILENO, buffer, sizeof(buffer));
		for (uint16_t port = 0; len > 0 && port < NB_PORTS; port++)
			rte_eth_stats_reset(port);
	/* net_tap raises a signal for each packet. */
	} while (len > 0 || (len < 0 && errno == EINTR));
}

static void
print_result(void)
{
	printf("result");
	for (uint16_t port = 0; port < NB_PORTS; port++) {
		struct rte_eth_stats stats = { 0 };

		rte_eth_stats_get(port, &stats);
		printf(" received%u=%" PRIu64 " aggregates%u=%" PRIu64 " refused%u=%" PRIu64
			" ierrors%u=%" PRIu64 " oerrors%u=%" PRIu64, port, counts[port].received,
			port, counts[port].aggregates, port, counts[port].refused,
			port, stats.ierrors, port, stats.oerrors);
	}
	printf("\n");
	fflush(stdout);
}

static int
run(void)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	int ret;

	if (lcore >= RTE_MAX_LCORE)
		return -ENODEV;
	ret = rte_eal_remote_launch(forward_both, NULL, lcore);
	if (ret != 0)
		return ret;
	printf("ready\n");
	fflush(stdout);
	serve_input();
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	rte_eal_wait_lcore(lcore);
	print_result();
	return 0;
}

int
main(int argc, char **argv)
{
	int ret = rte_eal_init(argc, argv);

	if (ret < 0) {
		fprintf(stderr, "rtap_fwd: the EAL does not start\n");
		return EXIT_FAILURE;
	}
	ret = parse_args(argc - ret, argv + ret);
	if (ret == 0)
		ret = start_ports();
	if (ret == 0)
		ret = run();
	if (ret != 0)
		fprintf(stderr, "rtap_fwd: %s\n", strerror(-ret));
	for (uint16_t port = 0; port < NB_PORTS; port++) {
		if (!rte_eth_dev_is_valid_port(port))
			continue;
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
