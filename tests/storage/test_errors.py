"""What goes wrong is an error of its own type, in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import (
    AuthenticationFailed,
    ConnectionFailed,
    EmptyFile,
    IntegrityError,
    InvalidRequest,
    OrganizationNotFound,
    PermissionDenied,
    RateLimited,
    RokkaError,
    ServerError,
    Timeout,
)
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.client.samples import HASH, uploaded
from tests.client.scripted_server import Reply, ScriptedServer

MakeStorage = Callable[..., RokkaStorage]


@pytest.fixture
def make_storage(rokka_options: dict[str, object]) -> Iterator[MakeStorage]:
    made: list[RokkaStorage] = []

    def make(**options: Any) -> RokkaStorage:
        made.append(RokkaStorage(**{**rokka_options, **options}))
        return made[-1]

    yield make
    for storage in made:
        if not list(storage.find_problems()):
            storage.client.close()


def fail_to_save(storage: RokkaStorage, content: bytes = b"") -> tuple[type[Exception], str]:
    content = content or pictures.jpeg()
    with pytest.raises((RokkaError, ImproperlyConfigured)) as caught:
        storage.save("lake.jpg", ContentFile(content))
    return caught.type, str(caught.value)


def test_wrong_key__names_option_and_setting(make_storage: MakeStorage) -> None:
    assert fail_to_save(make_storage(api_key="another-key")) == (
        AuthenticationFailed,
        (
            "rokka refused the API key for organization 'demo' (403: API credentials are not"
            " supplied or not a valid format.). Check the option api_key of the storage, or"
            " ROKKA_API_KEY."
        ),
    )


def test_unknown_organization__names_option_and_setting(
    make_storage: MakeStorage, server: EmulatorServer
) -> None:
    assert fail_to_save(make_storage(organization="acme")) == (
        OrganizationNotFound,
        (
            f"There is no organization 'acme' at {server.api_host} (404: The organization 'acme'"
            " does not exist.). Check the option organization of the storage, or"
            " ROKKA_ORGANIZATION."
        ),
    )


def test_unreachable_host__names_the_host(make_storage: MakeStorage, closed_host: str) -> None:
    assert fail_to_save(make_storage(api_host=closed_host)) == (
        ConnectionFailed,
        (
            f"No connection to {closed_host} for POST /sourceimages/demo (connection refused)."
            " Check the network and the option api_host."
        ),
    )


def test_slow_host__names_the_timeout(make_storage: MakeStorage, server: EmulatorServer) -> None:
    server.emulator.faults.add(method="POST", delay=0.5)

    assert fail_to_save(make_storage(timeout=0.1)) == (
        Timeout,
        (
            f"No answer in time to POST {server.api_host}/sourceimages/demo. Try again later, or"
            " raise the option timeout or the call's deadline."
        ),
    )


def test_deadline__ends_an_upload_with_all_its_tries(
    make_storage: MakeStorage, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="POST", status=503, times=9)
    storage = make_storage(retries=9)

    with pytest.raises(Timeout, match=r"deadline of 0\.2 s"):
        storage.upload("a.jpg", ContentFile(pictures.jpeg()), deadline=0.2)


def test_empty_file__is_refused_before_any_upload(make_storage: MakeStorage) -> None:
    with pytest.raises(EmptyFile, match=r"'lake\.jpg' is empty; rokka takes no empty files"):
        make_storage().save("lake.jpg", ContentFile(b""))


def test_text_named_jpg__is_rokkas_to_refuse(make_storage: MakeStorage) -> None:
    kind, message = fail_to_save(make_storage(), b"this is no picture")

    assert kind is InvalidRequest
    assert message.startswith(
        "rokka does not accept POST /sourceimages/demo (400: 'lake.jpg' cannot be stored."
    )


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, PermissionDenied, "lacks a role"),
        (429, RateLimited, "takes no more calls"),
        (500, ServerError, "Try again later"),
        (503, ServerError, "Try again later"),
    ],
)
def test_refusal__has_its_type(
    make_storage: MakeStorage,
    server: EmulatorServer,
    status: int,
    kind: type[RokkaError],
    words: str,
) -> None:
    server.emulator.faults.add(method="POST", status=status)

    caught, message = fail_to_save(make_storage())

    assert caught is kind
    assert words in message


def test_outage__that_passes_is_not_seen(make_storage: MakeStorage, server: EmulatorServer) -> None:
    server.emulator.faults.add(method="POST", status=503)

    name = make_storage(retries=1).save("a.jpg", ContentFile(pictures.jpeg()))

    assert name.endswith("/40x30/a.jpg")


def test_reset_while_uploading__is_no_connection(make_storage: MakeStorage) -> None:
    with ScriptedServer().serving() as broken:
        broken.reply(Reply(is_reset=True, reads_body=False))
        kind, message = fail_to_save(make_storage(api_host=broken.url), bytes(5_000_000))

    assert kind is ConnectionFailed
    assert "Check the network" in message


def test_another_checksum__is_an_error(make_storage: MakeStorage) -> None:
    with ScriptedServer().serving() as wrong:
        wrong.reply(Reply(json=uploaded(b"something else")), Reply(json=uploaded(b"something")))
        storage = make_storage(api_host=wrong.url)
        unverified = make_storage(api_host=wrong.url, verify=False)

        with pytest.raises(IntegrityError, match="Upload it again"):
            storage.save("a.svg", ContentFile(pictures.svg()))
        storage.client.close()
        name = unverified.save("a.svg", ContentFile(pictures.svg()))
        unverified.client.close()

    assert name == f"{HASH}/104x97/a.svg"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"organization": ""}, "A rokka storage has no organization. Set the option"),
        ({"api_key": None}, "A rokka storage has no api_key. Set the option 'api_key'"),
        ({"stack": "x"}, "Unknown option 'stack' of a rokka storage. Use one of: api_host,"),
        ({"api_url": "x"}, "ROKKA_API_URL) cannot be read. Write it as rokka://KEY@ORGANIZATION"),
        ({"api_host": "x"}, "The option api_host is 'x'. Write a whole URL"),
        ({"retries": "x"}, "The option retries is 'x'. Write a number, 0 or more."),
        ({"stacks": "x"}, "The option stacks is a str. Write a dict"),
        ({"api_key": "a key\n"}, "characters that no key has, such as white space. Copy it again"),
    ],
)
def test_wrong_settings__are_improperly_configured(
    make_storage: MakeStorage, options: dict[str, object], words: str
) -> None:
    kind, message = fail_to_save(make_storage(**options))

    assert kind is ImproperlyConfigured
    assert words in message
