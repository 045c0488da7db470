"""Every kind of call under every fault: what passes, what fails, and what is left behind."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import (
    APIError,
    CallFailed,
    ConnectionFailed,
    IntegrityError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    Timeout,
)

from tests.client.acts import ACTS, COSTLY, ONCE, SAFE, Act
from tests.client.conftest import API_KEY, FakeClock
from tests.client.faults import FAULTS, START, Fault
from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

RETRIES = 2
SLOW = 0.2  # seconds until a slow answer is late
LONGEST = 5.0  # seconds of real time that a call may take on a busy machine

Error = type[CallFailed]

# A fault that happens once either passes, or is an error at once; what stays is the last error.
#   a call that     may be repeated | may not happen twice | is tried once | fails for good
RULES: dict[str, tuple[Error | None, Error | None, Error | None, Error]] = {
    "429": (None, None, RateLimited, RateLimited),
    "429 for 2 s": (None, None, RateLimited, RateLimited),
    "budget until soon": (None, None, QuotaExceeded, QuotaExceeded),
    "budget until late": (QuotaExceeded, QuotaExceeded, QuotaExceeded, QuotaExceeded),
    "500": (ServerError, ServerError, ServerError, ServerError),
    "502": (None, ServerError, ServerError, ServerError),
    "503": (None, None, ServerError, ServerError),
    "504": (None, ServerError, ServerError, ServerError),
    "refused": (None, None, ConnectionFailed, ConnectionFailed),
    "reset before the answer": (None, ConnectionFailed, ConnectionFailed, ConnectionFailed),
    "reset amid the upload": (None, ConnectionFailed, ConnectionFailed, ConnectionFailed),
    "reset amid the answer": (None, ConnectionFailed, ConnectionFailed, ConnectionFailed),
    "truncated": (None, ConnectionFailed, ConnectionFailed, ConnectionFailed),
    "wrong bytes": (IntegrityError, IntegrityError, IntegrityError, IntegrityError),
    "slow": (None, Timeout, Timeout, Timeout),
    "no JSON": (ServerError, ServerError, ServerError, ServerError),
    "empty": (ServerError, ServerError, ServerError, ServerError),
    "null": (ServerError, ServerError, ServerError, ServerError),
    "a list": (ServerError, ServerError, ServerError, ServerError),
    "an object": (ServerError, ServerError, ServerError, ServerError),
    "301": (APIError, APIError, APIError, APIError),
    "307": (APIError, APIError, APIError, APIError),
}
COLUMNS = {SAFE: 0, ONCE: 1, COSTLY: 2}

READ_BY_THE_CALLER = {"reset amid the answer", "truncated"}
"""What hits a download that is open already, which nobody opens again."""


def can_hit(act: Act, fault: Fault) -> bool:
    if fault.needs == "connect":
        return not act.before
    return not fault.needs or fault.needs in act.does


def list_cells() -> list[object]:
    """Return all cells; those outside of a quarter, the same each time, are for a soak."""
    cells: list[object] = []
    chance = random.Random(429)
    for act_name, act in ACTS.items():
        faults = [name for name, fault in FAULTS.items() if can_hit(act, fault)]
        usual = set(chance.sample(faults, -(-len(faults) // 4)))
        for fault in faults:
            marks = () if fault in usual else pytest.mark.soak
            identifier = f"{act_name}-{fault}"
            cells.append(pytest.param(act_name, fault, marks=marks, id=identifier))
    return cells


def expect(act: Act, name: str, *, stays: bool) -> tuple[Error | None, int]:
    """Return the error that is due, ``None`` for a success, and the number of attempts."""
    once, always = RULES[name][COLUMNS[act.kind]], RULES[name][3]
    if name in act.takes:
        return None, 1
    if "download" in act.does and name in READ_BY_THE_CALLER:
        return ConnectionFailed, 1
    if once is not None:
        return once, 1
    return (always, RETRIES + 1) if stays else (None, 2)


class Cell:
    """One call, hit by one fault, once or until it gives up."""

    def __init__(self, act: Act, fault: Fault, *, stays: bool, elsewhere: str) -> None:
        self.act = act
        self.fault = fault
        self.clock = FakeClock()
        self.clock.now = START
        self.server: ScriptedServer | None = None
        self.is_refused = fault.needs == "connect"
        self._script = self._write_script(stays=stays, elsewhere=elsewhere)
        self._stays = stays

    def _write_script(self, *, stays: bool, elsewhere: str) -> list[tuple[Reply, bool]]:
        """Return the replies, each with whether rokka did what it was asked."""
        act, fault = self.act, self.fault
        hit = act.wrong if fault.needs == "verify" and act.wrong else fault.reply
        if hit.status in {301, 307}:
            hit = replace(hit, headers={"Location": f"{elsewhere}{act.line[1]}"})
        before = [(reply, False) for reply in act.before]
        after = [(reply, False) for reply in act.after]
        if self.is_refused:
            return [*before, (act.answer, True), *after]
        if stays:
            return [*before, *[(hit, fault.is_done)] * 9]
        is_over = fault.is_done and act.repeated is not None
        last = (act.repeated, False) if is_over and act.repeated else (act.answer, True)
        return [*before, (hit, fault.is_done), last, *after]

    @contextmanager
    def open_client(self) -> Iterator[RokkaClient]:
        """Give a client; where connections are refused, they may be taken when it has waited."""
        with ExitStack() as stack:
            closed = stack.enter_context(socket.socket())
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]

            def serve() -> None:
                closed.close()
                server = ScriptedServer(port)
                server.reply(*[reply for reply, _ in self._script])
                self.server = stack.enter_context(server.serving())

            if not self.is_refused:
                serve()
            elif not self._stays:
                self.clock.sleep = self._wake(serve)  # type: ignore[method-assign]  # the server's
            with RokkaClient(  # closes before the server, which waits for open connections
                organization="acme",
                api_key=API_KEY,
                api_host=f"http://127.0.0.1:{port}",
                retries=RETRIES,
                timeout=(LONGEST, SLOW if self.fault.reply.delay else LONGEST),
                clock=self.clock,
                **self.act.options(),
            ) as client:
                yield client

    def _wake(self, serve: Callable[[], None]) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            FakeClock.sleep(self.clock, seconds)
            if self.server is None:
                serve()

        return sleep

    def run(self, folder: Path) -> tuple[object, CallFailed | None]:
        """Act, and return the value or the error."""
        with self.open_client() as client:
            started = time.monotonic()
            try:
                return self.act.run(client, folder), None
            except CallFailed as error:
                # Its frames hold the answer, and with it a connection.
                return None, error.with_traceback(None)
            finally:
                assert time.monotonic() - started < LONGEST

    @property
    def effects(self) -> int:
        """How often rokka did what it was asked, and answered or not."""
        received = self.server.received if self.server else []
        return sum(is_done for (_, is_done), _ in zip(self._script, received, strict=False))

    def count_attempts(self, *, is_over: bool) -> int:
        """Count the tries of what was hit, connected or not, without the calls around it."""
        received = self.server.received if self.server else []
        around = len(self.act.before) + (len(self.act.after) if is_over else 0)
        tries = len(received) - around
        if not self.is_refused:
            return tries
        return tries + (1 if self.server else len(self.clock.slept) + 1)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ScriptedServer]:
    """Give the host that redirects lead to."""
    with ScriptedServer().serving() as server:
        yield server


@pytest.mark.parametrize("how", ["once", "for ever"])
@pytest.mark.parametrize(("act_name", "fault_name"), list_cells())
def test_fault__has_the_outcome_of_its_rule(
    act_name: str, fault_name: str, how: str, elsewhere: ScriptedServer, tmp_path: Path
) -> None:
    act, fault = ACTS[act_name], FAULTS[fault_name]
    kind, attempts = expect(act, fault_name, stays=how == "for ever")
    cell = Cell(act, fault, stays=how == "for ever", elsewhere=elsewhere.url)

    value, error = cell.run(tmp_path)

    assert type(error) is (kind or type(None)), error
    if error is None:
        assert value == act.value
    else:
        has_status = isinstance(error, APIError)
        status = fault.reply.status if has_status else 0
        assert (error.method, error.path, error.status) == (*act.line, status)
        assert API_KEY not in f"{error!r}{vars(error)}"
    assert cell.count_attempts(is_over=error is None) == attempts
    check_what_is_left(cell, attempts=attempts)
    assert elsewhere.received == []


def check_what_is_left(cell: Cell, *, attempts: int) -> None:
    """Find no second effect, no wait but those between attempts, no thread, no needless key."""
    slept = cell.clock.slept
    assert len(slept) == attempts - 1
    assert all(0 < seconds <= 60 for seconds in slept)
    assert not slept or slept[0] >= cell.fault.wait
    assert cell.effects <= (1 if cell.act.kind != SAFE else RETRIES + 1)
    assert not [each for each in threading.enumerate() if each.name.startswith("rokka-")]
    if cell.act.is_public:
        received = cell.server.received if cell.server else []
        assert {request.headers["Api-Key"] for request in received} <= {None}


def test_client__that_is_closed_keeps_no_connection_open(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(body=b"content"))
    with client.source_images.download(HASH) as download:  # which is at hand until the end
        assert b"".join(download) == b"content"
    assert len(server.open_ports) == 1

    client.close()

    latest = time.monotonic() + 1
    while server.open_ports and time.monotonic() < latest:
        time.sleep(0.01)
    assert (download.size, server.open_ports) == (7, set())


def test_rules__are_about_all_faults() -> None:
    assert set(RULES) == set(FAULTS)
