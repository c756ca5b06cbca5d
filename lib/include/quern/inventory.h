/* inventory.h - what a machine offers to an engine: cores, memory, NICs, interfaces and rights. Nothing is changed, and
 * EAL is not started. */
#ifndef QUERN_INVENTORY_H
#define QUERN_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	QUERN_INVENTORY_LIST = 256, /* of cores, as "0-3,8" */
	QUERN_INVENTORY_NAME = 64,
	QUERN_INVENTORY_POOLS = 64,
	QUERN_INVENTORY_NICS = 64,
	QUERN_INVENTORY_INTERFACES = 64
};

/* A yes or no that a machine may keep to itself. */
enum quern_known { QUERN_UNKNOWN, QUERN_NO, QUERN_YES };

struct quern_inventory_cores {
	uint16_t online; /* 0 where not known */
	uint16_t nodes;  /* NUMA nodes, at least 1 */
	uint16_t isolated;
	char online_list[QUERN_INVENTORY_LIST];
	char usable_list[QUERN_INVENTORY_LIST]; /* by this process */
	char isolated_list[QUERN_INVENTORY_LIST];
	enum quern_known smt;
	char governor[QUERN_INVENTORY_NAME]; /* of frequency; "mixed" where cores differ, empty where not known */
};

/* Hugepages of one size on one NUMA node. */
struct quern_inventory_pool {
	uint64_t page_bytes;
	uint64_t total;
	uint64_t free;
	uint16_t node;
};

struct quern_inventory_nic {
	char address[16]; /* 0000:03:00.0 */
	uint16_t vendor;
	uint16_t device;
	int16_t node;                    /* -1 where not known */
	char name[QUERN_INVENTORY_NAME]; /* vendor and device in words, as far as this machine knows them */
	char driver[32];                 /* of the kernel; empty for none */
	char interface[16];              /* of the kernel; empty for none */
	bool has_default_route;          /* by its interface, or one on top of that: leave it alone */
	bool is_bound;                   /* to a driver that lets DPDK have it */
};

struct quern_inventory_interface {
	char name[16];
	char state[16]; /* "up", "down", …, as the kernel puts it; empty where not known */
	bool has_default_route;
};

struct quern_inventory {
	struct quern_inventory_cores cores;
	struct quern_inventory_pool pools[QUERN_INVENTORY_POOLS]; /* largest pages first, then by node */
	uint16_t pool_count;
	uint64_t memory_bytes;                                 /* of the machine; 0 where not known */
	uint64_t available_bytes;                              /* without swapping; 0 where not known */
	struct quern_inventory_nic nics[QUERN_INVENTORY_NICS]; /* by address; no more are listed */
	uint16_t nic_count;
	struct quern_inventory_interface interfaces[QUERN_INVENTORY_INTERFACES]; /* by name, without lo; no more */
	uint16_t interface_count;
	bool has_iommu;
	bool has_vfio; /* the driver vfio-pci is there */
	bool has_noiommu;
	bool may_use_vfio; /* /dev/vfio/vfio can be opened */
	bool is_root;
	bool may_use_raw;   /* CAP_NET_RAW: af_packet */
	bool may_configure; /* CAP_NET_ADMIN */
	bool may_load_bpf;  /* CAP_BPF or CAP_SYS_ADMIN */
	bool has_tun;       /* /dev/net/tun can be opened */
	bool has_af_xdp;    /* the kernel knows it */
};

/* Looks at this machine as this process may see it; what cannot be read is left unknown. */
void quern_inventory_take(struct quern_inventory *inventory);

/* What an engine takes of a machine's memory. */
struct quern_need {
	uint64_t bytes; /* 0 where not known */
	bool is_huge;   /* on hugepages, of which there are enough on each of its nodes, and within its limits */
};

/* What quern_engine_open() would need for a configuration. 0, or -errno with `error` as the opening would fail; the
 * bytes may be known all the same. */
int quern_engine_need(const struct quern_engine_config *config, struct quern_need *need, char error[QUERN_ERROR_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
