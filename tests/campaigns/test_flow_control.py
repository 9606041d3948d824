"""How hard the vendor is pressed follows from what was heard lately."""

from __future__ import annotations

import pytest

from msgframe.campaigns.flow_control import FlowController, SendLimits


def test_the_window_opens_and_closes():
    """Successes double it each round, trouble halves it, and it never passes the limit."""
    flow = FlowController(SendLimits(concurrency=10, rate=None, recipients_rate=None, patience=60))
    windows = []
    for hears in [flow.accepted] * 12 + [flow.troubled] * 2:
        hears()
        windows.append(flow.window)

    assert windows == [2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 5, 2]


def test_a_long_pause_is_no_trouble():
    """A vendor that asks for more time than the person's patience gets it, once."""
    now = [100.0]
    limits = SendLimits(concurrency=1, rate=None, recipients_rate=None, patience=60.0)
    flow = FlowController(limits, clock=lambda: now[0])
    flow.throttled(300.0)
    now[0] += 300.0
    assert not flow.exhausted
    flow.throttled(300.0)

    assert flow.exhausted


def test_the_breaker_waits_longer_each_time():
    """Trouble in a row closes the way for 1, 2, 4 … 30 seconds, and success forgets it."""
    now = [100.0]
    limits = SendLimits(concurrency=10, rate=None, recipients_rate=None, patience=1e9)
    flow = FlowController(limits, clock=lambda: now[0])
    for _ in range(4):
        flow.troubled()
    pauses = []
    for _ in range(7):
        flow.troubled()
        pauses.append(flow.paused_for)
        now[0] += flow.paused_for
    flow.accepted()

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert flow.paused_for == 0
    flow.troubled()
    assert flow.paused_for == 0


def test_a_throttled_rate_comes_back():
    """A 429 halves the rate; ten seconds of success bring it back, and not beyond."""
    now = [100.0]
    limits = SendLimits(concurrency=10, rate=20.0, recipients_rate=None, patience=1e9)
    flow = FlowController(limits, clock=lambda: now[0])
    flow.throttled(2.0)
    assert flow.rate_limit.requests == 10.0
    assert flow.rate_limit.paused_for == 2.0
    flow.throttled(2.0)  # one that was in flight at the same time
    assert flow.rate_limit.requests == 10.0
    for _ in range(200):
        now[0] += 0.1
        flow.accepted()

    assert flow.rate_limit.requests == 20.0


def test_without_a_rate_the_measured_one_is_halved():
    """A sender that knew no rate learns one from a 429, and forgets it after a while."""
    now = [100.0]
    limits = SendLimits(concurrency=10, rate=None, recipients_rate=None, patience=1e9)
    flow = FlowController(limits, clock=lambda: now[0])
    for _ in range(50):
        now[0] += 0.02
        flow.accepted()
    flow.throttled(None)
    assert flow.rate_limit.requests == pytest.approx(25.0)
    for _ in range(3000):
        now[0] += 0.02
        flow.accepted()

    assert flow.rate_limit.requests is None
