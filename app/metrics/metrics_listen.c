/* metrics_listen.c - sockets of TCP and of UNIX; what is in the way is told with what helps. */
#include "metrics/metrics_listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli_metrics.h"

enum { WAITING = 16 };

static const char *remedy_of(int code)
{
	switch (code) {
	case -EADDRINUSE:
		return "another program listens there, or another quern: choose another port";
	case -EACCES:
		return "ports below 1024 need root or CAP_NET_BIND_SERVICE: choose one from 1024 on";
	case -EADDRNOTAVAIL:
		return "this machine has no such address: 127.0.0.1 is for programs on it, 0.0.0.0 for all";
	default:
		return "choose another place, or off";
	}
}

static int fail(char error[CLI_ERROR_TEXT], const char *where, int code, const char *remedy)
{
	snprintf(error, CLI_ERROR_TEXT, "--metrics %.300s: %s; %s", where, strerror(-code), remedy);
	return code;
}

static int bind_and_listen(struct metrics_listen *listener, const struct sockaddr *address, socklen_t bytes)
{
	const int on = 1;

	listener->sock = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->sock < 0)
		return -errno;
	if (address->sa_family != AF_UNIX)
		setsockopt(listener->sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener->sock, address, bytes) == 0 && listen(listener->sock, WAITING) == 0)
		return 0;
	return -errno;
}

static int open_tcp(struct metrics_listen *listener, const struct quern_endpoint *at, bool is_ip6)
{
	struct sockaddr_in ip4 = {
		.sin_family = AF_INET, .sin_port = htons(at->port), .sin_addr.s_addr = htonl(at->address)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(at->port)};

	if (!is_ip6)
		return bind_and_listen(listener, (const struct sockaddr *)&ip4, sizeof(ip4));
	for (int i = 0; i < 8; i++) {
		ip6.sin6_addr.s6_addr[i] = (uint8_t)(at->ip6.high >> (56 - 8 * i));
		ip6.sin6_addr.s6_addr[8 + i] = (uint8_t)(at->ip6.low >> (56 - 8 * i));
	}
	return bind_and_listen(listener, (const struct sockaddr *)&ip6, sizeof(ip6));
}

/* Whether a program answers at a socket. */
static bool is_alive(const struct sockaddr_un *address)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = sock < 0 ? -1 : connect(sock, (const struct sockaddr *)address, sizeof(*address));
	bool refuses = rc != 0 && errno == ECONNREFUSED;

	if (sock >= 0)
		close(sock);
	return !refuses;
}

/* What is there already: nothing, or the socket of a program that is gone, makes room. */
static int make_room(const struct sockaddr_un *address)
{
	struct stat found;

	if (lstat(address->sun_path, &found) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(found.st_mode))
		return -EEXIST;
	if (is_alive(address))
		return -EADDRINUSE;
	return unlink(address->sun_path) == 0 ? 0 : -errno;
}

static int open_unix(struct metrics_listen *listener, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat made;
	int rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	rc = make_room(&address);
	if (rc == 0)
		rc = bind_and_listen(listener, (const struct sockaddr *)&address, sizeof(address));
	if (rc == 0 && lstat(path, &made) != 0)
		rc = -errno;
	if (rc != 0)
		return rc;
	listener->path = path;
	listener->device = made.st_dev;
	listener->file = made.st_ino;
	return 0;
}

static const char *unix_remedy_of(int code)
{
	switch (code) {
	case -EADDRINUSE:
		return "a program that runs listens there: choose another path";
	case -EEXIST:
		return "it is there, and is no socket: choose another path";
	case -ENOENT:
		return "make its folder first";
	default:
		return "choose another path";
	}
}

int metrics_listen_open(struct metrics_listen *listener, const char *where, char error[CLI_ERROR_TEXT])
{
	const char *path = cli_metrics_path(where);
	struct quern_endpoint at;
	int rc;

	*listener = (struct metrics_listen){.sock = -1};
	if (path)
		rc = open_unix(listener, path);
	else
		rc = quern_parse_endpoint(where, &at) == 0 ? open_tcp(listener, &at, where[0] == '[') : -EINVAL;
	if (rc == 0)
		return 0;
	if (listener->sock >= 0)
		close(listener->sock);
	return fail(error, where, rc, path ? unix_remedy_of(rc) : remedy_of(rc));
}

void metrics_listen_close(const struct metrics_listen *listener)
{
	struct stat found;

	close(listener->sock);
	if (listener->path && lstat(listener->path, &found) == 0 && found.st_dev == listener->device &&
	    found.st_ino == listener->file)
		unlink(listener->path);
}
