"""Servers and clients of one version go together; others are refused by name, with what to do."""

from __future__ import annotations

import pytest
from domainaug_simulators.carla_adapter.versions import VERSIONS, handshake

from domainaug.errors import DomainAugError


def test_the_version_that_is_tested_goes_without_saying():
    assert handshake("0.9.16", "0.9.16") == ()
    assert handshake("0.9.16-12-gabcdef", "0.9.16") == ()


@pytest.mark.parametrize("version", ["0.9.14", "0.9.15", "0.9.17"])
def test_versions_that_were_not_tried_are_named(version):
    assert handshake(version, version)[0].startswith(f"CARLA {version} has not been tried")


def test_builds_without_a_number_are_taken_on_trust():
    assert "taken on trust" in handshake("f6b6b2f-dirty", "0.9.16")[0]


@pytest.mark.parametrize(
    ("server", "client", "remedy"),
    [
        ("0.9.15", "0.9.16", "pip install carla==0.9.15"),
        ("0.9.17", "0.9.16", "pip install carla==0.9.17"),
        ("0.9.13", "0.9.13", "run a server of 0.9.16"),
        ("0.8.4", "0.8.4", "run a server of 0.9.16"),
        ("0.10.0", "0.10.0", "other sensors"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_remedy(server, client, remedy):
    with pytest.raises(DomainAugError, match=remedy) as refused:
        handshake(server, client)
    assert server in str(refused.value)


def test_what_is_refused_says_why():
    assert all(why for standing, why in VERSIONS.values() if standing != "tested")
