"""A process of the small project: reads what to do, a line of JSON each, and answers so.

It ends with its input. With ``is_forked`` an act is done by a copy of the process, which may be
killed; the process itself has no connection to anything.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.test import override_settings
from django.utils import timezone as django_timezone
from PIL import Image

from tests.disasters.tracing import Tracer

LONGEST_ACT = 60
"""Seconds after which an act hangs: the stacks of all threads are printed, and the copy ends."""


class Errors(logging.Handler):
    """Keeps what is logged as an error: what went wrong after a commit is only logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter().format(record)
        self.told.append(f"{record.name}: {text}")


def main() -> None:
    django.setup()
    errors = Errors()
    logging.getLogger().addHandler(errors)
    warm_up()
    for line in sys.stdin:
        told = json.loads(line)
        is_forked = told.pop("is_forked")
        answer = fork(told, errors) if is_forked else perform(told, errors)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def find_acts() -> dict[str, Callable[..., Any]]:
    """Return all acts by their names; they need Django's models."""
    from tests.disasters.acts import ACTS
    from tests.disasters.editing import EDITING_ACTS
    from tests.disasters.pointing import POINTING_ACTS
    from tests.disasters.racing import RACING_ACTS

    rooms = (ACTS, EDITING_ACTS, POINTING_ACTS, RACING_ACTS)
    acts = {name: act for room in rooms for name, act in room.items()}
    if len(acts) < sum(map(len, rooms)):
        raise ValueError("Two acts have the same name. Rename one of them.")
    return acts


def warm_up() -> None:
    """Load what is loaded at its first use, once for all copies; nothing is connected."""
    find_acts()
    for name in ("django_rokka.client.rokka_client", "requests", "tenacity"):
        import_module(name)
    Image.preinit()


def fork(told: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """Perform in a copy of this process; ``{"signal": 9}`` is all that is known of a killed one."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        with os.fdopen(writing, "w") as file:
            json.dump(perform(told, errors), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    if not text:
        return {"error": "The act ended its process; the log tells why."}
    answer: dict[str, Any] = json.loads(text)
    return answer


def perform(told: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """Do one act; what it raises is an answer too."""
    act = find_acts()[told["act"]]
    answer: dict[str, Any] = {}
    errors.told.clear()
    faulthandler.dump_traceback_later(LONGEST_ACT, exit=True, file=sys.stderr)
    use(told["organization"])
    go_ahead(told["ahead"])
    if told["at"]:
        time.sleep(max(0, told["at"] - time.monotonic()))
    steps = trace(told) if told["is_traced"] else []
    try:
        answer["result"] = act(**told["arguments"])
    except Exception:  # noqa: BLE001  # the parent judges
        answer["error"] = traceback.format_exc()
    faulthandler.cancel_dump_traceback_later()
    return {**answer, "logged": list(errors.told), "steps": list(steps)}


def trace(told: dict[str, Any]) -> list[str]:
    """Note the steps of this process from now on, in the list that is returned."""
    from tests.disasters.acts import INTERLUDES

    interlude = told["interlude"]
    interludes = {interlude: INTERLUDES[told["act"]]} if interlude else {}
    tracer = Tracer(die_at=told["die_at"], phase=told["phase"], interludes=interludes)
    tracer.install()
    return tracer.steps


def use(organization: str) -> None:
    """Turn to an organization, for good."""
    rokka: Any = settings.STORAGES["rokka"]
    options = {**rokka["OPTIONS"], "organization": organization}
    if options != rokka["OPTIONS"]:
        changed = {**settings.STORAGES, "rokka": {**rokka, "OPTIONS": options}}
        override_settings(STORAGES=changed).enable()


def go_ahead(seconds: float) -> None:
    """Let Django's clock be ahead of this machine's."""
    ahead = timedelta(seconds=seconds)
    django_timezone.now = lambda: datetime.now(timezone.utc) + ahead


if __name__ == "__main__":
    main()
