/* nic_kinds.h - what differs between kinds of ports, one row each; inside lib/nic only. */
#ifndef NIC_NIC_KINDS_H
#define NIC_NIC_KINDS_H

#include <ifaddrs.h>

#include "nic/nic.h"

struct nic_kind_row {
	const char *word;  /* that a device text begins with; null where its shape tells */
	const char *shape; /* of the whole text, for messages */
	/* Takes apart what stands behind the word. 0, or -EINVAL with a text that has a remedy. Null: nothing may. */
	int (*parse)(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT]);
	/* What can be found out before EAL starts, and changes nothing; null where that is nothing. */
	int (*check)(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
	/* Makes the port known to DPDK and sets nic->port. 0 or -errno with nothing left behind. */
	int (*attach)(struct nic *nic, const struct nic_name *name);
	/* What a buffer must hold behind its headroom; null for nic_frame_bytes(). */
	uint16_t (*buffer_bytes)(uint16_t mtu);
	const char *library; /* the driver's; null where that is not known before EAL starts */
	bool is_kept;        /* as in struct nic */
	/* The driver takes count times object size for the length of a pool, and the rest for none of its. */
	bool pool_is_gapless;
	bool is_slow; /* frames pass by system calls */
	bool locks;   /* memory of frames, which a device reads and writes */
	/* Something beyond this process may read buffers: they must be EAL's own. */
	bool needs_eal_memory;
};

extern const struct nic_kind_row nic_kind_rows[NIC_KINDS];

/* Interfaces of the kernel's: their names, and checks of each kind. */
int nic_kernel_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_kernel_check_tap(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_kernel_check_af_packet(const struct nic_config *config, const struct nic_name *name,
			       char error[QUERN_ERROR_TEXT]);

/* The kernel answers segments to its own addresses, which are in `list`, with RST: those of a port at `interface` must
 * not be among them. 0 or -EADDRINUSE. */
int nic_check_addresses_in(const struct ifaddrs *list, const struct nic_config *config, const char *interface,
			   char error[QUERN_ERROR_TEXT]);

/* The interface exists, and its MTU is no less than ours. */
int nic_kernel_check_interface(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT]);

/* The interfaces of this network namespace as "lo, eth0", cut where there are too many, and in `near` the one that has
 * nearly that name; empty where none has. */
void nic_near_text(const char *interface, char near[NIC_INTERFACE_TEXT], char *all, size_t size);

/* Whether this process has a capability of <linux/capability.h>. */
bool nic_kernel_may(unsigned int capability);

/* The end of nic_hear_groups(). */
void nic_groups_leave(struct nic *nic);

int nic_xdp_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_xdp_attach(struct nic *nic, const struct nic_name *name);
uint16_t nic_xdp_buffer_bytes(uint16_t mtu);

int nic_memif_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_memif_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_memif_attach(struct nic *nic, const struct nic_name *name);

/* Takes the socket's name away before the port is closed: net_memif forgets the socket it listens at and leaves it
 * open. Before it, so were those of `hidden`: they may hold the lock that it needs. */
void nic_memif_hide(struct nic *nic, const struct nic *hidden, uint16_t count);

int nic_pcap_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_pcap_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_pcap_attach(struct nic *nic, const struct nic_name *name);

/* NICs by their place on the PCI bus: "03:00.0" or "0000:03:00.0", with DPDK's arguments behind a comma. */
bool nic_pci_is_address(const char *device);
void nic_pci_parse(const char *device, struct nic_name *name);
int nic_pci_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT]);
int nic_pci_attach(struct nic *nic, const struct nic_name *name);

/* The check below another root than /sys/bus/pci/devices. */
int nic_pci_check_in(const char *devices, const struct nic_config *config, const struct nic_name *name,
		     char error[QUERN_ERROR_TEXT]);

/* nic_node() below another root than /sys. */
int nic_node_in(const char *sys, const char *device);

/* What a driver says, as a code of ours: an argument that it finds invalid is this machine's matter, not the user's. */
int nic_driver_code(int code);

/* Whether DPDK takes a path as a value of its arguments, which it splits at some letters. */
bool nic_path_is_plain(const char *path);

/* Makes a virtual device "DRIVERn", n being the port's number. 0 or -errno with nothing left behind. */
int nic_vdev_attach(struct nic *nic, const char *driver, const char *arguments);

/* DPDK's own words: "net_null0,size=64". */
bool nic_vdev_is_devargs(const char *device);
void nic_vdev_parse(const char *device, struct nic_name *name);
int nic_vdev_attach_devargs(struct nic *nic, const struct nic_name *name);

int nic_vdev_attach_tap(struct nic *nic, const struct nic_name *name);
int nic_vdev_attach_af_packet(struct nic *nic, const struct nic_name *name);

#endif
