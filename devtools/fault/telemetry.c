/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Has the telemetry commands of the driver answered. What is part of an answer in the
 * end is freed here, as telemetry does when it has written it; what is not is the
 * driver's to free.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "fault.h"
#include "telemetry.h"
#include "test_pmd_rtap_port.h"

#define MAX_PARTS 64

enum command {
	COMMAND_LIST,
	COMMAND_INFO,
	COMMAND_QUEUE,
	NB_COMMANDS,
};

/* Of another one, which is the answer itself or a part of it. */
struct part {
	const struct rte_tel_data *dict;
	struct rte_tel_data *data;
};

static const char *const names[NB_COMMANDS] = { "/rtap/list", "/rtap/info", "/rtap/queue" };

static telemetry_cb callbacks[NB_COMMANDS];
static struct part parts[MAX_PARTS];
static unsigned int nb_parts;
static unsigned int nb_noted[NB_COMMANDS];

/* Before main(). */
int
telemetry_register(const char *cmd, telemetry_cb answer, const char *help)
{
	for (unsigned int i = 0; i < NB_COMMANDS; i++) {
		if (strcmp(names[i], cmd) == 0)
			callbacks[i] = answer;
	}
	return rte_telemetry_register_cmd(cmd, answer, help);
}

void *
telemetry_alloc(void)
{
	return fault_note_block(rte_tel_data_alloc());
}

/* Its address may be that of another one soon. */
void
telemetry_free(struct rte_tel_data *data)
{
	for (unsigned int i = 0; i < nb_parts; i++) {
		if (parts[i].dict == data)
			parts[i].dict = NULL;
	}
	fault_forget_block(data);
	rte_tel_data_free(data);
}

int
telemetry_add_container(struct rte_tel_data *dict, const char *key,
		struct rte_tel_data *data, int keep)
{
	int ret = rte_tel_data_add_dict_container(dict, key, data, keep);

	if (ret == 0 && nb_parts < MAX_PARTS)
		parts[nb_parts++] = (struct part) { .dict = dict, .data = data };
	return ret;
}

/* All that is in it, too. Returns how many parts that are. */
static unsigned int
free_parts(const struct rte_tel_data *dict)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nb_parts; i++) {
		if (parts[i].dict != dict)
			continue;
		n += 1 + free_parts(parts[i].data);
		telemetry_free(parts[i].data);
	}
	return n;
}

/* Returns of how many parts the answer is. */
static int
ask(enum command command, const char *params)
{
	struct rte_tel_data *answer = rte_tel_data_alloc();
	unsigned int n;
	int ret;

	if (answer == NULL)
		return -ENOMEM;
	nb_parts = 0;
	ret = callbacks[command] == NULL ? -ENOENT :
		callbacks[command](names[command], params, answer);
	n = free_parts(answer);
	rte_tel_data_free(answer);
	return ret < 0 ? ret : (int)n;
}

static int
ask_for(enum command command)
{
	char params[sizeof("65535,0")];

	if (command == COMMAND_LIST)
		return ask(command, NULL);
	snprintf(params, sizeof(params), "%u%s", rtap_fx.port,
		command == COMMAND_QUEUE ? ",0" : "");
	return ask(command, params);
}

int
telemetry_note(void)
{
	for (unsigned int i = 0; i < NB_COMMANDS; i++) {
		int ret = ask_for(i);

		if (ret <= 0)
			return ret < 0 ? ret : -ENODATA;
		nb_noted[i] = ret;
	}
	return 0;
}

int
telemetry_list(void)
{
	return ask_for(COMMAND_LIST);
}

int
telemetry_info(void)
{
	return ask_for(COMMAND_INFO);
}

int
telemetry_queue(void)
{
	return ask_for(COMMAND_QUEUE);
}

int
telemetry_is_whole(void)
{
	for (unsigned int i = 0; i < NB_COMMANDS; i++) {
		if (ask_for(i) != (int)nb_noted[i])
			return -EILSEQ;
	}
	return 0;
}
