/* engine_eal.c - starts EAL with the arguments that this machine and this engine need. */
#include "engine/engine_parts.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_build_config.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "base/check.h"

enum { EAL_ARGUMENTS = 80, EAL_TEXT = 20480 };

struct eal_arguments {
	char text[EAL_TEXT];
	size_t used;
	char *values[EAL_ARGUMENTS + 1];
	int count;
	bool names_drivers; /* all that are needed */
};

/* EAL can be started once a process; after that, and after a failure, it says no. */
static bool eal_is_spent;

__attribute__((format(printf, 2, 3))) static void add(struct eal_arguments *arguments, const char *format, ...)
{
	size_t room = sizeof(arguments->text) - arguments->used;
	va_list values;
	int length;

	CHECK(arguments->count < EAL_ARGUMENTS);
	va_start(values, format);
	length = vsnprintf(arguments->text + arguments->used, room, format, values);
	va_end(values);
	CHECK(length >= 0 && (size_t)length < room);
	arguments->values[arguments->count++] = arguments->text + arguments->used;
	arguments->used += (size_t)length + 1;
}

static void add_cores(struct eal_arguments *arguments, const struct quern_engine *engine)
{
	char text[2048];
	char cores[1024];
	cpu_set_t spare = engine->allowed;
	size_t used;

	/* lcore 0 and the threads of EAL's own, telemetry's among them, only wake now and then, and float over the CPUs
	 * that no worker has, where there are any; each worker is pinned to its own. */
	for (uint16_t number = 0; number < engine->worker_count; number++)
		CPU_CLR(engine->workers[number].core, &spare);
	used = (size_t)snprintf(
		text, sizeof(text), "0@(%s)",
		engine_cores_text(CPU_COUNT(&spare) > 0 ? &spare : &engine->allowed, cores, sizeof(cores)));
	for (uint16_t number = 0; number < engine->worker_count; number++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",%u@%u", engine->workers[number].lcore,
					 engine->workers[number].core);
	add(arguments, "--lcores=%s", text);
	add(arguments, "--main-lcore=0");
}

/* Nothing is probed that was not named. Where all is software, buffers go by their virtual addresses: AF_XDP needs a
 * pool in one piece, which pages in physical order are not. */
static void add_devices(struct eal_arguments *arguments, const struct quern_engine *engine)
{
	char device[NIC_DEVICE_TEXT + 8];
	bool has_bus = false;

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config config = engine_nic_config(engine, port);

		if (!nic_eal_argument(&config, device, sizeof(device)))
			continue;
		add(arguments, "--allow=%s", device);
		has_bus = true;
	}
	if (has_bus)
		return;
	add(arguments, "--no-pci");
	add(arguments, "--iova-mode=va");
}

static bool has_no_words_of_the_user(const struct quern_engine *engine)
{
	return engine->config.eal_arguments == NULL || engine->config.eal_arguments[0] == NULL;
}

/* The path of a driver's library in EAL's folder, "librte_net_tap". False where it is not there. */
static bool find_driver(const char *library, char *path, size_t size)
{
	DIR *folder = opendir(RTE_EAL_PMD_PATH);
	const struct dirent *entry;
	size_t length = strlen(library);
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
		found = strncmp(entry->d_name, library, length) == 0 && strncmp(entry->d_name + length, ".so", 3) == 0;
		if (found)
			snprintf(path, size, "%s/%s", RTE_EAL_PMD_PATH, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* Names the drivers that the ports and their buffers need, and says whether these are all: not where the user has words
 * of his own, a device may be anything, or a driver is elsewhere. */
static bool add_drivers(struct eal_arguments *arguments, const struct quern_engine *engine)
{
	char paths[QUERN_MAX_PORTS + 1][PATH_MAX];
	uint16_t count = 0;

	if (!has_no_words_of_the_user(engine) || !find_driver("librte_mempool_ring", paths[count++], PATH_MAX))
		return false;
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config config = engine_nic_config(engine, port);
		const char *library = nic_driver_library(&config);

		if (library == NULL || !find_driver(library, paths[count++], PATH_MAX))
			return false;
		if (port > 0 && strcmp(paths[count - 1], paths[count - 2]) == 0)
			count--;
	}
	for (uint16_t number = 0; number < count; number++) {
		add(arguments, "-d");
		add(arguments, "%s", paths[number]);
	}
	return true;
}

static void build_arguments(struct eal_arguments *arguments, const struct quern_engine *engine)
{
	arguments->used = 0;
	arguments->count = 0;
	add(arguments, "quern");
	if (engine->memory.huge) {
		add(arguments, "--in-memory");
	} else {
		add(arguments, "--no-huge");
		add(arguments, "--no-shconf");
		add(arguments, "-m");
		add(arguments, "%llu",
		    (unsigned long long)(((engine->memory.need_bytes - engine->memory.lent_bytes) >> 20) + 1));
	}
	add_devices(arguments, engine);
	arguments->names_drivers = add_drivers(arguments, engine);
	if (!engine_socket_fits(engine))
		add(arguments, "--no-telemetry");
	add_cores(arguments, engine);
	add(arguments, "--file-prefix=quern-%d", getpid());
	if (!engine->config.verbose)
		add(arguments, "--log-level=*:error");
	for (char *const *user = engine->config.eal_arguments; user != NULL && *user != NULL; user++)
		add(arguments, "%s", *user);
	arguments->values[arguments->count] = NULL;
}

/* The user's words are bounded here, so that CHECK() in add() speaks of our own only. */
static bool arguments_fit(char *const *user)
{
	size_t bytes = 0;
	size_t count = 0;

	for (; user != NULL && *user != NULL; user++, count++)
		bytes += strlen(*user) + 1;
	return bytes <= EAL_TEXT / 2 && count <= EAL_ARGUMENTS / 2;
}

/* EAL answers some by exit(), and leaves everything behind; another makes it wait for a process that never comes. */
static const char *forbidden_word(char *const *user)
{
	static const char *const words[] = {"--help", "--version", "--proc-type", "-h", "-v"};

	for (; user != NULL && *user != NULL; user++) {
		size_t length = strcspn(*user, "=");

		for (size_t number = 0; number < RTE_DIM(words); number++) {
			/* A long one may be cut short, as getopt_long() has it. */
			if ((length > 3 && strncmp(*user, words[number], length) == 0) ||
			    strcmp(*user, words[number]) == 0)
				return words[number];
		}
	}
	return NULL;
}

/* EAL's threads take no signals that others may: one that interrupts telemetry's accept() would end it, and net_tap
 * raises one a frame. What comes meanwhile is delivered when the mask is restored. As rte_eal_init(), but for -errno.
 */
static int init_without_signals(int count, char **values)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t all, before;
	int code;

	sigfillset(&all);
	for (size_t number = 0; number < sizeof(own) / sizeof(own[0]); number++)
		sigdelset(&all, own[number]);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	code = rte_eal_init(count, values);
	if (code < 0)
		code = -(rte_errno != 0 ? rte_errno : EIO);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

static void tell_of_eal(const struct quern_engine *engine, bool starts, bool names_drivers)
{
	if (engine->config.on_eal != NULL)
		engine->config.on_eal(starts, starts && names_drivers ? RTE_EAL_PMD_PATH : NULL);
}

/* Gives the first word that EAL takes for none of its own, or leaves `unread`. */
static int init_eal(const struct quern_engine *engine, struct eal_arguments *arguments, const char **unread)
{
	char *values[EAL_ARGUMENTS + 1];
	const char *directory = getenv("RUNTIME_DIRECTORY");
	char *saved_directory = directory != NULL ? strdup(directory) : NULL;
	int saved[2] = {-1, -1};
	int code;

	memcpy(values, arguments->values, sizeof(values)); /* EAL reorders them */
	setenv("RUNTIME_DIRECTORY", engine->runtime_directory, 1);
	if (!engine->config.verbose)
		engine_log_silence(saved);
	tell_of_eal(engine, true, arguments->names_drivers);
	code = init_without_signals(arguments->count, values);
	tell_of_eal(engine, false, arguments->names_drivers);
	if (code >= 0 && code < arguments->count - 1)
		*unread = values[code + 1]; /* getopt_long() has put it behind the others */
	if (!engine->config.verbose)
		engine_log_speak(saved);
	if (saved_directory != NULL)
		setenv("RUNTIME_DIRECTORY", saved_directory, 1);
	else
		unsetenv("RUNTIME_DIRECTORY");
	free(saved_directory);
	return code < 0 ? code : 0;
}

/* Tells of the user's words, or of ours where there are none. What EAL says first is the cause; its last line only says
 * that it has failed. */
static int refusal(const struct quern_engine *engine, const struct eal_arguments *arguments, int code,
		   char error[QUERN_ERROR_TEXT])
{
	char *const *user = engine->config.eal_arguments;
	char *const *word = user != NULL && *user != NULL ? user : &arguments->values[1];
	char line[256];
	char words[384];
	size_t used = 0;

	words[0] = '\0';
	for (; *word != NULL && used < sizeof(words); word++)
		used += (size_t)snprintf(words + used, sizeof(words) - used, " %s", *word);
	engine_log_first(line, sizeof(line));
	return engine_fail(error, code,
			   "EAL refused:%s\n  It said: %s\n  Its options: the DPDK Linux guide, part 1; say more: -v",
			   words, line[0] != '\0' ? line : strerror(-code));
}

int engine_check_process(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	(void)engine;
	if (!eal_is_spent)
		return 0;
	return engine_fail(error, -EALREADY,
			   "EAL starts once a process, and it has\n  Open the next engine in a new process");
}

int engine_start_eal(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct eal_arguments arguments;
	const char *forbidden;
	const char *unread = NULL;
	int code;

	if (!arguments_fit(engine->config.eal_arguments))
		return engine_fail(error, -E2BIG, "more EAL arguments than %d, or longer than %d bytes\n  Give fewer",
				   EAL_ARGUMENTS / 2, EAL_TEXT / 2);
	forbidden = forbidden_word(engine->config.eal_arguments);
	if (forbidden != NULL)
		return engine_fail(error, -EINVAL,
				   "EAL's %s would end the program or hold it up\n  Its options: the DPDK Linux guide, "
				   "part 1",
				   forbidden);
	eal_is_spent = true;
	build_arguments(&arguments, engine);
	if (!engine->config.verbose)
		engine_log_hide();
	code = init_eal(engine, &arguments, &unread);
	if (code != 0)
		refusal(engine, &arguments, code, error);
	if (unread != NULL) {
		code = engine_fail(error, -EINVAL,
				   "'%.128s' is no option of EAL's, and it leaves it unread\n  Behind -- there is "
				   "nothing but options; those of quern stand before it",
				   unread);
		rte_eal_cleanup();
	}
	if (code != 0) {
		engine_log_show();
		return code;
	}
	/* Nobody reads it without shared configuration and telemetry; gone now, it is gone after SIGKILL too. */
	if (!engine_socket_fits(engine) && has_no_words_of_the_user(engine))
		engine_remove_runtime_directory(engine);
	return 0;
}

void engine_stop_eal(struct quern_engine *engine)
{
	(void)engine;
	rte_eal_cleanup();
	engine_log_show();
}
