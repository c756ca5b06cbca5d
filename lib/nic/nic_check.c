/* nic_check.c - whether this machine lets us have a port; nothing is changed. */
#include "nic/nic.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "nic/nic_kinds.h"

int nic_fail(const struct nic_config *config, char error[QUERN_ERROR_TEXT], int code, const char *format, ...)
{
	int used =
		snprintf(error, QUERN_ERROR_TEXT, "port %u '%.*s': ", config->number, NIC_QUOTED_TEXT, config->device);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error + used, QUERN_ERROR_TEXT - (size_t)used, format, arguments);
	va_end(arguments);
	return code;
}

/* The kernel answers segments to its own addresses with RST, so ours must not be among them. */
static int check_addresses(const struct nic_config *config, char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ADDRESS_TEXT];
	struct ifaddrs *list;
	int code = 0;

	if (getifaddrs(&list) != 0)
		return nic_fail(config, error, -errno, "the kernel's addresses: %s", strerror(errno));
	for (const struct ifaddrs *entry = list; entry != NULL && code == 0; entry = entry->ifa_next) {
		struct sockaddr_in socket_address;
		uint32_t address;

		if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&socket_address, entry->ifa_addr, sizeof(socket_address));
		address = ntohl(socket_address.sin_addr.s_addr);
		if (address < config->addresses.first || address > config->addresses.last)
			continue;
		quern_format_address(address, text);
		code = nic_fail(config, error, -EADDRINUSE,
				"%s is the kernel's own address, on %s; it would answer with RST\n  Take another one "
				"of that network, or remove it there: sudo ip addr del %s dev %s",
				text, entry->ifa_name, text, entry->ifa_name);
	}
	freeifaddrs(list);
	return code;
}

int nic_check(const struct nic_config *config, char error[QUERN_ERROR_TEXT])
{
	char cause[QUERN_ERROR_TEXT];
	struct nic_name name;
	int code = nic_parse_device(config->device, &name, cause);

	if (code != 0) {
		snprintf(error, QUERN_ERROR_TEXT, "port %u: %.900s", config->number, cause);
		return code;
	}
	if (config->queues == 0 || config->queues > NIC_QUEUES_MAX)
		return nic_fail(config, error, -EINVAL, "%u queues\n  Possible: 1 to %d", config->queues,
				NIC_QUEUES_MAX);
	if (config->mtu < NIC_MTU_MIN || config->mtu > NIC_MTU_MAX)
		return nic_fail(config, error, -EINVAL, "MTU %u\n  Possible: %d to %d", config->mtu, NIC_MTU_MIN,
				NIC_MTU_MAX);
	if (name.interface[0] != '\0')
		code = check_addresses(config, error);
	if (code == 0 && nic_kind_rows[name.kind].check != NULL)
		code = nic_kind_rows[name.kind].check(config, &name, error);
	return code;
}
