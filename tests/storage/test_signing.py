"""URLs that are signed because of their stack, or because they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from django_rokka.emulator import EmulatorServer
from django_rokka.render import ImageReference, Operation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

Configure = Callable[..., RokkaStorage]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
NAME = f"{HASH}/1600x900/lake.jpg"
NOON = datetime(2026, 5, 1, 12, 0, tzinfo=timezone.utc)


def make_storage(**options: Any) -> RokkaStorage:
    given = {"organization": "acme", "api_key": "k", "signing_key": "s", "default_stack": "content"}
    return RokkaStorage(**{**given, **options})


def is_signed(url: str) -> bool:
    return "sig" in parse_qs(urlsplit(url).query)


def fetch_status(url: str) -> int:
    return requests.get(url, timeout=10).status_code


@pytest.fixture
def set_now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def set_to(now: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    return set_to


# Stacks


def test_signed_stacks__are_signed_and_need_it(configure: Configure) -> None:
    storage = configure(signed_stacks=["secret"])
    storage.client.stacks.create("secret", {"operations": [], "options": {"protected": True}})
    storage.client.stacks.create("open", {"operations": []})
    name = storage.save("a.jpg", ContentFile(pictures.jpeg()))

    with assert_no_rokka_calls():
        secret, unsigned = storage.url(name, "secret"), storage.url(name, "secret", signed=False)
        others = [storage.url(name, "open"), storage.url(name)]

    assert (fetch_status(secret), fetch_status(unsigned)) == (200, 403)
    assert [is_signed(url) for url in others] == [False, False]


def test_sign_dynamic__signs_what_has_no_stack_of_its_own(configure: Configure) -> None:
    storage = configure(sign_dynamic=True)
    storage.client.organizations.set_option("protect_dynamic_stack", True)
    storage.client.stacks.create("open", {"operations": []})
    name = storage.save("a.jpg", ContentFile(pictures.jpeg()))
    box = Operation("resize", width=9)

    urls = [storage.url(name), storage.url(name, operations=(box,))]

    assert [fetch_status(url) for url in urls] == [200, 200]
    assert [fetch_status(url.partition("?")[0]) for url in urls] == [403, 403]
    assert not is_signed(storage.url(name, "open"))


def test_signed_stacks__may_be_the_default_stack() -> None:
    assert is_signed(make_storage(signed_stacks={"content"}).url(NAME))


def test_signed_stacks__are_signed_by_alias_too() -> None:
    reference = ImageReference.parse(f"{HASH}/-_brand_7_-/9x9/logo.png").by_alias("png")

    assert is_signed(make_storage(signed_stacks=["content"]).url(reference))


def test_build_url__signs_whatever_made_the_parts() -> None:
    storage = make_storage(signed_stacks=["content"])
    url = storage.get_render_url(ImageReference.parse(NAME))

    assert is_signed(storage.build_url(url))


# What is asked for


@pytest.mark.parametrize(("signed", "expected"), [(None, False), (False, False), (True, True)])
def test_signed__says_whether(signed: bool | None, expected: bool) -> None:  # noqa: FBT001  # parameters of the test
    assert is_signed(make_storage().url(NAME, signed=signed)) is expected


def test_signed__covers_options_and_variables(rokka: RokkaStorage) -> None:
    name = str(rokka.upload("a.jpg", ContentFile(pictures.jpeg()), is_protected=True))
    resize = {"name": "resize", "expressions": {"width": "$w"}}
    rokka.client.stacks.create("thumb", {"operations": [resize], "variables": {"w": 9}})

    url = rokka.url(name, "thumb", options={"dpr": 2}, variables={"w": 8}, format="png")

    assert fetch_status(url) == 200
    assert fetch_status(url.replace("w-8", "w-800")) == 403


def test_signed__without_a_key_is_empty_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert make_storage(signing_key="").url(NAME, signed=True) == ""
    assert "What was asked for needs a signed URL. Set the option 'signing_key'" in caplog.text


@pytest.mark.parametrize("options", [{"signed_stacks": ["content"]}, {"sign_dynamic": True}])
def test_signed__by_an_option_without_a_key_is_improperly_configured(
    options: dict[str, object],
) -> None:
    with pytest.raises(ImproperlyConfigured, match="needs a key to sign with"):
        make_storage(signing_key="", **options).get_render_base()


# Expiry


def test_expires_in__is_obeyed_by_rokka(rokka: RokkaStorage, server: EmulatorServer) -> None:
    name = str(rokka.upload("a.jpg", ContentFile(pictures.jpeg()), is_protected=True))

    url = rokka.url(name, expires_in=60)
    before = fetch_status(url)
    server.emulator.clock.advance(361)

    assert (before, fetch_status(url)) == (200, 403)


@pytest.mark.parametrize("expires_in", [3600, 3600.0, timedelta(hours=1)], ids=repr)
def test_expires_in__is_rounded_up_so_that_caches_hit(
    set_now: Callable[[datetime], None], expires_in: float | timedelta
) -> None:
    storage = make_storage()
    urls = []
    for seconds in (0, 1, 150, 300, 301):
        set_now(NOON + timedelta(seconds=seconds))
        urls.append(storage.url(NAME, expires_in=expires_in))

    ends = [parse_qs(urlsplit(url).query)["sigopts"][0] for url in urls]
    assert ends == [
        '{"until":"2026-05-01T13:00:00.000Z"}',
        *['{"until":"2026-05-01T13:05:00.000Z"}'] * 3,
        '{"until":"2026-05-01T13:10:00.000Z"}',
    ]
    assert len(set(urls)) == 3


@pytest.mark.parametrize("expires_in", [0, -1, timedelta()])
def test_expires_in__is_more_than_nothing(expires_in: float | timedelta) -> None:
    with pytest.raises(ValueError, match="must be more than 0 seconds"):
        make_storage().url(NAME, expires_in=expires_in)


def test_expires_in__needs_a_signature() -> None:
    with pytest.raises(ValueError, match="Only a signed URL can expire"):
        make_storage().url(NAME, signed=False, expires_in=60)
