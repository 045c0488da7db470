"""What rokka says of aliases, beside what this site thinks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from django_rokka import aliases
from django_rokka.aliases import Verification
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import ReadOnly, UnknownAlias
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.aliases.conftest import Upload, get_hash_behind, get_states, snapshot

# In autocommit what waits for the commit happens at once, as in a plain project.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def red(upload: Upload) -> str:
    """The image that the names of these tests point at."""
    return upload("red").hash


@pytest.fixture
def blue(upload: Upload) -> str:
    """Another image."""
    return upload("blue").hash


@pytest.fixture
def five(rokka: RokkaStorage, red: str, blue: str) -> None:
    """One alias of each kind; each is pending, drifted, gone or in step in its own way."""
    for name in ("drifted", "gone", "kept", "late", "removed"):
        aliases.point(name, red)
    rokka.client.aliases.create("drifted", blue, overwrite=True)
    rokka.client.aliases.delete("gone")
    rows = Alias.objects
    rows.filter(name="late").update(target_hash=blue, due_at=timezone.now())
    rows.filter(name="removed").update(target_hash="", due_at=timezone.now())


@pytest.mark.usefixtures("five")
def test_verify__tells_of_each_alias_what_rokka_says(red: str, blue: str) -> None:
    assert list(aliases.verify()) == [
        Verification(name="drifted", state="drifted", expected=red, found=blue),
        Verification(name="gone", state="gone", expected=red, found=""),
        Verification(name="kept", state="in_step", expected=red, found=red),
        Verification(name="late", state="pending", expected=blue, found=red),
        Verification(name="removed", state="pending", expected="", found=red),
    ]


@pytest.mark.usefixtures("five")
def test_verify__says_it_in_words(red: str, blue: str) -> None:
    r, b = red[:12], blue[:12]
    assert [str(verification) for verification in aliases.verify()] == [
        f"drifted: drifted: {r} expected, {b} found",
        f"gone: gone: {r} expected, nothing found",
        f"kept: in step at {r}",
        f"late: pending: {b} expected, {r} found",
        f"removed: pending: nothing expected, {r} found",
    ]


@pytest.mark.usefixtures("five")
def test_verify__asks_when_it_is_asked_and_changes_nothing() -> None:
    before = snapshot()
    with observe_calls() as calls:
        verifications = aliases.verify()
        assert calls == []
        next(verifications)
        assert [call.method for call in calls] == ["GET"]
        list(verifications)
    assert [call.method for call in calls] == ["GET"] * 5
    assert snapshot() == before


@pytest.mark.usefixtures("five")
def test_repair__has_apply_put_back_what_others_have_changed(
    rokka: RokkaStorage, red: str, blue: str
) -> None:
    states = get_states()
    list(aliases.verify(repair=True))
    assert get_states() == {
        **states,
        "drifted": ("pending", red, blue),
        "gone": ("pending", red, ""),
    }
    aliases.apply(names=["drifted", "gone"])
    assert get_hash_behind(rokka, "drifted") == get_hash_behind(rokka, "gone") == red
    assert [str(verification) for verification in aliases.verify(names=["drifted", "gone"])] == [
        f"drifted: in step at {red[:12]}",
        f"gone: in step at {red[:12]}",
    ]
    # Caches may hold the picture of the other one.
    assert list(CacheInvalidation.objects.values_list("key", flat=True)) == ["drifted"]


def test_repair__puts_back_what_is_gone_for_good_after_an_outage(
    rokka: RokkaStorage, server: EmulatorServer, red: str
) -> None:
    aliases.point("header", red)
    rokka.client.aliases.delete("header")
    Alias.objects.update(attempts=3)
    list(aliases.verify(repair=True))
    alias = Alias.objects.get()
    assert (alias.attempts, alias.last_error, alias.due_at is None) == (0, "", False)


def test_names__are_the_only_ones_asked_for(rokka: RokkaStorage, red: str) -> None:
    for name in ("one", "two", "three"):
        aliases.point(name, red)
    with observe_calls() as calls:
        found = list(aliases.verify(names=["three", "one"]))
    assert [verification.name for verification in found] == ["one", "three"]
    assert len(calls) == 2


def test_names__that_this_site_has_not_are_refused_before_any_call(
    configure: Callable[..., RokkaStorage], red: str
) -> None:
    aliases.point("known", red)
    Alias.objects.create(
        organization="demo", environment="other", name="foreign", object_pk="foreign"
    )
    with (
        assert_no_rokka_calls(),
        pytest.raises(UnknownAlias, match=r"no alias 'lost', 'foreign' in .* 'demo'.* adopt"),
    ):
        aliases.verify(names=["lost", "known", "foreign"])


def test_aliases__of_others_are_left_out(configure: Callable[..., RokkaStorage], red: str) -> None:
    aliases.point("header", red)
    Alias.objects.create(organization="other", name="their_header", object_pk="their_header")
    assert [each.name for each in aliases.verify()] == ["header"]
    configure(environment="staging")
    with assert_no_rokka_calls():
        assert list(aliases.verify()) == []


@pytest.mark.parametrize("repair", [False, True])
def test_alias__that_rokka_does_not_tell_of_is_unknown_and_stays(
    rokka: RokkaStorage, server: EmulatorServer, red: str, *, repair: bool
) -> None:
    for name in ("one", "two"):
        aliases.point(name, red)
    before = snapshot()
    server.emulator.faults.add(method="GET", path=r"/alias/one$", status=500)
    unknown, known = aliases.verify(repair=repair)
    assert (unknown.name, unknown.state, unknown.found) == ("one", "unknown", "")
    assert unknown.error.startswith("rokka failed at GET")
    assert str(unknown) == f"one: unknown: {unknown.error}"
    assert (known.name, known.state) == ("two", "in_step")
    assert snapshot() == before


def test_organization__that_is_gone_has_no_alias_gone(
    configure: Callable[..., RokkaStorage], red: str
) -> None:
    aliases.point("header", red)
    Alias.objects.update(organization="nowhere")
    configure(organization="nowhere")
    (verification,) = aliases.verify(repair=True)
    assert (verification.state, Alias.objects.get().due_at) == ("unknown", None)


def test_repair__is_refused_where_rokka_is_only_read(
    configure: Callable[..., RokkaStorage], red: str
) -> None:
    aliases.point("header", red)
    configure(read_only=True)
    assert [each.state for each in aliases.verify()] == ["in_step"]
    with assert_no_rokka_calls(), pytest.raises(ReadOnly, match="only to be read from here"):
        aliases.verify(repair=True)


class Meanwhile:
    """Do something whenever rokka is about to be asked for an alias, or has been."""

    def __init__(self, rokka: RokkaStorage, patch: pytest.MonkeyPatch) -> None:
        self._rokka = rokka
        self._patch = patch

    def do(self, act: Callable[[], object], *, is_after: bool = False) -> None:
        get = self._rokka.client.aliases.get

        def get_late(name: str, **options: Any) -> object:
            if is_after:
                found = get(name, **options)
                act()
                return found
            act()
            return get(name, **options)

        self._patch.setattr(self._rokka.client.aliases, "get", get_late)


@pytest.fixture
def meanwhile(rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """What another process does while an alias is verified."""
    return Meanwhile(rokka, monkeypatch)


@pytest.mark.parametrize("repair", [False, True])
def test_alias__that_is_moved_meanwhile_has_not_drifted(
    meanwhile: Meanwhile, red: str, blue: str, *, repair: bool
) -> None:
    aliases.point("header", red)
    meanwhile.do(lambda: aliases.point("header", blue))
    assert list(aliases.verify(repair=repair)) == [
        Verification(name="header", state="in_step", expected=blue, found=blue)
    ]
    assert get_states() == {"header": ("in_step", blue, blue)}


def test_repair__leaves_what_a_row_has_claimed_meanwhile(
    rokka: RokkaStorage, meanwhile: Meanwhile, red: str, blue: str
) -> None:
    aliases.point("header", red)
    rokka.client.aliases.create("header", blue, overwrite=True)
    claimed = {"due_at": timezone.now()}
    meanwhile.do(lambda: Alias.objects.update(**claimed), is_after=True)
    assert [each.state for each in aliases.verify(repair=True)] == ["pending"]
    assert Alias.objects.get().confirmed_hash == red


def test_repair__leaves_what_another_process_has_repaired_meanwhile(
    rokka: RokkaStorage, meanwhile: Meanwhile, red: str, blue: str
) -> None:
    aliases.point("header", red)
    rokka.client.aliases.create("header", blue, overwrite=True)

    def repair() -> None:
        waiting = Alias.objects.filter(generation=1)
        if waiting.update(due_at=timezone.now(), confirmed_hash=blue):
            aliases.apply()

    meanwhile.do(repair, is_after=True)
    assert [each.state for each in aliases.verify(repair=True)] == ["in_step"]
    assert get_states() == {"header": ("in_step", red, red)}


def test_alias__that_is_moved_all_the_time_is_pending(
    meanwhile: Meanwhile, red: str, blue: str
) -> None:
    aliases.point("header", red)
    targets = [blue, red] * 5
    meanwhile.do(lambda: aliases.point("header", targets.pop(0)))
    (verification,) = aliases.verify(repair=True)
    assert (verification.state, len(targets)) == ("pending", 7)
    assert Alias.objects.get().due_at is None


def test_alias__that_is_deleted_meanwhile_is_left_out(
    rokka: RokkaStorage, meanwhile: Meanwhile, red: str
) -> None:
    aliases.point("header", red)
    meanwhile.do(lambda: Alias.objects.exists() and aliases.delete("header"))
    assert list(aliases.verify()) == []


def test_reports__are_texts_for_programs(rokka: RokkaStorage, red: str) -> None:
    aliases.point("header", red)
    (verification,) = aliases.verify()
    assert verification.as_json() == {
        "name": "header",
        "state": "in_step",
        "expected": red,
        "found": red,
        "error": "",
    }
