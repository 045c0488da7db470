"""The assertion on calls to rokka."""

from __future__ import annotations

import threading

import pytest
from django.core.files.base import ContentFile

from django_rokka.exceptions import ConnectionFailed
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

HASH = "0" * 40


def test_assert_no_rokka_calls__passes_when_nothing_is_asked(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        rokka.url(HASH)
        rokka.open(HASH)


def test_assert_no_rokka_calls__lists_what_was_asked(rokka: RokkaStorage) -> None:
    def ask() -> None:
        rokka.exists(HASH)
        rokka.save("a.jpg", ContentFile(pictures.jpeg()))

    with pytest.raises(AssertionError) as caught, assert_no_rokka_calls():
        ask()

    assert str(caught.value) == (
        "Expected no call to rokka's API, but there were:\n"
        f"  GET /sourceimages/demo/{HASH}\n"
        "  POST /sourceimages/demo"
    )


def test_assert_no_rokka_calls__counts_calls_that_fail(closed_host: str) -> None:
    storage = RokkaStorage(organization="acme", api_key="k", api_host=closed_host, retries=0)

    with (
        pytest.raises(AssertionError, match="GET /sourceimages/acme"),
        assert_no_rokka_calls(),
        pytest.raises(ConnectionFailed),
    ):
        storage.exists(HASH)
    storage.client.close()


def test_assert_no_rokka_calls__sees_every_thread(rokka: RokkaStorage) -> None:
    def ask() -> None:
        thread = threading.Thread(target=rokka.exists, args=(HASH,))
        thread.start()
        thread.join()

    with pytest.raises(AssertionError, match=HASH), assert_no_rokka_calls():
        ask()


def test_assert_no_rokka_calls__lets_the_blocks_own_error_through(rokka: RokkaStorage) -> None:
    def ask() -> None:
        rokka.exists(HASH)
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"), assert_no_rokka_calls():
        ask()


def test_assert_no_rokka_calls__ends_with_its_block(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        pass

    assert not rokka.exists(HASH)
