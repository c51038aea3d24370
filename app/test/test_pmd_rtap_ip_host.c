/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The hosts of the cases of rtap_pmd_autotest about offloads: addresses, a
 * route from one port to another, sockets of the kernel.
 */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "test.h"
#include "test_pmd_rtap_ip.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"

/* Addresses of the kernel on its interfaces, and of the hosts behind them. */
struct host {
	const char *iface;
	struct rte_ether_addr mac;	/* of the host behind the interface */
	uint8_t kernel_ip[4];
	uint8_t host_ip[4];
	uint8_t kernel_ip6[16];
	uint8_t host_ip6[16];
};

static const struct host first = {
	.iface = RTAP_TEST_IFACE,
	.mac = { .addr_bytes = { 2, 2, 2, 2, 2, 2 } },
	.kernel_ip = { 192, 0, 2, 1 },
	.host_ip = { 192, 0, 2, 2 },
	.kernel_ip6 = { 0xfd, 0, 0, 1, [15] = 1 },
	.host_ip6 = { 0xfd, 0, 0, 1, [15] = 2 },
};

static const struct host second = {
	.iface = RTAP_TEST_IFACE2,
	.mac = { .addr_bytes = { 2, 2, 2, 2, 2, 4 } },
	.kernel_ip = { 198, 51, 100, 1 },
	.host_ip = { 198, 51, 100, 2 },
	.kernel_ip6 = { 0xfd, 0, 0, 2, [15] = 1 },
	.host_ip6 = { 0xfd, 0, 0, 2, [15] = 2 },
};

static int
write_one(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = write(fd, "1", 1);
	close(fd);
	return len == 1 ? 0 : -EIO;
}

/* All IPv6 routes of the kernel, one a line, begin with address and length. */
static bool
has_ipv6_route(const uint8_t *ip6)
{
	char wanted[2 * 16 + sizeof(" 80")] = "";
	char line[256];
	bool found = false;
	FILE *file = fopen("/proc/thread-self/net/ipv6_route", "re");

	if (file == NULL)
		return false;
	for (uint32_t i = 0; i < 16; i++)
		snprintf(wanted + 2 * i, 3, "%02x", ip6[i]);
	strcat(wanted, " 80");
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = strncmp(line, wanted, strlen(wanted)) == 0;
	fclose(file);
	return found;
}

/* The kernel adds the route of a new address in a worker. */
static int
wait_for_ipv6(const uint8_t *ip6)
{
	const struct rtap_deadline deadline = rtap_deadline_start();

	do {
		if (has_ipv6_route(ip6))
			return 0;
	} while (rtap_deadline_wait(&deadline));
	return -ETIMEDOUT;
}

/* Nothing is resolved on the wire: the neighbor is known. */
static int
address(const struct host *host)
{
	int ret = rtap_kernel_set_ipv6(host->iface, true);

	if (ret == 0)
		ret = rtap_kernel_addr_add(host->iface, AF_INET, host->kernel_ip, 24);
	if (ret == 0)
		ret = rtap_kernel_addr_add(host->iface, AF_INET6, host->kernel_ip6, 64);
	if (ret == 0)
		ret = rtap_kernel_neigh_add(host->iface, AF_INET, host->host_ip, &host->mac);
	if (ret == 0)
		ret = rtap_kernel_neigh_add(host->iface, AF_INET6, host->host_ip6, &host->mac);
	if (ret == 0)
		ret = wait_for_ipv6(host->kernel_ip6);
	return ret;
}

/* The peer of the kernel has an address of its own, so the port takes all. */
int
rtap_ip_address(void)
{
	const int ret = rte_eth_promiscuous_enable(rtap_fx.port);

	return ret < 0 ? ret : address(&first);
}

int
rtap_ip_route(uint16_t *port)
{
	int ret = rtap_vdev_create(RTAP_TEST_VDEV2, "iface=" RTAP_TEST_IFACE2, port);

	if (ret == 0)
		ret = rtap_port_run(*port, 1);
	/* It stands for the next hop, which has an address of its own. */
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(*port);
	if (ret == 0)
		ret = address(&first);
	if (ret == 0)
		ret = address(&second);
	if (ret == 0)
		ret = write_one("/proc/sys/net/ipv4/ip_forward");
	if (ret == 0)
		ret = write_one("/proc/sys/net/ipv6/conf/all/forwarding");
	return ret;
}

/* By the port numbers: the kernel sends other packets of its own accord. */
static bool
is_of_flow(const struct rte_mbuf *mbuf, const struct rtap_ip *ip)
{
	const uint32_t tag_len = ip->is_tagged &&
		(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0 ? RTE_VLAN_HLEN : 0;
	const bool is_ipv6 = ip->is_ipv6 && !ip->is_inside_vxlan;
	const uint32_t l4 = tag_len + RTE_ETHER_HDR_LEN +
		(is_ipv6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr));
	const rte_be16_t ethertype = is_ipv6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) :
		RTE_BE16(RTE_ETHER_TYPE_IPV4);
	const rte_be16_t from = RTE_BE16(RTAP_IP_UDP_PORT);
	uint16_t copy;

	if (mbuf->pkt_len < l4 + sizeof(from))
		return false;
	return memcmp(rte_pktmbuf_read(mbuf, 2 * RTE_ETHER_ADDR_LEN + tag_len,
			sizeof(copy), &copy), &ethertype, sizeof(copy)) == 0 &&
		memcmp(rte_pktmbuf_read(mbuf, l4, sizeof(copy), &copy), &from,
			sizeof(copy)) == 0;
}

static struct rte_mbuf *
receive_now(uint16_t port, const struct rtap_ip *ip)
{
	struct rte_mbuf *mbuf;

	while (rte_eth_rx_burst(port, 0, &mbuf, 1) == 1) {
		if (is_of_flow(mbuf, ip))
			return mbuf;
		rte_pktmbuf_free(mbuf);
	}
	return NULL;
}

struct rte_mbuf *
rtap_ip_receive(uint16_t port, const struct rtap_ip *ip)
{
	const struct rtap_deadline deadline = rtap_deadline_start();
	struct rte_mbuf *mbuf;

	do {
		mbuf = receive_now(port, ip);
	} while (mbuf == NULL && rtap_deadline_wait(&deadline));
	return mbuf;
}

bool
rtap_ip_is_silent(uint16_t port, const struct rtap_ip *ip)
{
	struct rte_mbuf *mbuf = receive_now(port, ip);

	rte_pktmbuf_free(mbuf);
	return mbuf == NULL;
}

/* The kernel looks for headers where the type of the socket has them. */
int
rtap_ip_packet_open(const struct rtap_ip *ip)
{
	const uint16_t type = ip->is_tagged ? ETH_P_8021Q : ip->is_ipv6 ? ETH_P_IPV6 : ETH_P_IP;
	const int sock = rtap_kernel_packet_open(RTAP_TEST_IFACE, type);
	const int on = 1;
	int ret;

	if (sock < 0 || setsockopt(sock, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) == 0)
		return sock;
	ret = -errno;
	close(sock);
	return ret;
}

int
rtap_ip_packet_send(int sock, const struct virtio_net_hdr *hdr,
		const struct rtap_ip_frame *frame)
{
	const struct iovec iov[] = {
		{ .iov_base = (void *)(uintptr_t)hdr, .iov_len = sizeof(*hdr) },
		{ .iov_base = (void *)(uintptr_t)frame->data, .iov_len = frame->len },
	};

	if (writev(sock, iov, RTE_DIM(iov)) == (ssize_t)(sizeof(*hdr) + frame->len))
		return 0;
	printf("kernel refuses to send %u bytes: %s\n", frame->len, strerror(errno));
	return -errno;
}

int
rtap_ip_packet_receive(int sock, struct virtio_net_hdr *hdr, void *data, uint32_t *len)
{
	const struct iovec iov[] = {
		{ .iov_base = hdr, .iov_len = sizeof(*hdr) },
		{ .iov_base = data, .iov_len = RTAP_IP_MAX_FRAME },
	};
	ssize_t n;

	do {
		n = readv(sock, iov, RTE_DIM(iov));
	} while (n < 0 && errno == EINTR);
	if (n < (ssize_t)sizeof(*hdr))
		return n < 0 ? -errno : -EBADMSG;
	*len = n - sizeof(*hdr);
	return 0;
}

static void
set_addresses(bool is_ipv6, struct sockaddr_in6 *own, struct sockaddr_in6 *peer)
{
	struct sockaddr_in *own4 = (struct sockaddr_in *)own;
	struct sockaddr_in *peer4 = (struct sockaddr_in *)peer;

	memset(own, 0, sizeof(*own));
	own->sin6_family = is_ipv6 ? AF_INET6 : AF_INET;
	own->sin6_port = RTE_BE16(RTAP_IP_UDP_PORT);
	*peer = *own;
	if (is_ipv6) {
		memcpy(&own->sin6_addr, first.kernel_ip6, sizeof(own->sin6_addr));
		memcpy(&peer->sin6_addr, first.host_ip6, sizeof(peer->sin6_addr));
	} else {
		memcpy(&own4->sin_addr, first.kernel_ip, sizeof(own4->sin_addr));
		memcpy(&peer4->sin_addr, first.host_ip, sizeof(peer4->sin_addr));
	}
}

int
rtap_ip_udp_open(bool is_ipv6)
{
	const struct timeval timeout = { .tv_usec = 1000 * RTAP_TEST_WAIT_MS / 4 };
	const int sock = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const socklen_t len = is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	struct sockaddr_in6 peer;
	struct sockaddr_in6 own;
	int ret;

	set_addresses(is_ipv6, &own, &peer);
	if (sock < 0)
		return -errno;
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    bind(sock, (const struct sockaddr *)&own, len) == 0 &&
	    connect(sock, (const struct sockaddr *)&peer, len) == 0)
		return sock;
	ret = -errno;
	close(sock);
	return ret;
}
