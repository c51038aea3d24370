/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * The kernel side of the benchmark: what sends to the application, what answers it and
 * what swallows its packets. This file has the command line; each command has a
 * function in a file of its own group.
 *
 *     bench_peer send dev= dmac= sip= dip= size= secs= [rate=] [flows=]	AF_PACKET
 *     bench_peer gso sip= dip= size= secs= [flows=]		UDP with segmentation
 *     bench_peer sink sip= secs=				receives what gso sends
 *     bench_peer rtt sip= dip= size= trips= secs=		UDP round trips
 *     bench_peer xdp dev= mode=drop|off			early drop
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

int
peer_udp_socket(const struct peer_args *args)
{
	struct sockaddr_in local = { .sin_family = AF_INET, .sin_addr = args->sip };
	struct sockaddr_in remote = { .sin_family = AF_INET, .sin_addr = args->dip };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	remote.sin_port = htons(PEER_PORT);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    connect(fd, (struct sockaddr *)&remote, sizeof(remote)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int
parse_mac(const char *text, unsigned char mac[6])
{
	int end = 0;
	int nb = sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &mac[0], &mac[1], &mac[2],
			&mac[3], &mac[4], &mac[5], &end);

	return nb == 6 && text[end] == '\0' ? 0 : -EINVAL;
}

static int
parse_double(const char *text, double *number)
{
	char *end;

	*number = strtod(text, &end);
	return end == text || *end != '\0' || *number < 0 ? -EINVAL : 0;
}

static int
parse_count(const char *text, unsigned int *count)
{
	double number;
	int ret = parse_double(text, &number);

	if (ret == 0 && number > 1e9)
		ret = -ERANGE;
	if (ret == 0)
		*count = (unsigned int)number;
	return ret;
}

static int
parse_key(struct peer_args *args, const char *key, const char *value)
{
	if (strcmp(key, "dev") == 0)
		return args->dev = value, 0;
	if (strcmp(key, "mode") == 0)
		return args->mode = value, 0;
	if (strcmp(key, "sip") == 0)
		return inet_pton(AF_INET, value, &args->sip) == 1 ? 0 : -EINVAL;
	if (strcmp(key, "dip") == 0)
		return inet_pton(AF_INET, value, &args->dip) == 1 ? 0 : -EINVAL;
	if (strcmp(key, "dmac") == 0)
		return parse_mac(value, args->dmac);
	if (strcmp(key, "secs") == 0)
		return parse_double(value, &args->secs);
	if (strcmp(key, "rate") == 0)
		return parse_double(value, &args->rate);
	if (strcmp(key, "size") == 0)
		return parse_count(value, &args->size);
	if (strcmp(key, "flows") == 0)
		return parse_count(value, &args->flows);
	if (strcmp(key, "trips") == 0)
		return parse_count(value, &args->trips);
	return -EINVAL;
}

static int
parse_args(struct peer_args *args, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value == NULL)
			return -EINVAL;
		*value++ = '\0';
		if (parse_key(args, argv[i], value) != 0)
			return -EINVAL;
	}
	if (args->size < PEER_HEADERS + sizeof(uint32_t) || args->size > 9000 ||
	    args->flows < 1 || args->flows > 1024)
		return -ERANGE;
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct peer_args *args);
	} commands[] = {
		{ "send", peer_send },
		{ "gso", peer_gso },
		{ "sink", peer_sink },
		{ "rtt", peer_rtt },
		{ "xdp", peer_xdp },
	};
	struct peer_args args = { .secs = 1, .size = 64, .flows = 1, .trips = 20000 };
	int ret = -EINVAL;

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		ret = parse_args(&args, argc - 2, argv + 2);
		if (ret == 0)
			ret = commands[i].run(&args);
	}
	if (ret == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "bench_peer %s: %s\n", argc > 1 ? argv[1] : "", strerror(-ret));
	return EXIT_FAILURE;
}
