/* nic_keeper.c - gates closed, what has come up done, gates opened. */
#define ALLOW_EXPERIMENTAL_API /* interrupt handles of one's own */

#include "nic/nic_keeper.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_interrupts.h>

#include "nic/nic_kinds.h"

enum {
	LOOKS_WHEN_LINKED = 10, /* without news, gates are closed once in so many calls */
	LOOKS_TO_CONNECT = 10,  /* an attempt is given so many before the next */
	ROUNDS_TO_ARRIVE = 4    /* of EAL's thread, which takes in one a round; net_memif has two wait at most */
};

static bool needs_keeping(const struct nic_keeper *keeper)
{
	bool needs = false;

	for (uint16_t number = 0; number < keeper->count; number++)
		needs |= keeper->nics[number].is_kept;
	return needs;
}

/* On EAL's thread. */
static void stand_still(void *argument)
{
	struct nic_keeper *keeper = argument;
	uint64_t calls;
	ssize_t bytes = read(keeper->call_fd, &calls, sizeof(calls));

	if (bytes != sizeof(calls))
		return;
	sem_post(&keeper->has_come);
	while (sem_wait(&keeper->may_go) != 0)
		continue;
}

int nic_keeper_start(struct nic_keeper *keeper, struct nic *nics, uint16_t count)
{
	memset(keeper, 0, sizeof(*keeper));
	keeper->nics = nics;
	keeper->count = count;
	if (!needs_keeping(keeper))
		return 0;
	keeper->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (keeper->call_fd < 0)
		return -errno;
	sem_init(&keeper->has_come, 0, 0);
	sem_init(&keeper->may_go, 0, 0);
	keeper->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (keeper->handle != NULL && rte_intr_fd_set(keeper->handle, keeper->call_fd) == 0 &&
	    rte_intr_type_set(keeper->handle, RTE_INTR_HANDLE_EXT) == 0 &&
	    rte_intr_callback_register(keeper->handle, stand_still, keeper) == 0)
		return 0;
	rte_intr_instance_free(keeper->handle);
	keeper->handle = NULL;
	close(keeper->call_fd);
	return -ENOMEM;
}

/* From here on no worker is within a burst of a kept port. */
static void close_gates(struct nic *nic)
{
	for (uint16_t queue = 0; queue < nic->config.queues; queue++) {
		struct nic_gate *gate = &nic->gates[queue];

		__atomic_store_n(&gate->is_closed, true, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&gate->is_inside, __ATOMIC_SEQ_CST))
			sched_yield();
	}
}

static void open_gates(struct nic *nic)
{
	for (uint16_t queue = 0; queue < nic->config.queues; queue++)
		__atomic_store_n(&nic->gates[queue].is_closed, false, __ATOMIC_SEQ_CST);
}

/* EAL's thread does all that has come up, and stands still. It is called before it may go, so it comes back. */
static void pass_one_round(struct nic_keeper *keeper)
{
	const uint64_t one = 1;
	ssize_t bytes = write(keeper->call_fd, &one, sizeof(one));

	(void)bytes; /* the counter cannot be full */
	if (keeper->stands_still)
		sem_post(&keeper->may_go);
	while (sem_wait(&keeper->has_come) != 0)
		continue;
	keeper->stands_still = true;
}

static void let_go(struct nic_keeper *keeper)
{
	if (keeper->stands_still)
		sem_post(&keeper->may_go);
	keeper->stands_still = false;
}

/* A server hears of its next client by itself. A client is started anew, unless an attempt is under way. */
static void connect_again(struct nic *nic)
{
	if (nic->listens || (nic->is_started && nic->connecting_for++ < LOOKS_TO_CONNECT))
		return;
	if (nic->is_started)
		rte_eth_dev_stop(nic->port);
	nic->is_started = rte_eth_dev_start(nic->port) == 0;
	nic->connecting_for = 0;
}

/* Whether all kept ports have a link; `some` tells whether one has. Those that have are opened. */
static bool mend(struct nic_keeper *keeper, bool *some)
{
	bool all = true;

	*some = false;
	for (uint16_t number = 0; number < keeper->count; number++) {
		struct nic *nic = &keeper->nics[number];

		if (!nic->is_kept)
			continue;
		if (!nic_link_is_up(nic)) {
			connect_again(nic);
			all = false;
			continue;
		}
		nic->connecting_for = LOOKS_TO_CONNECT;
		open_gates(nic);
		*some = true;
	}
	return all;
}

/* Whether a socket of this process is a port's: the one it listens at, or one to its peer. */
static bool is_of_port(const struct nic_keeper *keeper, int fd)
{
	struct sockaddr_un own = {.sun_path = ""};
	struct sockaddr_un peer = {.sun_path = ""};
	socklen_t own_bytes = sizeof(own);
	socklen_t peer_bytes = sizeof(peer);
	bool is = false;

	if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) != 0 || own.sun_family != AF_UNIX)
		return false;
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) != 0)
		peer.sun_path[0] = '\0';
	for (uint16_t number = 0; number < keeper->count; number++) {
		const struct nic *nic = &keeper->nics[number];
		const char *at = nic->listens ? own.sun_path : peer.sun_path;

		is |= nic->is_kept && strncmp(at, nic->socket_path, sizeof(own.sun_path)) == 0;
	}
	return is;
}

/* The driver does not say which sockets it has. */
static void find_sockets(struct nic_keeper *keeper)
{
	const struct dirent *entry;
	DIR *folder = opendir("/proc/self/fd");

	keeper->socket_count = 0;
	while (folder != NULL && (entry = readdir(folder)) != NULL && keeper->socket_count < NIC_KEEPER_SOCKETS) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && is_of_port(keeper, fd))
			keeper->sockets[keeper->socket_count++] = fd;
	}
	if (folder != NULL)
		closedir(folder);
}

static void look(struct nic_keeper *keeper)
{
	bool some;

	for (uint16_t number = 0; number < keeper->count; number++) {
		if (keeper->nics[number].is_kept)
			close_gates(&keeper->nics[number]);
	}
	pass_one_round(keeper);
	keeper->looks = mend(keeper, &some) ? LOOKS_WHEN_LINKED : 0;
	keeper->socket_count = 0;
	if (some)
		find_sockets(keeper);
	else
		let_go(keeper);
}

void nic_keeper_tend(struct nic_keeper *keeper)
{
	if (keeper->handle == NULL)
		return;
	if (keeper->looks > 0)
		keeper->looks--;
	else
		look(keeper);
}

void nic_keeper_sleep(struct nic_keeper *keeper, int wake_fd, int wait_ms)
{
	struct pollfd fds[1 + NIC_KEEPER_SOCKETS] = {{.fd = wake_fd, .events = POLLIN}};
	bool has_news = false;

	for (uint16_t number = 0; number < keeper->socket_count; number++)
		fds[1 + number] = (struct pollfd){.fd = keeper->sockets[number], .events = POLLIN};
	poll(fds, 1u + keeper->socket_count, wait_ms);
	for (uint16_t number = 0; number < keeper->socket_count; number++)
		has_news |= fds[1 + number].revents != 0;
	if (has_news)
		look(keeper);
}

void nic_keeper_halt(struct nic_keeper *keeper)
{
	if (keeper->handle == NULL)
		return;
	for (uint16_t number = 0; number < keeper->count; number++) {
		struct nic *nic = &keeper->nics[number];

		if (nic->is_kept && nic->listens)
			nic_memif_hide(nic, keeper->nics, number);
		if (nic->is_kept)
			close_gates(nic);
	}
	for (int round = 0; round < ROUNDS_TO_ARRIVE; round++)
		pass_one_round(keeper);
}

void nic_keeper_stop(struct nic_keeper *keeper)
{
	if (keeper->handle == NULL)
		return;
	let_go(keeper);
	while (rte_intr_callback_unregister(keeper->handle, stand_still, keeper) == -EAGAIN)
		sched_yield();
	rte_intr_instance_free(keeper->handle);
	keeper->handle = NULL;
	close(keeper->call_fd);
	sem_destroy(&keeper->has_come);
	sem_destroy(&keeper->may_go);
}
