/* diff_net.c - a network namespace with a tun device. */
#include "differential/diff_net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "support/raw_ip6.h"

#define DEVICE "diff0"
#define LOCAL 0xc6120001U /* 198.18.0.1 */

enum { PREFIX_BITS = 15, PREFIX_BITS_IP6 = 96 + PREFIX_BITS, ADDRESS_MS = 5000 };

/* What <linux/ipv6.h> has, which does not go with <netinet/in.h>. */
struct ip6_request {
	struct in6_addr address;
	uint32_t prefix_bits;
	int device;
};

struct setting {
	const char *path;
	const char *value;
	bool must; /* without it, answers mean something else */
};

static const struct setting settings[] = {
	{"ipv4/tcp_invalid_ratelimit", "0", true}, /* every answer is to be seen */
	{"ipv4/tcp_challenge_ack_limit", "2147483647", false},
	{"ipv4/tcp_early_retrans", "0", true},     /* probes of the tail come by real time */
	{"ipv4/tcp_recovery", "0", true},          /* losses are told by duplicates, not by real time */
	{"ipv4/tcp_rto_min_us", "1000000", false}, /* RFC 6298 2.4 */
	{"ipv4/tcp_comp_sack_nr", "0", false},     /* ACKs of holes at once */
	{"ipv4/tcp_no_metrics_save", "1", true},
	{"ipv4/tcp_congestion_control", "reno", true},
	{"ipv4/tcp_timestamps", "1", true},
	{"ipv4/tcp_sack", "1", true},
	{"ipv4/tcp_dsack", "1", true},
	{"ipv4/tcp_window_scaling", "1", true},
	{"ipv4/tcp_syncookies", "0", false},
	{"ipv4/tcp_rfc1337", "0", true},
	{"ipv4/tcp_ecn", "0", true},
	{"ipv4/tcp_fastopen", "0", false},
	{"ipv4/tcp_autocorking", "0", true},
	{"ipv4/tcp_fin_timeout", "60", true},
	{"ipv4/tcp_mtu_probing", "0", true},
	{"ipv4/ip_local_port_range", "61100 65535", true},
	{"ipv4/tcp_l3mdev_accept", "0", false},
	{"ipv6/conf/all/disable_ipv6", "1", false},
	{"ipv6/conf/default/disable_ipv6", "1", false}};

static const struct setting settings_ip6[] = {{"ipv6/conf/all/disable_ipv6", "0", true},
					      {"ipv6/conf/default/disable_ipv6", "0", true},
					      {"ipv6/conf/all/accept_dad", "0", false},
					      {"ipv6/conf/default/accept_dad", "0", true},
					      {"ipv6/conf/default/router_solicitations", "0", false},
					      {"ipv6/auto_flowlabels", "0", true}};

static bool set(const struct setting *setting)
{
	char path[128];
	ssize_t written;
	int file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", setting->path);
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return !setting->must;
	written = write(file, setting->value, strlen(setting->value));
	close(file);
	return written > 0 || !setting->must;
}

static const char *set_all(void)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!set(&settings[i]))
			return settings[i].path;
	for (size_t i = 0; raw_is_ip6() && i < sizeof(settings_ip6) / sizeof(settings_ip6[0]); i++)
		if (!set(&settings_ip6[i]))
			return settings_ip6[i].path;
	return NULL;
}

/* As root, or as root of a namespace of users where an ordinary user may make one. */
static bool enter_namespace(void)
{
	return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

/* An address of IPv6 is good once the kernel has found the time to see that nobody else can have it. */
static bool is_good(const struct in6_addr *address)
{
	const struct sockaddr_in6 place = {.sin6_family = AF_INET6, .sin6_addr = *address};
	const struct timespec pause = {.tv_nsec = 1000000};
	int tried = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = -1;

	for (int i = 0; i < ADDRESS_MS && result != 0; i++) {
		result = bind(tried, (const struct sockaddr *)&place, sizeof(place));
		if (result != 0)
			nanosleep(&pause, NULL);
	}
	close(tried);
	return result == 0;
}

static bool give_address_ip6(void)
{
	int asked = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip6_request request = {.prefix_bits = PREFIX_BITS_IP6, .device = (int)if_nametoindex(DEVICE)};
	const struct quern_ip6 local = raw_ip6(LOCAL);
	bool is_done;

	for (int i = 0; i < 8; i++) {
		request.address.s6_addr[i] = (uint8_t)(local.high >> (56 - 8 * i));
		request.address.s6_addr[8 + i] = (uint8_t)(local.low >> (56 - 8 * i));
	}
	is_done = asked >= 0 && ioctl(asked, SIOCSIFADDR, &request) == 0 && is_good(&request.address);
	close(asked);
	return is_done;
}

static bool give_address(int asked, uint32_t address, unsigned long what)
{
	struct ifreq request = {.ifr_name = DEVICE};
	struct sockaddr_in *place = (struct sockaddr_in *)&request.ifr_addr;

	*place = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	return ioctl(asked, what, &request) == 0;
}

static bool raise_device(void)
{
	int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = DEVICE, .ifr_flags = IFF_UP | IFF_RUNNING};
	bool is_up = asked >= 0 && give_address(asked, LOCAL, SIOCSIFADDR) &&
		     give_address(asked, UINT32_MAX << (32 - PREFIX_BITS), SIOCSIFNETMASK) &&
		     ioctl(asked, SIOCSIFFLAGS, &request) == 0;

	close(asked);
	return is_up && (!raw_is_ip6() || give_address_ip6());
}

int diff_net_open(const char **why_not)
{
	static char why[160];
	struct ifreq request = {.ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI};
	const char *unset;
	int tun;

	*why_not = why;
	if (!enter_namespace()) {
		snprintf(why, sizeof(why), "no right to make network namespaces (%s); run as root", strerror(errno));
		return -1;
	}
	unset = set_all(); /* what the device inherits, too */
	if (unset) {
		snprintf(why, sizeof(why), "this kernel does not let /proc/sys/net/%s be set", unset);
		return -1;
	}
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) {
		snprintf(why, sizeof(why), "no tun device: /dev/net/tun: %s", strerror(errno));
		return -1;
	}
	if (!raise_device()) {
		snprintf(why, sizeof(why), "the tun device takes no address: %s", strerror(errno));
		return -1;
	}
	return tun;
}

void diff_net_release(int *major, int *minor)
{
	struct utsname name;

	*major = *minor = 0;
	if (uname(&name) == 0)
		sscanf(name.release, "%d.%d", major, minor);
}
