/* nic.h - a port: from the text that names it to bursts of frames on its queues. */
#ifndef NIC_NIC_H
#define NIC_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <quern/address.h>
#include <quern/engine.h>
#include <quern/impair.h>

#include "base/port_plan.h"

enum {
	NIC_DEVICE_TEXT = 512,
	NIC_QUOTED_TEXT = 128,   /* of it in a message */
	NIC_INTERFACE_TEXT = 16, /* IFNAMSIZ */
	NIC_QUEUES_MAX = QUERN_MAX_SHARDS_ON_PORT,
	NIC_CABLE_FRAMES = 4096, /* that wait in one direction of a cable */
	NIC_CABLE_BURST = 64,    /* frames that one call of nic_transmit() takes, on a cable with several queues */
	NIC_DESCRIPTORS = 1024,  /* of a queue, where the driver has such */
	NIC_CUT_BUFFERS = 24,    /* of a frame that the port cuts: no device of the field gathers fewer (vmxnet3) */
	NIC_CUT_PIECES = 3,      /* of them that a segment cut out of it may have: headers, and text in two */
	NIC_MTU_MIN = 68,        /* RFC 791 */
	NIC_MTU_MAX = 9000
};

enum nic_kind {
	NIC_KIND_CABLE,
	NIC_KIND_TAP,
	NIC_KIND_AF_PACKET,
	NIC_KIND_AF_XDP,
	NIC_KIND_MEMIF,
	NIC_KIND_PCAP,
	NIC_KIND_PCI,
	NIC_KIND_VDEV,
	NIC_KINDS
};

/* What a device text says. */
struct nic_name {
	enum nic_kind kind;
	char interface[NIC_INTERFACE_TEXT]; /* the kernel's side; empty where there is none */
	char path[NIC_DEVICE_TEXT];         /* of the socket or of the file to read; the device's name for DPDK */
	char out[NIC_DEVICE_TEXT];          /* the file to write, or DPDK's arguments; empty where there is none */
	bool listens;                       /* the side that makes the socket */
};

struct nic_keeper;

struct nic_config {
	const char *device; /* as the user wrote it */
	uint16_t number;    /* of the port in the engine, for names and messages */
	uint16_t mtu;
	uint16_t queues;              /* pairs of a receive and a transmit queue that are wanted */
	uint16_t far_queues;          /* the same of a cable's other end; 0 for as many */
	uint64_t seed;                /* of the key by which frames are spread */
	struct quern_range addresses; /* ours, of either version or of both, so never the kernel's */
	struct quern_impair impair[QUERN_WAYS];
	bool hears_groups; /* takes frames to any group: how IPv6 asks for a MAC address, and what rules listen to */
};

/* Where a cable's frames go, when either end has several queues: straight into the far end's. */
struct nic_spread {
	const struct port_plan *plan; /* the far end's */
	uint16_t queues;
	struct rte_ring *rings[NIC_QUEUES_MAX];
};

/* Keeps a queue's thread out of the driver while somebody else needs it; see nic_keeper.h. */
struct nic_gate {
	_Alignas(64) bool is_inside; /* the queue's thread is within a burst */
	bool is_closed;
};

struct nic_impair;
struct nic_capture;

struct nic {
	struct nic_config config; /* its device text is the copy below */
	char device[NIC_DEVICE_TEXT];
	enum nic_kind kind;
	char interface[NIC_INTERFACE_TEXT]; /* as in struct nic_name */
	uint16_t port;                      /* DPDK's number */
	int socket;                         /* NUMA node, or SOCKET_ID_ANY */
	const char *driver;
	uint8_t mac[6];        /* that our frames carry */
	uint16_t queues;       /* pairs in use: as many as are wanted, where the port spreads by a plan; else 1 */
	uint8_t rss_key[64];   /* that was asked for; drivers read it whenever the port starts */
	struct port_plan plan; /* from nic_start() on, with more than one queue */
	struct nic_spread spread;
	bool tx_ip_checksum;
	bool tx_l4_checksum;
	bool tx_multi_segs;      /* gathers frames, and makes their checksums of TCP */
	uint16_t tx_cut_buffers; /* of a frame that it cuts into segments (TSO), at most; 0 where it cuts none */
	bool rx_checksum;        /* checks those of TCP and UDP, or vouches for them */
	uint16_t driver_mtu;     /* ours, or the most that the driver of something that has none of its own admits */
	bool owns_rings;
	int name_fd;   /* keeps others from AF_XDP's interface, and from a memif's place at its end; 0 for none */
	int groups_fd; /* has a kernel's interface take frames to all groups; 0 for none */
	bool is_started;
	bool is_kept;            /* by nic_keeper.h: its queues have gates, which are closed at first */
	bool listens;            /* as in struct nic_name */
	char socket_path[108];   /* of a kept port: sockaddr_un's */
	uint16_t connecting_for; /* looks of the keeper since the last attempt */
	struct nic_gate gates[NIC_QUEUES_MAX];
	struct rte_ring *rings[2][NIC_QUEUES_MAX];    /* of a cable: towards its first end, towards its second */
	struct nic_impair *impairs[NIC_QUEUES_MAX];   /* bad lines; null where frames pass as they are */
	struct nic_capture *captures[NIC_QUEUES_MAX]; /* null where none is asked for */
};

/* One receive and one transmit queue of a port; one thread at a time uses it. */
struct nic_queue {
	uint16_t port;
	uint16_t queue;
	const struct nic_spread *spread; /* null but for cables with several queues */
	bool sender_waits;               /* who sends to us offers again what finds no room, as on a cable */
	bool backs_up;                   /* what we do not take stays with who sends, in a ring that both have */
	struct nic_gate *gate;           /* null where the driver needs none */
	struct nic_impair *impair;       /* null where frames pass as they are */
	struct nic_capture *capture;     /* sees frames before bad lines do; null for none */
	uint32_t most_ns;                /* that a frame takes, in or out, and what comes of it */
	bool cuts;                       /* the driver has to see frames that it may cut before it sends them */
};

/* Takes a device text apart. 0, or -EINVAL with a text that lists what there is. */
int nic_parse_device(const char *device, struct nic_name *name, char error[QUERN_ERROR_TEXT]);

/* Writes the shapes of all device texts, as "cable, tap:NAME, ..." and returns the text. */
char *nic_devices_text(char *text, size_t size);

/* The NUMA node of what a device text names; -1 where it is on none, or not known. */
int nic_node(const char *device);

/* Everything that can be found out before EAL starts: the interface exists, we may open it, and our addresses are not
 * the kernel's. Changes nothing. 0; -EINVAL, -ENODEV, -EPERM, -EADDRINUSE or what the kernel says. */
int nic_check(const struct nic_config *config, char error[QUERN_ERROR_TEXT]);

/* Whether its driver locks the memory of frames, and this process may not lock any amount. */
bool nic_locks_memory(const struct nic_config *config);

/* Whether its buffers must lie in memory that EAL itself took from the system: a device or another process reads it. */
bool nic_needs_eal_memory(const struct nic_config *config);

/* The library of the port's driver, "librte_net_tap", or null where it is not known which that is. */
const char *nic_driver_library(const struct nic_config *config);

/* Writes what EAL must be told to probe, where the port is on a bus. False for all others. */
bool nic_eal_argument(const struct nic_config *config, char *argument, size_t size);

/* Makes the port known to DPDK and reads what it can do; it carries no frames yet. `far_end` is the other end of a
 * cable where that one is attached already, else null. 0 or -errno with nothing left behind. */
int nic_attach(struct nic *nic, const struct nic_config *config, struct nic *far_end, char error[QUERN_ERROR_TEXT]);

/* Sets the queues up, queue i receiving into pools[i], and starts the port; one whose peer is not there yet is started
 * by the keeper. Reads back by what the port spreads; where it does not tell, it gets one queue after all. 0 or -errno;
 * nic_close() undoes both. */
int nic_start(struct nic *nic, struct rte_mempool *const *pools, char error[QUERN_ERROR_TEXT]);

/* Makes nic->plan for `shards` shards by a key drawn from the seed: where the port spreads nothing, or where it is a
 * cable, which spreads by it. */
void nic_plan_make(struct nic *nic, uint16_t shards, bool spread_by_port);

/* Has a port that is started take frames to any group from now on, as far as it can be told to; may be called again. */
void nic_hear_groups(struct nic *nic);

/* Stops the port and takes it away. The end of a cable that was attached first is closed last. */
void nic_close(struct nic *nic);

/* Whether frames can pass: the kernel's word where it owns the interface, else the driver's. */
bool nic_link_is_up(const struct nic *nic);

/* Waits for the link, but not where a peer may come whenever it likes. Meanwhile the keeper looks after ports, and
 * `gives_up` is asked unless it is null. 0, -ETIMEDOUT with the command that helps, or -EINTR. */
int nic_wait_link(const struct nic *nic, struct nic_keeper *keeper, int wait_ms, bool (*gives_up)(void),
		  char error[QUERN_ERROR_TEXT]);

/* The room that a frame of this MTU needs: a power of two, as af_packet cuts its ring. */
uint16_t nic_frame_bytes(uint16_t mtu);

/* What a buffer for frames of the port must hold behind its headroom. */
uint16_t nic_buffer_bytes(const struct nic_config *config);

/* Makes a pool of `count` buffers for frames of the port on a NUMA node, `cache` of them kept aside for each thread.
 * Null where memory is short, and where it is not in one piece and the driver needs that. */
struct rte_mempool *nic_make_pool(const struct nic *nic, const char *name, uint32_t count, uint32_t cache, int socket);

/* What nic_attach() takes from EAL's memory, at most. */
size_t nic_memory_bytes(const struct nic_config *config);

/* Whether frames of the port, of one way or both, go through bad lines. */
bool nic_is_impaired(const struct nic_config *config);

/* Makes the bad lines of a port that is attached, where any are asked for, and for each queue a pool of `mbufs`
 * buffers, `cache` of them kept aside for each thread. 0, or -ENOMEM with nothing left behind. */
int nic_impair_open(struct nic *nic, uint32_t mbufs, uint32_t cache, int socket);

/* Frees them; not before the port is closed, and all who may hold its frames. */
void nic_impair_close(struct nic *nic);

/* Sums what the lines of one way have done, while they go on. False, and zeros, where that way is a good one. */
bool nic_impair_counters(const struct nic *nic, enum quern_way way, struct quern_impair_counters *sum);

/* What worker number `queue` polls, of those in use. */
struct nic_queue nic_queue_of(struct nic *nic, uint16_t queue);

/* True where frames go by the bad lines of a queue, or by its capture. */
static inline bool nic_detours(struct nic_queue queue)
{
	return queue.impair != NULL || queue.capture != NULL;
}

/* What nic_begin_turn() does for a queue that detours. */
void nic_tell_time(struct nic_queue queue, uint64_t now_ns);

/* Tells a queue that is captured or has bad lines the time of the turn, and sends what is due by then. */
static inline void nic_begin_turn(struct nic_queue queue, uint64_t now_ns)
{
	if (nic_detours(queue))
		nic_tell_time(queue, now_ns);
}

/* Takes at most `count` frames that have arrived. */
uint16_t nic_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);

/* Hands frames over; those past the returned number are still the caller's. They may have changed places, but not among
 * those of one flow. */
uint16_t nic_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);

/* Writes "port N 'device': …" into `error` and returns `code`. */
int nic_fail(const struct nic_config *config, char error[QUERN_ERROR_TEXT], int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Whether a driver of the kernel hands its PCI device to DPDK, or shares it. */
bool nic_pci_is_willing(const char *driver);

#endif
