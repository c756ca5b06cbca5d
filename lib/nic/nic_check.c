/* nic_check.c - whether this machine lets us have a port; nothing is changed. */
#include "nic/nic.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ip6.h"
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

/* The text of an address of the kernel's that is one of ours as well; null where it is not. */
static const char *shared_ip4(const struct nic_config *config, const struct sockaddr *of_kernel,
			      char text[QUERN_IP6_TEXT])
{
	struct sockaddr_in socket_address;
	uint32_t address;

	memcpy(&socket_address, of_kernel, sizeof(socket_address));
	address = ntohl(socket_address.sin_addr.s_addr);
	if (address < config->addresses.first || address > config->addresses.last)
		return NULL;
	return quern_format_address(address, text);
}

static const char *shared_ip6(const struct nic_config *config, const struct sockaddr *of_kernel,
			      char text[QUERN_IP6_TEXT])
{
	struct sockaddr_in6 socket_address;
	struct quern_ip6 address = {0, 0};
	uint64_t from_first;

	memcpy(&socket_address, of_kernel, sizeof(socket_address));
	for (int i = 0; i < 8; i++) {
		address.high = address.high << 8 | socket_address.sin6_addr.s6_addr[i];
		address.low = address.low << 8 | socket_address.sin6_addr.s6_addr[8 + i];
	}
	from_first = ip6_distance(address, config->addresses.first6);
	if (!quern_ip6_is_set(&config->addresses.first6) || from_first == UINT64_MAX ||
	    from_first > ip6_distance(config->addresses.last6, config->addresses.first6))
		return NULL;
	return quern_format_ip6(&address, text);
}

/* A link-local address is a link's: the same on another interface is somebody else (RFC 4007 5). */
static bool is_of_other_link(const struct sockaddr *of_kernel, const char *interface, const char *its_interface)
{
	struct sockaddr_in6 socket_address;

	if (of_kernel == NULL || of_kernel->sa_family != AF_INET6 || strcmp(interface, its_interface) == 0)
		return false;
	memcpy(&socket_address, of_kernel, sizeof(socket_address));
	return IN6_IS_ADDR_LINKLOCAL(&socket_address.sin6_addr);
}

static const char *shared(const struct nic_config *config, const struct sockaddr *of_kernel, char text[QUERN_IP6_TEXT])
{
	if (of_kernel != NULL && of_kernel->sa_family == AF_INET)
		return shared_ip4(config, of_kernel, text);
	return of_kernel != NULL && of_kernel->sa_family == AF_INET6 ? shared_ip6(config, of_kernel, text) : NULL;
}

int nic_check_addresses_in(const struct ifaddrs *list, const struct nic_config *config, const char *interface,
			   char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_IP6_TEXT];

	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		if (is_of_other_link(entry->ifa_addr, interface, entry->ifa_name) ||
		    shared(config, entry->ifa_addr, text) == NULL)
			continue;
		return nic_fail(config, error, -EADDRINUSE,
				"%s is the kernel's own address, on %s; it would answer with RST\n  Take another one "
				"of that network, or remove it there: sudo ip addr del %s dev %s",
				text, entry->ifa_name, text, entry->ifa_name);
	}
	return 0;
}

static int check_addresses(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	struct ifaddrs *list;
	int code;

	if (getifaddrs(&list) != 0)
		return nic_fail(config, error, -errno, "the kernel's addresses: %s", strerror(errno));
	code = nic_check_addresses_in(list, config, interface, error);
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
		code = check_addresses(config, name.interface, error);
	if (code == 0 && nic_kind_rows[name.kind].check != NULL)
		code = nic_kind_rows[name.kind].check(config, &name, error);
	return code;
}
