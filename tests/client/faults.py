"""What can go wrong between client and rokka."""

from __future__ import annotations

from dataclasses import dataclass

from tests.client.scripted_server import Reply

START = 1_700_000_000
"""When the clock of the tests begins."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An answer that is none. ``is_done`` where rokka may have done what it was asked.

    ``wait`` is what it asks for, in seconds. ``needs`` names what a call must do to be hit.
    """

    reply: Reply
    is_done: bool
    wait: float = 0
    needs: str = ""


_PART = bytes(200_000)

FAULTS = {
    "429": Fault(reply=Reply(status=429), is_done=False),
    "429 for 2 s": Fault(
        reply=Reply(status=429, headers={"Retry-After": "2"}), is_done=False, wait=2
    ),
    "budget until soon": Fault(
        reply=Reply(status=429, headers={"X-RateLimit-Retry-After": str(START + 9)}),
        is_done=False,
        wait=9,
    ),
    "budget until late": Fault(
        reply=Reply(status=429, headers={"X-RateLimit-Retry-After": str(START + 3000)}),
        is_done=False,
    ),
    "500": Fault(reply=Reply(status=500), is_done=True),
    "502": Fault(reply=Reply(status=502), is_done=True),
    "503": Fault(reply=Reply(status=503), is_done=False),
    "504": Fault(reply=Reply(status=504), is_done=True),
    "refused": Fault(reply=Reply(), is_done=False, needs="connect"),
    "reset before the answer": Fault(reply=Reply(is_reset=True), is_done=True),
    "reset amid the upload": Fault(
        reply=Reply(is_reset=True, reads_half=True), is_done=False, needs="send"
    ),
    "reset amid the answer": Fault(
        reply=Reply(body=_PART, missing=300_000, is_reset=True), is_done=True
    ),
    "truncated": Fault(reply=Reply(body=_PART, missing=1), is_done=True),
    "wrong bytes": Fault(reply=Reply(), is_done=True, needs="verify"),
    "slow": Fault(reply=Reply(delay=5), is_done=True),
    "no JSON": Fault(reply=Reply(body=b"<html>"), is_done=True, needs="answer"),
    "empty": Fault(reply=Reply(), is_done=True, needs="answer"),
    "null": Fault(reply=Reply(body=b"null"), is_done=True, needs="answer"),
    "a list": Fault(reply=Reply(json=["other"]), is_done=True, needs="answer"),
    "an object": Fault(reply=Reply(json={"other": 1}), is_done=True, needs="answer"),
    "301": Fault(reply=Reply(status=301), is_done=False),
    "307": Fault(reply=Reply(status=307), is_done=False),
}
