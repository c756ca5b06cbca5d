/* engine_parts.h - what an engine consists of, and the steps that put it together; inside lib/engine only. */
#ifndef ENGINE_ENGINE_PARTS_H
#define ENGINE_ENGINE_PARTS_H

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include <quern/engine.h>
#include <quern/stall.h>

#include "engine/engine_capture.h"
#include "nic/nic.h"
#include "nic/nic_keeper.h"
#include "shard/shard.h"
#include "worker/worker.h"

enum {
	/* A cable's ring, what a shard holds back for a turn, and as many again for drivers, bursts and caches. */
	ENGINE_POOL_MBUFS = 16384 - 1, /* a power of two less one is what rte_mempool stores best */
	ENGINE_POOL_CACHE = 256,
	ENGINE_ROLE_TEXT = 32,
	ENGINE_TICK_MS = 100
};

struct engine_shard {
	struct shard_config config;
	char role[ENGINE_ROLE_TEXT];
	struct rte_mempool *pool;
	bool owns_pool; /* others of the port may use it too */
	void *memory;
	struct quern_shard *shard;
	uint16_t worker; /* that runs it */
	uint16_t place;  /* among the shards of its port, in order of their numbers */
};

/* What the shards of a worker share where they forward datagrams. */
struct engine_group {
	void *memory;
	void *rules; /* those that it was opened with, while they are in use */
	void *given; /* and those of the last reload, of the system's memory */
	void *next;  /* that the worker still has to take */
	void *sources;
	struct shard_forward *forward;
};

struct engine_memory {
	uint64_t need_bytes; /* of everything EAL is asked for */
	uint64_t lent_bytes; /* and of that, what it gets from the engine's heap */
	bool lends_records;  /* and not buffers alone */
	bool huge;
	const char *pages;
};

/* Two clocks at one moment. */
struct engine_look {
	uint64_t cycles;
	uint64_t ns;
};

/* Ordinary memory that is lent to EAL. */
struct engine_heap {
	uint8_t *memory; /* null where nothing is lent */
	void *mapped;    /* with what its alignment cost */
	size_t mapped_bytes;
	pthread_t toucher; /* goes through it once */
	bool is_touched_now;
	int socket; /* that EAL knows it by; -1 as long as it does not */
};

/* What the control thread has seen of one worker. It alone writes; others read `stalls` and `longest_ms`, relaxed. */
struct engine_watch {
	uint64_t turns;      /* at the last look that saw others than the look before */
	int64_t since_ms;    /* when that was */
	bool is_stalled;     /* and has been told */
	uint64_t stalled_ms; /* how long the stall was, or is, that the latest news is about */
	uint64_t cpu_ms;     /* CPU time of the worker at since_ms */
	uint64_t stalls;
	uint64_t longest_ms;
};

/* All workers together, as the control thread saw them at one look. */
struct engine_watched {
	int64_t at_ms;
	uint64_t cpu_ms; /* of the process */
	uint64_t turns;
	uint64_t turns_a_tick; /* since the look before; 0 where there was none */
};

enum engine_watch_news { ENGINE_WATCH_NOTHING, ENGINE_WATCH_STALLED, ENGINE_WATCH_TURNS_AGAIN };

struct quern_engine {
	struct quern_engine_config config;
	cpu_set_t allowed; /* CPUs of this process when the engine was opened */
	struct engine_memory memory;
	struct engine_heap heap;
	struct engine_look first_look; /* before EAL starts */
	uint64_t tsc_hz;
	char runtime_directory[PATH_MAX];
	int runtime_lock; /* on the directory, for as long as it is in use; -1 for none */
	struct nic nics[QUERN_MAX_PORTS];
	struct worker_mail mail[QUERN_MAX_PORTS]; /* of ports with several shards */
	uint16_t nics_attached;
	struct nic_keeper keeper;
	struct engine_shard shards[QUERN_MAX_SHARDS];
	struct worker workers[QUERN_MAX_SHARDS];
	struct engine_group groups[QUERN_MAX_SHARDS]; /* by worker */
	struct shard_checks *checks;                  /* of all groups; null where no target is checked */
	struct shard_checks *next_checks;             /* and of rules that workers still have to take */
	bool keeps_sessions; /* of forwarding: some rule did at the start, or max_sessions says that one may */
	struct engine_watch watches[QUERN_MAX_SHARDS];
	struct engine_watched watched;
	uint16_t worker_count;
	struct engine_capture capture;
	struct worker_clock clock;
	int wake_fd;        /* quern_engine_stop() writes, the control thread reads */
	bool stop_is_asked; /* relaxed; by a signal handler or a worker */
	bool halt;          /* relaxed; by the control thread, read by the workers each turn */
	uint16_t steps_done;
};

/* Writes `error` and returns `code`. */
int engine_fail(char error[QUERN_ERROR_TEXT], int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What is wrong with ports and shards as they are named, on any machine. 0 or -errno. */
int engine_check_words(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT]);

/* Each step returns 0, or -errno with `error` and nothing of its own left behind; each has its undo or needs none. */
int engine_check_process(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
int engine_check(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* Draws the seed where none was given. */
int engine_draw_seed(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* Puts the shards of each core and lane on one worker. */
int engine_place_workers(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

int engine_plan_memory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
/* The same on a machine whose files are below another root than "". */
int engine_plan_memory_of(struct quern_engine *engine, const char *root, char error[QUERN_ERROR_TEXT]);

/* Address space that EAL and its threads take beside memory. */
uint64_t engine_limits_addresses(const struct quern_engine *engine);
/* Tries whether there are as many threads and open files as EAL will want. 0, or -ENOMEM. */
int engine_try_limits(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* Takes the first of two looks at the clocks; the other gives the cycles of the TSC in a second. */
int engine_look_at_clock(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
uint64_t engine_clock_hz(const struct quern_engine *engine);

/* Maps memory.lent_bytes and has a thread go through them while EAL starts. The undo is for after EAL has ended. */
int engine_map_heap(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_unmap_heap(struct quern_engine *engine);
/* Lends what was mapped to EAL that has started. */
int engine_lend_heap(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
/* Where EAL finds memory of the engine's heap; `node` where nothing is lent. */
int engine_heap_socket(const struct quern_engine *engine, int node);

int engine_make_runtime_directory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_remove_runtime_directory(struct quern_engine *engine);
/* True where the path of telemetry's socket in that directory is short enough for a socket. */
bool engine_socket_fits(const struct quern_engine *engine);

int engine_start_eal(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_stop_eal(struct quern_engine *engine);

/* The file of --pcap, the rings of queues towards it, and the thread between. */
int engine_open_capture(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_close_capture(struct quern_engine *engine);
int engine_make_rings(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_free_rings(struct quern_engine *engine);
int engine_start_capture(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
/* Once the workers have ended: returns when the file is whole. */
void engine_finish_capture(struct quern_engine *engine);

int engine_attach_ports(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_close_ports(struct quern_engine *engine);

int engine_make_pools(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_free_pools(struct quern_engine *engine);

int engine_open_shards(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_close_shards(struct quern_engine *engine);

/* The rules of forwarding make sense with the ports and workers that there are. */
int engine_check_forward(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
int engine_check_rules(const struct quern_engine *engine, const struct quern_forward_config *forward,
		       char error[QUERN_ERROR_TEXT]);

/* And with the workers: what comes for a rule that keeps sources tells which of them has its session. */
int engine_check_sources(const struct quern_engine *engine, const struct quern_forward_config *forward,
			 char error[QUERN_ERROR_TEXT]);
int engine_open_groups(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_close_groups(struct quern_engine *engine);
/* The first rule that keeps sessions; null where all are one way. */
const struct quern_forward_rule *engine_rule_with_sessions(const struct quern_forward_config *forward);
/* Sessions that a worker may have, and entries of them in the table of a shard on a port; and bytes of memory that a
 * worker takes for them. All 0 where nothing is forwarded. */
uint32_t engine_sessions_a_worker(const struct quern_engine *engine);
uint32_t engine_udp_flows(const struct quern_engine *engine, uint16_t port);
uint64_t engine_forward_bytes(const struct quern_engine *engine);

/* Frees rules that workers have done with: once a tick. */
void engine_tend_reload(struct quern_engine *engine);
void engine_free_reload(struct engine_group *group);

/* True for a target that is many: a group, or all of a network that some port is on. */
bool engine_is_many(const struct quern_engine_config *config, const struct quern_endpoint *to);
/* A rule's group can be listened to, and its targets that are many be reached. 0, or -errno with `error`. */
int engine_check_many(const struct quern_engine_config *config, const struct quern_forward_rule *rule,
		      char error[QUERN_ERROR_TEXT]);
/* True where some rule listens to a group at that port. */
bool engine_hears_groups(const struct quern_forward_config *forward, uint16_t port);

/* Memory of the system's, zeroed and in whole lines, for what comes while the engine runs: EAL's may be planned to the
 * last page. Null where there is none; free() gives it back. */
void *engine_zeroed(size_t bytes);

/* The first of the local ports that probes have; that there are enough; and checks for rules, of the system's memory,
 * which go on where those of now are: null where there is nothing to check. 0 or -ENOMEM. */
uint16_t engine_check_port(const struct quern_engine *engine);
int engine_check_probes(const struct quern_forward_config *forward, char error[QUERN_ERROR_TEXT]);
int engine_make_checks(const struct quern_engine *engine, const struct quern_forward_config *forward,
		       struct shard_checks **checks);

int engine_start_ports(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
/* Lines between the shards of a port, and to each worker what it needs for its turns. */
int engine_join_shards(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_part_shards(struct quern_engine *engine);

int engine_start_keeper(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_stop_keeper(struct quern_engine *engine);

/* Commands of telemetry are about this engine from here on; none is in it any more when the stop returns. */
int engine_show_telemetry(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
void engine_hide_telemetry(struct quern_engine *engine);

/* Returns when no command of telemetry looks at what it may have found before. */
void engine_pass_telemetry(void);

/* Somebody has given an order by telemetry: has the application do it. Once a tick. */
void engine_serve_order(struct quern_engine *engine);

int engine_wait_links(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
int engine_keep_quiet(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* The parts of a shard's configuration that do not need EAL; its memory follows from them. */
struct shard_config engine_shard_config(const struct quern_engine *engine, uint16_t number);

/* What `port` is opened with. */
struct nic_config engine_nic_config(const struct quern_engine *engine, uint16_t port);

/* How many shards are on a port. */
uint16_t engine_shards_on(const struct quern_engine *engine, uint16_t port);

/* Bytes of a pool's buffer: header, mbuf and data. */
uint16_t engine_data_room(const struct quern_engine *engine, uint16_t port);

/* Where a shard and its port are; -1 for a node that is not known. */
struct engine_placement {
	uint16_t shard;
	const char *role;
	uint16_t core;
	int core_node;
	const char *device;
	int port_node;
	cpu_set_t local_cores; /* of the port's node */
};

/* Writes the line that tells of a shard whose memory is remote; nothing, and false, where it is local. */
bool engine_placement_line(const struct engine_placement *placement, char *text, size_t size);

/* Writes a set of CPUs as "0-3,8" and returns the text. */
char *engine_cores_text(const cpu_set_t *cores, char *text, size_t size);

/* Begins to watch a worker that has made `turns` turns. */
void engine_watch_begin(struct engine_watch *watch, uint64_t turns, int64_t now_ms);

/* Looks at a worker's turns, and counts; says when it has just been found to have stalled, and when that is over. */
enum engine_watch_news engine_watch_look(struct engine_watch *watch, uint64_t turns, int64_t now_ms);

/* What kept a thread that has used `cpu_ms` in `still_ms`; its state is a letter of proc(5), 0 where not known. */
enum quern_stall_cause engine_watch_cause(char state, uint64_t cpu_ms, uint64_t still_ms);

/* Whether the process was stopped between two looks: its workers, which poll, would have used more CPU time than that
 * of the ticks before and after, or on a busy machine would have turned as they did before. Else this thread alone was
 * kept, as by the application's on_tick. */
bool engine_watch_was_stopped(const struct engine_watched *before, const struct engine_watched *now, uint16_t workers);

/* Begins to watch all workers, and looks at them once a tick. */
void engine_watch_start(struct quern_engine *engine, int64_t now_ms);
void engine_watch_workers(struct quern_engine *engine, int64_t now_ms);

/* What EAL and drivers have logged, kept out of the terminal: only its last lines. */
void engine_log_hide(void);
void engine_log_show(void);

/* The last line that was hidden, empty where there is none. */
void engine_log_last(char *line, size_t size);

/* The first line that was hidden, or printed past the log, without EAL's name before it; empty where there is none. */
void engine_log_first(char *line, size_t size);

/* Sends stdout and stderr away and back: EAL prints its whole usage for one wrong argument, and the libraries
 * behind AF_XDP tell of every program they load. */
void engine_log_silence(int saved[2]);
void engine_log_speak(const int saved[2]);

#endif
