/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The earliest sink: an XDP program of two instructions that drops every packet. Loaded
 * by the bare system call and attached by rtnetlink, so that neither a BPF compiler nor
 * a library is needed. In the driver's own mode if it has one, else in the generic one.
 */

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "peer.h"

static int
load_drop(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t)"Dual BSD/GPL";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

struct xdp_request {
	struct nlmsghdr nlh;
	struct ifinfomsg ifi;
	struct nlattr xdp;
	struct nlattr fd;
	int32_t fd_value;
	struct nlattr flags;
	uint32_t flags_value;
};

static int
read_ack(int sock)
{
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		char rest[1024];
	} ack;
	ssize_t len = recv(sock, &ack, sizeof(ack), 0);

	if (len < 0)
		return -errno;
	if ((size_t)len < sizeof(ack.nlh) + sizeof(ack.err) || ack.nlh.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ack.err.error;
}

/* Program fd -1 takes away what is attached. */
static int
attach(const char *dev, int prog, uint32_t flags)
{
	struct xdp_request req = {
		.nlh = {
			.nlmsg_len = sizeof(req),
			.nlmsg_type = RTM_SETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.ifi = { .ifi_index = (int)if_nametoindex(dev) },
		.xdp = { sizeof(req) - offsetof(struct xdp_request, xdp),
			IFLA_XDP | NLA_F_NESTED },
		.fd = { sizeof(req.fd) + sizeof(req.fd_value), IFLA_XDP_FD },
		.fd_value = prog,
		.flags = { sizeof(req.flags) + sizeof(req.flags_value), IFLA_XDP_FLAGS },
		.flags_value = flags,
	};
	int sock, ret;

	if (req.ifi.ifi_index == 0)
		return -ENODEV;
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (sock < 0)
		return -errno;
	ret = send(sock, &req, sizeof(req), 0) < 0 ? -errno : read_ack(sock);
	close(sock);
	return ret;
}

static int
attach_drop(const char *dev)
{
	const char *mode = "native";
	int prog = load_drop();
	int ret;

	if (prog < 0)
		return prog;
	ret = attach(dev, prog, XDP_FLAGS_DRV_MODE);
	if (ret != 0) {
		mode = "generic";
		ret = attach(dev, prog, XDP_FLAGS_SKB_MODE);
	}
	close(prog);
	if (ret == 0)
		printf("xdp mode=%s\n", mode);
	return ret;
}

static int
detach(const char *dev)
{
	int native = attach(dev, -1, XDP_FLAGS_DRV_MODE);
	int generic = attach(dev, -1, XDP_FLAGS_SKB_MODE);

	/* Only one of the two was attached; the kernel accepts to take nothing away. */
	if (native != 0 && generic != 0)
		return native;
	printf("xdp mode=off\n");
	return 0;
}

int
peer_xdp(const struct peer_args *args)
{
	if (args->dev == NULL || args->mode == NULL)
		return -EINVAL;
	if (strcmp(args->mode, "drop") == 0)
		return attach_drop(args->dev);
	return strcmp(args->mode, "off") == 0 ? detach(args->dev) : -EINVAL;
}
