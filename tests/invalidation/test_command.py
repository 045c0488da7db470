"""``rokka_invalidate``, as people and cron use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import InvalidAliasName
from django_rokka.models import CacheInvalidation
from django_rokka.render import check_alias_name
from django_rokka.storage import RokkaStorage

from tests.invalidation.conftest import Arrivals, Clocks

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out, error = StringIO(), StringIO()
    call_command("rokka_invalidate", *arguments, stdout=out, stderr=error)
    return [*out.getvalue().splitlines(), *error.getvalue().splitlines()]


def test_names__are_cleared_at_once_where_rokka_takes_it(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    image = rokka.client.aliases.get("alias_0").hash
    rokka.client.stacks.create("thumb", {"operations": [{"name": "noop"}]})

    lines = run("alias_0", "alias_1", "alias_0", "--image", image, "--stack", "thumb")

    assert lines == [
        "alias alias_0: cleared",
        "alias alias_1: cleared",
        f"image {image}: cleared",
        "stack thumb: cleared",
    ]
    assert arrivals.keys == ["alias_0", "alias_1", image, "thumb"]


def test_names__beyond_the_budget_say_when(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    lines = run(*aliases)
    assert lines[9:12] == [
        "alias alias_9: cleared",
        "alias alias_10: in 1 hour 1 minute",
        "alias alias_11: in 1 hour 1 minute, 1 before it",
    ]
    assert json.loads("\n".join(run("alias_12", "--json"))) == [
        {
            "kind": "alias",
            "key": "alias_12",
            "outcome": "in 1 hour 1 minute, 2 before it",
            "error": "",
        }
    ]


def test_name__that_rokka_does_not_know_is_an_error_and_others_are_cleared(
    rokka: RokkaStorage, clocks: Clocks, arrivals: Arrivals, aliases: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match="alias unknown: There is no alias 'unknown'"):
        run("unknown", "alias_0")
    assert arrivals.keys == ["unknown", "alias_0"]


def test_name__that_cannot_be_one_is_refused_before_any_is_written(rokka: RokkaStorage) -> None:
    with pytest.raises(InvalidAliasName) as expected:
        check_alias_name("my-logo")
    with pytest.raises(CommandError) as caught:
        run("alias_0", "my-logo")
    assert str(caught.value) == str(expected.value)
    assert CacheInvalidation.objects.count() == 0


def test_failure_that_passes__is_no_error_of_the_command(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    server.emulator.faults.add(method="DELETE", path=r"/cache$", status=500)
    (line,) = run("alias_0")
    assert line.startswith("alias alias_0: in 1 minute (rokka failed at DELETE")


def test_drain__sends_what_waits_and_says_what_failed(
    rokka: RokkaStorage, server: EmulatorServer, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    server.emulator.faults.add(method="DELETE", path=r"/cache$", status=500)
    run("alias_0")
    clocks.advance(60)

    assert run("--drain") == ["Organization demo: 1 cleared, 0 failed, 0 waiting."]
    assert json.loads("\n".join(run("--drain", "--json"))) == {
        "organization": "demo",
        "results": [],
        "waiting": 0,
    }
    server.emulator.faults.add(method="DELETE", path=r"/cache$", status=500)
    run("alias_1")
    clocks.advance(60)
    server.emulator.faults.add(method="DELETE", path=r"/cache$", status=500)
    lines = run("--drain")
    assert lines[0] == "Organization demo: 0 cleared, 1 failed, 1 waiting."
    assert lines[1].startswith("alias alias_1: rokka failed at DELETE")


def test_status__shows_budgets_and_wishes(
    rokka: RokkaStorage, clocks: Clocks, aliases: tuple[str, ...]
) -> None:
    run(*aliases[:11])
    lines = run("--status", "--storage", "rokka")
    assert lines[1] == "alias: 10 of 10 used, 0 free, 1 waiting"
    assert lines[-1] == "alias alias_10: in 1 hour 1 minute"
    assert json.loads("\n".join(run("--status", "--json")))["organization"] == "demo"


@pytest.mark.parametrize("arguments", [(), ("logo", "--drain"), ("--drain", "--status")], ids=str)
def test_command__does_one_thing(rokka: RokkaStorage, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"Say what to clear .* one of the three"):
        run(*arguments)


def test_storage__that_is_none_is_an_error_in_words(rokka: RokkaStorage) -> None:
    with pytest.raises(CommandError, match=r"'other' is no rokka storage. Use one of: rokka"):
        run("logo", "--storage", "other")


def test_read_only__refuses_names_and_drains_nothing(
    configure: Callable[..., RokkaStorage],
) -> None:
    configure(read_only=True)
    with pytest.raises(CommandError, match="only to be read from here"):
        run("logo")
    assert run("--drain") == ["Organization demo: 0 cleared, 0 failed, 0 waiting."]
