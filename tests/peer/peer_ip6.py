"""Some of each kind of check over IPv6, within seconds; all of them are suite `long`. QUERN_TEST_IP must be 6."""

import peer_cookies
import peer_curl
import peer_echo
import peer_edges
import peer_icmp
import peer_load
import peer_nginx
import peer_serve
import peer_wide
from peer_lab import IS_IP6, Broken
from peer_linux import Crowd, forget_time_wait, listener
from peer_quern import expect_totals, load, serve

TOOLS = ("curl", "nc", "nginx")
COUNT, AT_ONCE, LIMIT_S = 1000, 100, 30

if not IS_IP6:
    raise Broken("these checks are of IPv6: QUERN_TEST_IP=6")


def thousand_from_quern(lab):
    forget_time_wait()
    with listener(backlog=COUNT) as listening, Crowd() as crowd:
        with load(lab, "--connections", str(COUNT), "--cc", str(AT_ONCE)) as quern:
            crowd.serve(listening, False, quern.has_ended, LIMIT_S)
            expect_totals(quern.report(), COUNT)


def thousand_from_linux(lab):
    forget_time_wait()
    with serve(lab, "--close", "server") as quern, Crowd() as crowd:
        crowd.load(COUNT, AT_ONCE, False, LIMIT_S)
        expect_totals(quern.stop(), COUNT)


# On every kind of port, and on one of them only.
EVERYWHERE = (peer_serve.linux_sends_text, peer_load.linux_refuses, peer_edges.ping_is_answered,
              peer_edges.arp_is_answered_for_own_addresses_only,
              peer_edges.groups_are_heard_while_it_runs, peer_edges.kernels_own_address_is_refused,
              peer_icmp.narrow_path_is_found, peer_curl.fetches_5_mb, peer_wide.a_vlan_is_answered_with_its_tag)
ON_ONE = (peer_serve.linux_closes_first, peer_serve.quern_aborts, peer_serve.quern_refuses, peer_load.nobody_is_there,
          peer_icmp.closed_port_is_unreachable, peer_cookies.every_syn_is_answered_by_cookie,
          peer_curl.keeps_the_connection, peer_curl.posts, peer_nginx.many_a_connection,
          peer_echo.netcat_half_closes)
MODULES = (peer_serve, peer_load, peer_edges, peer_icmp, peer_cookies, peer_curl, peer_nginx, peer_echo, peer_wide)


def picked(check):
    """As its own module has it, where it is one of those above; on one kind of port where it is of the others."""
    if check[1] in EVERYWHERE:
        return [check]
    return [(*check[:2], ("af_packet",))] if check[1] in ON_ONE else []


CHECKS = [found for module in MODULES for check in module.CHECKS for found in picked(check)]
CHECKS += [("1,000 connections of quern load to Linux end in order", thousand_from_quern),
           ("1,000 connections of Linux to quern serve end in order, quern closing first", thousand_from_linux)]
