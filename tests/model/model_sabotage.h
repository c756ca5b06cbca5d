/* model_sabotage.h - what no endpoint would do: the search must find it. For its own test. */
#ifndef MODEL_MODEL_SABOTAGE_H
#define MODEL_MODEL_SABOTAGE_H

#include <stdbool.h>

enum model_sabotage {
	MODEL_SABOTAGE_NONE,
	MODEL_SABOTAGE_FIN,       /* the ACK of a FIN is taken for one of what was before it */
	MODEL_SABOTAGE_WINDOW,    /* a window is said that is an octet less */
	MODEL_SABOTAGE_TIME_WAIT, /* TIME-WAIT is left out */
	MODEL_SABOTAGE_TEXT,      /* text that came before is delivered again */
	MODEL_SABOTAGE_RESET,     /* a RST is answered */
	MODEL_SABOTAGE_TIMER,     /* a timer fires, and nothing goes */
	MODEL_SABOTAGE_ARM,       /* a timer is not armed */
	MODEL_SABOTAGE_STORM,     /* an ACK is answered by an ACK */
	MODEL_SABOTAGE_FORGE,     /* a FIN that nobody has sent */
	MODEL_SABOTAGE_EDGE,      /* the peer's FIN leads past CLOSE-WAIT */
	MODEL_SABOTAGES_END
};

struct model_packet;
struct model_turn;
struct tcp_verdict;

/* The sabotage of a name, "fin" for FIN and so on; END for none. */
enum model_sabotage model_sabotage_named(const char *name);

/* A segment is about to be taken by the end at hand. */
void model_sabotage_heard(struct model_turn *turn, struct model_packet *packet);

/* It was taken, and this is what the endpoint makes of it. */
void model_sabotage_verdict(struct model_turn *turn, const struct model_packet *packet, struct tcp_verdict *verdict);

/* A segment is about to go. */
void model_sabotage_said(struct model_turn *turn, struct model_packet *packet);

/* The event at hand is over. */
void model_sabotage_after(struct model_turn *turn);

/* True where a timer of the end at hand is to do nothing. */
bool model_sabotage_mutes(const struct model_turn *turn);

#endif
