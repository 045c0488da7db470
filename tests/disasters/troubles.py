"""What troubles those who move aliases at once: faults of rokka, and clocks that go on."""

from __future__ import annotations

from typing import Any

from tests.disasters.door import Door

__all__ = ["LATER", "PER_HOUR", "STEPS", "go_on", "trouble"]

PER_HOUR = 10
"""Clearings of the caches of aliases that rokka takes."""
LATER = 3_700
"""Seconds: an hour, and every margin."""
STEPS = (1, 61, 600, 1_830)
"""Seconds that may pass between two rounds."""

_FAULTS: list[dict[str, Any]] = [
    # Time for others; the second is done when nobody waits for it any more.
    {"method": "PUT", "probability": 0.3, "delay": 0.05},
    {"method": "PUT", "probability": 0.03, "delay": 2},
    {"method": "PUT", "probability": 0.05, "status": 500},
    {"method": "PUT", "probability": 0.05, "status": 429, "headers": {"Retry-After": "90"}},
    {"method": "PUT", "probability": 0.05, "reset_at": 0},
    {"method": "PUT", "probability": 0.05, "reset_after": 1},
    {"method": "DELETE", "probability": 0.1, "status": 503},
    {"method": "DELETE", "probability": 0.1, "reset_at": 0},
]


def trouble(door: Door) -> None:
    """Let aliases fail now and then, until all is calm again."""
    for number, fault in enumerate(_FAULTS):
        door.faults.add(path="/alias/", times=None, seed=number, **fault)


def go_on(door: Door, ahead: float) -> None:
    """Let rokka's clock be so many seconds ahead of this machine's."""
    door.clock.reset()
    door.clock.advance(ahead)
