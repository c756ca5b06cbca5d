/* nic_memif.c - shared memory between two processes, met at a socket. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "nic/nic_kinds.h"

enum {
	RING_LOG2 = 11, /* frames that wait in one direction of a queue, as a power of two */
	LINK_BYTES = 32 /* before what an MTU counts: Ethernet, a tag, and some */
};

static int refuse(const char *rest, const char *why, char error[QUERN_ERROR_TEXT])
{
	snprintf(error, QUERN_ERROR_TEXT,
		 "'memif:%.64s': %s\n  Write memif:PATH on one side and memif:PATH,server on the other", rest, why);
	return -EINVAL;
}

int nic_memif_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	const char *comma = strchr(rest, ',');
	size_t length = comma != NULL ? (size_t)(comma - rest) : strlen(rest);
	struct sockaddr_un address;

	if (length == 0)
		return refuse(rest, "the path of its socket is missing", error);
	if (length >= sizeof(address.sun_path))
		return refuse(rest, "no socket's path may be longer than 107 characters", error);
	if (comma != NULL && strcmp(comma, ",server") != 0)
		return refuse(rest, "behind the path there is nothing but ,server", error);
	snprintf(name->path, sizeof(name->path), "%.*s", (int)length, rest);
	if (!nic_path_is_plain(name->path))
		return refuse(rest, "DPDK takes no path with a space or any of =[]()\"\\", error);
	name->listens = comma != NULL;
	return 0;
}

/* Asks with a socket of the wrong type: a connection that is given up at once would make net_memif's server panic. */
static bool somebody_listens(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool refused;

	if (fd < 0)
		return false;
	memcpy(address.sun_path, path, strlen(path)); /* shorter, by nic_memif_parse() */
	refused = connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 && errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

static int open_folder(const char *path)
{
	char copy[NIC_DEVICE_TEXT];

	snprintf(copy, sizeof(copy), "%s", path);
	return open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The folder, with its lock. Held for as long as an attach or a close takes; a stranger's lock is waited for a second,
 * and then it is no matter. */
static int lock_folder(const char *path)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	int folder = open_folder(path);

	if (folder < 0)
		return -errno;
	for (int attempt = 0; attempt < 100 && flock(folder, LOCK_EX | LOCK_NB) != 0; attempt++)
		nanosleep(&pause, NULL);
	return folder;
}

/* Takes away a socket that nobody listens at: a killed process has left it. Returns a file descriptor that holds the
 * folder's lock, to be closed when our own listens: of two that start at once, the second must not find the first one's
 * place empty. -EADDRINUSE where somebody listens. */
static int make_way(const char *path)
{
	struct stat status;
	int folder = lock_folder(path);

	if (folder < 0)
		return folder;
	if (stat(path, &status) != 0 || !somebody_listens(path)) {
		unlink(path);
		return folder;
	}
	close(folder);
	return -EADDRINUSE;
}

static int check_place(const struct nic_config *config, const char *path, char error[QUERN_ERROR_TEXT])
{
	char copy[NIC_DEVICE_TEXT];
	const char *folder;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (access(folder, W_OK | X_OK) == 0)
		return 0;
	return nic_fail(config, error, errno == EACCES ? -EACCES : -EINVAL,
			"no socket can be made in %s: %s\n  Choose another folder", folder, strerror(errno));
}

int nic_memif_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	struct stat status;
	bool exists = stat(name->path, &status) == 0;

	if (exists && !S_ISSOCK(status.st_mode))
		return nic_fail(config, error, -EINVAL, "%s is not a socket\n  Choose another path, or remove it",
				name->path);
	if (!name->listens)
		return 0;
	if (exists && somebody_listens(name->path))
		return nic_fail(config, error, -EADDRINUSE,
				"another program serves %s\n  Choose another path, end that program, or leave out "
				",server to be its peer",
				name->path);
	return check_place(config, name->path, error);
}

/* The same for each end at every start, or the other end's ARP cache is wrong for a while when this one comes again;
 * and different for the two. FNV-1a over the path. */
static void write_mac(const struct nic_name *name, char *text, size_t size)
{
	uint32_t hash = 2166136261u;

	for (const char *letter = name->path; *letter != '\0'; letter++)
		hash = (hash ^ (uint8_t)*letter) * 16777619u;
	snprintf(text, size, "02:%02x:%02x:%02x:%02x:%02x", hash >> 24, hash >> 16 & 0xff, hash >> 8 & 0xff,
		 hash & 0xff, name->listens ? 1 : 2);
}

/* Frames are copied into the shared region and out of it. Zero-copy, where the client lends its buffers, was no faster
 * for small frames, wants them in one file, shows all of our memory to the peer, and loses what lies in the rings when
 * the peer goes. */
int nic_memif_attach(struct nic *nic, const struct nic_name *name)
{
	char arguments[NIC_DEVICE_TEXT + 128];
	char mac[18];
	int folder = -1;
	int code;

	if (name->listens) {
		folder = make_way(name->path);
		if (folder < 0)
			return folder;
	}
	memcpy(nic->socket_path, name->path, sizeof(nic->socket_path)); /* shorter, by nic_memif_parse() */
	write_mac(name, mac, sizeof(mac));
	snprintf(arguments, sizeof(arguments), "role=%s,socket=%s,socket-abstract=no,rsize=%d,bsize=%u,mac=%s",
		 name->listens ? "server" : "client", name->path, RING_LOG2,
		 (unsigned int)RTE_ALIGN(nic->config.mtu + LINK_BYTES, 64), mac);
	code = nic_vdev_attach(nic, "net_memif", arguments);
	if (folder >= 0)
		close(folder);
	return code;
}

/* The lock of a folder that one of our own ports holds already, for one more of them; -1 where none does. */
static int share_lock(const struct nic *hidden, uint16_t count, const char *path)
{
	struct stat wanted, held;
	int folder = open_folder(path), shared = -1;

	if (folder < 0 || fstat(folder, &wanted) != 0)
		count = 0;
	for (uint16_t number = 0; number < count && shared < 0; number++) {
		const struct nic *other = &hidden[number];

		if (other->kind == NIC_KIND_MEMIF && other->name_fd > 0 && fstat(other->name_fd, &held) == 0 &&
		    held.st_dev == wanted.st_dev && held.st_ino == wanted.st_ino)
			shared = fcntl(other->name_fd, F_DUPFD_CLOEXEC, 0);
	}
	if (folder >= 0)
		close(folder);
	return shared;
}

/* The driver removes the name once more when the port is closed: the lock keeps others from making it again until then.
 */
void nic_memif_hide(struct nic *nic, const struct nic *hidden, uint16_t count)
{
	int folder = share_lock(hidden, count, nic->socket_path);

	if (folder < 0)
		folder = lock_folder(nic->socket_path);
	if (folder >= 0)
		nic->name_fd = folder;
	unlink(nic->socket_path);
}
