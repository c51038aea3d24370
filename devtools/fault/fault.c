/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Where the stubs ask what becomes of a call. A call that is to fail goes to a
 * function here in place of its own one; memory of libc's heap is counted.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "fault.h"
#include "forge.h"
#include "messages.h"
#include "telemetry.h"

#define MAX_BLOCKS 4096
#define MAX_PLACES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Calls to go until one fails, that one among them; 0 if none is to fail. */
static unsigned int countdown;
static const char *wanted_name; /* NULL for any */
static int wanted_error;
static struct fault_point failed;

/* Of the thread whose call fails; the function that fails in its place reads them. */
static __thread int error;
static __thread long (*late)(long, long, long, long, long, long);

static void *blocks[MAX_BLOCKS];
static const void *places[MAX_PLACES];

/* Called by the stubs. */
void *fault_target(unsigned int index, const void *place, unsigned long second);

/* What a set of pointers has; NULL are those that are free. */
static void
put(const void **set, unsigned int size, const void *before, const void *after)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < size; i++) {
		if (set[i] != before)
			continue;
		set[i] = after;
		break;
	}
	pthread_mutex_unlock(&lock);
}

static unsigned int
count(const void **set, unsigned int size)
{
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < size; i++)
		n += set[i] != NULL;
	pthread_mutex_unlock(&lock);
	return n;
}

void *
fault_note_block(void *block)
{
	if (block != NULL)
		put((const void **)blocks, MAX_BLOCKS, NULL, block);
	return block;
}

static void *
note_malloc(size_t size)
{
	return fault_note_block(malloc(size));
}

static void *
note_calloc(size_t n, size_t size)
{
	return fault_note_block(calloc(n, size));
}

static void *
note_aligned_alloc(size_t align, size_t size)
{
	return fault_note_block(aligned_alloc(align, size));
}

void
fault_forget_block(const void *block)
{
	if (block != NULL)
		put((const void **)blocks, MAX_BLOCKS, block, NULL);
}

/* Some blocks come from libraries that gave them to the driver. */
static void
note_free(void *block)
{
	fault_forget_block(block);
	free(block);
}

unsigned int
fault_count_blocks(void)
{
	return count((const void **)blocks, MAX_BLOCKS);
}

unsigned int
fault_count_places(void)
{
	return count(places, MAX_PLACES);
}

static long
fail_errno(void)
{
	errno = error;
	return -1;
}

static long
fail_negative(void)
{
	rte_errno = error;
	return -error;
}

static long
fail_positive(void)
{
	return error;
}

static void *
fail_null(void)
{
	errno = error;
	rte_errno = error;
	return NULL;
}

static void *
fail_none(void)
{
	return NULL;
}

static long
fail_rte(void)
{
	rte_errno = error;
	return -1;
}

static long
fail_late(long a, long b, long c, long d, long e, long f)
{
	late(a, b, c, d, e, f);
	errno = error;
	return -1;
}

static const struct {
	const char *how;
	void *target;
} failures[] = {
	{ "errno", fail_errno },
	{ "late", fail_late },
	{ "negative", fail_negative },
	{ "none", fail_none },
	{ "null", fail_null },
	{ "positive", fail_positive },
	{ "rte", fail_rte },
};

static const struct {
	const char *name;
	void *target;
} replaced[] = {
	{ "aligned_alloc", note_aligned_alloc },
	{ "calloc", note_calloc },
	{ "free", note_free },
	{ "malloc", note_malloc },
	{ "rte_eal_primary_proc_alive", messages_primary_alive },
	{ "rte_mp_action_register", messages_register },
	{ "rte_mp_reply", messages_reply },
	{ "rte_mp_request_sync", messages_request },
	{ "rte_tel_data_add_dict_container", telemetry_add_container },
	{ "rte_tel_data_alloc", telemetry_alloc },
	{ "rte_tel_data_free", telemetry_free },
	{ "rte_telemetry_register_cmd", telemetry_register },
};

static void *
usual_target(const struct fault_call *call)
{
	for (unsigned int i = 0; i < RTE_DIM(replaced); i++) {
		if (strcmp(replaced[i].name, call->name) == 0)
			return replaced[i].target;
	}
	return forge_target(call->name) != NULL ? forge_target(call->name) : call->real;
}

static void *
failing_target(const struct fault_call *call)
{
	for (unsigned int i = 0; i < RTE_DIM(failures); i++) {
		if (strcmp(failures[i].how, call->how) == 0)
			return failures[i].target;
	}
	return NULL;
}

static bool
is_wanted(const struct fault_call *call)
{
	return wanted_name == NULL || strcmp(wanted_name, call->name) == 0;
}

bool
fault_hits(const struct fault_call *call, const void *place, unsigned long second)
{
	bool fails = false;

	if (__atomic_load_n(&countdown, __ATOMIC_RELAXED) == 0)
		return false;
	pthread_mutex_lock(&lock);
	if (is_wanted(call) && countdown > 0 && --countdown == 0) {
		failed.call = call;
		failed.place = place;
		failed.second = second;
		error = wanted_error != 0 ? wanted_error : call->errors[0];
		fails = true;
	}
	pthread_mutex_unlock(&lock);
	if (fails) {
		put(places, MAX_PLACES, place, NULL);
		put(places, MAX_PLACES, NULL, place);
	}
	return fails;
}

void *
fault_target(unsigned int index, const void *place, unsigned long second)
{
	const struct fault_call *call = &fault_calls[index];
	void *failing = failing_target(call);
	int before = errno;
	void *target = usual_target(call);

	if (failing != NULL && fault_hits(call, place, second)) {
		late = target;
		target = failing;
	}
	errno = before;
	return target;
}

void
fault_choose(const char *name)
{
	wanted_name = name;
}

void
fault_arm(unsigned int n, int error_or_0)
{
	pthread_mutex_lock(&lock);
	failed.call = NULL;
	wanted_error = error_or_0;
	countdown = n;
	pthread_mutex_unlock(&lock);
}

struct fault_point
fault_disarm(void)
{
	struct fault_point point;

	pthread_mutex_lock(&lock);
	countdown = 0;
	point = failed;
	pthread_mutex_unlock(&lock);
	return point;
}
