/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

#ifndef _RTAP_H_
#define _RTAP_H_

/*
 * A port is one multi-queue TAP interface. What the application transmits, the
 * kernel receives on the interface; what the kernel transmits, the application
 * receives.
 *
 *   rtap_ethdev.c       probe, configure, start, stop, close
 *   rtap_process.c      what a process has of a port
 *   rtap_secondary.c    the port as a secondary process has it
 *   rtap_borrow.c       the queues as a secondary process has them
 *   rtap_lend.c         the queues as the primary process lends them
 *   rtap_control.c      operations on the interface: link, MAC, MTU
 *   rtap_negotiate.c    offloads of a port, as agreed on with the kernel
 *   rtap_rx.c           receive burst
 *   rtap_rx_queue.c     receive queues: set-up, start, stop
 *   rtap_rx_intr.c      receive interrupts
 *   rtap_tx.c           transmit queues and burst
 *   rtap_filter.[ch]    which frames are for the port
 *   rtap_stats.c        statistics
 *   rtap_info.c         limits and state, for whoever asks
 *   rtap_view.[ch]      the port as it is at a moment, safe for any thread
 *   rtap_dump.c         the same as text
 *   rtap_telemetry.c    the same for telemetry
 *   rtap_trace.h        trace points, named in rtap_trace_points.c
 *   rtap_iface.c        the TAP descriptors of a port
 *   rtap_intr.c         events: what happens to the interface
 *   rtap_place.c        where the interface is
 *   rtap_devargs.[ch]   device arguments
 *   rtap_mp.[ch]        messages between processes
 *   rtap_counter.h      what the queues count
 *   rtap_netlink.[ch]   rtnetlink
 *   rtap_nlattr.[ch]    attributes of netlink messages
 *   rtap_nllink.[ch]    what they say of an interface
 *   rtap_netns.[ch]     network namespaces
 *   rtap_offload.[ch]   the header in front of each frame, offload bits;
 *                       rtap_offload_tx.c for those transmitted
 *   rtap_tap.[ch]       one TAP descriptor
 *   rtap_uring.[ch]     one io_uring
 *
 * Those with a header of their own are leaves, but for the view: they know nothing
 * of a port.
 *
 * Who may touch what. There are three kinds of state, and each member is marked:
 *   const    written at probe or queue set-up, before any other thread sees it
 *   control  by the thread that calls control functions; ethdev applications
 *            let only one do so at a time
 *   lcore    by the thread that polls the queue, one at a time
 *   intr     by the EAL interrupt thread
 * A counter is written by the lcore and read by control, see rtap_counter.h.
 *
 * Who owns an mbuf. On receive: the pool; the stock of the queue; from submit
 * to completion, within one burst as requests never wait, the kernel; the
 * application. On transmit: the application; the burst; after the submit, which
 * completes all writes, the pool.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <ethdev_driver.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_stdatomic.h>

#include "rtap_counter.h"
#include "rtap_devargs.h"
#include "rtap_filter.h"
#include "rtap_mp.h"
#include "rtap_netlink.h"
#include "rtap_netns.h"
#include "rtap_offload.h"
#include "rtap_uring.h"

/* Half of what the kernel has (MAX_TAP_QUEUES), one more being the keep-alive. */
#define RTAP_MAX_QUEUES 128

/*
 * Nothing is posted ahead, so that a ring never holds more than one batch.
 * The descriptor counts that an application asks for say how many packets may
 * wait: the kernel's own queue is where they do.
 */
#define RTAP_RING_ENTRIES 64
#define RTAP_MIN_DESC 1
#define RTAP_MAX_DESC 32768
#define RTAP_DEFAULT_DESC 1024
#define RTAP_DEFAULT_BURST 64

/*
 * Mbufs that a receive queue keeps to read into. A batch of packets of several
 * mbufs has as many as fit.
 */
#define RTAP_RX_STOCK 256
#define RTAP_RX_MAX_SEGS 128

#define RTAP_TX_MAX_SEGS RTAP_OFFLOAD_MAX_SEGS
#define RTAP_TX_IOV_LEN 256

/* Where headers are kept that cannot be in the packet itself. */
#define RTAP_TX_HDRS_LEN 16384

/*
 * The kernel makes no aggregate of 64 KB (gso_max_size), Ethernet header included
 * but for one VLAN tag, unless its users raise that limit.
 */
#define RTAP_MAX_AGGREGATE UINT16_MAX

/* MTU is that of layer 3: a frame may have two VLAN tags, and has no CRC. */
#define RTAP_ETH_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)

static_assert(RTAP_VNET_TUNNEL_HDR_LEN <= RTE_PKTMBUF_HEADROOM,
	"the virtio-net header is read into the headroom");
static_assert(RTAP_TX_IOV_LEN > RTAP_TX_MAX_SEGS,
	"a packet and its header fit into the iovecs of a queue");
static_assert(RTAP_RX_STOCK >= RTAP_RING_ENTRIES && RTAP_RX_STOCK >= RTAP_RX_MAX_SEGS,
	"a batch of single mbufs fits into the stock, and so does the longest packet");
static_assert(RTAP_VNET_TUNNEL_HDR_LEN + RTAP_OFFLOAD_MAX_HDRS <= RTAP_TX_HDRS_LEN,
	"the headers of one packet have room");
static_assert(RTE_IS_POWER_OF_2(RTAP_RING_ENTRIES), "io_uring rounds up to a power of two");
static_assert(RTAP_MAX_QUEUES <= RTE_MAX_QUEUES_PER_PORT, "ethdev keeps an array of queues");
static_assert(RTAP_MAX_QUEUES <= RTAP_MP_MAX_FDS, "all queues can be lent");

/* Of the interface, on aggregates for the application. */
struct rtap_limits {
	uint32_t size;              /* bytes, one more than the longest */
	uint32_t segs;              /* packets */
};

/*
 * Shared by all processes (dev->data->dev_private): values only. A descriptor,
 * a ring or a pointer of one process would mean nothing in another.
 */
struct rtap_shared {
	RTE_ATOMIC(int) if_index;   /* any; in the namespace where the interface is */
	bool is_mac_apart;          /* const; the interface has another MAC address than the port */
	RTE_ATOMIC(bool) is_away;   /* any; the interface is not in its first namespace */
	uint32_t min_mtu;           /* const */
	uint32_t max_mtu;           /* const */
	uint16_t agreed_mtu;        /* control; that the port last set or took over */
	uint32_t refused_mtu;       /* control, intr while started; of the interface, 0 if none */
	bool is_mtu_wanted;         /* control; asked of configure, not yet set on the interface */
	bool is_mtu_chosen;         /* control; by the application, and not the usual one */
	struct rtap_kernel_counters kernel;      /* any; as they were when last asked for */
	struct rtap_kernel_counters kernel_base; /* control; the same at the last reset */
	RTE_ATOMIC(uint64_t) token; /* control; of this port and no other, 0 once it is closed */
	unsigned int without;       /* const; features not to be used by any process */
	RTE_ATOMIC(uint32_t) loan;  /* control writes, any reads; number, 0 if not lent */
	struct rtap_offload offload; /* control; kernel_features const */
	bool is_gso_limited;        /* control; the port has narrowed the limits that it found */
	struct rtap_limits limits_found; /* control; as they would be without the port */
	struct rtap_limits limits_set; /* control; as they were left by the last start */
	struct rtap_filter filter;  /* control writes, lcore reads */
};

struct rtap_intr; /* of rtap_intr.c */
struct rtap_left; /* of rtap_lend.c */

/* Loans that another process did not give back in time; a debugger may have stopped it. */
#define RTAP_MAX_LATE 8

struct rtap_late {
	bool is_late;               /* control; some are not back yet */
	bool is_forever;            /* control; nobody will tell when they are */
	unsigned int nb_fds;        /* control */
	int fds[RTAP_MAX_LATE];     /* control; of each loan, to ask */
	/* control; queues that were replaced or freed meanwhile */
	SLIST_HEAD(rtap_left_list, rtap_left) left;
};

/* A queue pair as one process has it. */
struct rtap_queue_pair {
	int tap_fd;                 /* control; -1 if not open */
	int intr_fd;                /* control; of the Rx interrupt, -1 if there is none */
	bool is_intr_enabled;       /* control or lcore, whoever enables and disables it */
	uint32_t process_id;        /* const; of the process */
	bool is_rx_late;            /* control; another process may still be in a burst */
	bool is_tx_late;            /* the same */
	struct rtap_uring *rx;      /* control sets it, lcore uses it; NULL if stopped */
	struct rtap_uring *tx;      /* the same */

	/* control; for rtap_view.c, of the primary: NULL if not set up */
	struct rtap_rx_queue *rx_queue;
	struct rtap_tx_queue *tx_queue;
};

/* Where a process knows the interface to be. */
struct rtap_location {
	pthread_mutex_t lock;       /* any; of the place and what goes with it */
	struct rtap_place place;    /* any; as it was when it was last asked for */
	struct rtap_netns netns;    /* any; that of the place */
	bool is_lost;               /* any; the interface is out of reach */
	struct rtap_netns home;     /* const; that of the netlink sockets */
};

/* Private to a process (dev->process_private). */
struct rtap_process {
	struct rtap_args args;      /* const; of the primary, elsewhere zero */
	int keep_alive_fd;          /* const; detached queue, so that the interface outlives stop */
	struct rtap_nl nl;          /* const; has a lock; of control operations */
	struct rtap_nl stats_nl;    /* const; has a lock; statistics wait for nobody */
	struct rtap_location location; /* has a lock */
	struct rtap_intr *intr;     /* control; NULL if no events are asked for */
	bool is_removal_told;       /* intr */
	struct rtap_mp_lender *lender; /* const; has a lock; of the primary, elsewhere NULL */
	struct rtap_late late;      /* control; of the primary */
	struct rtap_borrower *borrower; /* const; of a secondary, elsewhere NULL */
	struct rtap_queue_pair queues[RTAP_MAX_QUEUES];
};

/* Receive queue (dev->data->rx_queues[]), shared by all processes. */
struct __rte_cache_aligned rtap_rx_queue {
	struct rte_mempool *pool;   /* const */
	uint16_t port_id;           /* const */
	uint16_t queue_id;          /* const */
	uint16_t nb_desc;           /* const */
	uint16_t room;              /* const; bytes of a frame that one mbuf holds */
	bool is_deferred;           /* const; started by itself, not with the port */
	uint64_t offloads;          /* const; RTE_ETH_RX_OFFLOAD_* */
	struct rtap_offload offload; /* control, at start; its atomic members at any time */
	const struct rtap_filter *filter; /* const; of the port, in shared memory, too */

	RTE_ATOMIC(uint16_t) nb_segs; /* control writes, lcore reads; mbufs that a read needs */
	uint16_t nb_expected;       /* lcore; packets that the next burst may find */
	uint16_t nb_stock;          /* lcore; mbufs ready to be read into */
	bool is_drained;            /* lcore; nothing more expected, but no poll armed yet */
	bool is_gone;               /* lcore; the interface was deleted */
	bool is_busy;               /* lcore; a burst is under way */
	uint32_t process_id;        /* lcore; of the process that polled last */

	struct rtap_rx_counters count; /* lcore */

	struct rte_mbuf *stock[RTAP_RX_STOCK]; /* lcore; the first nb_stock */
	struct iovec iov[RTAP_RX_STOCK];       /* lcore; of reads into several mbufs */

	struct rtap_rx_counters base; /* control; the counters at the last reset */
};

/* Transmit queue (dev->data->tx_queues[]), shared by all processes. */
struct __rte_cache_aligned rtap_tx_queue {
	uint16_t port_id;           /* const */
	uint16_t queue_id;          /* const */
	uint16_t nb_desc;           /* const */
	bool is_deferred;           /* const; started by itself, not with the port */
	uint64_t offloads;          /* const; RTE_ETH_TX_OFFLOAD_* */
	struct rtap_offload offload; /* control, at start */

	struct rtap_tx_counters count; /* lcore */

	/* lcore; of the packets that are not one piece with their header */
	struct iovec iov[RTAP_TX_IOV_LEN];
	unsigned int nb_hdrs_used;  /* lcore; bytes */
	uint8_t hdrs[RTAP_TX_HDRS_LEN]; /* lcore */

	struct rtap_tx_counters base; /* control; the counters at the last reset */
};

/* Processes share these: those of another build must not meet. */
#define RTAP_LAYOUT ((uint32_t)(sizeof(struct rtap_shared) << 24 ^ \
	sizeof(struct rtap_rx_queue) << 12 ^ sizeof(struct rtap_tx_queue)))

static inline struct rtap_shared *
rtap_shared(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline struct rtap_process *
rtap_process(const struct rte_eth_dev *dev)
{
	return dev->process_private;
}

/* 0, which no interface has, in a secondary whose primary has just closed the port. */
static inline int
rtap_if_index(const struct rte_eth_dev *dev)
{
	const struct rtap_shared *shared = rtap_shared(dev);

	return shared == NULL ? 0 :
		rte_atomic_load_explicit(&shared->if_index, rte_memory_order_relaxed);
}

/* The one way from a shared queue to what this process has of it. */
static inline struct rtap_queue_pair *
rtap_queue_pair(uint16_t port_id, uint16_t queue_id)
{
	return &rtap_process(&rte_eth_devices[port_id])->queues[queue_id];
}

static inline uint32_t
rtap_frame_len(uint32_t mtu)
{
	return mtu + RTAP_ETH_OVERHEAD;
}

/* rtap_process.c */

/* What is left of a failed creation is to be released. */
int rtap_process_create(struct rte_eth_dev *dev, uint32_t process_id);
void rtap_process_release(struct rte_eth_dev *dev);

/* rtap_secondary.c */
struct rte_vdev_device;
int rtap_secondary_probe(struct rte_vdev_device *vdev);
int rtap_secondary_remove(struct rte_vdev_device *vdev);
/* -ENODEV and a message in a secondary whose primary has closed the port. */
int rtap_check_port(const struct rte_eth_dev *dev);

/* rtap_borrow.c */

/* What is left of a failed creation is to be destroyed; so is what was never created. */
int rtap_borrower_create(struct rte_eth_dev *dev, const struct rtap_mp_port *port);
void rtap_borrower_destroy(struct rte_eth_dev *dev);
/* Of the port, for the bursts of ethdev, which find the gates as their queues from now on. */
void rtap_borrower_set_functions(struct rte_eth_dev *dev);
/* False if the primary has closed it. */
bool rtap_borrower_has_port(const struct rte_eth_dev *dev);
bool rtap_borrower_has_loan(const struct rte_eth_dev *dev);
/*
 * Holds a pair of queues, so that neither a burst nor the primary changes them until
 * they are let go. What this process has not borrowed is NULL.
 */
void rtap_borrower_hold(const struct rte_eth_dev *dev, uint16_t queue_id,
		const struct rtap_rx_queue **rx, const struct rtap_tx_queue **tx);
void rtap_borrower_let_go(const struct rte_eth_dev *dev, uint16_t queue_id);
int rtap_gate_rx_queue_count(void *queue);

/* rtap_control.c */

/* The link of an interface, or of one that is gone if it is NULL. */
void rtap_describe_link(const struct rtap_link *kernel, struct rte_eth_link *link);
int rtap_link_update(struct rte_eth_dev *dev, int wait_to_complete);
int rtap_is_removed(struct rte_eth_dev *dev);
int rtap_set_link_up(struct rte_eth_dev *dev);
int rtap_set_link_down(struct rte_eth_dev *dev);
/* Brings the interface up, if this process may; a message tells if it may not. */
int rtap_start_link(struct rte_eth_dev *dev);
int rtap_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);
int rtap_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
/* To be told of each configuration, which may ask for an MTU. */
void rtap_mtu_configure(struct rte_eth_dev *dev);
/* To be told of the interface's MTU, by any thread, between start and stop. */
void rtap_mtu_follow(struct rte_eth_dev *dev, uint32_t mtu);
/* Brings interface and queues to what was configured, before the port starts. */
int rtap_apply_config(struct rte_eth_dev *dev);

/* rtap_filter.c */
int rtap_promiscuous_enable(struct rte_eth_dev *dev);
int rtap_promiscuous_disable(struct rte_eth_dev *dev);
int rtap_allmulticast_enable(struct rte_eth_dev *dev);
int rtap_allmulticast_disable(struct rte_eth_dev *dev);
int rtap_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		uint32_t pool);
void rtap_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int rtap_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t n);

/* rtap_iface.c */

/*
 * Opens the keep-alive queue, and with it makes the interface or takes it over.
 * The name may hold one "%d". -ENOTUNIQ: no multi-queue TAP; -EBUSY: in use;
 * -ENODEV: there is none, and none may be made.
 */
int rtap_iface_open(struct rtap_process *process);
/* Sets what the driver relies on; filters that a former owner attached stay. */
int rtap_iface_set_up(struct rtap_process *process, int if_index);
/* Finds out the TUN_F_* that the kernel has, and leaves the interface without any. */
int rtap_iface_probe_offloads(int fd, uint32_t *features);
int rtap_iface_set_offload(int fd, uint32_t tun_features, uint16_t hdr_len);
/*
 * Opens what is missing of the first nb_queues, detached, and closes the others.
 * What is left of a failure is to be closed.
 */
int rtap_queues_resize(struct rte_eth_dev *dev, uint16_t nb_queues);
void rtap_queues_close_from(struct rtap_process *process, uint16_t first);

/* rtap_intr.c */

/*
 * Begins or ends to tell the application of changes of the link. That the
 * interface is deleted is told in both cases; each only if it was configured.
 */
int rtap_lsc_set(struct rte_eth_dev *dev, bool on);
/* Ends all events; may be called from inside of one. */
void rtap_intr_close(struct rtap_process *process);

/* rtap_lend.c */

/* Secondary processes may poll the queues from now on. */
void rtap_lend_queues(struct rte_eth_dev *dev);
/*
 * No other process polls a queue when this returns, or begins to afterwards. One
 * that did not react may still be in a burst: the queues are late then, and what it
 * may touch of them, the stock included, is not for us before it comes back.
 */
void rtap_recall_queues(struct rte_eth_dev *dev);
/* A queue that is still late is replaced, before it is started. */
int rtap_late_renew_rx(struct rte_eth_dev *dev, uint16_t queue_id);
int rtap_late_renew_tx(struct rte_eth_dev *dev, uint16_t queue_id);
/* Frees a queue that the port does not have any more, or leaves it if it is late. */
void rtap_late_free_rx(struct rte_eth_dev *dev, struct rtap_rx_queue *q);
void rtap_late_free_tx(struct rte_eth_dev *dev, struct rtap_tx_queue *q);
/* The end of a port: what is still late is lost. */
void rtap_late_close(struct rte_eth_dev *dev);

/* rtap_negotiate.c */

/* Agrees with the kernel on the offloads that the port is configured for. */
int rtap_negotiate_offloads(struct rte_eth_dev *dev);
/* Queues and interface keep to what was agreed on, before the port starts. */
int rtap_apply_offloads(struct rte_eth_dev *dev);
/* What the limits of a new port's interface are, and were before a former one. */
void rtap_limits_init(struct rtap_shared *shared, const struct rtap_link *link);
/* The interface aggregates as without the port again, for whoever has it next. */
void rtap_lift_limits(struct rte_eth_dev *dev);
/* Nothing that was agreed on holds any more. */
void rtap_withdraw_offloads(struct rte_eth_dev *dev);
int rtap_vlan_offload_set(struct rte_eth_dev *dev, int mask);
void rtap_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue_id, int on);
const uint32_t *rtap_supported_ptypes_get(struct rte_eth_dev *dev, size_t *no_of_elements);
int rtap_ptypes_set(struct rte_eth_dev *dev, uint32_t ptype_mask);

/* rtap_place.c */

/* A change of the interface under way. */
struct rtap_change {
	struct rtap_nl *nl;         /* in the namespace of the interface */
	int if_index;
	struct rtap_nl temporary;   /* open if that is not ours */
};

/* Of a process whose netlink socket is open. */
int rtap_location_init(struct rtap_location *location, const struct rtap_nl *nl);
void rtap_location_destroy(struct rtap_location *location);
/* Where the interface is at this moment; -ENODEV if it was deleted. */
int rtap_place_get(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_place *place);
/* Also gives a descriptor of the namespace, for the caller to close; -1 if there is none. */
int rtap_place_find(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_place *place,
		int *netns_fd);
/* State of the interface, wherever it is; by a socket of the caller's choice. */
int rtap_ask_link_by(struct rte_eth_dev *dev, struct rtap_nl *nl, struct rtap_link *link);
int rtap_ask_link(struct rte_eth_dev *dev, struct rtap_link *link);
/* The same for an operation that fails without: the cause is logged. */
int rtap_need_link(struct rte_eth_dev *dev, struct rtap_link *link);
/* Changes the interface wherever it is; -ENODEV only if it was deleted. */
typedef int (*rtap_change_apply)(const struct rtap_change *change, const void *arg);
int rtap_change(struct rte_eth_dev *dev, rtap_change_apply apply, const void *arg);
/* The same with a message if it may not be changed, which names what. */
int rtap_change_or_log(struct rte_eth_dev *dev, rtap_change_apply apply, const void *arg,
		const char *what);

/* rtap_rx.c */
uint16_t rtap_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
/*
 * Gives up the mbufs of a process that ended, or was frozen, in the middle of a
 * burst: what the stock says need not be true, and the kernel may write to them.
 */
void rtap_rx_abandon_stock(struct rtap_rx_queue *q);

/* rtap_rx_queue.c */
int rtap_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_rxconf *conf,
		struct rte_mempool *pool);
void rtap_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id);
/* The queue interprets frames in this way from the next start on. */
void rtap_rx_set_offload(struct rtap_rx_queue *q, const struct rtap_offload *offload);
bool rtap_rx_fits_mtu(const struct rtap_rx_queue *q, uint32_t mtu);
/* The same as 0 or -EINVAL, with a message. */
int rtap_rx_check_mtu(const struct rte_eth_dev *dev, const struct rtap_rx_queue *q, uint32_t mtu);
/*
 * The queue takes frames of this MTU, which has been checked, from the next
 * burst on; the second leaves it able to take longer ones if it was. Both
 * return whether a frame may take several mbufs.
 */
bool rtap_rx_set_mtu(struct rtap_rx_queue *q, uint32_t mtu);
bool rtap_rx_allow_mtu(struct rtap_rx_queue *q, uint32_t mtu);
/* Starts without the named RTAP_URING_* features. */
int rtap_rx_start(struct rtap_rx_queue *q, int tap_fd, unsigned int without);
void rtap_rx_stop(struct rtap_rx_queue *q);
/* Nobody is in a burst of the stopped queue. */
void rtap_rx_free_stock(struct rtap_rx_queue *q);

/* rtap_rx_intr.c */

/* Makes the interrupts of all Rx queues, if configured; ends them. */
int rtap_rx_intr_open(struct rte_eth_dev *dev);
void rtap_rx_intr_close(struct rte_eth_dev *dev);
/* The interrupt of a queue follows its packets while the queue is started. */
int rtap_rx_intr_watch(struct rtap_queue_pair *pair);
void rtap_rx_intr_unwatch(struct rtap_queue_pair *pair);
int rtap_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue_id);
int rtap_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue_id);
int rtap_get_monitor_addr(void *queue, struct rte_power_monitor_cond *condition);

/* rtap_tx.c */
int rtap_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue_id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf);
void rtap_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue_id);
void rtap_tx_set_offload(struct rtap_tx_queue *q, const struct rtap_offload *offload);
int rtap_tx_start(struct rtap_tx_queue *q, int tap_fd, unsigned int without);
void rtap_tx_stop(struct rtap_tx_queue *q);
uint16_t rtap_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t rtap_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);

/* rtap_info.c */
int rtap_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
void rtap_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_rxq_info *info);
void rtap_txq_info_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_txq_info *info);
int rtap_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_burst_mode *mode);
int rtap_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue_id,
		struct rte_eth_burst_mode *mode);
int rtap_rx_queue_count(void *queue);
int rtap_rx_descriptor_status(void *queue, uint16_t offset);
int rtap_tx_descriptor_status(void *queue, uint16_t offset);
int rtap_tx_done_cleanup(void *queue, uint32_t free_cnt);

/* rtap_view.c */

/*
 * The port can be looked at from the first on, and not any more when the second
 * returns. They are the last step of a probe and the first of a close.
 */
void rtap_view_add(const struct rte_eth_dev *dev);
void rtap_view_remove(const struct rte_eth_dev *dev);
/*
 * Rings and queues come and go while somebody looks: who changes these pointers does
 * it here, and frees what they pointed to afterwards.
 */
void rtap_view_set_ring(struct rtap_uring **ring, struct rtap_uring *u);
void rtap_view_set_rx_queue(uint16_t port_id, uint16_t queue_id, struct rtap_rx_queue *q);
void rtap_view_set_tx_queue(uint16_t port_id, uint16_t queue_id, struct rtap_tx_queue *q);

/* rtap_dump.c */
int rtap_dump(struct rte_eth_dev *dev, FILE *file);

/* rtap_stats.c */

/* All counts of the port start at what the kernel has counted so far. */
void rtap_stats_init(struct rtap_shared *shared, const struct rtap_link_stats *stats);
int rtap_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct eth_queue_stats *qstats);
int rtap_stats_reset(struct rte_eth_dev *dev);
int rtap_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int rtap_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
		unsigned int n);
int rtap_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
		unsigned int n);
int rtap_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
		struct rte_eth_xstat_name *names, unsigned int n);

#endif /* _RTAP_H_ */
