"""Users, keys and tokens, read from what rokka sends."""

from __future__ import annotations

import json
import traceback
from base64 import urlsafe_b64encode
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.client import ApiKey, Secret, Token, User

SECRET = "NobodyMaySeeThis"


def make_token(claims: object) -> str:
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.{SECRET}"


@pytest.mark.parametrize("name", ["id", "user_id"])
def test_user__has_an_id_by_either_name(name: str) -> None:
    assert User.from_json({name: "5a1f"}) == User(id="5a1f")


def test_user__masks_keys_in_whatever_is_printed() -> None:
    data = {"id": "5a1f", "api_key": SECRET, "api_keys": [{"id": "1", "api_key": SECRET}]}

    user = User.from_json(data)

    assert (user.api_key, user.api_keys[0].api_key, user.raw) == (SECRET, SECRET, data)
    assert SECRET not in f"{user!r} {user.raw!r} {user.api_keys[0].raw!r}"


def test_api_key__of_2021_tells_its_id_only() -> None:
    key = ApiKey.from_json({"id": "1", "comment": None, "allowed_ips": None, "expires": None})

    assert key == ApiKey(id="1")


def test_token__reads_its_claims() -> None:
    claims = {
        "id": "7f99",
        "exp": 1652780195,
        "expt": 86400,
        "ips": ["212.50.10.10"],
        "rn": True,
        "mfa": True,
        "color": "blue",
    }

    token = Token.parse(make_token(claims))

    assert token == Token(
        token=Secret(make_token(claims)),
        id="7f99",
        expires=datetime(2022, 5, 17, 9, 36, 35, tzinfo=timezone.utc),
        period=86400,
        ips=("212.50.10.10",),
        is_renewable=True,
        is_mfa=True,
    )
    assert token.raw == claims


def test_token__needs_an_end_only() -> None:
    token = Token.parse(make_token({"exp": 0}))

    assert (token.id, token.period, token.ips) == ("", 0, ())
    assert (token.is_renewable, token.is_mfa) == (False, False)


def test_token__is_masked_in_whatever_is_printed() -> None:
    token = Token.parse(make_token({"exp": 0}))

    assert SECRET not in f"{token!r} {token.raw!r}"


@given(st.text() | st.builds(make_token, st.recursive(st.none() | st.integers(), st.lists)))
def test_token__of_any_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^The text is no JSON web token of rokka\.$"):
        Token.parse(text)


@pytest.mark.parametrize(
    "claims",
    [{}, {"exp": "soon"}, {"exp": 10**20}, {"exp": None}, {"exp": 1, "ips": "all"}],
    ids=repr,
)
def test_token__without_an_end_is_a_value_error(claims: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is no JSON web token") as caught:
        Token.parse(make_token(claims))

    assert SECRET not in "".join(traceback.format_exception(caught.value))
