/* bench_eal.h - EAL for benches: hugepages where enough are free, no ports, a private directory. */
#ifndef SUPPORT_BENCH_EAL_H
#define SUPPORT_BENCH_EAL_H

/* Starts EAL with so many MiB, or ends the program. */
void bench_eal_open(const char *megabytes);

/* Ends EAL and removes what it left. */
void bench_eal_close(void);

#endif
