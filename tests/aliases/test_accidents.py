"""What seldom happens to an alias, and is to cost nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from django_rokka import aliases
from django_rokka.aliases import leases
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import AliasTaken, NotFound, OrganizationNotFound, ReadOnly
from django_rokka.models import Alias
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.aliases.conftest import Upload, get_hash_behind
from tests.testapp.models import Brand, Photo

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "newsletter_header"
NO_ORGANIZATION = '{"error": {"code": 404, "message": "Organization \'demo\' not found"}}'


@pytest.fixture
def before_call(rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do something just before a call of the client is made."""

    def add(call: str, act: Callable[[], object]) -> None:
        make = getattr(rokka.client.aliases, call)

        def make_late(*args: Any, **kwargs: Any) -> Any:
            act()
            return make(*args, **kwargs)

        monkeypatch.setattr(rokka.client.aliases, call, make_late)

    return add


def lose_lease() -> None:
    """Let another process take the alias, as after a minute."""
    Alias.objects.update(generation=99)


def test_lease__that_is_lost_before_a_call_leaves_it_to_the_other(
    rokka: RokkaStorage, upload: Upload, before_call: Callable[..., None]
) -> None:
    rokka.client.aliases.create(NAME, upload("green").hash)
    red = upload("red").hash
    # Nobody knows whose the name is, so it is looked at first.
    Alias.objects.create(
        organization="demo",
        name=NAME,
        object_pk=NAME,
        target_hash=red,
        asked_hash=red,
        due_at=timezone.now(),
    )
    before_call("get", lose_lease)
    (result,) = aliases.apply().results
    assert result.outcome == "busy"
    assert get_hash_behind(rokka, NAME) == upload("green").hash


def test_lease__that_is_lost_before_overwriting_leaves_it_to_the_other(
    rokka: RokkaStorage, upload: Upload, before_call: Callable[..., None]
) -> None:
    green = upload("green").hash
    rokka.client.aliases.create(NAME, green)
    before_call("get", lose_lease)
    alias = aliases.point(NAME, upload("red").hash, overwrite=True)
    assert alias.state == "pending"
    assert get_hash_behind(rokka, NAME) == green


def test_lease__that_is_lost_in_a_failing_call_is_done_again(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer, before_call: Callable[..., None]
) -> None:
    aliases.point(NAME, upload("red").hash)
    before_call("create", lose_lease)
    server.emulator.faults.add(method="PUT", path="/alias/", status=503, times=None)
    blue = upload("blue").hash
    aliases.point(NAME, blue)
    row = Alias.objects.get()
    assert (row.generation, row.asked_hash, row.claimed_until) == (100, blue, None)


def test_process__that_was_held_up_makes_no_call(
    rokka: RokkaStorage, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = upload("red").hash
    monkeypatch.setattr(leases, "_LATEST_CALL", -1)
    with assert_no_rokka_calls():
        alias = aliases.point(NAME, red)
    assert alias.state == "failed"
    assert "was held up after it took the alias" in alias.last_error


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_organization__that_is_gone_is_no_missing_alias(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer, method: str
) -> None:
    red = upload("red").hash
    aliases.point(NAME, red)
    if method == "GET":
        Alias.objects.update(confirmed_hash="", asked_hash=red)
    server.emulator.faults.add(method=method, path="/alias/", status=404, body=NO_ORGANIZATION)
    with pytest.raises(OrganizationNotFound):
        aliases.delete(NAME)
    assert Alias.objects.get().target_hash == red


def test_throttling__is_waited_for_as_long_as_rokka_says(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload("red").hash
    server.emulator.faults.add(
        method="PUT", path="/alias/", status=429, headers={"Retry-After": "600"}, times=None
    )
    before = timezone.now()
    due_at = aliases.point(NAME, red).due_at
    assert due_at is not None
    assert timedelta(seconds=590) < due_at - before < timedelta(seconds=660)


def test_patience__that_is_over_leaves_names_of_a_commit_to_the_next_run(
    rokka: RokkaStorage, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    red = upload("red").hash
    aliases.patience.note(10, has_failed=True)
    try:
        with assert_no_rokka_calls(), transaction.atomic():
            aliases.point(NAME, red)
    finally:
        aliases.patience.note(0)
    assert "is left to the next apply" in caplog.text
    assert Alias.objects.get().state == "pending"
    assert aliases.apply().results[0].outcome == "created"


def test_adopt__refuses_a_name_without_a_row_that_rokka_has_lost(
    rokka: RokkaStorage, upload: Upload
) -> None:
    aliases.point(NAME, upload("red").hash)
    rokka.client.aliases.delete(NAME)
    with pytest.raises(NotFound):
        aliases.adopt(NAME)
    assert Alias.objects.get().state == "in_step"


def test_adopt__is_refused_where_it_may_only_read(rokka: RokkaStorage, configure: Any) -> None:
    configure(read_only=True)
    with assert_no_rokka_calls(), pytest.raises(ReadOnly):
        aliases.adopt(NAME)


def test_point__at_the_same_moment_as_another_process_is_refused(
    rokka: RokkaStorage, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = upload("red").hash
    aliases.point(NAME, red)
    monkeypatch.setattr("django_rokka.aliases.pointing.find", lambda *_, **__: None)
    with (
        assert_no_rokka_calls(),
        pytest.raises(AliasTaken, match=r"by another process\. Try again"),
    ):
        aliases.point(NAME, red)


def test_set_alias__in_a_copy_leaves_the_row_of_the_first_environment(
    rokka: RokkaStorage, configure: Any, caplog: pytest.LogCaptureFixture, upload: Upload
) -> None:
    configure(environment="production")
    red = aliases.point(NAME, upload("red").hash).target_hash
    configure(environment="staging")
    photo = Photo.objects.create(image=str(upload("blue")))
    photo.image.set_alias(NAME, overwrite=True)
    row = Alias.objects.get()
    assert (row.target_hash, row.environment) == (red, "production")
    assert "was pointed elsewhere here" in caplog.text


def test_save__by_hand_in_autocommit_off_waits_for_the_next_run(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload("red")
    connection.set_autocommit(False)
    try:
        brand = Brand.objects.create(name="Acme", logo=str(red))
        connection.commit()
    finally:
        connection.set_autocommit(True)
    assert Alias.objects.get().state == "pending"
    assert [result.outcome for result in aliases.apply().results] == ["created"]
    assert get_hash_behind(rokka, f"brand_{brand.pk}_logo") == red.hash
