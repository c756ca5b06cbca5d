/* edges.h - RFC 9293 figure 5, by a table of the tests' own: how far a connection may go. */
#ifndef SUPPORT_EDGES_H
#define SUPPORT_EDGES_H

#include <stdbool.h>

#include <quern/conn.h>

/* True where one turn may bring a connection from one state to another, or leave it there, when nothing that is said in
 * that turn can be answered in it. */
bool edge_is_legal(enum quern_state from, enum quern_state to);

/* The same where answers are guessed before anything is said: any number of steps. */
bool edge_is_way(enum quern_state from, enum quern_state to);

#endif
