/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Tells the sanitizer of threads how the EAL orders callbacks of interrupts: by a lock
 * that it cannot see, as the EAL is not compiled for it. Linked with --wrap for these
 * functions.
 */

#include <errno.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include <rte_interrupts.h>

/* What is registered, in place of the function that the driver gave. */
struct source {
	LIST_ENTRY(source) next;
	rte_intr_callback_fn callback;
	rte_intr_unregister_callback_fn end;
	void *arg;
};

int __real_rte_intr_callback_register(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg);
int __wrap_rte_intr_callback_register(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg);
int __real_rte_intr_callback_unregister(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg);
int __wrap_rte_intr_callback_unregister(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg);
int __real_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg, rte_intr_unregister_callback_fn end);
int __wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg, rte_intr_unregister_callback_fn end);
int __real_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event);

static LIST_HEAD(source_list, source) sources = LIST_HEAD_INITIALIZER(sources);
static pthread_mutex_t sources_lock = PTHREAD_MUTEX_INITIALIZER;
static char eal_lock;	/* only its address is used */

static void
run_callback(void *arg)
{
	struct source *source = arg;

	__tsan_acquire(&eal_lock);
	source->callback(source->arg);
	__tsan_release(&eal_lock);
}

static void
run_end(struct rte_intr_handle *handle, void *arg)
{
	struct source *source = arg;

	source->end(handle, source->arg);
	free(source);
}

static void
insert(struct source *source)
{
	pthread_mutex_lock(&sources_lock);
	LIST_INSERT_HEAD(&sources, source, next);
	pthread_mutex_unlock(&sources_lock);
}

/* Takes it from the list. */
static struct source *
take(rte_intr_callback_fn callback, const void *arg)
{
	struct source *source;

	pthread_mutex_lock(&sources_lock);
	LIST_FOREACH(source, &sources, next) {
		if (source->callback == callback && source->arg == arg)
			break;
	}
	if (source != NULL)
		LIST_REMOVE(source, next);
	pthread_mutex_unlock(&sources_lock);
	return source;
}

int
__wrap_rte_intr_callback_register(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg)
{
	struct source *source = calloc(1, sizeof(*source));
	int ret;

	if (source == NULL)
		return -ENOMEM;
	source->callback = callback;
	source->arg = arg;
	__tsan_release(&eal_lock);
	insert(source);
	ret = __real_rte_intr_callback_register(handle, run_callback, source);
	if (ret < 0)
		free(take(callback, arg));
	return ret;
}

int
__wrap_rte_intr_callback_unregister(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg)
{
	struct source *source = take(callback, arg);
	int ret;

	if (source == NULL)
		return -ENOENT;
	ret = __real_rte_intr_callback_unregister(handle, run_callback, source);
	if (ret < 0) {
		insert(source);
		return ret;
	}
	__tsan_acquire(&eal_lock);
	free(source);
	return ret;
}

int
__wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle,
		rte_intr_callback_fn callback, void *arg, rte_intr_unregister_callback_fn end)
{
	struct source *source = take(callback, arg);
	int ret;

	if (source == NULL)
		return -ENOENT;
	source->end = end;
	ret = __real_rte_intr_callback_unregister_pending(handle, run_callback, source, run_end);
	if (ret < 0)
		insert(source);
	return ret;
}

/* The interrupt thread of the EAL waits for what is registered: it adds it under the lock. */
int
__wrap_epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	int ret = __real_epoll_ctl(epoll_fd, op, fd, event);

	__tsan_release(&eal_lock);
	return ret;
}
