/* sim_sabotage.h - what no shard would do, once in a run: the simulator must find it. For its own test. */
#ifndef SIM_SIM_SABOTAGE_H
#define SIM_SIM_SABOTAGE_H

#include <stdbool.h>

enum sim_sabotage {
	SIM_SABOTAGE_NONE,
	SIM_SABOTAGE_TEXT,  /* a byte of text is another, and the checksum fits */
	SIM_SABOTAGE_RESET, /* a RST that nobody has sent */
	SIM_SABOTAGE_FIN,   /* a FIN that nobody has sent */
	SIM_SABOTAGE_LEAK,  /* a buffer is kept */
	SIM_SABOTAGE_DARK,  /* links stay dark once faults are over */
	SIM_SABOTAGE_CRASH, /* a signal */
	SIM_SABOTAGES_END
};

struct sim_frame;
struct sim_world;

/* The sabotage of a name, "text" for TEXT and so on; END for none. */
enum sim_sabotage sim_sabotage_named(const char *name);

/* A frame is on its way, and has been judged. */
void sim_sabotage_frame(struct sim_world *world, struct sim_frame *frame);

/* Faults are over. */
void sim_sabotage_heal(struct sim_world *world);

#endif
