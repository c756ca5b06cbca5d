/* lab_hosts.h - the hosts of the laboratory: their MAC addresses, and what they answer to whoever asks for these. */
#ifndef SUPPORT_LAB_HOSTS_H
#define SUPPORT_LAB_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

enum { LAB_ANSWER_MAX = 14 + 40 + 32 };

/* The MAC address of the host that sends a packet, or that it is for. */
void lab_mac_of_source(const uint8_t *packet, uint8_t mac[6]);
void lab_mac_of_dest(const uint8_t *packet, uint8_t mac[6]);

/* Whether a frame is ARP or neighbour discovery. */
bool lab_is_of_neighbours(const uint8_t *frame, uint32_t bytes);

/* What the host that such a frame asks for answers, as a frame. Returns its length, 0 where nobody is asked. */
uint32_t lab_answer(const uint8_t *request, uint8_t reply[LAB_ANSWER_MAX]);

#endif
