"""Stacks as the project declares them."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from django_rokka import stacks
from django_rokka.client import observe_calls
from django_rokka.exceptions import AuthenticationFailed, InvalidRequest

from tests import pictures
from tests.pages import fetch_picture

THUMB = {"operations": [{"name": "resize", "options": {"width": 20}}]}
CONTENT = {
    "operations": [{"name": "resize", "options": {}, "expressions": {"width": "$w"}}],
    "variables": {"w": 10},
    "options": {"autoformat": True},
}


def test_apply__creates_what_is_declared(configure: Any) -> None:
    rokka = configure(stacks={"thumb": THUMB, "content": CONTENT})
    assert stacks.apply() == ["thumb", "content"]
    assert rokka.client.stacks.get("thumb").operations == ({**THUMB["operations"][0]},)
    content = rokka.client.stacks.get("content")
    assert (content.variables, content.options) == ({"w": 10}, {"autoformat": True})


def test_apply__overwrites_what_is_declared_and_touches_nothing_else(configure: Any) -> None:
    rokka = configure(stacks={"thumb": THUMB})
    wider = {"operations": [{"name": "resize", "options": {"width": 999}}]}
    rokka.client.stacks.create("thumb", wider)
    rokka.client.stacks.create("theirs", wider)
    with observe_calls() as calls:
        stacks.apply(rokka)
    assert len(calls) == 1
    assert rokka.client.stacks.get("thumb").operations[0]["options"] == {"width": 20}
    assert rokka.client.stacks.get("theirs").operations[0]["options"] == {"width": 999}


def test_apply__makes_pictures_of_the_declared_size(configure: Any) -> None:
    rokka = configure(stacks={"thumb": THUMB})
    stacks.apply()
    from django.core.files.base import ContentFile

    reference = rokka.upload("lake.png", ContentFile(pictures.png()))
    assert fetch_picture(rokka.url(reference, "thumb")).size == (20, 15)


def test_apply__without_declared_stacks_asks_nobody(configure: Any) -> None:
    configure()
    with observe_calls() as calls:
        assert stacks.apply() == []
    assert calls == []


def test_apply__passes_on_what_rokka_refuses(configure: Any) -> None:
    wide = {"name": "resize", "options": {"width": 20, "wdith": 20}}
    configure(stacks={"thumb": {"operations": [wide]}})
    with pytest.raises(InvalidRequest, match="wdith"):
        stacks.apply()
    configure(stacks={"thumb": THUMB}, api_key="wrong")
    with pytest.raises(AuthenticationFailed, match="Check the option api_key"):
        stacks.apply()


def test_apply__takes_the_storage_where_there_are_several(
    configure: Any, settings: Settings
) -> None:
    rokka = configure(stacks={"thumb": THUMB})
    settings.STORAGES = {**settings.STORAGES, "other": settings.STORAGES["rokka"]}
    assert stacks.apply(rokka) == ["thumb"]
