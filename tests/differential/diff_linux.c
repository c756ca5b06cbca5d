/* diff_linux.c - plays scripts against the kernel's TCP: segments go in and out by a tun device, and an ordinary socket
 * is the application. What the kernel does about a segment it does before the write of it returns. */
#include "differential/diff_linux.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "differential/diff_net.h"
#include "support/raw_ip6.h"

enum { SOCKETS_MAX = 4, NS_PER_MS = 1000000, MS_PER_S = 1000, FRAME_MAX = 65536 };

/* A script that is being played. */
struct player {
	struct diff_view view;
	uint32_t next_step;
	uint64_t wake_ms;     /* of the step at hand; 0 where it does not wait */
	int listener, conn;   /* or -1 */
	int old[SOCKETS_MAX]; /* connections that a later one has taken the place of */
	uint32_t old_count;
	bool is_over; /* the connection has failed, or its end was met: there is no more to read */
};

static int tun, diag;
static uint32_t first_number; /* of the first script, among the ports */
static uint32_t player_count;
static struct player *players;

static uint64_t now_ms(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (uint64_t)now.tv_sec * MS_PER_S + (uint64_t)(now.tv_nsec / NS_PER_MS);
}

/* One CPU only: on two, one may leave it to the other to send. */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((unsigned int)sched_getcpu(), &here);
	CHECK(sched_setaffinity(0, sizeof(here), &here) == 0);
}

bool diff_linux_open(const char **why_not)
{
	stay_here();
	tun = diff_net_open(why_not);
	if (tun < 0)
		return false;
	diag = diff_net_open_diag();
	*why_not = "this kernel does not tell the states of connections (CONFIG_INET_DIAG)";
	return diag >= 0;
}

/* Gives what the kernel has sent to the scripts that it belongs to. */
static void drain(void)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t bytes;

	while ((bytes = read(tun, frame, sizeof(frame))) > 0) {
		struct raw_segment segment;
		const char *wrong = raw_read(frame, (uint32_t)bytes, &segment);
		uint32_t port = segment.source_port + (uint32_t)DIFF_PORTS - DIFF_LOCAL_PORT;
		uint32_t number = (port - first_number) % (uint32_t)DIFF_PORTS;

		if (number >= player_count || segment.dest_port != players[number].view.remote_port)
			continue;
		/* It may put timestamps on a RST, which RFC 7323 3.2 leaves open. */
		if (wrong && !(segment.flags & RST))
			printf("# %s: Linux's frame: %s\n", players[number].view.script->name, wrong);
		diff_view_hear(&players[number].view, &segment);
	}
}

static socklen_t put_address(struct sockaddr_storage *at, uint32_t address, uint16_t port)
{
	const struct quern_ip6 ip6 = raw_ip6(address);
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)at;

	memset(at, 0, sizeof(*at));
	if (!raw_is_ip6()) {
		*(struct sockaddr_in *)at = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
		return sizeof(struct sockaddr_in);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	for (int i = 0; i < 8; i++) {
		six->sin6_addr.s6_addr[i] = (uint8_t)(ip6.high >> (56 - 8 * i));
		six->sin6_addr.s6_addr[8 + i] = (uint8_t)(ip6.low >> (56 - 8 * i));
	}
	return sizeof(*six);
}

static void set(int socket, int level, int option, int value)
{
	CHECK(setsockopt(socket, level, option, &value, sizeof(value)) == 0);
}

static int open_socket(const struct diff_view *view)
{
	int made = socket(raw_is_ip6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage local;
	socklen_t bytes = put_address(&local, view->local, view->local_port);

	CHECK(made >= 0);
	set(made, SOL_SOCKET, SO_REUSEADDR, 1);
	set(made, SOL_SOCKET, SO_OOBINLINE, 1);
	set(made, IPPROTO_TCP, TCP_NODELAY, 1);
	if (view->script->window) {
		set(made, SOL_SOCKET, SO_RCVBUF, (int)view->script->window); /* which it doubles, and halves again */
		set(made, IPPROTO_TCP, TCP_WINDOW_CLAMP, (int)view->script->window);
	}
	if (view->script->keepalive_ms) {
		set(made, SOL_SOCKET, SO_KEEPALIVE, 1);
		set(made, IPPROTO_TCP, TCP_KEEPIDLE, (int)view->script->keepalive_ms / MS_PER_S);
		set(made, IPPROTO_TCP, TCP_KEEPINTVL, (int)view->script->keepalive_ms / MS_PER_S);
	}
	CHECK(bind(made, (struct sockaddr *)&local, bytes) == 0);
	return made;
}

static void open_listener(struct player *player)
{
	player->listener = open_socket(&player->view);
	CHECK(listen(player->listener, 8) == 0);
}

static void open_connection(struct player *player)
{
	struct sockaddr_storage remote;
	socklen_t bytes = put_address(&remote, player->view.remote, player->view.remote_port);

	player->conn = open_socket(&player->view);
	CHECK(connect(player->conn, (struct sockaddr *)&remote, bytes) == 0 || errno == EINPROGRESS);
}

static void take_new_connection(struct player *player)
{
	int made = player->listener >= 0 ? accept4(player->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;

	if (made < 0)
		return;
	if (player->conn >= 0) {
		CHECK(player->old_count < SOCKETS_MAX);
		player->old[player->old_count++] = player->conn;
	}
	player->conn = made;
	player->is_over = false;
	player->view.sent = 0;
}

static void fail(struct player *player, int error)
{
	player->is_over = true;
	if (error == ECONNRESET || error == EPIPE)
		player->view.fails = "reset";
	else if (error == ECONNREFUSED)
		player->view.fails = "refused";
	else
		player->view.fails = error == ETIMEDOUT ? "timeout" : "something else";
}

static void read_all(struct player *player)
{
	uint8_t text[4096];
	ssize_t bytes = 1;

	while (bytes > 0) {
		bytes = recv(player->conn, text, sizeof(text), 0);
		if (bytes > 0)
			diff_view_read(&player->view, text, (uint32_t)bytes);
	}
	if (bytes == 0)
		player->view.met_end = player->is_over = true;
	else if (errno != EAGAIN)
		fail(player, errno);
}

/* Lets the application do what one does that is woken: accept, read, and see what is wrong. An ACK that the kernel puts
 * off is asked for, since a shard puts none off. */
static void wake(struct player *player)
{
	socklen_t bytes = sizeof(int);
	int error = 0;

	take_new_connection(player);
	if (player->conn < 0)
		return;
	if (!player->is_over && player->view.is_hungry)
		read_all(player);
	CHECK(getsockopt(player->conn, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0);
	if (error)
		fail(player, error);
	set(player->conn, IPPROTO_TCP, TCP_QUICKACK, 1);
	drain();
}

static void inject(struct player *player, const struct raw_segment *segment)
{
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = raw_build(frame, segment);

	CHECK(write(tun, frame, bytes) == (ssize_t)bytes);
	drain();
	wake(player);
}

static bool send_text(struct player *player, uint32_t bytes)
{
	uint8_t text[DIFF_SEND_MAX];

	if (player->conn < 0)
		return false;
	diff_view_text(&player->view, text, bytes);
	return send(player->conn, text, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

static void let_go(struct player *player, bool aborts)
{
	const struct linger none = {.l_onoff = 1};

	if (player->conn < 0)
		return;
	if (aborts)
		CHECK(setsockopt(player->conn, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
	close(player->conn);
	player->conn = -1;
}

static bool call(struct player *player, const struct diff_step *step)
{
	switch (step->call) {
	case DIFF_LISTEN:
		open_listener(player);
		return true;
	case DIFF_CONNECT:
		open_connection(player);
		return true;
	case DIFF_SEND:
		return send_text(player, step->number);
	case DIFF_SHUTDOWN:
		return player->conn >= 0 && shutdown(player->conn, SHUT_WR) == 0;
	case DIFF_CLOSE:
	case DIFF_ABORT:
		let_go(player, step->call == DIFF_ABORT);
		return true;
	case DIFF_HOLD:
	case DIFF_READ:
		player->view.is_hungry = step->call == DIFF_READ;
		return true;
	case DIFF_WAIT:
		player->wake_ms = now_ms() + step->number;
		return true;
	case DIFF_IN:
	case DIFF_FILL:
	case DIFF_CALLS_END:
		break;
	}
	return false;
}

static void settle(struct player *player)
{
	struct diff_view *view = &player->view;

	wake(player);
	diff_view_settle(view, diff_net_state(diag, view->local, view->local_port, view->remote, view->remote_port));
}

static void take_step(struct player *player)
{
	struct diff_view *view = &player->view;
	uint32_t number = player->next_step++;
	const struct diff_step *step = &view->script->steps[number];
	struct raw_segment segment;

	diff_view_step(view, number);
	if (step->call == DIFF_FILL) {
		for (uint32_t i = 0; i < DIFF_FILL_MAX && diff_view_fill(view, number, &segment); i++)
			inject(player, &segment);
	} else if (step->call == DIFF_IN) {
		segment = diff_view_segment(view, number);
		inject(player, &segment);
	} else {
		view->call_failed = !call(player, step);
		drain();
	}
	if (!player->wake_ms)
		settle(player);
}

/* Goes on with a script as far as it does not wait. */
static void go_on(struct player *player)
{
	if (player->wake_ms && player->wake_ms > now_ms())
		return;
	if (player->wake_ms) {
		player->wake_ms = 0;
		settle(player);
	}
	while (!player->wake_ms && player->next_step < player->view.script->step_count)
		take_step(player);
}

static void begin(struct player *player, const struct diff_script *script, struct diff_trace *trace, uint32_t number)
{
	*player = (struct player){.listener = -1, .conn = -1};
	diff_view_begin(&player->view, script, trace, number);
}

/* Closes all sockets; what the kernel still says is heard by nobody. */
static void end(struct player *player)
{
	let_go(player, true);
	while (player->old_count)
		close(player->old[--player->old_count]);
	if (player->listener >= 0)
		close(player->listener);
}

/* The time until the next script wakes, -1 where none sleeps. */
static int sleep_ms(void)
{
	uint64_t now = now_ms(), least_ms = UINT64_MAX;

	for (uint32_t i = 0; i < player_count; i++)
		if (players[i].wake_ms && players[i].wake_ms < least_ms)
			least_ms = players[i].wake_ms;
	if (least_ms == UINT64_MAX)
		return -1;
	return least_ms > now ? (int)(least_ms - now) : 0;
}

void diff_linux_play(const struct diff_script *scripts, struct diff_trace *traces, uint32_t count, uint32_t first)
{
	struct pollfd waits = {.fd = tun, .events = POLLIN};
	int ms;

	players = calloc(count, sizeof(*players));
	CHECK(players != NULL);
	first_number = first % DIFF_PORTS;
	player_count = count;
	for (uint32_t i = 0; i < count; i++)
		begin(&players[i], &scripts[i], &traces[i], first + i);
	for (uint32_t i = 0; i < count; i++)
		go_on(&players[i]);
	while ((ms = sleep_ms()) >= 0) {
		poll(&waits, 1, ms);
		drain();
		for (uint32_t i = 0; i < count; i++)
			if (players[i].wake_ms)
				go_on(&players[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		end(&players[i]);
	player_count = 0;
	free(players);
}
