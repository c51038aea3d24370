/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * rtap_pmd_autotest: what offloads there are, and that what is configured is
 * what the interface has, as ethtool would show it.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#include <rte_bus_vdev.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_string_fns.h>

#include "test.h"
#include "test_pmd_rtap_data.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_port.h"

/* Of the kernel, which headers may not have yet. */
#define TUN_CSUM 0x01
#define TUN_TSO (0x02 | 0x04 | 0x08)
#define TUN_USO (0x20 | 0x40)
#define TUN_TUNNEL 0x80
#define TUNNEL_HDR_LEN 24

#define RX_CKSUM (RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define RX_LRO RTE_ETH_RX_OFFLOAD_TCP_LRO
#define RX_SOFTWARE (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | \
	RTE_ETH_RX_OFFLOAD_IPV4_CKSUM)
#define TX_TUNNEL (RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO | RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO)
#define TX_USO RTE_ETH_TX_OFFLOAD_UDP_TSO
#define TX_ALWAYS (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE | \
	RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | \
	RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO)
#define LONGEST 65535

/* Features of an interface, in the order of feature_names. */
#define HAS_CSUM 0x01
#define HAS_TSO 0x02
#define HAS_TSO6 0x04
#define HAS_ECN 0x08
#define HAS_USO 0x10
#define HAS_TUNNEL 0x20
#define HAS_ALL_TSO (HAS_CSUM | HAS_TSO | HAS_TSO6 | HAS_ECN)

static const char * const feature_names[] = {
	"tx-checksum-ip-generic",
	"tx-tcp-segmentation",
	"tx-tcp6-segmentation",
	"tx-tcp-ecn-segmentation",
	"tx-udp-segmentation",
	"tx-udp_tnl-segmentation",
};

#define MAX_FEATURES 256
#define NB_BLOCKS (MAX_FEATURES / 32)

static int
ethtool(void *command)
{
	struct ifreq req = { .ifr_data = command };
	const int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (sock < 0)
		return -errno;
	strlcpy(req.ifr_name, RTAP_TEST_IFACE, sizeof(req.ifr_name));
	if (ioctl(sock, SIOCETHTOOL, &req) < 0)
		ret = -errno;
	close(sock);
	return ret;
}

static uint32_t
number_of_features(void)
{
	union {
		struct ethtool_sset_info info;
		uint32_t raw[(sizeof(struct ethtool_sset_info) + sizeof(uint32_t)) / 4];
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1 << ETH_SS_FEATURES } };

	return ethtool(&set) < 0 ? 0 : RTE_MIN(set.info.data[0], (uint32_t)MAX_FEATURES);
}

static int
number_of(const struct ethtool_gstrings *names, const char *name)
{
	for (uint32_t i = 0; i < names->len; i++) {
		if (strncmp((const char *)names->data + i * ETH_GSTRING_LEN, name,
				ETH_GSTRING_LEN) == 0)
			return i;
	}
	return -1;
}

static int
read_features(struct ethtool_gstrings *names, struct ethtool_gfeatures *features)
{
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = number_of_features();
	features->cmd = ETHTOOL_GFEATURES;
	features->size = (names->len + 31) / 32;
	return names->len == 0 ? -ENOTSUP : RTE_MIN(ethtool(names), ethtool(features));
}

/* HAS_* of the interface under test. */
static int
get_features(uint32_t *has)
{
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + MAX_FEATURES * ETH_GSTRING_LEN);
	struct ethtool_gfeatures *features = calloc(1, sizeof(*features) +
		NB_BLOCKS * sizeof(features->features[0]));
	int ret = names == NULL || features == NULL ? -ENOMEM : read_features(names, features);

	*has = 0;
	for (uint32_t i = 0; i < RTE_DIM(feature_names) && ret == 0; i++) {
		const int n = number_of(names, feature_names[i]);

		if (n >= 0 && (features->features[n / 32].active >> n % 32 & 1) != 0)
			*has |= 1 << i;
	}
	free(names);
	free(features);
	return ret;
}

static int
expect_features(uint32_t expected)
{
	uint32_t has;

	TEST_ASSERT_SUCCESS(get_features(&has), "no features");
	TEST_ASSERT_EQUAL(has, expected, "features %#x instead of %#x", has, expected);
	return TEST_SUCCESS;
}

/* What the kernel takes of a TAP that is nobody's. */

static bool
takes(int fd, unsigned long features)
{
	return ioctl(fd, TUNSETOFFLOAD, features) == 0;
}

static uint64_t
capa_of_scratch(int fd, uint64_t *tx_capa)
{
	uint64_t rx_capa = RX_SOFTWARE;

	*tx_capa = TX_ALWAYS;
	if (takes(fd, TUN_CSUM))
		rx_capa |= RX_CKSUM;
	if (takes(fd, TUN_CSUM | TUN_TSO))
		rx_capa |= RX_LRO;
	if (takes(fd, TUN_CSUM | TUN_USO))
		*tx_capa |= TX_USO;
	if (takes(fd, TUN_CSUM | TUN_TSO | TUN_TUNNEL))
		*tx_capa |= TX_TUNNEL;
	return rx_capa;
}

static int
get_kernel_capa(uint64_t *rx_capa, uint64_t *tx_capa)
{
	struct ifreq req = {
		.ifr_name = RTAP_TEST_IFACE2,
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
	};
	const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	const int size = TUNNEL_HDR_LEN;
	int ret = 0;

	*rx_capa = 0;
	*tx_capa = 0;
	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, &req) < 0 || ioctl(fd, TUNSETVNETHDRSZ, &size) < 0)
		ret = -errno;
	*rx_capa = capa_of_scratch(fd, tx_capa);
	close(fd);
	return ret;
}

static int
capabilities_are_those_of_the_kernel(void)
{
	struct rte_eth_dev_info info;
	uint64_t rx_capa;
	uint64_t tx_capa;

	TEST_ASSERT_SUCCESS(get_kernel_capa(&rx_capa, &tx_capa), "no scratch TAP");
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.rx_offload_capa, rx_capa, "Rx %#" PRIx64 " instead of %#" PRIx64,
		info.rx_offload_capa, rx_capa);
	TEST_ASSERT_EQUAL(info.tx_offload_capa, tx_capa, "Tx %#" PRIx64 " instead of %#" PRIx64,
		info.tx_offload_capa, tx_capa);
	return TEST_SUCCESS;
}

static int
queues_offer_what_each_can_have(void)
{
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	TEST_ASSERT_EQUAL(info.rx_queue_offload_capa, RX_SOFTWARE, "Rx %#" PRIx64,
		info.rx_queue_offload_capa);
	TEST_ASSERT_EQUAL(info.tx_queue_offload_capa, (info.tx_offload_capa & ~TX_TUNNEL),
		"Tx %#" PRIx64, info.tx_queue_offload_capa);
	TEST_ASSERT(info.max_lro_pkt_size >= LONGEST, "aggregates of %u", info.max_lro_pkt_size);
	return TEST_SUCCESS;
}

/* What a configuration makes of the interface, as far as the kernel can. */
struct agreement {
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint32_t max_lro_pkt_size;
	uint32_t features;
};

static const struct agreement agreements[] = {
	{ 0, 0, 0, 0 },
	{ RX_CKSUM, 0, 0, HAS_CSUM },
	{ RX_SOFTWARE, TX_ALWAYS & ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, 0, 0 },
	{ RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0, 0, HAS_CSUM },
	{ RX_LRO, 0, LONGEST, HAS_ALL_TSO },
	{ RX_LRO, 0, 0, 0 },
	{ RX_LRO | RX_CKSUM, TX_TUNNEL, LONGEST, HAS_ALL_TSO | HAS_TUNNEL },
	{ 0, TX_TUNNEL, 0, HAS_ALL_TSO | HAS_TUNNEL },
	{ RX_CKSUM, TX_USO, 0, HAS_CSUM },
};

static int
check_agreement(const struct agreement *a)
{
	struct rtap_port_conf conf = {
		.rx_offloads = a->rx_offloads,
		.max_lro_pkt_size = a->max_lro_pkt_size,
	};
	uint32_t features = a->features;
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	conf.tx_offloads = a->tx_offloads & info.tx_offload_capa;
	if ((info.tx_offload_capa & TX_TUNNEL) == 0)
		features &= (conf.rx_offloads & RX_LRO) != 0 ? HAS_ALL_TSO : HAS_CSUM;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS || expect_features(features) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	return TEST_SUCCESS;
}

/* From each to each: nothing of the one before is left. */
static int
interface_has_what_is_configured(void)
{
	for (uint32_t i = 0; i < RTE_DIM(agreements); i++) {
		for (uint32_t j = 0; j < RTE_DIM(agreements); j++) {
			if (check_agreement(&agreements[i]) == TEST_SUCCESS &&
			    check_agreement(&agreements[j]) == TEST_SUCCESS)
				continue;
			printf("configuration %u after %u\n", j, i);
			return TEST_FAILED;
		}
	}
	return TEST_SUCCESS;
}

static int
uso_is_agreed_on_with_lro(void)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RX_LRO,
		.max_lro_pkt_size = LONGEST,
	};
	const struct rtap_port_conf without = { .rx_offloads = RX_CKSUM };
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",uso=1",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & TX_USO) == 0)
		return TEST_SKIPPED;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS ||
	    expect_features(HAS_ALL_TSO | HAS_USO) != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
	if (rtap_port_run_as(&without) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_features(HAS_CSUM);
}

static int
start_after_stop_keeps_what_was_agreed_on(void)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RX_LRO | RX_CKSUM,
		.max_lro_pkt_size = LONGEST,
	};

	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	for (uint32_t i = 0; i < 3; i++) {
		TEST_ASSERT_SUCCESS(rte_eth_dev_stop(rtap_fx.port), "no stop");
		TEST_ASSERT_SUCCESS(rtap_port_start(rtap_fx.port), "no start");
		if (expect_features(HAS_ALL_TSO) != TEST_SUCCESS)
			return TEST_FAILED;
	}
	return TEST_SUCCESS;
}

/* A port with all that an interface can be left with: offloads, and the long header. */
static int
run_with_offloads(void)
{
	const struct rtap_port_conf conf = {
		.rx_offloads = RX_LRO,
		.tx_offloads = TX_TUNNEL,
		.max_lro_pkt_size = LONGEST,
	};
	struct rte_eth_dev_info info;

	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist=1",
		&rtap_fx.port), "no device");
	TEST_ASSERT_SUCCESS(rte_eth_dev_info_get(rtap_fx.port, &info), "no info");
	if ((info.tx_offload_capa & TX_TUNNEL) == 0)
		return TEST_SKIPPED;
	if (rtap_port_run_as(&conf) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_features(HAS_ALL_TSO | HAS_TUNNEL);
}

/* Another queue of the interface, of a program that knows no more than its name. */
static int
open_left_behind(void)
{
	struct ifreq req = {
		.ifr_name = RTAP_TEST_IFACE,
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE,
	};
	const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
leave_offloads_behind(void)
{
	const int fd = open_left_behind();
	const int hdr_len = TUNNEL_HDR_LEN;
	bool ok;

	TEST_ASSERT(fd >= 0, "no queue");
	ok = ioctl(fd, TUNSETVNETHDRSZ, &hdr_len) == 0 &&
		takes(fd, TUN_CSUM | TUN_TSO | TUN_TUNNEL);
	close(fd);
	TEST_ASSERT(ok, "not taken");
	return expect_features(HAS_ALL_TSO | HAS_TUNNEL);
}

static int
expect_header(int expected)
{
	const int fd = open_left_behind();
	int len = 0;

	TEST_ASSERT(fd >= 0, "no queue");
	if (ioctl(fd, TUNGETVNETHDRSZ, &len) < 0)
		len = -errno;
	close(fd);
	TEST_ASSERT_EQUAL(len, expected, "a header of %d bytes", len);
	return TEST_SUCCESS;
}

static int
offloads_end_with_port(void)
{
	const int ret = run_with_offloads();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	if (expect_features(0) != TEST_SUCCESS)
		return TEST_FAILED;
	return expect_header(sizeof(struct virtio_net_hdr));
}

/* As a process leaves them that is killed. */
static int
interface_taken_over_has_no_old_offloads(void)
{
	const int ret = run_with_offloads();

	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_SUCCESS(rte_vdev_uninit(RTAP_TEST_VDEV), "no end");
	if (leave_offloads_behind() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_vdev_create(RTAP_TEST_VDEV, RTAP_TEST_ARGS ",persist=0",
		&rtap_fx.port), "no second device");
	TEST_ASSERT_SUCCESS(rtap_port_run(rtap_fx.port, 1), "no start");
	if (expect_features(0) != TEST_SUCCESS || rtap_open_socket() != TEST_SUCCESS)
		return TEST_FAILED;
	TEST_ASSERT_SUCCESS(rtap_port_check_traffic(rtap_fx.port, rtap_fx.sock), "no traffic");
	return TEST_SUCCESS;
}

/* Offloads of a queue alone. */
static int
queue_tells_its_own_offloads(void)
{
	const struct rte_eth_conf conf = { .rxmode = { .offloads = RX_CKSUM } };
	const struct rte_eth_rxconf rxconf = { .offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP };
	const struct rte_eth_txconf txconf = { .offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO };
	struct rte_eth_rxq_info rx_info;
	struct rte_eth_txq_info tx_info;

	TEST_ASSERT_SUCCESS(rte_eth_dev_configure(rtap_fx.port, 1, 1, &conf), "no configuration");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_setup(rtap_fx.port, 0, RTAP_TEST_NB_DESC, 0, &rxconf,
		rtap_fx.pool), "no Rx queue");
	TEST_ASSERT_SUCCESS(rte_eth_tx_queue_setup(rtap_fx.port, 0, RTAP_TEST_NB_DESC, 0, &txconf),
		"no Tx queue");
	TEST_ASSERT_SUCCESS(rte_eth_rx_queue_info_get(rtap_fx.port, 0, &rx_info), "no info");
	TEST_ASSERT_SUCCESS(rte_eth_tx_queue_info_get(rtap_fx.port, 0, &tx_info), "no info");
	TEST_ASSERT_EQUAL(rx_info.conf.offloads, (RX_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP),
		"Rx %#" PRIx64, rx_info.conf.offloads);
	TEST_ASSERT_EQUAL(tx_info.conf.offloads, RTE_ETH_TX_OFFLOAD_TCP_TSO, "Tx %#" PRIx64,
		tx_info.conf.offloads);
	return TEST_SUCCESS;
}

struct unit_test_suite rtap_offload_conf_suite = {
	.suite_name = "rtap: offloads offered and configured",
	.unit_test_cases = {
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			capabilities_are_those_of_the_kernel),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, queues_offer_what_each_can_have),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, interface_has_what_is_configured),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, uso_is_agreed_on_with_lro),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown,
			start_after_stop_keeps_what_was_agreed_on),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown, offloads_end_with_port),
		TEST_CASE_ST(rtap_setup_none, rtap_teardown,
			interface_taken_over_has_no_old_offloads),
		TEST_CASE_ST(rtap_setup_probed, rtap_teardown, queue_tells_its_own_offloads),
		TEST_CASES_END()
	}
};
