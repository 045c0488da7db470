"""Options, flat settings and defaults."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from django_rokka.client import Secret
from django_rokka.conf import OPTION_NAMES, Config, find_problems, mask, read_config

MINIMAL: dict[str, Any] = {"organization": "acme", "api_key": "the-key"}


def read(**options: Any) -> Config:
    return read_config(mask(options))


def test_read_config__defaults_need_an_organization_and_a_key_only() -> None:
    assert read(**MINIMAL) == Config(**MINIMAL)


def test_read_config__options_come_before_settings_and_settings_before_defaults(
    settings: Settings,
) -> None:
    settings.ROKKA_ORGANIZATION = "from-settings"
    settings.ROKKA_DEFAULT_STACK = "from-settings"

    config = read(**MINIMAL, retries=0)

    assert (config.organization, config.default_stack, config.retries, config.verify) == (
        "acme",
        "from-settings",
        0,
        True,
    )


@pytest.mark.parametrize("name", sorted(OPTION_NAMES - {"api_url"}))
def test_read_config__reads_every_option_from_a_setting_too(settings: Settings, name: str) -> None:
    values = {
        "timeout": 3,
        "retries": 2,
        "upload_deadline": 5,
        "invalidation_budget": 5,
        "verify": False,
        "stacks": {"s": {}},
        "signed_stacks": ["thumb"],
        "sign_dynamic": True,
        "read_only": True,
        "on_delete": "never",
        "signing_key": "told",
    }
    hosts = {"api_host": "http://127.0.0.1:1/api", "render_host": "/render"}
    value = {**values, **hosts}.get(name, "told")
    setattr(settings, f"ROKKA_{name.upper()}", value)

    given = {**MINIMAL, "signing_key": "a-key"}
    options = {key: told for key, told in given.items() if key != name}

    assert getattr(read(**options), name) == value


def test_read_config__none_means_not_set() -> None:
    assert read(**MINIMAL, timeout=None, signing_key=None) == Config(**MINIMAL)


def test_read_config__takes_extra_names_and_defaults_of_a_subclass() -> None:
    config = read_config(
        mask({"root": "/tmp", "api_key": "k"}),
        known=OPTION_NAMES | {"root"},
        defaults={"organization": "demo", "retries": 1},
    )

    assert config == Config(organization="demo", api_key="k", retries=1)


def test_config__render_base_names_the_organization() -> None:
    assert Config(organization="acme").render_base == "https://acme.rokka.io"
    assert (
        Config(organization="acme", render_host="http://cdn.test/r/{organization}/").render_base
        == "http://cdn.test/r/acme"
    )


def test_config__repr_shows_no_key() -> None:
    shown = repr(read(**MINIMAL, signing_key="the-signing-key"))

    assert "organization='acme'" in shown
    assert "the-key" not in shown
    assert "the-signing-key" not in shown


# ROKKA_API_URL


@pytest.mark.parametrize("where", ["OPTIONS", "settings"])
def test_api_url__configures_an_organization_in_one_line(settings: Settings, where: str) -> None:
    url = "rokka://the%2Fkey%40@acme?default_stack=content&api_host=http%3A%2F%2F127.0.0.1%3A1"
    if where == "settings":
        settings.ROKKA_API_URL = url

    config = read(api_url=url) if where == "OPTIONS" else read()

    assert config == Config(
        organization="acme",
        api_key="the/key@",
        default_stack="content",
        api_host="http://127.0.0.1:1",
    )


def test_api_url__gives_way_to_what_is_said_by_name(settings: Settings) -> None:
    settings.ROKKA_DEFAULT_STACK = "by-name"

    config = read(api_url="rokka://url-key@acme?default_stack=by-url", api_key="named-key")

    assert (config.organization, config.api_key, config.default_stack) == (
        "acme",
        "named-key",
        "by-name",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://the-key@acme",
        "rokka://acme",
        "rokka://the-key@",
        "rokka://the-key@[acme",
        "rokka://the-key@acme?colour=red",
        "the-key@acme",
        5,
        b"rokka://the-key@acme",
    ],
)
def test_api_url__that_cannot_be_read_says_how_to_write_it(url: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="rokka://KEY@ORGANIZATION") as caught:
        read(api_url=url)

    assert "the-key" not in str(caught.value)


# What is wrong


def problems(**options: Any) -> list[tuple[int, str]]:
    return [(problem.number, problem.message) for problem in find_problems(mask(options))]


def test_find_problems__is_silent_when_all_is_right() -> None:
    options = {
        **MINIMAL,
        "signing_key": "s",
        "api_host": "https://api.rokka.test/v1",
        "render_host": "/rokka/render/acme",
        "timeout": (2, 3.5),
        "retries": 0,
        "upload_deadline": 0.5,
        "stacks": {},
    }

    assert problems(**options) == []


def test_find_problems__names_what_is_missing() -> None:
    assert problems() == [
        (3, "A rokka storage has no organization."),
        (3, "A rokka storage has no api_key."),
    ]
    hints = [problem.hint for problem in find_problems({})]
    assert hints[1] == "Set the option 'api_key' in STORAGES, or ROKKA_API_KEY, or ROKKA_API_URL."


def test_find_problems__lists_the_valid_names_for_an_unknown_one() -> None:
    unknown = list(find_problems({**MINIMAL, "stack": "x"}))

    assert [problem.message for problem in unknown] == [
        "Unknown option 'stack' of a rokka storage."
    ]
    assert all(name in unknown[0].hint for name in OPTION_NAMES)


@pytest.mark.parametrize(
    ("name", "host", "shown"),
    [
        ("api_host", "api.rokka.io", "'api.rokka.io'"),
        ("api_host", "/api", "'/api'"),
        ("api_host", "https://", "'https://'"),
        ("api_host", "https://api.rokka.io?x=1", "'https://api.rokka.io?x=1'"),
        ("api_host", "https://me:secret@api.rokka.io", "'https://********@api.rokka.io'"),
        ("render_host", "{organization}.rokka.io", "'{organization}.rokka.io'"),
        ("render_host", "ftp://cdn.test", "'ftp://cdn.test'"),
        ("api_host", "https://api.rokka.io:port", "'https://api.rokka.io:port'"),
        ("api_host", "https://api. rokka.io", "'https://api. rokka.io'"),
    ],
)
def test_find_problems__a_host_is_a_whole_url(name: str, host: str, shown: str) -> None:
    assert problems(**MINIMAL, **{name: host}) == [(4, f"The option {name} is {shown}.")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retries", -1),
        ("retries", "3"),
        ("retries", True),
        ("upload_deadline", "soon"),
        ("upload_deadline", 0),
        ("timeout", 0),
        ("timeout", "5"),
        ("timeout", (1, None)),
        ("timeout", (1, 2, 3)),
    ],
)
def test_find_problems__a_number_is_a_number(name: str, value: object) -> None:
    assert problems(**MINIMAL, **{name: value}) == [(5, f"The option {name} is {value!r}.")]


def test_find_problems__stacks_are_a_dict() -> None:
    assert problems(**MINIMAL, stacks=["thumb"]) == [(6, "The option stacks is a list.")]


RIGHT_STACKS: dict[str, Any] = {
    "empty": {"operations": []},
    "list": [{"name": "grayscale"}],
    "by-variable": {
        "operations": [{"name": "resize", "expressions": {"width": "$w", "height": "$w / 2"}}],
        "variables": {"w": 1200},
    },
    "in_ratio": {
        "operations": [
            {"name": "resize", "expressions": {"width": "200 * image.width / image.height"}},
            {"name": "rotate", "options": {"angle": "90"}},
        ]
    },
}


def resize(**members: Any) -> dict[str, Any]:
    return {"operations": [{"name": "resize", **members}], "variables": {"w": 1200}}


@pytest.mark.parametrize(
    ("name", "definition", "hint"),
    [
        ("bad", {"operations": [{"options": {"width": 1}}]}, "An operation has no name"),
        ("bad", resize(options={"width": "$w"}), "'$w' of an operation is no number"),
        ("bad", resize(options={"width": ["400"]}), "no number"),
        ("bad", resize(options={"width": "inf"}), "no number"),
        ("bad", resize(expressions={"width": "$width"}), "the variable $width has no value"),
        ("bad", resize(expressions={"width": "$w +"}), "a value is missing"),
        ("bad", [{"name": "trim"}, {"name": "crop", "options": {"width": "x"}}], "no number"),
        ("bad", [{"name": "rotate", "options": {"angle": "left"}}], "The angle 'left'"),
        ("a b", {}, "'a b' is no stack name: use letters, digits, '_' and '-'."),
        ("a/../b", {}, "'a/../b' is no stack name"),
        (5.5, {}, "'5.5' is no stack name"),
    ],
)
def test_find_problems__each_stack_is_tried(name: Any, definition: Any, hint: str) -> None:
    stacks = {**RIGHT_STACKS, name: definition}
    (problem,) = find_problems(mask({**MINIMAL, "stacks": stacks}))
    assert problem[:2] == (6, f"The stack {name!r} cannot be used.")
    assert hint in problem.hint


def test_find_problems__an_operation_is_one_that_rokka_has() -> None:
    stacks = {**RIGHT_STACKS, "typo": [{"name": "reisze", "options": {"width": 200}}]}
    (problem,) = find_problems(mask({**MINIMAL, "stacks": stacks}))
    assert problem[:2] == (6, "The stack 'typo' has an unknown operation 'reisze'.")
    assert "resize, rotate, sepia" in problem.hint


@pytest.mark.parametrize("organization", ["acme/../x y", "Acme", "acme.rokka.io", "acme\n", "a_b"])
def test_find_problems__an_organization_is_a_name(organization: str) -> None:
    found = problems(organization=organization, api_key="k")
    assert found == [(15, f"The option organization is {organization!r}.")]


@pytest.mark.parametrize("stack", ["a b", "../x", "thumb/resize-width-1", "-thumb"])
def test_find_problems__a_default_stack_is_a_name(stack: str) -> None:
    found = problems(**MINIMAL, default_stack=stack)
    assert found == [(16, f"The option default_stack is {stack!r}.")]
    assert problems(**MINIMAL, default_stack="dynamic") == []


@pytest.mark.parametrize("value", [[], ("thumb",), {"thumb"}, frozenset({"thumb"})], ids=repr)
def test_find_problems__signed_stacks_are_names(value: object) -> None:
    assert problems(**MINIMAL, signing_key="s", signed_stacks=value) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("thumb", "The option signed_stacks is a str."),
        ({"thumb": {}}, "The option signed_stacks is a dict."),
        (["thumb", "a b"], "The option signed_stacks has 'a b'."),
        ([None], "The option signed_stacks has None."),
        ([""], "The option signed_stacks has ''."),
    ],
)
def test_find_problems__signed_stacks_are_nothing_else(value: object, message: str) -> None:
    found = problems(**MINIMAL, signing_key="s", signed_stacks=value)

    assert found == [(32, message)]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"signed_stacks": ["thumb"]}, "signed_stacks"),
        ({"sign_dynamic": True}, "sign_dynamic"),
    ],
)
def test_find_problems__what_is_signed_needs_a_key(options: dict[str, Any], named: str) -> None:
    expected = [(33, f"The option {named} needs a key to sign with.")]

    assert problems(**MINIMAL, **options) == expected
    assert problems(**MINIMAL, **options, signing_key="s") == []


@pytest.mark.parametrize("value", ["delete", "", True, ["never"]])
def test_find_problems__on_delete_is_one_of_two(value: object) -> None:
    found = [*find_problems(mask({**MINIMAL, "on_delete": value}))]

    assert found == [(34, f"The option on_delete is {value!r}.", "Use 'release' or 'never'.")]


@pytest.mark.parametrize("name", ["read_only", "sign_dynamic", "verify"])
@pytest.mark.parametrize("value", ["False", 1, []])
def test_find_problems__a_flag_is_true_or_false(name: str, value: object) -> None:
    found = problems(**MINIMAL, signing_key="s", **{name: value})

    assert found == [(35, f"The option {name} is {value!r}.")]


@pytest.mark.parametrize(
    "name", ["organization", "api_key", "signing_key", "default_stack", "fallback"]
)
def test_find_problems__a_text_is_a_text(name: str) -> None:
    expected = (8, f"The option {name} is of type bytes.")

    assert problems(**{**MINIMAL, name: b"the-key"}) == [expected]


@pytest.mark.parametrize("key", ["the-key\n", " the-key", "the key", "thé-key"])
def test_find_problems__a_key_has_no_white_space(key: str) -> None:
    message = "The option api_key has characters that no key has, such as white space."

    assert problems(organization="acme", api_key=key) == [(9, message)]


def test_mask__hides_what_is_meant_as_a_key_whatever_its_type() -> None:
    masked = mask({"api_key": b"the-key", "signing_key": "the-key", "retries": 3})

    assert "the-key" not in repr(masked)
    assert type(masked["signing_key"]) is Secret
    assert masked["retries"] == 3
