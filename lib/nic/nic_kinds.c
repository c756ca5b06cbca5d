/* nic_kinds.c - the kinds of ports, and which of them a device text names. */
#include "nic/nic_kinds.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

/* A cable is attached by nic_device.c, since its second end needs the first. */
const struct nic_kind_row nic_kind_rows[NIC_KINDS] = {
	[NIC_KIND_CABLE] = {.word = "cable", .library = "librte_net_ring", .shape = "cable"},
	[NIC_KIND_TAP] = {.word = "tap:",
			  .library = "librte_net_tap",
			  .shape = "tap:NAME",
			  .parse = nic_kernel_parse,
			  .check = nic_kernel_check_tap,
			  .attach = nic_vdev_attach_tap,
			  .is_slow = true},
	[NIC_KIND_AF_PACKET] = {.word = "af_packet:",
				.library = "librte_net_af_packet",
				.shape = "af_packet:IFACE",
				.parse = nic_kernel_parse,
				.check = nic_kernel_check_af_packet,
				.attach = nic_vdev_attach_af_packet,
				.is_slow = true},
	[NIC_KIND_AF_XDP] = {.word = "af_xdp:",
			     .library = "librte_net_af_xdp",
			     .shape = "af_xdp:IFACE",
			     .parse = nic_kernel_parse,
			     .check = nic_xdp_check,
			     .attach = nic_xdp_attach,
			     .buffer_bytes = nic_xdp_buffer_bytes,
			     .locks = true,
			     .pool_is_gapless = true,
			     .is_slow = true},
	[NIC_KIND_MEMIF] = {.word = "memif:",
			    .library = "librte_net_memif",
			    .shape = "memif:PATH[,server]",
			    .parse = nic_memif_parse,
			    .check = nic_memif_check,
			    .attach = nic_memif_attach,
			    .is_kept = true},
	[NIC_KIND_PCAP] = {.word = "pcap:",
			   .library = "librte_net_pcap",
			   .shape = "pcap:FILE[,OUT]",
			   .parse = nic_pcap_parse,
			   .check = nic_pcap_check,
			   .attach = nic_pcap_attach,
			   .is_slow = true},
	[NIC_KIND_PCI] = {.shape = "0000:03:00.0[,ARGS]",
			  .check = nic_pci_check,
			  .attach = nic_pci_attach,
			  .locks = true,
			  .needs_eal_memory = true},
	[NIC_KIND_VDEV] = {.shape = "net_DRIVER0[,ARGS]",
			   .attach = nic_vdev_attach_devargs,
			   .is_slow = true,
			   .needs_eal_memory = true},
};

bool nic_path_is_plain(const char *path)
{
	return strpbrk(path, "=[]()\"\\ ,") == NULL;
}

char *nic_devices_text(char *text, size_t size)
{
	size_t used = 0;

	for (enum nic_kind kind = 0; kind < NIC_KINDS && used < size; kind++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", kind == 0 ? "" : ", ",
					 nic_kind_rows[kind].shape);
	return text;
}

/* What has a word before its colon, and the cable. */
static bool begins_with_word(const char *device, const struct nic_kind_row *row)
{
	return row->word != NULL && strncmp(device, row->word, strlen(row->word)) == 0 &&
	       (row->parse != NULL || device[strlen(row->word)] == '\0');
}

static int parse_words(const char *device, struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	char devices[256];

	for (name->kind = 0; name->kind < NIC_KINDS; name->kind++) {
		const struct nic_kind_row *row = &nic_kind_rows[name->kind];

		if (begins_with_word(device, row))
			return row->parse == NULL ? 0 : row->parse(device + strlen(row->word), name, error);
	}
	snprintf(error, QUERN_ERROR_TEXT, "no device '%.64s'\n  There are: %s", device,
		 nic_devices_text(devices, sizeof(devices)));
	return -EINVAL;
}

int nic_parse_device(const char *device, struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	struct nic_name found = {.path = ""};
	int code = 0;

	if (strlen(device) >= NIC_DEVICE_TEXT) {
		snprintf(error, QUERN_ERROR_TEXT, "'%.64s…': longer than %d characters\n  Shorten the path", device,
			 NIC_DEVICE_TEXT - 1);
		return -EINVAL;
	}
	if (nic_pci_is_address(device)) {
		found.kind = NIC_KIND_PCI;
		nic_pci_parse(device, &found);
	} else if (nic_vdev_is_devargs(device)) {
		found.kind = NIC_KIND_VDEV;
		nic_vdev_parse(device, &found);
	} else {
		code = parse_words(device, &found, error);
	}
	if (code == 0)
		*name = found;
	return code;
}

uint16_t nic_buffer_bytes(const struct nic_config *config)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	if (nic_parse_device(config->device, &name, error) == 0 && nic_kind_rows[name.kind].buffer_bytes != NULL)
		return nic_kind_rows[name.kind].buffer_bytes(config->mtu);
	return nic_frame_bytes(config->mtu);
}

bool nic_locks_memory(const struct nic_config *config)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	return nic_parse_device(config->device, &name, error) == 0 && nic_kind_rows[name.kind].locks &&
	       !nic_kernel_may(CAP_IPC_LOCK);
}

bool nic_needs_eal_memory(const struct nic_config *config)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	return nic_parse_device(config->device, &name, error) != 0 || nic_kind_rows[name.kind].needs_eal_memory;
}

const char *nic_driver_library(const struct nic_config *config)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	return nic_parse_device(config->device, &name, error) == 0 ? nic_kind_rows[name.kind].library : NULL;
}
