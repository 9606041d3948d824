"""What every test shares: a home of its own, and no setting from outside."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# The machines are shared and slow; a deadline would test their mood.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own account out of the tests."""
    for name in list(os.environ):
        if name.startswith("MSGFRAME_"):
            monkeypatch.delenv(name)
