"""What all objects have in common."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from django_rokka.client import (
    AlbumImage,
    Alias,
    ApiKey,
    CopiedImages,
    Membership,
    OperationSchema,
    Organization,
    Page,
    PropertySchema,
    SourceImage,
    Stack,
    Statistics,
    SubOrganization,
    User,
    UserMembership,
)

from tests.client.samples import HASH, RECORDED, STACK

ACME = {"id": "25158", "name": "acme", "options": {"remote_basepath": None}}
USER = {"id": "5a1f", "api_key": "secret", "api_keys": [{"id": "1", "allowed_ips": ["10.0.0.5"]}]}

OBJECTS: list[Any] = [
    AlbumImage.from_json({"hash": HASH, "name": "a.jpg"}),
    Alias.from_json({"alias": "logo", "hash": HASH, "organization": "acme"}),
    ApiKey.from_json({"id": "1", "api_key": "secret"}),
    CopiedImages.from_json({"created": [HASH]}),
    Membership.from_json({"user_id": "5a1f", "roles": ["read"], "api_key": "secret"}),
    OperationSchema.from_json("resize", {"properties": {"width": {"type": "integer"}}}),
    Organization.from_json({**ACME, "signing_keys": [{"key": "secret"}]}),
    Page.from_json({"items": [RECORDED], "facets": {"format": []}}, SourceImage.from_json),
    PropertySchema.from_json({"type": "array", "default": [], "items": {"type": "string"}}),
    SourceImage.from_json(RECORDED),
    Stack.from_json(STACK),
    Statistics.from_json({"number_of_files": []}),
    SubOrganization.from_json(ACME),
    User.from_json(USER),
    UserMembership.from_json({"organization": "acme", "roles": ["read"]}),
]


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: type(item).__name__)
def test_object__is_immutable_hashable_and_pickles(item: Any) -> None:
    copy = pickle.loads(pickle.dumps(item))  # noqa: S301 - our own

    assert (copy, hash(copy), copy.raw) == (item, hash(item), item.raw)
    with pytest.raises(FrozenInstanceError):
        setattr(item, fields(item)[0].name, "other")


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: type(item).__name__)
def test_object__prints_neither_raw_nor_keys(item: Any) -> None:
    assert "raw=" not in repr(item)
    assert "secret" not in f"{item!r} {item.raw!r}"


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: type(item).__name__)
def test_object__has_no_place_for_more(item: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        item.unknown = 1
