/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_SOAK_H_
#define _RTAP_SOAK_H_

/*
 * What the files of rtap_soak share. There is one port, of which the last queue
 * is that of a second process at times. Functions that return int give 0 or a
 * negative errno. What several threads touch is touched by soak_get() and soak_set().
 */

#include <net/if.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#define SOAK_PORT	"net_rtap0"
#define SOAK_POOL	"soak"
#define SOAK_MAX_QUEUES	8
#define SOAK_ETHERTYPE	0x88B5	/* local experimental: the kernel says nothing in it */
#define SOAK_MIN_LEN	60
#define SOAK_MAX_LEN	600
#define SOAK_NB_CONTROLLERS 4

#define soak_get(place)		__atomic_load_n(place, __ATOMIC_ACQUIRE)
#define soak_set(place, value)	__atomic_store_n(place, value, __ATOMIC_RELEASE)
#define soak_add(place, n)	__atomic_add_fetch(place, n, __ATOMIC_ACQ_REL)

/* Which control operations may happen. */
enum soak_weather {
	SOAK_CALM,	/* none */
	SOAK_FAIR,	/* those that lose no packet */
	SOAK_STORM,	/* all */
};

/* Where the interface is. */
struct soak_place {
	pthread_mutex_t lock;
	char name[IFNAMSIZ];
	int netns_fd;
};

struct soak {
	uint64_t seed;
	unsigned int secs;
	unsigned int round_secs;
	unsigned int pause_ms;	/* longest between two secondary processes */
	uint16_t port;
	uint16_t nb_queues;
	struct rte_mempool *pool;

	enum soak_weather weather;
	bool is_traffic;	/* both ways */
	bool is_listening;	/* the kernel's side counts what it is sent */
	bool is_over;

	bool is_sender_quiet;
	bool is_receiver_quiet;
	bool is_controller_quiet[SOAK_NB_CONTROLLERS];
	int holds[SOAK_MAX_QUEUES];	/* not polled by the worker if not 0 */
	uint64_t nb_turns;		/* of the worker over all queues */

	uint64_t sent;		/* by the kernel's side */
	uint64_t heard;		/* by the kernel's side */
	uint64_t received;	/* by the worker */
	uint64_t transmitted;	/* taken from the worker by the port */
	uint64_t damaged;	/* frames that are not what was sent */
	unsigned int nb_kills;

	pthread_mutex_t control;	/* ethdev wants one thread at a time */
	struct soak_place place;
};

/* soak_common.c */
extern struct soak soak;

/* In memory that the second process sees, too. */
struct soak_meeting {
	uint64_t nb_bursts;	/* of the second process */
};

/* Each thread has a generator of its own, which follows from seed and number. */
struct soak_random {
	uint64_t state;
};

void soak_random_init(struct soak_random *random, unsigned int thread);
/* From 0 to n - 1. */
uint32_t soak_random_below(struct soak_random *random, uint32_t n);

void soak_frame_fill(uint8_t *frame, uint16_t len, uint64_t number);
bool soak_frame_is_whole(const uint8_t *frame, uint16_t len);

/* soak_pool.c: NULL and rte_errno if there is none */
struct rte_mempool *soak_pool_create(unsigned int nb_mbufs);

/* soak_worker.c: the lcore */
int soak_worker_main(void *arg);
/* One queue of the second process, until it is killed. */
int soak_secondary_main(uint16_t queue);
/* The worker leaves the queue alone when this returns. */
void soak_hold(uint16_t queue);
void soak_release(uint16_t queue);

/* soak_host.c: the kernel's side of the traffic */
void *soak_sender_main(void *arg);
void *soak_receiver_main(void *arg);

/* soak_control.c: who does something at random; arg is the number of the controller */
void *soak_controller_main(void *arg);
/* A name and two numbers each. */
void soak_print_operations(void);

/* soak_port.c: operations of the application on its port */
int soak_op_mtu(struct soak_random *random);
int soak_op_mac(struct soak_random *random);
int soak_op_promiscuous(struct soak_random *random);
int soak_op_allmulticast(struct soak_random *random);
int soak_op_link(struct soak_random *random);
int soak_op_queue(struct soak_random *random);
int soak_op_restart(struct soak_random *random);
int soak_op_look(struct soak_random *random);
int soak_op_reset(struct soak_random *random);
int soak_op_secondary(struct soak_random *random);

/* soak_admin.c: operations of an administrator on the interface */
int soak_admin_init(const char *name);
int soak_op_rename(struct soak_random *random);
int soak_op_iface_mtu(struct soak_random *random);
int soak_op_iface_mac(struct soak_random *random);
int soak_op_iface_down(struct soak_random *random);
int soak_op_move(struct soak_random *random);
/* At home, and up. */
int soak_admin_restore(void);
/* A socket where the interface is, and its index; a negative errno. */
int soak_socket(int family, int type, int protocol, int *if_index);

#endif /* _RTAP_SOAK_H_ */
