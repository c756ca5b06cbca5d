/* counters.h - every drop reason and counter of a shard, each from one list: enum, name and text. */
#ifndef QUERN_COUNTERS_H
#define QUERN_COUNTERS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a frame went no further. Each dropped frame is counted under exactly one reason, where the reason is found. */
#define QUERN_DROPS(X)                                                                                                 \
	X(FRAME_SHORT, "frame_short", "frame ends inside a header")                                                    \
	X(FRAME_CHAINED, "frame_chained", "frame spread over several buffers")                                         \
	X(ETHER_TYPE, "ether_type", "neither ARP nor a version of IP that the port has")                               \
	X(ETHER_DEST, "ether_dest", "not to this port's MAC address")                                                  \
	X(ETHER_SOURCE, "ether_source", "source MAC address is a group address")                                       \
	X(VLAN, "vlan", "tagged for another VLAN")                                                                     \
	X(ARP_MALFORMED, "arp_malformed", "not an ARP packet for IPv4 over Ethernet")                                  \
	X(ARP_OTHER, "arp_other", "ARP that concerns none of our addresses")                                           \
	X(ARP_DOUBT, "arp_doubt", "ARP that gives a neighbour in use another MAC address: not believed yet")           \
	X(IP_VERSION, "ip_version", "IP version is not that of the frame's type")                                      \
	X(IP_HEADER, "ip_header", "IPv4 header length below 20 or past the end")                                       \
	X(IP_LENGTH, "ip_length", "IP length past the end of the frame")                                               \
	X(IP_CHECKSUM, "ip_checksum", "IPv4 header checksum wrong")                                                    \
	X(IP_SOURCE, "ip_source", "source address that nobody may have")                                               \
	X(IP_DEST, "ip_dest", "destination is not one of our addresses")                                               \
	X(IP_SOURCE_ROUTE, "ip_source_route", "source route option or routing header refused")                         \
	X(IP_EXTENSION, "ip_extension", "IPv6 extension headers: too many, malformed, or an option refused")           \
	X(IP_FRAGMENT, "ip_fragment", "fragment")                                                                      \
	X(IP_FRAGMENT_WRONG, "ip_fragment_wrong", "fragment that overlaps another, or no datagram can have")           \
	X(IP_FRAGMENT_LOST, "ip_fragment_lost", "fragment of a datagram whose other ones did not come in time")        \
	X(IP_FRAGMENT_FULL, "ip_fragment_full", "fragment that gave way to newer ones, as there was no room for all")  \
	X(IP_PROTOCOL, "ip_protocol", "neither TCP, UDP nor ICMP")                                                     \
	X(ICMP_MALFORMED, "icmp_malformed", "ICMP message too short or checksum wrong")                                \
	X(ND_MALFORMED, "nd_malformed", "neighbour discovery from beyond the link, or malformed")                      \
	X(ND_OTHER, "nd_other", "neighbour discovery that concerns none of our addresses")                             \
	X(ND_DOUBT, "nd_doubt", "advertisement of another MAC address for a neighbour in use: not believed yet")       \
	X(GROUP_MALFORMED, "group_malformed", "IGMP or MLD query from beyond the link, or malformed")                  \
	X(ICMP_QUOTE, "icmp_quote", "ICMP error whose quote is cut short, or of no packet of ours")                    \
	X(ICMP_NO_CONNECTION, "icmp_no_connection", "ICMP error about no connection, one half-open or in TIME-WAIT")   \
	X(ICMP_SEQUENCE, "icmp_sequence", "ICMP error about a segment that is not in flight (RFC 5927)")               \
	X(ICMP_TOO_BIG, "icmp_too_big", "ICMP 'too big' about segments that are smaller already, or too soon")         \
	X(ICMP_QUENCH, "icmp_quench", "ICMP source quench, which nobody heeds (RFC 6633)")                             \
	X(ICMP_IGNORED, "icmp_ignored", "ICMP message that needs no answer")                                           \
	X(UDP_MALFORMED, "udp_malformed", "UDP length below 8 or past the packet; checksum wrong, or none over IPv6")  \
	X(UDP_NO_LISTENER, "udp_no_listener", "UDP to a port where nobody listens")                                    \
	X(UDP_TTL, "udp_ttl", "to be forwarded, and its time to live is over: answered by ICMP 'time exceeded'")       \
	X(UDP_TOO_BIG, "udp_too_big", "to be forwarded, longer than the MTU of the way, and not to be fragmented")     \
	X(UDP_SESSIONS_FULL, "udp_sessions_full", "of a new session, and no record or table entry is left")            \
	X(UDP_RULE_LIMIT, "udp_rule_limit", "of a new session, and its rule has as many as it may have")               \
	X(UDP_SOURCE_LIMIT, "udp_source_limit", "of a new session, and its source has as many as it may have")         \
	X(UDP_NO_TARGET, "udp_no_target", "of a new session, and all targets of its rule are down")                    \
	X(UDP_NO_PORT, "udp_no_port", "of a new session, and no address and port towards its target is free")          \
	X(TCP_FRAGMENT, "tcp_fragment", "fragment of TCP, the first or another")                                       \
	X(TCP_HEADER, "tcp_header", "TCP data offset below 20 or past the packet")                                     \
	X(TCP_CHECKSUM, "tcp_checksum", "TCP checksum wrong")                                                          \
	X(TCP_PORT_ZERO, "tcp_port_zero", "TCP port 0")                                                                \
	X(TCP_LAND, "tcp_land", "source and destination are the same")                                                 \
	X(TCP_NO_CONNECTION, "tcp_no_connection", "no connection and no listener: answered by RST unless it was one")  \
	X(TCP_LISTEN_FLAGS, "tcp_listen_flags", "to a listener, and not a bare SYN")                                   \
	X(TCP_SYN_FIN, "tcp_syn_fin", "SYN and FIN together")                                                          \
	X(TCP_HALF_OPEN_LIMIT, "tcp_half_open_limit", "SYN beyond the limit of half-open connections")                 \
	X(TCP_TABLE_FULL, "tcp_table_full", "SYN with no connection record or table entry left")                       \
	X(TCP_SYN_BEHIND, "tcp_syn_behind", "SYN while more frames came than the core can take; it comes again")       \
	X(TCP_SYN_RESERVE, "tcp_syn_reserve", "SYN while buffers, or the line to the port, are short; it comes again") \
	X(TCP_ACCEPT_FULL, "tcp_accept_full", "last ACK of a handshake, left out while nobody accepts")                \
	X(TCP_COOKIE_NO_RECORD, "tcp_cookie_no_record", "ACK with a good SYN cookie, and no connection record left")   \
	X(TCP_SYN_SENT_ACK, "tcp_syn_sent_ack", "SYN-SENT: acknowledges what was never sent")                          \
	X(TCP_SYN_SENT_NO_SYN, "tcp_syn_sent_no_syn", "SYN-SENT: neither SYN nor acceptable RST")                      \
	X(TCP_PAWS, "tcp_paws", "timestamp older than the last: a late copy (RFC 7323)")                               \
	X(TCP_NO_TIMESTAMP, "tcp_no_timestamp", "no timestamp, though both sides agreed on them (RFC 7323)")           \
	X(TCP_SEQUENCE, "tcp_sequence", "outside the receive window")                                                  \
	X(TCP_RST_SEQUENCE, "tcp_rst_sequence", "RST outside the window or not exactly at RCV.NXT")                    \
	X(TCP_SYN_SYNCHRONIZED, "tcp_syn_synchronized", "SYN to a synchronized connection")                            \
	X(TCP_NO_ACK, "tcp_no_ack", "no ACK bit in a synchronized state")                                              \
	X(TCP_ACK_RANGE, "tcp_ack_range", "ACK too old, or of what was never sent")                                    \
	X(TCP_HOLE, "tcp_hole", "text or FIN beyond a hole that could not be kept")                                    \
	X(TCP_WINDOW_FULL, "tcp_window_full", "text or FIN while the receive window is shut")                          \
	X(TCP_AFTER_FIN, "tcp_after_fin", "text after the peer's FIN")                                                 \
	X(TCP_AFTER_CLOSE, "tcp_after_close", "text after our own close: answered by RST")                             \
	X(TCP_NO_BUFFERS, "tcp_no_buffers", "text that no buffer was left to hold; it comes again")                    \
	X(TIME_WAIT_OLD, "time_wait_old", "old segment of a connection in TIME-WAIT")                                  \
	X(TIME_WAIT_SYN, "time_wait_syn", "SYN to TIME-WAIT that RFC 6191 does not accept")                            \
	X(TIME_WAIT_RST, "time_wait_rst", "RST to TIME-WAIT, ignored (RFC 1337)")                                      \
	X(NO_MBUF, "no_mbuf", "no buffer left for a frame to send")                                                    \
	X(NO_NEXT_HOP, "no_next_hop", "MAC address of the next hop not known yet")                                     \
	X(OUT_FULL, "out_full", "more frames to send than a turn may hold")                                            \
	X(PORT_REFUSED, "port_refused", "the port took no frames to send for too long")                                \
	X(LINE_FULL, "line_full", "for another shard of the port, whose line was full")

enum quern_drop {
	QUERN_DROP_NONE,
#define X(name, key, text) QUERN_DROP_##name,
	QUERN_DROPS(X)
#undef X
		QUERN_DROPS_END
};

/* What a shard counts besides drops; totals since it was made. */
#define QUERN_COUNTERS(X)                                                                              \
	X(rx_packets, "frames received")                                                               \
	X(rx_bytes, "bytes received, Ethernet header included")                                        \
	X(tx_packets, "frames handed to the port; of one that it cuts, its segments")                  \
	X(tx_bytes, "bytes handed to the port; of a frame that it cuts, those of its segments")        \
	X(moved_out, "frames that were moved to the shard that owns their flow")                       \
	X(moved_in, "frames that another shard of the port had received")                              \
	X(opened_active, "connections opened by us")                                                   \
	X(connects_no_port, "connects refused for want of a free address and port")                    \
	X(connects_no_memory, "connects refused for want of a record")                                 \
	X(opened_passive, "connections made for a SYN: half-open, or by a SYN cookie that came back")  \
	X(established, "connections that reached ESTABLISHED")                                         \
	X(cookies_sent, "SYNs answered by a SYN cookie")                                               \
	X(cookies_accepted, "connections made by a SYN cookie that came back")                         \
	X(cookies_refused, "ACKs without a good SYN cookie while some were expected: answered by RST") \
	X(retransmits, "segments with SYN, text or FIN sent again")                                    \
	X(window_probes, "octets sent into a window that was shut")                                    \
	X(keepalive_probes, "keepalive probes sent")                                                   \
	X(challenge_acks, "challenge ACKs sent (RFC 5961)")                                            \
	X(challenge_acks_throttled, "challenge ACKs left out by the limit a connection")               \
	X(resets_sent, "RST sent")                                                                     \
	X(resets_received, "RST that were acted on")                                                   \
	X(text_bytes, "bytes of text accepted in order")                                               \
	X(text_bytes_sent, "bytes of text sent for the first time")                                    \
	X(time_wait_entered, "connections that entered TIME-WAIT")                                     \
	X(time_wait_evicted, "TIME-WAIT records dropped before their time, ring full")                 \
	X(time_wait_reopened, "TIME-WAIT records reopened by a new SYN (RFC 6191)")                    \
	X(arp_requests, "ARP requests sent")                                                           \
	X(arp_replies, "ARP requests answered")                                                        \
	X(nd_requests, "neighbour solicitations sent")                                                 \
	X(nd_replies, "neighbour solicitations answered")                                              \
	X(echo_replies, "ICMP echo requests answered")                                                 \
	X(icmp_noted, "ICMP errors about what is in flight that ended nothing")                        \
	X(icmp_refused, "connects that an ICMP error has ended")                                       \
	X(unreachables_sent, "ICMP errors sent about datagrams that go no further")                    \
	X(unreachables_throttled, "those that were left out by the limit a shard")                     \
	X(udp_forwarded, "datagrams of clients sent on to targets; of one that all get, each copy")    \
	X(udp_returned, "datagrams of targets sent back to clients")                                   \
	X(udp_errors_passed, "ICMP errors about forwarded datagrams passed on to who sent them")       \
	X(udp_sessions_opened, "forwarded sessions opened")                                            \
	X(udp_sessions_ended, "forwarded sessions ended: idle, or gone with their rule")               \
	X(group_queries, "queries for groups heard, of IGMP and MLD")                                  \
	X(group_reports, "reports of groups sent, of IGMP and MLD")                                    \
	X(path_narrowed, "times that a connection's segments became smaller, by ICMP 'too big'")       \
	X(udp_joined, "datagrams put together from fragments")                                         \
	X(udp_received, "datagrams given to a socket of the application")                              \
	X(udp_sent, "datagrams sent by the application, answers included")                             \
	X(timer_lag_ms_max, "worst lateness of a timer beyond its tick, ms")

/* One writer, the shard's worker; others read by quern_engine_counters(), each value whole and possibly stale. */
struct quern_counters {
#define X(name, text) uint64_t name;
	QUERN_COUNTERS(X)
#undef X
	uint64_t drops[QUERN_DROPS_END];
	uint64_t ended[8];  /* by enum quern_end */
	uint64_t closed[8]; /* likewise, of `ended`, those that had been established */
	uint64_t failed[8]; /* likewise, set-ups that came to nothing; `ended` has ours too, and none of peers */
};

/* The JSON key of a drop reason, and what it means in words; "?" for a number that is none. */
const char *quern_drop_name(enum quern_drop drop);
const char *quern_drop_text(enum quern_drop drop);

#ifdef __cplusplus
}
#endif

#endif
