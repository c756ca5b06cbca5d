/* shard_cookie.h - SYN cookies: answers without a record, and ACKs that bring them back; inside lib/shard only. */
#ifndef SHARD_SHARD_COOKIE_H
#define SHARD_SHARD_COOKIE_H

#include "shard/shard_parts.h"

/* Draws the first secrets of cookies. */
void shard_cookie_begin(struct quern_shard *shard, const struct random *random);

/* True where the listener answers its next SYN by cookie. */
bool shard_cookie_is_due(const struct quern_shard *shard, const struct shard_service *listener);

/* True while cookies of the listener may come back. */
bool shard_cookie_is_expected(const struct quern_shard *shard, const struct shard_service *listener);

/* The cookie that answers a SYN, whether or not it is sent as such. */
uint32_t shard_cookie_of(struct quern_shard *shard, const struct packet *syn);

/* Answers a SYN by cookie. */
void shard_cookie_send(struct quern_shard *shard, struct shard_frame *frame, struct shard_service *listener);

/* The MSS that an ACK's cookie remembers; 0 for an ACK without a good one, counted where one is expected. */
uint16_t shard_cookie_check(struct quern_shard *shard, const struct shard_service *listener, const struct packet *ack);

#endif
