/* check.h - assertions about our own code, compiled always. Never for what a peer sent. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/* Prints the fact that failed and where, and aborts. */
_Noreturn void check_failed(const char *fact, const char *file, int line);

#define CHECK(fact) ((fact) ? (void)0 : check_failed(#fact, __FILE__, __LINE__))

#endif
