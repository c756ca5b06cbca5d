/* hash.h - keyed hashes: SipHash where an attacker sees the result, a keyed multiply where he does not. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/flow_key.h"

__extension__ typedef unsigned __int128 hash_product;

struct hash_secret {
	uint64_t words[2];
};

/* SipHash-2-4 of `length` bytes (Aumasson, Bernstein, 2012). */
uint64_t hash_sip(const struct hash_secret *secret, const void *bytes, size_t length);

/* One 64x64->128 bit multiply, folded. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	hash_product product = (hash_product)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two keyed folds of a flow: every bit of the result depends on every bit of key and secret. */
static inline uint64_t hash_flow(const struct hash_secret *secret, const struct flow_key *key)
{
	uint64_t addresses;
	uint32_t ports;

	memcpy(&addresses, key, 8);
	memcpy(&ports, &key->local_port, 4);
	return hash_fold(hash_fold(addresses ^ secret->words[0], ports ^ secret->words[1]) ^ secret->words[0],
			 secret->words[1] | 1);
}

#endif
