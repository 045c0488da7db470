"""Writing and changing render URLs, against the official libraries."""

from __future__ import annotations

import math
from typing import Any

import pytest

from django_rokka.render import Operation, RenderURL
from django_rokka.render.reference import make_slug

from tests.render.vectors import host_of, is_refusal, meaning, outcome, read_vectors, vector_id

GET_URL = read_vectors("urls.json", "getUrl")
GET_URL_FROM_URL = read_vectors("urls.json", "getUrlFromUrl")
SLUGIFY = read_vectors("urls.json", "php.slugify")

_BECAUSE = "because '-' and '/' separate its parts. Put the value into a stack variable."
_NO_URL = "Use '/<stack>[/<operations>...]/<hash or -_alias_->[/<name>].<format>'."
_ENCODED = "URLs are always percent-encoded; there is no removeSafeUrlFromQuery"
_LATIN = "a letter loses its marks, whatever the language"

# Where we differ on purpose: id, our URL or refusal, reason. The first two tables are about the
# JavaScript library, URL by URL; the third is about the meaning of what the PHP library writes.
DEPARTURES_OF_GET_URL = {
    "urls-3c0189cd": (
        "https://myorg.rokka.io/dynamic/resize-width-100-upscale-false/c421f4.jpg",
        "false is a value; the library writes __undefined__",
    ),
    "urls-032c5652": (
        "https://myorg.rokka.io/dynamic/noop/c421f4.jpg",
        "no operations are written in one way, not in two",
    ),
    "urls-ec8a1851": (
        "https://myorg.rokka.io/mystack/c421f4.jpg?v=%7B%22t%22%3A%22a%2Fb%3Fc%26d%22%7D",
        _ENCODED,
    ),
    "urls-91c5329b": (
        "refused: rotate background_color has no value; leave it out or give it one.",
        "null is no value; the library writes __undefined__",
    ),
    "urls-c8bfc2ac": (
        f"refused: text text cannot be 'Hello World/2' in a render URL, {_BECAUSE}",
        "a slash would end the segment",
    ),
    "urls-d860cc90": (
        f"refused: rotate angle cannot be '-45' in a render URL, {_BECAUSE}",
        "a hyphen would be taken for a separator",
    ),
}
DEPARTURES_OF_GET_URL_FROM_URL = {
    "urls-e827b46b": (
        "https://example.com/large/abcdef.gif",
        "the host stays; the library makes up one that does not exist",
    ),
    "urls-35112ea3": (
        "http://myorg.localhost:8080/large/abcdef/name.jpg",
        "the host stays; the library loses its way at the port",
    ),
    "urls-342c0abb": (
        "refused: The query parameter v='notjson' is no JSON; write an object.",
        "what is broken is not read, even if it would be dropped",
    ),
    "urls-8dd66c88": (
        (
            "https://myorg.rokka.io/newStack/v-foo-bar-hi-ho"
            "/c421f4e8cefe0fd3aab22832f51e85bacda0a47a/foo.jpg"
            "?v=%7B%22baz%22%3A%22hello-world%22%7D"
        ),
        _ENCODED,
    ),
}
DEPARTURES_FROM_PHP = {
    "urls-20ffefdc": (
        f"refused: 'https://example.com/some/image.gif' is no render URL. {_NO_URL}",
        "what cannot be changed is an error; the library returns it unchanged",
    ),
    "urls-53be87b0": (
        "https://test.rokka.io/stackname/o-dpr-2/b53763/foo_bar.jpg",
        "a file name may hold '_'; the library takes the URL for none and returns it unchanged",
    ),
    "urls-4131a211": (
        (
            "https://testorg.rokka.io/dynamic/resize-width-200-height-300"
            "/o-autoformat-true-jpg.transparency.autoformat-true"
            "/71775293697709c1a1ce66f05d7c011a6982a6a9/seo-strang.png"
        ),
        _LATIN,
    ),
}
DEPARTURES_OF_SLUGIFY = {
    "urls-32393285": ("strasse-nach-zurich", _LATIN),
    "urls-0e6934b9": ("etwas-mit-umlauten", _LATIN),
    "urls-ce186653": ("rskbing", "letters that have no marks to lose are left out"),
    "urls-d1fd68a6": ("image", "scripts other than Latin are not transcribed"),
    "urls-cab8a46d": ("image", "a reference always has a name"),
}


def stack_parts(stack: Any) -> dict[str, Any]:
    if isinstance(stack, list):
        return {"stack": "dynamic", "operations": tuple(map(Operation.from_json, stack))}
    return {"stack": stack or "dynamic", "operations": ()}


def get_url(given: dict[str, Any]) -> str:
    options = given["options"] or {}
    host = given["render_host"] or "https://{organization}.rokka.io"
    return RenderURL(
        image=given["hash"],
        format=given["format"],
        **stack_parts(given["stack"]),
        options=options.get("stackoptions") or {},
        variables=options.get("variables") or {},
        filename=options.get("filename") or "",
    ).build(host.replace("{organization}", given["organization"]))


def get_url_from_url(given: dict[str, Any]) -> str:
    options = given["options"] or {}
    url = RenderURL.parse(given["url"])
    kept = url.variables if options.get("clearVariables") is False else {}
    return url._replace(
        **stack_parts(given["stack"]),
        overrides=(),
        format=options.get("format", url.format),
        options=options.get("stackoptions", {}),
        variables={**kept, **options.get("variables", {})},
        filename=options.get("filename", url.filename),
    ).build(host_of(given["url"]))


def change(url: RenderURL, options: Any) -> RenderURL:
    """Change a URL by PHP's options: an object, or a text in the notation of URLs."""
    if isinstance(options, str):
        read = RenderURL.parse(f"/s/{options}/abcdef.jpg")
        operations, options = read.overrides, read._asdict()
    else:
        operations = tuple(map(Operation.from_json, options.get("operations", [])))
    return url.overridden(*operations)._replace(
        options={**url.options, **options.get("options", {})},
        variables={**url.variables, **options.get("variables", {})},
    )


def add_options(given: dict[str, Any]) -> str:
    return change(RenderURL.parse(given["url"]), given["options"]).build(host_of(given["url"]))


def get_srcset_url(given: dict[str, Any]) -> str:
    url = RenderURL.parse(given["url"])
    number, unit = float(given["size"][:-1]), given["size"][-1]
    custom = given["custom"] or ""
    changes = f"o-dpr-{custom[:-1]}" if custom.endswith("x") else custom
    changed = change(url, changes)
    if unit == "x":
        options = {"dpr": f"{number:g}", **changed.options}
        return changed._replace(options=options).build(host_of(given["url"]))
    if given["set_width_in_url"] and "resize-width" not in changes:
        ratio = float(changed.options.get("dpr", 1))
        changed = changed.resized(math.ceil(number / ratio))
    return changed.build(host_of(given["url"]))


def compose_uri(given: dict[str, Any]) -> str:
    """Compose the parts; the stack is a text in the notation of URLs."""
    parts = given["components"]
    url = RenderURL.parse(f"/{parts['stack']}/{parts['hash']}.{parts['format']}")
    return url._replace(filename=parts.get("filename", "")).build(given["url"] or "")


def get_stack_url(given: dict[str, Any]) -> str:
    image, stack, extension, seo, _language = fill(given["args"], "", "", "jpg", "", "")
    url = RenderURL.parse(f"/{stack}/{image}.{extension}")
    host = f"https://{given['organization']}.rokka.io"
    return url._replace(filename=seo and make_slug(seo)).build(host)


def fill(args: list[Any], *defaults: Any) -> list[Any]:
    return [*args, *defaults[len(args) :]]


def build_dynamic(
    given: dict[str, Any], *operations: Operation, format: str = "jpg", seo: str = ""
) -> str:
    return RenderURL(
        image=given["args"][0],
        format=format,
        operations=operations,
        options={"autoformat": True, "jpg.transparency.autoformat": True},
        filename=seo and make_slug(seo),
    ).build(f"https://{given['organization']}.rokka.io")


def get_resize_url(given: dict[str, Any]) -> str:
    _hash, width, height, extension, seo, _language = fill(given["args"], "", 0, 0, "jpg", "", "")
    sides = {"width": width, "height": height} if height else {"width": width}
    return build_dynamic(given, Operation("resize", **sides), format=extension, seo=seo)


def get_resize_crop_url(given: dict[str, Any]) -> str:
    _hash, width, height = given["args"]
    return build_dynamic(
        given,
        Operation("resize", width=width, height=height, mode="fill"),
        Operation("crop", width=width, height=height),
    )


def get_original_size_url(given: dict[str, Any]) -> str:
    return build_dynamic(given, format=given["args"][1])


PHP_CALLS = {
    "php.addOptionsToUri": add_options,
    "php.composeUri": compose_uri,
    "php.getOriginalSizeUrl": get_original_size_url,
    "php.getResizeCropUrl": get_resize_crop_url,
    "php.getResizeUrl": get_resize_url,
    "php.getSrcSetUrl": get_srcset_url,
    "php.getStackUrl": get_stack_url,
}
PHP = read_vectors("urls.json", *PHP_CALLS)


def result_of(vector: dict[str, Any]) -> Any:
    """Return what a library gave: a text, or that it threw an error."""
    return "refused: " if vector.get("expected_error") else vector["expected"]


def agrees(ours: Any, expected: Any) -> bool:
    return bool(ours == expected) or (is_refusal(ours) and is_refusal(expected))


@pytest.mark.parametrize("vector", GET_URL, ids=vector_id)
def test_build__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    ours, _reason = DEPARTURES_OF_GET_URL.get(vector["id"], (vector["expected"], ""))

    assert outcome(get_url, vector) == ours


@pytest.mark.parametrize("vector", GET_URL_FROM_URL, ids=vector_id)
def test_replace__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    result = outcome(get_url_from_url, vector)

    if vector["id"] in DEPARTURES_OF_GET_URL_FROM_URL:
        assert result == DEPARTURES_OF_GET_URL_FROM_URL[vector["id"]][0]
    else:
        assert agrees(result, result_of(vector)), result


@pytest.mark.parametrize("vector", PHP, ids=vector_id)
def test_url__means_the_same_as_in_the_php_library(vector: dict[str, Any]) -> None:
    result = outcome(PHP_CALLS[vector["call"]], vector)

    if vector["id"] in DEPARTURES_FROM_PHP:
        assert result == DEPARTURES_FROM_PHP[vector["id"]][0]
    else:
        assert meaning(result) == meaning(vector["expected"])


@pytest.mark.parametrize("vector", SLUGIFY, ids=vector_id)
def test_make_slug__is_as_in_the_php_library(vector: dict[str, Any]) -> None:
    ours, _reason = DEPARTURES_OF_SLUGIFY.get(vector["id"], (vector["expected"], ""))

    assert make_slug(vector["input"]["text"]) == ours


@pytest.mark.parametrize(
    ("vectors", "departures"),
    [
        (GET_URL, DEPARTURES_OF_GET_URL),
        (GET_URL_FROM_URL, DEPARTURES_OF_GET_URL_FROM_URL),
        (SLUGIFY, DEPARTURES_OF_SLUGIFY),
    ],
)
def test_departures__still_depart(
    vectors: list[dict[str, Any]], departures: dict[str, tuple[str, str]]
) -> None:
    expected = {vector["id"]: result_of(vector) for vector in vectors}

    assert [name for name, (ours, _) in departures.items() if agrees(ours, expected[name])] == []


def test_departures__from_php_still_depart_in_meaning() -> None:
    expected = {vector["id"]: meaning(vector["expected"]) for vector in PHP}
    departures = DEPARTURES_FROM_PHP.items()

    assert [name for name, (ours, _) in departures if meaning(ours) == expected[name]] == []
