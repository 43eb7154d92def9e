"""Servers are written HOST:PORT, and each process has one for itself."""

from __future__ import annotations

import re

import pytest
from domainaug_simulators.carla_adapter.servers import Server, check_apart, claimed, read_servers

from domainaug.errors import DomainAugError


def test_servers_are_read_from_words_and_lists():
    assert read_servers("10.0.0.7") == (Server("10.0.0.7", 2000),)
    assert read_servers(["gpu-1:2000", "gpu-1:2004"]) == (Server("gpu-1", 2000), Server("gpu-1", 2004))


@pytest.mark.parametrize("told", [[], 2000, [2000], "gpu:", ":2000", "gpu:70000", "gpu:x", ["a:1", "a:1"], "x" * 300])
def test_what_is_no_server_is_refused(told):
    with pytest.raises(DomainAugError, match=r"servers: "):
        read_servers(told)


@pytest.mark.parametrize("told", ["::1", "::1:2000", "[::1]:2000", "127.0.0.1:2000:2000"])
def test_addresses_that_the_client_does_not_know_are_refused(told):
    with pytest.raises(DomainAugError, match=r"is not HOST:PORT, such as .*; CARLA's client knows IPv4 alone"):
        read_servers(told)


def test_two_names_of_one_server_are_one():
    one, other = read_servers(["127.0.0.1:7", "localhost:7"])
    check_apart(read_servers(["127.0.0.1:7", "localhost:9", "no-such-host.invalid:7"]))
    with pytest.raises(DomainAugError, match=r"127\.0\.0\.1:7 and localhost:7 are one"):
        check_apart([one, other])
    claim = claimed([one])
    with pytest.raises(DomainAugError, match="another run has localhost:7"):
        claimed([other], seconds=0.1)
    claim.release()


def test_processes_do_not_share_a_server():
    both = [Server("test.invalid", 1), Server("test.invalid", 2)]
    first, second = claimed(both), claimed(both)
    assert {first.server, second.server} == set(both)
    with pytest.raises(DomainAugError, match=re.escape("another run has test.invalid:1, test.invalid:2")):
        claimed(both, seconds=0.3)
    first.release()
    third = claimed(both)
    assert third.server == first.server
    second.release()
    third.release()
