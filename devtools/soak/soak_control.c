/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Who does what at random, and how often: four controllers, each of them a
 * thread that does one operation after the other.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "soak.h"

#define CALM_US 1000

struct operation {
	const char *name;
	unsigned int controller;
	enum soak_weather weather;	/* in this, and in worse */
	int (*function)(struct soak_random *random);
	uint64_t nb_begun;
	uint64_t nb_done;
	uint64_t nb_failed;
};

static struct operation operations[] = {
	{ "mtu", 0, SOAK_FAIR, soak_op_mtu, 0, 0, 0 },
	{ "mac", 0, SOAK_FAIR, soak_op_mac, 0, 0, 0 },
	{ "promiscuous", 0, SOAK_FAIR, soak_op_promiscuous, 0, 0, 0 },
	{ "allmulticast", 0, SOAK_FAIR, soak_op_allmulticast, 0, 0, 0 },
	{ "link", 0, SOAK_STORM, soak_op_link, 0, 0, 0 },
	{ "queue", 0, SOAK_STORM, soak_op_queue, 0, 0, 0 },
	{ "restart", 0, SOAK_STORM, soak_op_restart, 0, 0, 0 },
	{ "reset", 0, SOAK_STORM, soak_op_reset, 0, 0, 0 },
	{ "look", 1, SOAK_FAIR, soak_op_look, 0, 0, 0 },
	{ "rename", 2, SOAK_FAIR, soak_op_rename, 0, 0, 0 },
	{ "iface_mtu", 2, SOAK_FAIR, soak_op_iface_mtu, 0, 0, 0 },
	{ "iface_mac", 2, SOAK_FAIR, soak_op_iface_mac, 0, 0, 0 },
	{ "iface_down", 2, SOAK_STORM, soak_op_iface_down, 0, 0, 0 },
	{ "move", 2, SOAK_STORM, soak_op_move, 0, 0, 0 },
	{ "secondary", 3, SOAK_STORM, soak_op_secondary, 0, 0, 0 },
};

/* Longest pause after an operation. */
static unsigned int
get_pause_us(unsigned int controller)
{
	switch (controller) {
	case 1:
		return 2000;
	case 3:
		return soak.pause_ms * 1000;
	default:
		return 20000;
	}
}

static struct operation *
choose(unsigned int controller, enum soak_weather weather, struct soak_random *random)
{
	struct operation *possible[RTE_DIM(operations)];
	unsigned int n = 0;

	for (unsigned int i = 0; i < RTE_DIM(operations); i++) {
		if (operations[i].controller == controller && operations[i].weather <= weather)
			possible[n++] = &operations[i];
	}
	return n == 0 ? NULL : possible[soak_random_below(random, n)];
}

static void
operate(struct operation *operation, struct soak_random *random)
{
	int ret;

	operation->nb_begun++;
	ret = operation->function(random);
	operation->nb_done++;
	if (ret >= 0)
		return;
	operation->nb_failed++;
	printf("failed operation=%s error=%s\n", operation->name, strerror(-ret));
}

void *
soak_controller_main(void *arg)
{
	unsigned int controller = (unsigned int)(uintptr_t)arg;
	struct soak_random random;

	soak_random_init(&random, controller);
	while (!soak_get(&soak.is_over)) {
		enum soak_weather weather = soak_get(&soak.weather);
		struct operation *operation = NULL;

		if (weather != SOAK_CALM)
			operation = choose(controller, weather, &random);
		if (operation == NULL) {
			soak_set(&soak.is_controller_quiet[controller], true);
			usleep(CALM_US);
			continue;
		}
		operate(operation, &random);
		usleep(soak_random_below(&random, get_pause_us(controller)));
	}
	return NULL;
}

void
soak_print_operations(void)
{
	printf("operations");
	for (unsigned int i = 0; i < RTE_DIM(operations); i++)
		printf(" %s=%" PRIu64 "/%" PRIu64, operations[i].name, operations[i].nb_done,
			operations[i].nb_failed);
	printf("\n");
	for (unsigned int i = 0; i < RTE_DIM(operations); i++) {
		if (operations[i].nb_begun != operations[i].nb_done)
			printf("unfinished operation=%s\n", operations[i].name);
	}
}
