/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the queues as a secondary process has them. They are the primary's; this process
 * borrows their descriptors when it first polls one, and makes rings for those it polls.
 *
 * Between ethdev and a queue stands a gate in memory of this process. It is open while
 * the queue is borrowed, and only then is the shared memory of the queue looked at: the
 * primary recalls its queues before it changes or frees them. Gates are opened and shut
 * on the interrupt thread.
 */

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_spinlock.h>
#include <rte_string_fns.h>

#include "rtap.h"
#include "rtap_log.h"
#include "rtap_mp.h"

/* How long a queue that is polled waits before it asks again for a port that is not lent. */
#define FIRST_RETRY_US UINT64_C(500)
#define MAX_RETRY_US UINT64_C(32000)
/* The same if there is no answer, or an error that may pass. */
#define ERROR_RETRY_US UINT64_C(1000000)
/* What becomes of that for a ring, of which each failure is told: it doubles each time. */
#define MAX_RING_RETRY_US (64 * ERROR_RETRY_US)

#define NEVER UINT64_MAX

/* The interrupt thread may be just about to end the loan. */
#define UNREGISTER_STEP_US 100

enum gate_state {
	GATE_SHUT,
	GATE_LENT, /* open, but there is no ring yet */
	GATE_OPEN,
};

/* What ethdev takes for the queue. */
struct __rte_cache_aligned gate {
	rte_spinlock_t lock;  /* of a burst, and of whoever opens or shuts the gate */
	enum gate_state state;
	uint32_t loan;        /* by which the queue is borrowed */
	uint16_t queue_id;    /* const */
	bool is_rx;           /* const */
	uint64_t retry_us;    /* how long it waits after the next ring that cannot be made */
	uint64_t retry_at;    /* in TSC cycles */
	void *queue;          /* in shared memory, unless shut */
	struct rtap_borrower *borrower; /* const */
};

struct rtap_borrower {
	SLIST_ENTRY(rtap_borrower) next; /* of those not used */
	struct rte_eth_dev *dev;  /* const */
	struct rtap_mp_port port; /* const */
	char name[RTE_ETH_NAME_MAX_LEN]; /* const */
	struct rtap_shared *shared;   /* const; in shared memory, gone with the primary's port */
	struct rte_intr_handle *recall; /* const; its fd changes with the loan */
	uint64_t retry_us;            /* interrupt thread */
	int last_error;               /* interrupt thread; told already, 0 if there was none */
	RTE_ATOMIC(uint64_t) retry_at; /* any; in TSC cycles, when a burst may ask for a loan */
	RTE_ATOMIC(bool) has_loan;    /* interrupt thread writes, any reads */
	RTE_ATOMIC(bool) is_watching; /* the same; for the recall, as long as that can come */
	struct gate rx[RTAP_MAX_QUEUES];
	struct gate tx[RTAP_MAX_QUEUES];
	struct gate shut;             /* const; stands for queues that cannot be */
	void *rx_gates[RTE_MAX_QUEUES_PER_PORT]; /* const */
	void *tx_gates[RTE_MAX_QUEUES_PER_PORT]; /* const */
};

static struct rtap_borrower *
borrower_of(const struct rte_eth_dev *dev)
{
	return rtap_process(dev)->borrower;
}

static struct rtap_queue_pair *
pair_of(const struct rtap_borrower *b, uint16_t queue_id)
{
	return &rtap_process(b->dev)->queues[queue_id];
}

/* From the primary's word on, before this process has dealt with it. */
static inline bool
is_recalled(const struct gate *gate)
{
	return rte_atomic_load_explicit(&gate->borrower->shared->loan,
		rte_memory_order_acquire) != gate->loan;
}

static uint64_t
tsc_in(uint64_t us)
{
	return rte_get_tsc_cycles() + us * rte_get_tsc_hz() / US_PER_S;
}

static void
retry_at(struct rtap_borrower *b, uint64_t tsc)
{
	rte_atomic_store_explicit(&b->retry_at, tsc, rte_memory_order_release);
}

static void
shut_gate(struct gate *gate)
{
	rte_spinlock_lock(&gate->lock);
	gate->state = GATE_SHUT;
	rte_spinlock_unlock(&gate->lock);
}

/* No thread is inside of one when this returns. */
static void
shut_gates(struct rtap_borrower *b)
{
	for (uint16_t i = 0; i < RTAP_MAX_QUEUES; i++) {
		shut_gate(&b->rx[i]);
		shut_gate(&b->tx[i]);
	}
	shut_gate(&b->shut);
}

static void
destroy_rings(struct rtap_process *process)
{
	struct rtap_uring *rings[RTAP_MAX_QUEUES];

	for (uint16_t i = 0; i < RTAP_MAX_QUEUES; i++)
		rings[i] = process->queues[i].rx;
	rtap_uring_drain(rings, RTAP_MAX_QUEUES);
	for (uint16_t i = 0; i < RTAP_MAX_QUEUES; i++) {
		struct rtap_queue_pair *pair = &process->queues[i];

		rtap_uring_destroy(pair->rx);
		rtap_uring_destroy(pair->tx);
		pair->rx = NULL;
		pair->tx = NULL;
	}
}

/* All but the end of the pipe, which tells the primary that it may go on. */
static void
give_back(struct rtap_borrower *b)
{
	shut_gates(b);
	destroy_rings(rtap_process(b->dev));
	rtap_queues_close_from(rtap_process(b->dev), 0);
	rte_atomic_store_explicit(&b->has_loan, false, rte_memory_order_release);
}

/* The last that is done to the borrower, which may be destroyed now. */
static void
end_loan(struct rtap_borrower *b)
{
	close(rte_intr_fd_get(b->recall));
	rte_intr_fd_set(b->recall, -1);
	rte_atomic_store_explicit(&b->is_watching, false, rte_memory_order_release);
}

/* Called by EAL under a lock of its own. */
static void
after_recall(struct rte_intr_handle *handle __rte_unused, void *arg)
{
	struct rtap_borrower *b = arg;

	b->retry_us = FIRST_RETRY_US;
	retry_at(b, 0);
	end_loan(b);
}

static void
on_recall(void *arg)
{
	struct rtap_borrower *b = arg;

	PMD_LOG(DEBUG, "%s: the queues go back to the primary process", b->name);
	give_back(b);
	/* Nobody else would say so where link events are configured. */
	if (rte_eal_primary_proc_alive(NULL) == 0)
		rte_eth_linkstatus_set(b->dev, &(struct rte_eth_link) { 0 });
	rte_intr_callback_unregister_pending(b->recall, on_recall, b, after_recall);
}

/* A primary that has not waited for this process may have closed the port: no arrays then. */
static void
open_gate(struct gate *gate, void **queues, const uint8_t *states, uint32_t loan)
{
	void *queue = queues != NULL ? queues[gate->queue_id] : NULL;
	bool is_started = states[gate->queue_id] == RTE_ETH_QUEUE_STATE_STARTED;

	rte_spinlock_lock(&gate->lock);
	gate->queue = queue;
	gate->loan = loan;
	gate->retry_us = ERROR_RETRY_US;
	gate->retry_at = 0;
	gate->state = is_started && queue != NULL ? GATE_LENT : GATE_SHUT;
	rte_spinlock_unlock(&gate->lock);
}

/* All of transmission first: what a thread receives on any of them can be sent at once. */
static void
open_gates(struct rtap_borrower *b, const struct rtap_mp_loan *loan)
{
	const struct rte_eth_dev_data *data = b->dev->data;

	for (uint16_t i = 0; i < loan->nb_fds; i++) {
		pair_of(b, i)->tap_fd = loan->fds[i];
		open_gate(&b->tx[i], data->tx_queues, data->tx_queue_state, loan->number);
	}
	for (uint16_t i = 0; i < loan->nb_fds; i++)
		open_gate(&b->rx[i], data->rx_queues, data->rx_queue_state, loan->number);
}

bool
rtap_borrower_has_port(const struct rte_eth_dev *dev)
{
	const struct rtap_borrower *b = borrower_of(dev);
	const struct rtap_shared *shared = rtap_shared(dev);

	/* The primary may also have made another port of that name since. */
	return shared != NULL && rte_atomic_load_explicit(&shared->token,
		rte_memory_order_relaxed) == b->port.token;
}

static int
take_loan(struct rtap_borrower *b)
{
	struct rtap_mp_loan loan;
	int ret;

	/* If that was the last port of the primary, nobody would answer. */
	if (!rtap_borrower_has_port(b->dev))
		return -ENODEV;
	ret = rtap_mp_check_room(b->dev->data->nb_rx_queues + 1);
	if (ret < 0)
		return ret;
	ret = rtap_mp_borrow(&b->port, &loan);
	if (ret < 0)
		return ret;
	rte_intr_fd_set(b->recall, loan.recall_fd);
	open_gates(b, &loan);
	rte_atomic_store_explicit(&b->has_loan, true, rte_memory_order_release);
	rte_atomic_store_explicit(&b->is_watching, true, rte_memory_order_release);
	ret = rte_intr_callback_register(b->recall, on_recall, b);
	if (ret < 0) {
		give_back(b);
		end_loan(b);
	}
	return ret;
}

static void
tell_error(struct rtap_borrower *b, int ret)
{
	if (ret < 0 && ret != b->last_error)
		PMD_LOG(ERR, "%s: its queues cannot be used, %s", b->name, rtap_mp_explain(-ret));
	b->last_error = ret;
}

/* On the interrupt thread, since it waits for an answer. */
static void
ask_for_loan(void *arg)
{
	struct rtap_borrower *b = arg;
	int ret = take_loan(b);

	if (ret == -EAGAIN) {
		retry_at(b, tsc_in(b->retry_us));
		b->retry_us = RTE_MIN(2 * b->retry_us, MAX_RETRY_US);
		return;
	}
	tell_error(b, ret);
	if (ret < 0 && !rtap_mp_is_final(-ret))
		retry_at(b, tsc_in(ERROR_RETRY_US));
}

/* One of the threads that find their gates shut has the loan asked for, when it is time. */
static void
want_loan(struct rtap_borrower *b)
{
	uint64_t due = rte_atomic_load_explicit(&b->retry_at, rte_memory_order_acquire);

	if (due == NEVER || rte_get_tsc_cycles() < due ||
			!rte_atomic_compare_exchange_strong_explicit(&b->retry_at, &due, NEVER,
			rte_memory_order_acquire, rte_memory_order_relaxed))
		return;
	if (rte_eal_alarm_set(1, ask_for_loan, b) < 0)
		retry_at(b, tsc_in(MAX_RETRY_US));
}

/* The ring is made by the thread that polls, when it polls first. */
static bool
open_ring(struct gate *gate)
{
	struct rtap_borrower *b = gate->borrower;
	int tap_fd = pair_of(b, gate->queue_id)->tap_fd;
	int ret;

	if (rte_get_tsc_cycles() < gate->retry_at)
		return false;
	ret = gate->is_rx ? rtap_rx_start(gate->queue, tap_fd, b->shared->without) :
		rtap_tx_start(gate->queue, tap_fd, b->shared->without);
	if (ret < 0) {
		PMD_LOG_ERRNO(ERR, -ret, "%s: cannot use %s queue %u", b->name,
			gate->is_rx ? "Rx" : "Tx", gate->queue_id);
		gate->retry_at = tsc_in(gate->retry_us);
		gate->retry_us = RTE_MIN(2 * gate->retry_us, MAX_RING_RETRY_US);
		return false;
	}
	gate->state = GATE_OPEN;
	return true;
}

/* Under the lock of a gate that is not open. */
static __rte_noinline bool
try_to_open(struct gate *gate)
{
	if (gate->state == GATE_LENT && !is_recalled(gate))
		return open_ring(gate);
	want_loan(gate->borrower);
	return false;
}

/* Under the lock of the gate. */
static inline bool
is_usable(struct gate *gate)
{
	if (likely(gate->state == GATE_OPEN && !is_recalled(gate)))
		return true;
	return try_to_open(gate);
}

static uint16_t
gate_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct gate *gate = queue;
	uint16_t nb_rx = 0;

	if (unlikely(rte_spinlock_trylock(&gate->lock) == 0))
		return 0;
	if (is_usable(gate))
		nb_rx = rtap_rx_burst(gate->queue, pkts, nb_pkts);
	rte_spinlock_unlock(&gate->lock);
	return nb_rx;
}

static uint16_t
gate_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct gate *gate = queue;
	uint16_t nb_tx = 0;

	if (unlikely(rte_spinlock_trylock(&gate->lock) == 0))
		return 0;
	if (is_usable(gate))
		nb_tx = rtap_tx_burst(gate->queue, pkts, nb_pkts);
	rte_spinlock_unlock(&gate->lock);
	return nb_tx;
}

static uint16_t
gate_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct gate *gate = queue;
	uint16_t nb_good = 0;

	if (unlikely(rte_spinlock_trylock(&gate->lock) == 0)) {
		rte_errno = EAGAIN;
		return 0;
	}
	if (is_usable(gate))
		nb_good = rtap_tx_prepare(gate->queue, pkts, nb_pkts);
	else
		rte_errno = EAGAIN;
	rte_spinlock_unlock(&gate->lock);
	return nb_good;
}

int
rtap_gate_rx_queue_count(void *queue)
{
	struct gate *gate = queue;
	int count = 0;

	if (rte_spinlock_trylock(&gate->lock) == 0)
		return 0;
	if (is_usable(gate))
		count = rtap_rx_queue_count(gate->queue);
	rte_spinlock_unlock(&gate->lock);
	return count;
}

static int
gate_descriptor_status(void *queue, uint16_t offset)
{
	struct gate *gate = queue;
	int status = -EAGAIN;

	if (rte_spinlock_trylock(&gate->lock) == 0)
		return -EAGAIN;
	if (is_usable(gate))
		status = gate->is_rx ? rtap_rx_descriptor_status(gate->queue, offset) :
			rtap_tx_descriptor_status(gate->queue, offset);
	rte_spinlock_unlock(&gate->lock);
	return status;
}

bool
rtap_borrower_has_loan(const struct rte_eth_dev *dev)
{
	return rte_atomic_load_explicit(&borrower_of(dev)->has_loan, rte_memory_order_acquire);
}

/* The lock outlives the call, which clang's analysis cannot follow. */
static __rte_no_thread_safety_analysis void *
lock_gate(struct gate *gate)
{
	rte_spinlock_lock(&gate->lock);
	return gate->state != GATE_SHUT && !is_recalled(gate) ? gate->queue : NULL;
}

void
rtap_borrower_hold(const struct rte_eth_dev *dev, uint16_t queue_id,
		const struct rtap_rx_queue **rx, const struct rtap_tx_queue **tx)
{
	*rx = lock_gate(&borrower_of(dev)->rx[queue_id]);
	*tx = lock_gate(&borrower_of(dev)->tx[queue_id]);
}

__rte_no_thread_safety_analysis void
rtap_borrower_let_go(const struct rte_eth_dev *dev, uint16_t queue_id)
{
	rte_spinlock_unlock(&borrower_of(dev)->tx[queue_id].lock);
	rte_spinlock_unlock(&borrower_of(dev)->rx[queue_id].lock);
}

static void
init_gates(struct rtap_borrower *b, struct gate *gates, void **data, bool is_rx)
{
	for (uint16_t i = 0; i < RTE_MAX_QUEUES_PER_PORT; i++) {
		data[i] = i < RTAP_MAX_QUEUES ? &gates[i] : &b->shut;
		if (i >= RTAP_MAX_QUEUES)
			continue;
		gates[i].borrower = b;
		gates[i].queue_id = i;
		gates[i].is_rx = is_rx;
	}
}

SLIST_HEAD(borrower_list, rtap_borrower);

/*
 * A thread may still be on its way into a gate when the port is removed, as a
 * primary that unplugs the device waits for no lcore of this process. So what
 * is not used any more stays what it is, for the next port.
 */
static struct borrower_list unused = SLIST_HEAD_INITIALIZER(unused);
static pthread_mutex_t unused_lock = PTHREAD_MUTEX_INITIALIZER;

static struct rtap_borrower *
take_unused(void)
{
	struct rtap_borrower *b;

	pthread_mutex_lock(&unused_lock);
	b = SLIST_FIRST(&unused);
	if (b != NULL)
		SLIST_REMOVE_HEAD(&unused, next);
	pthread_mutex_unlock(&unused_lock);
	return b;
}

static void
put_unused(struct rtap_borrower *b)
{
	pthread_mutex_lock(&unused_lock);
	SLIST_INSERT_HEAD(&unused, b, next);
	pthread_mutex_unlock(&unused_lock);
}

static struct rtap_borrower *
allocate_borrower(void)
{
	struct rtap_borrower *b = take_unused();

	if (b != NULL)
		return b;
	b = aligned_alloc(alignof(struct rtap_borrower), sizeof(*b));
	if (b == NULL)
		return NULL;
	memset(b, 0, sizeof(*b));
	b->shut.borrower = b;
	init_gates(b, b->rx, b->rx_gates, true);
	init_gates(b, b->tx, b->tx_gates, false);
	retry_at(b, NEVER);
	return b;
}

int
rtap_borrower_create(struct rte_eth_dev *dev, const struct rtap_mp_port *port)
{
	struct rtap_borrower *b = allocate_borrower();

	if (b == NULL)
		return -ENOMEM;
	rtap_process(dev)->borrower = b;
	b->dev = dev;
	b->shared = rtap_shared(dev);
	b->retry_us = FIRST_RETRY_US;
	b->last_error = 0;
	strlcpy(b->name, port->name, sizeof(b->name));
	b->port = *port;
	b->port.name = b->name;
	b->recall = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (b->recall == NULL)
		return -ENOMEM;
	rte_intr_fd_set(b->recall, -1);
	if (rte_intr_type_set(b->recall, RTE_INTR_HANDLE_EXT) < 0)
		return -rte_errno;
	retry_at(b, 0);
	return 0;
}

static void
withdraw_loan(struct rtap_borrower *b)
{
	while (rte_atomic_load_explicit(&b->is_watching, rte_memory_order_acquire)) {
		if (rte_intr_callback_unregister(b->recall, on_recall, b) > 0) {
			give_back(b);
			end_loan(b);
		} else {
			/* It is just being recalled. */
			rte_delay_us_sleep(UNREGISTER_STEP_US);
		}
	}
}

/* A thread in a gate may have read before that it is time to ask: it is waited for. */
static void
stop_asking(struct rtap_borrower *b)
{
	retry_at(b, NEVER);
	shut_gates(b);
	rte_eal_alarm_cancel(ask_for_loan, b);
}

/* Works on a half-built one. */
void
rtap_borrower_destroy(struct rte_eth_dev *dev)
{
	struct rtap_borrower *b = rtap_process(dev) == NULL ? NULL : borrower_of(dev);
	struct rte_eth_fp_ops *fp_ops;

	if (b == NULL)
		return;
	/* By its place: what the primary has closed has no number any more. */
	fp_ops = &rte_eth_fp_ops[dev - rte_eth_devices];
	fp_ops->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	fp_ops->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	stop_asking(b);
	withdraw_loan(b);
	/* It may have been recalled meanwhile, after which the next is asked for. */
	stop_asking(b);
	rte_intr_instance_free(b->recall);
	b->recall = NULL;
	rtap_process(dev)->borrower = NULL;
	put_unused(b);
}

/* ethdev would have a burst look for its queue in an array that the primary frees. */
void
rtap_borrower_set_functions(struct rte_eth_dev *dev)
{
	struct rtap_borrower *b = borrower_of(dev);
	struct rte_eth_fp_ops *fp_ops = &rte_eth_fp_ops[dev - rte_eth_devices];

	fp_ops->rxq.data = b->rx_gates;
	fp_ops->txq.data = b->tx_gates;
	dev->rx_pkt_burst = gate_rx_burst;
	dev->rx_queue_count = rtap_gate_rx_queue_count;
	dev->rx_descriptor_status = gate_descriptor_status;
	dev->tx_pkt_burst = gate_tx_burst;
	dev->tx_pkt_prepare = gate_tx_prepare;
	dev->tx_descriptor_status = gate_descriptor_status;
}
