"""A small part of what `python -m tests.faults.fuzzing` throws at Engawa."""

from __future__ import annotations

import json
import random

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.faults.fuzzing import Fuzzer, changed

SEEDS = [11, 12]


@pytest.mark.parametrize("seed", SEEDS)
def test_junk_of_a_visitor_gets_a_page(app: Flask, sandbox: Sandbox, seed: int) -> None:
    fuzzer = Fuzzer(app, sandbox, seed)
    fuzzer.throw_requests(500)
    assert fuzzer.report.failures == []
    # It reaches more than the doors.
    assert {200, 303, 404, 405} <= set(fuzzer.report.statuses)


@pytest.mark.parametrize("seed", SEEDS)
def test_junk_of_a_server_gets_a_page(app: Flask, sandbox: Sandbox, seed: int) -> None:
    fuzzer = Fuzzer(app, sandbox, seed)
    fuzzer.throw_readings(250)
    assert fuzzer.report.failures == []
    assert {200, 502} <= set(fuzzer.report.statuses)


def test_the_same_seed_makes_the_same_junk() -> None:
    body = json.dumps({"id": "a", "files": [{"id": "b"}], "text": "x"}).encode()
    first, second = (
        [changed(body, dice) for _ in range(50)] for dice in map(random.Random, (3, 3))
    )
    assert first == second
    assert len(set(first)) > 30


def test_a_bug_would_be_noticed(app: Flask, sandbox: Sandbox) -> None:
    fuzzer = Fuzzer(app, sandbox, 1)
    # A whole room, since a few hundred requests at random may miss any one address.
    for name in app.view_functions:
        if name.startswith("drive."):
            app.view_functions[name] = lambda **_arguments: 1 // 0
    fuzzer.throw_requests(400)
    assert any("ZeroDivisionError" in failure.why for failure in fuzzer.report.failures)
