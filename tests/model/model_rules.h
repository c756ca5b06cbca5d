/* model_rules.h - what must hold, written from RFC 9293 and not from the code: docs/model.md has the list. */
#ifndef MODEL_MODEL_RULES_H
#define MODEL_MODEL_RULES_H

#include "model/model_turn.h"
#include "wire/wire_packet.h"

enum model_cause { MODEL_CAUSE_SEGMENT, MODEL_CAUSE_CALL, MODEL_CAUSE_TIMER };

/* The connection at hand went from turn->from to the state that it is in, which is noted there. */
void model_rules_moved(struct model_turn *turn, enum model_cause cause);

/* It says a packet, which the channel has not seen yet. */
void model_rules_said(struct model_turn *turn, const struct model_packet *packet);

/* Octets [seq, seq + bytes) of the peer's connection number `life` - 1 are given to the application, or held in order.
 */
void model_rules_given(struct model_turn *turn, uint8_t life, uint32_t seq, uint32_t bytes);

/* The application is told of the peer's FIN. */
void model_rules_peer_closed(struct model_turn *turn);

/* The application is told that the connection at hand has ended. */
void model_rules_ended(struct model_turn *turn, enum quern_end how);

/* The event is over. */
void model_rules_after(struct model_turn *turn, const struct model_state *before);

#endif
