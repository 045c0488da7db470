"""``rokka_alias``, as people and cron use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_rokka import aliases, invalidation, markup
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import InvalidAliasName, InvalidName, NotFound
from django_rokka.models import Alias
from django_rokka.render import check_alias_name
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.aliases.conftest import Upload, get_hash_behind, get_states, snapshot
from tests.testapp.models import Badge, Brand, Contract, Leaflet

pytestmark = pytest.mark.django_db(transaction=True)

LATER = "2126-01-01T12:00:00+00:00"


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("rokka_alias", *arguments, stdout=out)
    return out.getvalue().splitlines()


def run_json(*arguments: str) -> Any:
    return json.loads("\n".join(run(*arguments, "--json")))


def fail(*arguments: str) -> tuple[str, list[str]]:
    """Return the words of the error, and what was written before."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("rokka_alias", *arguments, stdout=out)
    return str(caught.value), out.getvalue().splitlines()


@pytest.fixture
def red(upload: Upload) -> str:
    """The image that the names of these tests point at."""
    return upload("red").hash


@pytest.fixture
def blue(upload: Upload) -> str:
    """Another image."""
    return upload("blue").hash


@pytest.fixture
def brand(rokka: RokkaStorage, red: str) -> Brand:
    """A brand with the red image."""
    file = ContentFile(pictures.png(colour="red"), "logo.png")
    brand: Brand = Brand.objects.create(name="Acme", logo=file)
    return brand


@pytest.fixture
def known(rokka: RokkaStorage, brand: Brand, red: str, blue: str) -> Brand:
    """An alias in each state, and one of another environment."""
    for name in ("deleting", "failed", "header", "waiting"):
        aliases.point(name, red)
    rows = Alias.objects
    rows.filter(name="deleting").update(target_hash="", due_at=timezone.now())
    rows.filter(name="failed").update(target_hash=blue, due_at=LATER, last_error="no answer")
    rows.filter(name="waiting").update(target_hash=blue, due_at=timezone.now())
    Alias.objects.create(
        organization="demo",
        environment="production",
        name="theirs",
        object_pk="theirs",
        target_hash=red,
        confirmed_hash=red,
    )
    Alias.objects.create(organization="other", name="elsewhere", object_pk="elsewhere")
    return brand


def test_list__tells_an_alias_in_a_line(known: Brand, red: str, blue: str) -> None:
    invalidation.request("alias", "header")
    invalidation.request("stack", "failed")
    r, b = red[:12], blue[:12]
    with assert_no_rokka_calls():
        assert run("list") == [
            f"{known.logo.alias}  {r}  in step  testapp.brand {known.pk}",
            "deleting  -  deleting  no row, next attempt now",
            f"failed  {b}  failed  no row, next attempt {LATER}",
            f"header  {r}  in step  no row, invalidation: now",
            f"theirs  {r}  in step  no row  of the environment 'production'",
            f"waiting  {b}  pending  no row, next attempt now",
        ]


def test_list__says_when_caches_are_cleared(rokka: RokkaStorage, red: str) -> None:
    names = [f"name_{number}" for number in range(12)]
    for name in names:
        aliases.point(name, red)
        invalidation.request("alias", name)
    invalidation.drain(rokka)
    lines = run("list")
    assert sum("invalidation:" in line for line in lines) == 2
    assert any(line.endswith("invalidation: in 1 hour 1 minute, 1 before it") for line in lines)


@pytest.mark.usefixtures("known")
def test_list__is_narrowed_by_state_and_owner() -> None:
    def names(*arguments: str) -> list[str]:
        return [line.partition(" ")[0] for line in run("list", *arguments)]

    (alias,) = Alias.objects.exclude(model="")
    assert names("--owner", "testapp.Brand") == [alias.name]
    assert names("--owner", "testapp.leaflet") == []
    assert names("--owner", "") == ["deleting", "failed", "header", "theirs", "waiting"]
    assert names("--state", "in_step") == [alias.name, "header", "theirs"]
    assert names("--state", "pending") == ["waiting"]
    assert names("--state", "failed", "--owner", "") == ["failed"]
    assert names("--state", "deleting") == ["deleting"]


def test_list__is_json_for_programs(known: Brand, red: str) -> None:
    (brand,) = run_json("list", "--owner", "testapp.brand")
    assert brand == {
        "name": known.logo.alias,
        "hash": red,
        "confirmed_hash": red,
        "state": "in_step",
        "owner": f"testapp.brand {known.pk}",
        "field": "logo",
        "environment": "",
        "next_attempt": None,
        "invalidation": "",
    }
    assert len(run_json("list")) == 6
    assert run_json("list", "--owner", "testapp.leaflet") == []


@pytest.mark.parametrize("options", [(), ("--json",)], ids=str)
def test_list__of_10000_aliases_costs_as_many_queries_as_one(
    rokka: RokkaStorage, options: tuple[str, ...]
) -> None:
    def count_queries() -> int:
        with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
            run("list", *options)
        return len(queries)

    def make(*numbers: int) -> None:
        Alias.objects.bulk_create(
            Alias(
                organization="demo",
                name=f"name_{n}",
                object_pk=f"name_{n}",
                target_hash=f"{n:040x}",
                due_at=timezone.now() if n % 2 else None,
            )
            for n in numbers
        )

    make(0)
    invalidation.request("alias", "name_0")
    of_one = count_queries()
    make(*range(1, 10_000))
    assert count_queries() == of_one <= 5
    assert len(run("list")) == 10_000


def test_show__tells_all_of_an_alias(known: Brand, red: str) -> None:
    invalidation.request("alias", known.logo.alias)
    with assert_no_rokka_calls():
        told = run_json("show", known.logo.alias)
    changed = told.pop("changed")
    assert told == {
        "name": known.logo.alias,
        "hash": red,
        "confirmed_hash": red,
        "state": "in_step",
        "owner": f"testapp.brand {known.pk}",
        "field": "logo",
        "environment": "",
        "next_attempt": None,
        "invalidation": "now",
        "asked_hash": "",
        "attempts": 0,
        "last_error": "",
        "url": known.logo.url_for(by="alias"),
    }
    lines = run("show", "failed")
    assert changed.endswith("+00:00")
    assert "last error: no answer" in lines
    assert f"next attempt: {LATER}" in lines
    assert "owner: -" in lines
    assert f"url: {markup.alias_url('failed')}" in lines


def test_show__writes_the_url_of_the_field(rokka: RokkaStorage, upload: Upload) -> None:
    leaflet = Leaflet.objects.create(slug="spring", page=upload("red"))
    protected = ContentFile(pictures.png(colour="red"), "scan.png")
    contract = Contract.objects.create(scan=protected)
    assert run_json("show", leaflet.page.alias)["url"] == leaflet.page.url_for(by="alias")
    assert run_json("show", contract.scan.alias)["url"] == contract.scan.url
    Alias.objects.filter(name=leaflet.page.alias).update(model="testapp.gone")
    url = run_json("show", "leaflet_spring_page")["url"]
    assert url.endswith("/-_leaflet_spring_page_-.png")


def test_show__of_an_unknown_name_is_an_error(rokka: RokkaStorage) -> None:
    with pytest.raises(CommandError, match=r"no alias 'lost'.*rokka_alias adopt lost"):
        run("show", "lost")


def test_set__points_a_name_at_an_image(rokka: RokkaStorage, red: str, blue: str) -> None:
    assert run("set", "header", red) == [f"header: pointed at {red[:12]}"]
    assert get_hash_behind(rokka, "header") == red
    assert run_json("set", "header", blue) == [
        {"name": "header", "outcome": f"pointed at {blue[:12]}", "error": ""}
    ]
    assert get_states() == {"header": ("in_step", blue, blue)}


def test_set__takes_over_what_others_have_set_only_if_it_is_told_to(
    rokka: RokkaStorage, red: str, blue: str
) -> None:
    rokka.client.aliases.create("header", red)
    error, lines = fail("set", "header", blue)
    assert red in error
    assert blue in error
    assert lines == []
    assert get_states() == {}
    assert run("set", "header", blue, "--overwrite") == [f"header: pointed at {blue[:12]}"]
    assert get_hash_behind(rokka, "header") == blue


def test_set__that_has_to_wait_says_so_and_is_no_error(
    rokka: RokkaStorage, server: EmulatorServer, red: str
) -> None:
    server.emulator.faults.add(method="PUT", path=r"/alias/header$", status=500)
    (line,) = run("set", "header", red)
    due_at = Alias.objects.get().due_at
    assert due_at is not None
    assert line.startswith(f"header: failed, next attempt {due_at.isoformat(timespec='seconds')} (")
    assert "rokka failed at PUT" in line


@pytest.mark.parametrize("name", ["my-logo", "é", "", "a" * 300])
def test_set__refuses_a_name_with_the_words_of_all_others(rokka: RokkaStorage, name: str) -> None:
    with pytest.raises(InvalidAliasName) as expected:
        check_alias_name(name)
    assert fail("set", name, "a" * 40) == (str(expected.value), [])


def test_set__refuses_what_is_no_hash_and_no_image(rokka: RokkaStorage, red: str) -> None:
    with pytest.raises(InvalidName) as expected:
        aliases.point("header", "red")
    assert fail("set", "header", "red") == (str(expected.value), [])
    with pytest.raises(NotFound) as expected_of_rokka:
        aliases.point("header", "a" * 40)
    assert fail("set", "header", "a" * 40) == (str(expected_of_rokka.value), [])
    assert get_states() == {}


def test_set__refuses_the_name_of_a_row(brand: Brand, blue: str) -> None:
    error, _ = fail("set", brand.logo.alias, blue)
    assert f"testapp.brand {brand.pk}" in error


def test_delete__deletes_each_name_and_goes_on_after_an_error(
    rokka: RokkaStorage, brand: Brand, red: str
) -> None:
    for name in ("one", "two", "three"):
        aliases.point(name, red)
    error, lines = fail("delete", "one", "lost", brand.logo.alias, "two")
    assert lines == ["one: deleted", "two: deleted"]
    unknown, taken = error.splitlines()
    assert "no alias 'lost'" in unknown
    assert f"testapp.brand {brand.pk}" in taken
    assert set(get_states()) == {brand.logo.alias, "three"}
    with pytest.raises(NotFound):
        rokka.client.aliases.get("one")
    assert run_json("delete", "three") == [{"name": "three", "outcome": "deleted", "error": ""}]


def test_delete__tells_programs_what_was_refused(rokka: RokkaStorage) -> None:
    error, lines = fail("delete", "lost", "--json")
    assert json.loads("\n".join(lines)) == [{"name": "lost", "outcome": "refused", "error": error}]


def test_delete__that_has_to_wait_says_so(
    rokka: RokkaStorage, server: EmulatorServer, red: str
) -> None:
    aliases.point("header", red)
    server.emulator.faults.add(method="DELETE", path=r"/alias/header$", status=500)
    (line,) = run("delete", "header")
    assert line.startswith("header: failed, next attempt ")
    assert "rokka failed at DELETE" in line


def test_adopt__takes_over_what_rokka_has_and_what_another_environment_has(
    configure: Callable[..., RokkaStorage], rokka: RokkaStorage, red: str
) -> None:
    rokka.client.aliases.create("header", red)
    aliases.point("footer", red)
    storage = configure(environment="staging")
    assert run("adopt", "header", "footer") == ["header: taken over", "footer: taken over"]
    assert list(Alias.objects.of(storage).values_list("name", "target_hash")) == [
        ("footer", red),
        ("header", red),
    ]
    error, _ = fail("adopt", "lost")
    assert "lost" in error


def test_adopt__of_all_takes_over_all_environments(
    configure: Callable[..., RokkaStorage], known: Brand, rokka: RokkaStorage, red: str, blue: str
) -> None:
    rokka.client.aliases.create("theirs", red)
    Brand.objects.update(logo=blue)
    Alias.objects.exclude(model="").update(target_hash=blue)
    configure(environment="staging")
    lines = run("adopt", "--all")
    assert lines[0] == f"{known.logo.alias}: pending, next attempt now"
    assert lines[-2:] == ["theirs: taken over", "waiting: taken over"]
    ours = Alias.objects.filter(organization="demo")
    assert set(ours.values_list("environment", flat=True)) == {"staging"}
    assert run("adopt", "--all") == []


@pytest.mark.parametrize("arguments", [(), ("header", "--all")], ids=str)
def test_adopt__wants_names_or_all(rokka: RokkaStorage, arguments: tuple[str, ...]) -> None:
    assert fail("adopt", *arguments)[0] == "Say which aliases to take over: their names, or --all."


@pytest.fixture
def three(rokka: RokkaStorage, red: str, blue: str) -> None:
    """One alias in step, one drifted, one gone."""
    for name in ("drifted", "gone", "kept"):
        aliases.point(name, red)
    rokka.client.aliases.create("drifted", blue, overwrite=True)
    rokka.client.aliases.delete("gone")


@pytest.mark.usefixtures("three")
def test_verify__fails_where_others_have_changed_something(red: str, blue: str) -> None:
    before = snapshot()
    assert fail("verify") == (
        "Not where they shall be: 2. verify --repair puts them right.",
        [
            f"drifted: drifted: {red[:12]} expected, {blue[:12]} found",
            f"gone: gone: {red[:12]} expected, nothing found",
            f"kept: in step at {red[:12]}",
        ],
    )
    assert snapshot() == before
    assert run("verify", "kept") == [f"kept: in step at {red[:12]}"]
    assert run_json("verify", "kept") == [
        {"name": "kept", "state": "in_step", "expected": red, "found": red, "error": ""}
    ]


@pytest.mark.usefixtures("three")
def test_verify__repairs_by_the_next_apply(rokka: RokkaStorage, red: str, blue: str) -> None:
    before = snapshot()
    planned = f"drifted: drifted: {red[:12]} expected, {blue[:12]} found (apply would put it right)"
    assert run("verify", "--repair", "--dry-run")[0] == planned
    assert snapshot() == before
    assert run("verify", "--repair") == [
        f"drifted: drifted: {red[:12]} expected, {blue[:12]} found (apply puts it right)",
        f"gone: gone: {red[:12]} expected, nothing found (apply puts it right)",
        f"kept: in step at {red[:12]}",
    ]
    run("apply")
    assert get_hash_behind(rokka, "drifted") == get_hash_behind(rokka, "gone") == red
    assert len(run("verify")) == 3


def test_verify__fails_where_rokka_does_not_answer(
    rokka: RokkaStorage, server: EmulatorServer, red: str
) -> None:
    aliases.point("header", red)
    server.emulator.faults.add(method="GET", path=r"/alias/header$", status=500)
    error, (line,) = fail("verify", "--repair")
    assert error == "Not to be verified now: 1."
    assert line.startswith("header: unknown: rokka failed at GET")


def test_verify__of_an_unknown_name_is_an_error(rokka: RokkaStorage) -> None:
    assert "no alias 'lost'" in fail("verify", "lost")[0]


@pytest.fixture
def left_behind(rokka: RokkaStorage, upload: Upload, brand: Brand) -> Brand:
    """A column that was changed without a word, and a name that is due."""
    blue = upload("blue")
    Brand.objects.update(logo=str(blue))
    aliases.point("header", brand.logo.hash)
    Alias.objects.filter(name="header").update(target_hash=blue.hash, due_at=timezone.now())
    return brand


def test_apply__reconciles_and_moves_all_that_is_due(
    rokka: RokkaStorage, left_behind: Brand, red: str, blue: str
) -> None:
    name = left_behind.logo.alias
    compared, *moved, applied = run("apply")
    assert compared == (
        "Organization demo: 1 checked, 0 claimed, 1 retargeted, 0 marked, 0 to delete,"
        " 0 orphaned, 0 of other environments, 0 problems."
    )
    assert moved == [
        f"header: moved from {red[:12]} to {blue[:12]}",
        f"{name}: moved from {red[:12]} to {blue[:12]}",
    ]
    assert applied == "Organization demo: 0 created, 2 moved, 0 deleted, 0 failed, 0 waiting."
    assert get_hash_behind(rokka, name) == get_hash_behind(rokka, "header") == blue
    assert run("apply")[-1] == (
        "Organization demo: 0 created, 0 moved, 0 deleted, 0 failed, 0 waiting."
    )


def test_apply__in_a_dry_run_says_what_it_would_do(left_behind: Brand, blue: str) -> None:
    before = snapshot()
    with assert_no_rokka_calls():
        assert run("apply", "--dry-run")[1:] == [f"header: would be pointed at {blue[:12]}"]
        told = run_json("apply", "--dry-run")
    assert (told["due"], told["reconcile"]["retargeted"]) == (["header"], 1)
    assert snapshot() == before
    Alias.objects.filter(name="header").update(target_hash="")
    assert run("apply", "--dry-run", "--no-reconcile") == ["header: would be deleted"]


def test_apply__may_leave_out_reconciling(left_behind: Brand) -> None:
    told = run_json("apply", "--no-reconcile")
    assert set(told) == {"apply"}
    assert [result["name"] for result in told["apply"]["results"]] == ["header"]


def test_apply__tries_so_many_at_most(left_behind: Brand) -> None:
    Alias.objects.filter(name="header").update(due_at=timezone.now() - timedelta(hours=1))
    assert run("apply", "--limit", "1")[-1] == (
        "Organization demo: 0 created, 1 moved, 0 deleted, 0 failed, 1 waiting."
    )
    assert get_states()["header"][0] == "in_step"
    Alias.objects.filter(name="header").update(due_at=timezone.now())
    (planned,) = run("apply", "--limit", "1", "--dry-run", "--no-reconcile")
    assert planned.startswith(left_behind.logo.alias)


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_limit__is_a_number(rokka: RokkaStorage, limit: str) -> None:
    assert "is no number of aliases, must be 1 or more" in fail("apply", f"--limit={limit}")[0]


def test_apply__fails_where_an_alias_could_not_be_moved(
    rokka: RokkaStorage, server: EmulatorServer, left_behind: Brand
) -> None:
    server.emulator.faults.add(method="PUT", path=r"/alias/header$", status=500)
    error, lines = fail("apply")
    assert error.startswith("header: failed: rokka failed at PUT")
    assert lines[-1] == "Organization demo: 0 created, 1 moved, 0 deleted, 1 failed, 1 waiting."
    assert not any(line.startswith("header") for line in lines)


def test_problems__of_names_are_errors_of_reconcile_and_apply(
    rokka: RokkaStorage, upload: Upload
) -> None:
    Badge.objects.bulk_create(Badge(name="gold", picture=upload(c)) for c in ("red", "blue"))
    _, second = Badge.objects.order_by("pk")
    problem = f"testapp.badge {second.pk}, picture: it claims the alias 'badge_gold'"
    dry, _ = fail("reconcile", "--dry-run")
    assert get_states() == {}
    error, (line,) = fail("reconcile")
    assert dry == error
    assert error.startswith(problem)
    assert line.endswith(
        "1 claimed, 0 retargeted, 0 marked, 0 to delete, 0 orphaned,"
        " 0 of other environments, 1 problems."
    )
    error, lines = fail("apply", "--json")
    assert error.startswith(problem)
    told = json.loads("\n".join(lines))
    assert told["reconcile"]["problems"] == [error]
    assert [result["outcome"] for result in told["apply"]["results"]] == ["created"]


def test_reconcile__counts_for_programs(left_behind: Brand) -> None:
    with assert_no_rokka_calls():
        told = run_json("reconcile", "--dry-run")
    assert {name: value for name, value in told.items() if value} == {
        "organization": "demo",
        "checked": 1,
        "retargeted": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("set", "new", "a" * 40), f"new: would be pointed at {'a' * 12}"),
        (("set", "header", "a" * 40), f"header: would be pointed at {'a' * 12}"),
        (("delete", "header"), "header: would be deleted"),
        (("adopt", "header"), "header: would be taken over"),
    ],
    ids=str,
)
def test_dry_run__changes_nothing_here_nor_at_rokka(
    rokka: RokkaStorage, red: str, arguments: tuple[str, ...], line: str
) -> None:
    aliases.point("header", red)
    Alias.objects.update(confirmed_hash="b" * 40)
    before = snapshot()
    assert run(*arguments, "--dry-run") == [line]
    assert snapshot() == before
    assert get_hash_behind(rokka, "header") == red
    with pytest.raises(NotFound):
        rokka.client.aliases.get("new")


def test_dry_run__refuses_what_would_be_refused(brand: Brand, blue: str) -> None:
    with assert_no_rokka_calls():
        for act in (("set", brand.logo.alias, blue), ("delete", brand.logo.alias)):
            assert fail(*act, "--dry-run")[0] == fail(*act)[0]


@pytest.mark.parametrize("act", [("list",), ("set", "a", "b"), ("verify",), ("apply",)], ids=str)
def test_storage__that_is_none_is_an_error_in_words(
    rokka: RokkaStorage, act: tuple[str, ...]
) -> None:
    error, _ = fail(*act, "--storage", "other")
    assert error == "'other' is no rokka storage. Use one of: rokka."
    assert run("list", "--storage", "rokka") == []


def test_read_only__refuses_to_set_and_applies_nothing(
    configure: Callable[..., RokkaStorage], left_behind: Brand, red: str
) -> None:
    configure(read_only=True)
    before = snapshot()
    for act in (("set", "other", red), ("delete", "header"), ("verify", "--repair")):
        assert "only to be read from here" in fail(*act)[0]
    with assert_no_rokka_calls():
        assert run("apply", "--dry-run")[1:] == []
        assert run("apply")[-1].startswith("Organization demo: 0 created, 0 moved")
    assert snapshot() == before


def test_act__has_to_be_named(rokka: RokkaStorage) -> None:
    with pytest.raises(CommandError, match="ACT"):
        run()
