/* nic_pci.c - a NIC by its place on the PCI bus. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "nic/nic_kinds.h"

enum { ADDRESS_TEXT = 12, LINE = 64, FOLDER = 256, PATH_BELOW = FOLDER + 64 };

/* Drivers of the kernel that hand a device to DPDK, or share it. */
static const char *const willing_drivers[] = {"vfio-pci",  "igb_uio",   "uio_pci_generic",
					      "mlx4_core", "mlx5_core", "uio_hv_generic"};

static bool is_one_of(char letter, const char *letters)
{
	return letter != '\0' && strchr(letters, letter) != NULL;
}

/* Whether `text` is `shape`, where x stands for a hexadecimal digit and o for an octal one, perhaps with arguments. */
static bool has_shape(const char *text, const char *shape)
{
	for (; *shape != '\0'; text++, shape++) {
		bool fits = *text == *shape;

		if (*shape == 'x')
			fits = is_one_of(*text, "0123456789abcdefABCDEF");
		if (*shape == 'o')
			fits = is_one_of(*text, "01234567");
		if (!fits)
			return false;
	}
	return *text == '\0' || *text == ',';
}

bool nic_pci_is_address(const char *device)
{
	return has_shape(device, "xxxx:xx:xx.o") || has_shape(device, "xx:xx.o");
}

void nic_pci_parse(const char *device, struct nic_name *name)
{
	bool is_short = has_shape(device, "xx:xx.o");
	size_t length = strcspn(device, ",");

	snprintf(name->path, sizeof(name->path), "%s%.*s", is_short ? "0000:" : "", (int)length, device);
	for (char *letter = name->path; *letter != '\0'; letter++) {
		if (*letter >= 'A' && *letter <= 'F')
			*letter = (char)(*letter - 'A' + 'a'); /* as the kernel and DPDK name it */
	}
	snprintf(name->out, sizeof(name->out), "%s", device + length);
}

/* Reads the first line of a file below a device's folder; empty where there is none. */
static void read_line(const char *folder, const char *file, char line[LINE])
{
	char path[PATH_BELOW];
	FILE *stream;

	line[0] = '\0';
	snprintf(path, sizeof(path), "%.*s/%.*s", FOLDER, folder, PATH_BELOW - FOLDER - 2, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return;
	if (fgets(line, LINE, stream) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(stream);
}

/* The driver that holds a device; empty where none does. */
static void read_driver(const char *folder, char driver[LINE])
{
	char path[PATH_BELOW];
	char target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%.*s/driver", FOLDER, folder);
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	snprintf(driver, LINE, "%.*s", LINE - 1, length <= 0 ? "" : basename(target));
}

/* The kernel's interface of a device; empty where it has none. */
static void read_interface(const char *folder, char interface[NIC_INTERFACE_TEXT])
{
	char path[PATH_BELOW];
	const struct dirent *entry;
	DIR *interfaces;

	interface[0] = '\0';
	snprintf(path, sizeof(path), "%.*s/net", FOLDER, folder);
	interfaces = opendir(path);
	while (interfaces != NULL && (entry = readdir(interfaces)) != NULL) {
		if (entry->d_name[0] != '.')
			snprintf(interface, NIC_INTERFACE_TEXT, "%.*s", NIC_INTERFACE_TEXT - 1, entry->d_name);
	}
	if (interfaces != NULL)
		closedir(interfaces);
}

static int kernel_holds_it(const struct nic_config *config, const char *folder, const char *address, const char *driver,
			   char error[QUERN_ERROR_TEXT])
{
	char interface[NIC_INTERFACE_TEXT];
	char state_file[64];
	char state[LINE];

	read_interface(folder, interface);
	if (interface[0] == '\0')
		return nic_fail(config, error, -EBUSY,
				"no DPDK device %s: %s%s%s\n  Bind it:   sudo dpdk-devbind.py -b vfio-pci %s", address,
				driver[0] == '\0' ? "no driver has it" : "the kernel driver '", driver,
				driver[0] == '\0' ? "" : "' holds it", address);
	snprintf(state_file, sizeof(state_file), "net/%s/operstate", interface);
	read_line(folder, state_file, state);
	return nic_fail(config, error, -EBUSY,
			"no DPDK device %s: the kernel driver '%s' holds it (interface %s, %s)\n"
			"  Bind it:   sudo dpdk-devbind.py -b vfio-pci %s\n"
			"  Or use it without DPDK drivers:   -p af_xdp:%s",
			address, driver, interface, state[0] != '\0' ? state : "state unknown", address, interface);
}

bool nic_pci_is_willing(const char *driver)
{
	for (size_t number = 0; number < sizeof(willing_drivers) / sizeof(willing_drivers[0]); number++) {
		if (strcmp(driver, willing_drivers[number]) == 0)
			return true;
	}
	return false;
}

int nic_pci_check_in(const char *devices, const struct nic_config *config, const struct nic_name *name,
		     char error[QUERN_ERROR_TEXT])
{
	char folder[FOLDER];
	char class[LINE];
	char driver[LINE];

	snprintf(folder, sizeof(folder), "%s/%.*s", devices, ADDRESS_TEXT, name->path);
	if (access(folder, F_OK) != 0)
		return nic_fail(config, error, -ENODEV,
				"no PCI device %s\n  List those of this machine: dpdk-devbind.py --status-dev net",
				name->path);
	read_line(folder, "class", class);
	if (strncmp(class, "0x02", 4) != 0)
		return nic_fail(config, error, -ENODEV,
				"%s is no network device but of class %s\n  List those of this machine: "
				"dpdk-devbind.py --status-dev net",
				name->path, class);
	read_driver(folder, driver);
	return nic_pci_is_willing(driver) ? 0 : kernel_holds_it(config, folder, name->path, driver, error);
}

int nic_pci_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	return nic_pci_check_in("/sys/bus/pci/devices", config, name, error);
}

/* EAL has probed it at its start, because it was named. */
int nic_pci_attach(struct nic *nic, const struct nic_name *name)
{
	return rte_eth_dev_get_port_by_name(name->path, &nic->port);
}

bool nic_eal_argument(const struct nic_config *config, char *argument, size_t size)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	if (nic_parse_device(config->device, &name, error) != 0 || name.kind != NIC_KIND_PCI)
		return false;
	snprintf(argument, size, "%s%s", name.path, name.out);
	return true;
}
