/* edges.c - the edges between states. */
#include "support/edges.h"

#include <stdint.h>

#define TO(state) (1u << QUERN_##state)

/* RFC 9293 figure 5, as far as one turn goes: nothing that is said in it can be answered in it. A connection that ends
 * is told, and gone. */
static const uint32_t edges[QUERN_STATES_END] = {
	[QUERN_SYN_SENT] = TO(SYN_SENT) | TO(SYN_RCVD) | TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(CLOSE_WAIT) |
			   TO(LAST_ACK) | TO(CLOSING),
	[QUERN_SYN_RCVD] =
		TO(SYN_RCVD) | TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(LAST_ACK) | TO(CLOSING),
	[QUERN_ESTABLISHED] = TO(ESTABLISHED) | TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(LAST_ACK) | TO(CLOSING),
	[QUERN_FIN_WAIT_1] = TO(FIN_WAIT_1) | TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT),
	[QUERN_FIN_WAIT_2] = TO(FIN_WAIT_2) | TO(TIME_WAIT),
	[QUERN_CLOSE_WAIT] = TO(CLOSE_WAIT) | TO(LAST_ACK),
	[QUERN_CLOSING] = TO(CLOSING) | TO(TIME_WAIT),
	[QUERN_LAST_ACK] = TO(LAST_ACK) | TO(CLOSED),
	/* Over, and still read. */
	[QUERN_TIME_WAIT] = TO(TIME_WAIT),
	[QUERN_CLOSED] = TO(CLOSED),
};

bool edge_is_legal(enum quern_state from, enum quern_state to)
{
	return edges[from] >> to & 1;
}

bool edge_is_way(enum quern_state from, enum quern_state to)
{
	uint32_t reached = 1u << from, before = 0;

	while (reached != before) {
		before = reached;
		for (int state = 0; state < QUERN_STATES_END; state++)
			if (before >> state & 1)
				reached |= edges[state];
	}
	return reached >> to & 1;
}
