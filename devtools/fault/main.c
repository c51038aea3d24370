/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Makes each call that the driver makes fail in turn. An operation is tried with
 * its first call failing, then with its second, until it has no more; it has to
 * say so or to do without, to leave nothing behind, and to work the next time.
 * Prints in the Test Anything Protocol, one case an operation.
 *
 * Where another process can have the memory of this one, it is started once more as a
 * secondary: the operations are those of that one then.
 *
 * usage: rtap_fault EAL_OPTION... [-- OPERATION...]
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_mempool.h>

#include "borrower.h"
#include "fault.h"
#include "forge.h"
#include "log.h"
#include "messages.h"
#include "operations.h"
#include "peer.h"
#include "pool.h"
#include "rtap_mp.h"
#include "stage.h"
#include "state.h"
#include "test_pmd_rtap_kernel.h"
#include "test_pmd_rtap_port.h"
#include "traffic.h"

/* No operation has so many calls: one that repeats itself for ever has. */
#define MAX_POINTS 2000
#define MAX_FORGED_BURSTS 20
/* One defect is told of at all its points. */
#define MAX_TOLD 30

static unsigned int nb_cases;
static unsigned int nb_failed_cases;
static unsigned int nb_points;
static unsigned int nb_variants;
static unsigned int nb_refused;
/* Whether calls fail with all of their errnos. */
static bool is_full;

/* A case of which something is wrong. */
struct trial {
	const struct operation *operation;
	unsigned int n;            /* which call fails */
	int error;                 /* with which errno, 0 with the usual one */
	struct fault_point point;
	unsigned int nb_wrong;
};

static void __rte_format_printf(2, 3)
complain(struct trial *t, const char *format, ...)
{
	va_list args;

	if (t->nb_wrong++ >= MAX_TOLD)
		return;
	printf("# %s, call %u", t->operation->name, t->n);
	if (t->point.call != NULL)
		printf(", %s (%#lx) at %p%s%s", t->point.call->name, t->point.second,
			t->point.place, t->error != 0 ? ", " : "",
			t->error != 0 ? strerror(t->error) : "");
	printf(": ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static int
do_step(int (*step)(void))
{
	return step == NULL ? 0 : step();
}

static void
expect(struct trial *t, const char *what, int ret)
{
	if (ret < 0)
		complain(t, "%s: %s\n# %s", what, strerror(-ret), log_last());
}

static void
expect_state(struct trial *t, const char *when, const struct state *wanted)
{
	char text[512];

	if (!state_is(wanted, text, sizeof(text)))
		complain(t, "%s there are %s", when, text);
}

static bool
names_error(const char *text, int error)
{
	return strstr(text, strerror(error)) != NULL ||
		strstr(text, rtap_mp_explain(error)) != NULL ||
		(error == ENOMEM && (strstr(text, "no memory") != NULL ||
			strstr(text, "cannot allocate") != NULL)) ||
		/* Who waits in vain is told that time is up. */
		(error == EAGAIN && names_error(text, ETIMEDOUT));
}

/* Not of a call without an errno, nor of one that fails in the other process. */
static bool
names_cause(const struct trial *t, const char *text)
{
	const struct fault_call *call = t->point.call;

	return strcmp(call->how, "none") == 0 || strcmp(call->name, "rte_mp_reply") == 0 ||
		names_error(text, t->error != 0 ? t->error : (int)call->errors[0]);
}

/* It was refused: with a reason, without a trace, and only this once. */
static void
check_refusal(struct trial *t, int ret, const struct state *before)
{
	nb_refused++;
	if (ret < -4095)
		complain(t, "%d is no error", ret);
	if (log_is_empty())
		complain(t, "nothing is logged about error %d (%s)", ret, strerror(-ret));
	else if (t->point.call != NULL && !names_cause(t, log_last()))
		complain(t, "the cause is not told\n# %s", log_last());
	if (!t->operation->is_lossy)
		expect_state(t, "after the failure", before);
	expect(t, "once more", do_step(t->operation->run));
}

/* All is as before, but for what cannot be got back, if the driver says so. */
static void
check_end(struct trial *t, struct state *base)
{
	const char *loses_by = t->operation->loses_by;

	if (t->operation->is_first) {
		state_take_settled(base);
		return;
	}
	if (loses_by == NULL || t->point.call == NULL ||
			strcmp(t->point.call->name, loses_by) != 0) {
		expect_state(t, "in the end", base);
		return;
	}
	if (strstr(log_last(), "are lost") == NULL)
		complain(t, "nothing is logged about a loss\n# %s", log_last());
	state_take_settled(base);
}

/* False if the operation has no such call any more. */
static bool
try_call(struct trial *t, struct state *base)
{
	const struct operation *o = t->operation;
	struct state prepared;
	int ret;

	t->point.call = NULL;
	expect(t, "preparation", do_step(o->prepare));
	state_take_settled(&prepared);
	log_forget();
	fault_choose(o->only);
	fault_arm(t->n, t->error);
	ret = o->run();
	t->point = fault_disarm();
	if (ret < 0)
		check_refusal(t, ret, &prepared);
	if (!o->is_final || log_is_empty())
		expect(t, "effect", do_step(o->check));
	if (!o->is_deaf)
		expect(t, "traffic", port_is_usable());
	expect(t, "undo", do_step(o->undo));
	if (o->is_deaf)
		expect(t, "traffic", port_is_usable());
	check_end(t, base);
	return t->point.call != NULL;
}

/* The other ways in which the call that has just failed may fail. */
static void
try_other_errors(struct trial *t, struct state *base)
{
	const struct fault_call *call = t->point.call;

	for (unsigned int i = 1; i < FAULT_MAX_ERRORS && call->errors[i] != 0; i++) {
		t->error = call->errors[i];
		try_call(t, base);
		nb_variants++;
	}
	t->error = 0;
}

static void
try_operation(const struct operation *o)
{
	struct trial t = { .operation = o, .n = 1 };
	struct state base;

	expect(&t, "begin", stage_enter(o->stage));
	state_take_settled(&base);
	for (; t.n < MAX_POINTS && try_call(&t, &base); t.n++) {
		if (is_full)
			try_other_errors(&t, &base);
	}
	expect(&t, "end", stage_leave());
	nb_points += t.n - 1;
	nb_cases++;
	nb_failed_cases += t.nb_wrong > 0;
	printf("%sok %u - %s: each of %u calls may fail\n", t.nb_wrong > 0 ? "not " : "",
		nb_cases, o->name, t.n - 1);
	fflush(stdout);
}

static int
check_forged(const struct forgery *f, unsigned int nb_forged)
{
	const unsigned int nb_errors = f->is_counted ? nb_forged : 0;

	return f->is_rx ? traffic_account_received(nb_errors, f->is_final) :
		traffic_account_sent(nb_errors);
}

static void
forge_traffic(struct trial *t, const struct forgery *f)
{
	unsigned int nb_forged;

	expect(t, "preparation", f->is_rx ? traffic_prepare_receive_many() :
		traffic_prepare_many());
	forge_arm(f);
	/* An application that goes on. */
	for (unsigned int i = 0; i < MAX_FORGED_BURSTS; i++)
		(void)(f->is_rx ? traffic_receive() : traffic_send());
	nb_forged = forge_disarm();
	if (nb_forged != f->times)
		complain(t, "%u times instead of %u", nb_forged, f->times);
	expect(t, "packets", check_forged(f, nb_forged));
	expect(t, "undo", traffic_undo());
}

static void
try_forgery(const struct forgery *f)
{
	const struct operation o = { .name = f->name };
	struct trial t = { .operation = &o };
	struct state base;

	expect(&t, "begin", stage_enter(STAGE_CONFIGURED));
	state_take_settled(&base);
	forge_traffic(&t, f);
	expect(&t, "traffic", port_is_usable());
	expect_state(&t, "in the end", &base);
	expect(&t, "end", stage_leave());
	nb_cases++;
	nb_failed_cases += t.nb_wrong > 0;
	printf("%sok %u - %s: each packet is accounted for\n", t.nb_wrong > 0 ? "not " : "",
		nb_cases, f->name);
	fflush(stdout);
}

/* What is made once in the life of a process, whoever asks first. */
static int
warm_up(void)
{
	int ret = stage_enter(STAGE_STARTED);

	if (ret == 0)
		ret = port_is_usable();
	return ret == 0 ? stage_leave() : ret;
}

static bool
is_wanted(const char *name, int nb_names, char **names)
{
	for (int i = 0; i < nb_names; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return nb_names == 0;
}

/* What the driver calls and calls.txt does not have. */
static void
check_names(void)
{
	unsigned int nb_unknown = 0;

	for (unsigned int i = 0; i < fault_nb_calls; i++) {
		if (fault_calls[i].real != NULL)
			continue;
		printf("# %s is not in devtools/fault/calls.txt\n", fault_calls[i].name);
		nb_unknown++;
	}
	nb_cases++;
	nb_failed_cases += nb_unknown > 0;
	printf("%sok %u - it is known how each function fails that the driver calls\n",
		nb_unknown > 0 ? "not " : "", nb_cases);
}

static int
set_up(int argc, char **argv)
{
	int nb_args = rte_eal_init(argc, argv);

	if (nb_args < 0)
		return nb_args;
	if (log_open() < 0)
		return -ENOMEM;
	if (peer_is_secondary()) {
		messages_use_eal();
		rtap_fx.pool = rte_mempool_lookup(RTAP_TEST_POOL);
		return rtap_fx.pool == NULL ? -ENOENT : nb_args;
	}
	if (rtap_kernel_enter_namespace() < 0 || pool_create() < 0)
		return -EIO;
	return nb_args;
}

int
main(int argc, char **argv)
{
	int nb_args = set_up(argc, argv);
	int first = nb_args + 1;
	const struct operation *all = peer_is_secondary() ? borrower_operations : operations;

	if (nb_args < 0)
		return EXIT_FAILURE;
	is_full = getenv("RTAP_FULL") != NULL;
	if (peer_is_secondary() &&
			is_wanted(borrower_first_operation.name, argc - first, &argv[first]))
		try_operation(&borrower_first_operation);
	if (warm_up() < 0) {
		printf("Bail out! no port without failures: %s\n", log_last());
		return EXIT_FAILURE;
	}
	if (peer_is_wanted())
		return peer_run(argc - first, &argv[first]);
	if (!peer_is_secondary())
		check_names();
	for (const struct operation *o = all; o->name != NULL; o++) {
		if (is_wanted(o->name, argc - first, &argv[first]))
			try_operation(o);
	}
	for (const struct forgery *f = forgeries; f->name != NULL; f++) {
		if (is_wanted(f->name, argc - first, &argv[first]))
			try_forgery(f);
	}
	printf("# %u calls failed at %u places, %u times more with other errors, "
		"%u operations were refused\n", nb_points, fault_count_places(), nb_variants,
		nb_refused);
	printf("1..%u\n", nb_cases);
	return nb_failed_cases > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
