/* diff_net.h - a kernel to speak to: a network namespace of this process's own, with a tun device whose other end is
 * the test. The namespace goes when the process does. */
#ifndef DIFFERENTIAL_DIFF_NET_H
#define DIFFERENTIAL_DIFF_NET_H

#include <stdint.h>

#include <quern/conn.h>

/* Moves this process into a namespace with the address 198.18.0.1/15 (raw_ip6.h's, over IPv6) on a tun device, and
 * TCP's settings as the scripts have them; returns the device, or -1 with the reason why not, which stays. */
int diff_net_open(const char **why_not);

/* A socket that asks the kernel for the states of connections; -1 where it does not tell. */
int diff_net_open_diag(void);

/* The state of the kernel's connection, LISTEN where a listener would answer, CLOSED where nobody would. Addresses are
 * those of tests. */
enum quern_state diff_net_state(int diag, uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port);

/* Release of the kernel, as 6.18. */
void diff_net_release(int *major, int *minor);

#endif
