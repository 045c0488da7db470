"""Strategies for what nobody should send: shaped like the real thing, and wrong somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st

from tests.emulator.hostile.files import damage, wounds
from tests.emulator.pictures import encode, halves

__all__ = [
    "api_calls",
    "expressions",
    "header_lines",
    "json_values",
    "multipart_bodies",
    "noise",
    "render_targets",
    "stack_definitions",
]

Schemas: TypeAlias = Mapping[str, Any]
Strategy: TypeAlias = st.SearchStrategy[Any]

TRAVERSALS = ["..", "../../canary.txt", "..%2f..%2fcanary.txt", "%2e%2e%2fcanary.txt", "/link"]
ODD_TEXTS = [
    *("", "0", "-1", "1e308", "1e-400", "NaN", "Infinity", "-0", "0x10", "٣", "1" * 400),
    *("true", "null", "[]", "{}", "[[", "[1/0]", "[$a]", "[image.width]", "%00", "%ff%fe", "%"),
    *("a\u0301\u202e", "\ud83d\ude00", "'\"<>&", "%0d%0aX: y", "--", "-", ".", "x" * 3000),
    *TRAVERSALS,
]
FORMATS = [*("jpg", "png", "gif", "webp", "avif", "svg", "blur", "tiff", "json"), "xx", "", "m3u8"]
HEADER_NAMES = ["Accept", "Range", "If-None-Match", "If-Modified-Since", "If-Range", "If-Match"]
HEADER_VALUES = [
    *("*/*", "image/webp", "image/avif,image/webp;q=0.8", "image/webp;q=NaN", "bytes=0-0"),
    *("bytes=-5", "bytes=5-2", "bytes=0-1,2-3,-1", "bytes=" + "0-1," * 500, "bytes=9" * 99),
    *("*", '"x"', 'W/"x"', '"', "Thu, 99 Foo 99999 99:99:99 GMT", "0", "x" * 9000, "\xff\x01"),
]
NAMES = st.sampled_from(["a", "b", "w", "é", "__class__", "$", "a.b", "0", "x" * 300])


def noise() -> Strategy:
    return st.binary(max_size=300)


def texts() -> Strategy:
    return st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=20))


def numbers() -> Strategy:
    return st.one_of(st.integers(-5, 20_000), st.floats(), st.integers(-(10**40), 10**40))


def json_values() -> Strategy:
    leaves = st.one_of(st.none(), st.booleans(), numbers(), texts(), expressions())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(_keys(), inner, max_size=4)
        ),
        max_leaves=12,
    )


def _keys() -> Strategy:
    words = "name options operations expressions variables overrides expression width x y height"
    more = "percentage text crop_area subject_area hashes int:a str:b date:c array:d latlon:e"
    return st.one_of(st.sampled_from([*words.split(), *more.split()]), texts())


def expressions() -> Strategy:
    """Nested formulas, of words that exist and of some that must not."""
    words = "1 0 2.5 'x' true null $a $b $nothing image.width image.height options.dpr"
    more = "image.meta_user.a image.__class__ request.headers.save_data image.hash [1,2] {'a':1}"
    leaves = st.one_of(st.sampled_from([*words.split(), *more.split()]), texts())
    signs = "+ - * / % ** ~ .. == === != < >= && || and or in matches | & ^ not ? ."
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("{} {} {}".format, inner, st.sampled_from(signs.split()), inner),
            st.builds("({})".format, inner),
            st.builds("{} ? {} : {}".format, inner, inner, inner),
            st.builds("{}({})".format, st.sampled_from(["atan", "exec", "max", "-", "!"]), inner),
        ),
        max_leaves=10,
    )


def _own_values(schema: Schemas) -> Strategy:
    """Values that the schema allows, its ends more often than what lies between."""
    if schema.get("values"):
        return st.sampled_from(schema["values"])
    if schema["type"] in {"integer", "number"}:
        low, high = int(schema.get("minimum", 0)), int(schema.get("maximum", 99_999))
        formulas = st.sampled_from(["[image.width*9]", "[image.height/3]", "[$w]", "[1/3]"])
        middle = st.integers(max(low, 0), high)
        return st.one_of(middle, middle, st.sampled_from([max(low, 0), high]), formulas)
    if schema.get("pattern"):
        # Hyphens separate in URLs, so that no value can hold one.
        found: Strategy = st.from_regex(str(schema["pattern"]), fullmatch=True)
        return found.filter(lambda text: "-" not in text)
    return st.sampled_from(["true", "false"])


def _odd_values(schema: Schemas) -> Strategy:
    """Values just outside, of other kinds, and formulas."""
    edges = [schema.get("minimum", 0), schema.get("maximum", 9)]
    outside = st.sampled_from([edges[0] - 1, edges[1] + 1, edges[1] * 10**9])
    return st.one_of(outside, texts(), st.builds("[{}]".format, expressions()))


def _part(name: str, schema: Schemas, values: Callable[[Schemas], Strategy]) -> Strategy:
    """Write an operation, or options, with what it needs and some of what it may have."""
    properties = {
        key: found for key, found in schema["properties"].items() if found["type"] != "array"
    }
    needed = schema.get("required", ["width"] if name == "resize" else [])
    pairs = [st.tuples(st.just(key), values(found)) for key, found in properties.items()]
    own = [
        st.tuples(st.just(key), _own_values(properties[key])) for key in needed if key in properties
    ]
    # Nearly right is what reaches the renderer.
    may = st.lists(st.one_of(pairs), max_size=3) if pairs else st.just([])
    return st.builds(
        lambda first, more: "-".join([name, *(f"{key}-{value}" for key, value in (*first, *more))]),
        st.tuples(*own),
        may,
    )


def render_targets(operations: Schemas, options: Schemas, hashes: list[str]) -> Strategy:
    """Render URLs below the organization's path: three of four with nothing but right values."""
    careful, careless = (
        [_part(name, schema, values) for name, schema in operations.items()]
        + [_part("o", {"properties": options}, values)]
        for values in (_own_values, _odd_values)
    )
    known = st.sampled_from(hashes)
    formats = st.sampled_from(FORMATS[:9])
    right = st.builds(
        _target,
        st.just("dynamic"),
        st.lists(st.one_of(careful), min_size=1, max_size=4).map(lambda parts: ["--".join(parts)]),
        known,
        st.just(""),
        formats,
        st.sampled_from(["", "?v={%22w%22:9}", "?v={%22w%22:%22x%22}"]),
    )
    variables = st.builds("v-{}-{}".format, NAMES, texts())
    part = st.one_of(*careful, *careless, variables, texts())
    json_text = json_values().map(lambda value: json.dumps(value, ensure_ascii=False))
    wrong = st.builds(
        _target,
        st.sampled_from(["dynamic", "dynamic", "plain", "_preview", ".."]),
        st.lists(st.lists(part, min_size=1, max_size=3).map("--".join), max_size=3),
        st.one_of(known, known, known, st.builds("-{}-".format, texts()), texts()),
        st.one_of(st.just(""), texts().map(lambda text: f"/{text}")),
        st.sampled_from(FORMATS),
        st.one_of(
            st.just(""),
            json_text.map(lambda text: f"?v={text}"),
            st.builds("?sig={}&sigopts={}&v={}".format, texts(), json_text, texts()),
        ),
    )
    return st.one_of(*[right.map(_escaped)] * 3, wrong.map(_escaped), wrong.map(_raw))


def _target(  # noqa: PLR0917, one place for each part of the grammar
    stack: str, segments: list[str], image: str, name: str, format: str, query: str
) -> str:
    return "/".join(["/render/demo", stack, *segments, image]) + f"{name}.{format}{query}"


def _escaped(target: str) -> bytes:
    return quote(target.encode("utf-8", "surrogatepass"), safe="/?=&%:$*+-_.,;~!()").encode()


def _raw(target: str) -> bytes:
    """Leave every byte as it is, but for those that would end the request's first line."""
    data = target.encode("utf-8", "surrogatepass")
    return data.translate(bytes.maketrans(b" \r\n", b"+++"))


def stack_definitions(operations: Schemas) -> Strategy:
    """Stacks with formulas in every place that takes one."""
    sides = st.dictionaries(st.sampled_from(["width", "height", "enabled"]), expressions())
    resize = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["resize", "crop"]),
            "options": st.just({"width": 9, "height": 9}),
        },
        optional={"expressions": sides},
    )
    enabled = st.fixed_dictionaries({"enabled": expressions()})
    other = st.fixed_dictionaries(
        {"name": st.sampled_from([*operations, "nothing"])}, optional={"expressions": enabled}
    )
    operation = st.one_of(resize, resize, other)
    variables = st.dictionaries(NAMES, json_values(), max_size=3)
    override = st.fixed_dictionaries(
        {
            "expression": expressions(),
            "overrides": st.fixed_dictionaries(
                {}, optional={"options": json_values(), "variables": variables}
            ),
        }
    )
    return st.one_of(
        st.fixed_dictionaries(
            {"operations": st.lists(operation, max_size=3)},
            optional={
                "variables": st.dictionaries(NAMES, st.one_of(expressions(), numbers())),
                "expressions": st.lists(override, max_size=2),
            },
        ),
        json_values(),
    )


def header_lines() -> Strategy:
    value = st.one_of(st.sampled_from(HEADER_VALUES), st.text(st.characters(max_codepoint=255)))
    clean = value.map(lambda text: text.replace("\r", "").replace("\n", "").encode("latin-1"))
    return st.dictionaries(st.sampled_from(HEADER_NAMES), clean, max_size=4)


def api_calls(hashes: list[str]) -> Strategy:
    """Methods, paths and bodies of the API: endpoints that exist, with values that are odd."""
    image = st.one_of(st.sampled_from(hashes), st.sampled_from(hashes), texts())
    area = st.dictionaries(st.sampled_from(["x", "y", "width", "height", "percentage"]), _places())
    dynamic = st.one_of(area, st.dictionaries(NAMES, st.fixed_dictionaries({"crop_area": area})))
    fields = st.dictionaries(_field_names(), json_values(), max_size=4)
    hash_list = st.lists(image, max_size=3)
    calls = [
        _call("GET", st.builds("?{}={}&{}={}".format, _searches(), texts(), _searches(), texts())),
        _call("GET", st.builds("/{}{}".format, image, st.sampled_from(["", "/download"]))),
        _call("PUT", st.builds("/{}/meta/dynamic/{}".format, image, _dynamic_names()), dynamic),
        _call("DELETE", st.builds("/{}/meta/dynamic/{}".format, image, _dynamic_names())),
        _call("PATCH", st.builds("/{}/meta/user".format, image), fields),
        _call("PUT", st.builds("/{}/meta/user".format, image), fields),
        _call("PUT", st.builds("/{}/meta/user/{}".format, image, _field_names()), json_values()),
        _call("PUT", st.builds("/{}/{}".format, image, st.sampled_from(_IMAGE_TAILS))),
        _call("POST", st.builds("/{}/{}".format, image, st.sampled_from(_IMAGE_TAILS)), fields),
        _call("PUT", st.builds("/alias/{}".format, texts()), st.just({"hash": hashes[0]})),
        _call("POST", st.just("/copy"), st.fixed_dictionaries({"hashes": hash_list})),
        _call("GET", st.builds("/download?{}={}".format, _searches(), texts())),
    ]
    others = [
        st.builds("/stacks/fuzz/{}?overwrite=true".format, texts()),
        st.builds("/organizations/{}".format, texts()),
        st.builds("/organizations/fuzz/options/{}".format, _keys()),
        st.builds("/stats/fuzz?from={}&to={}".format, texts(), texts()),
        st.builds("/{}/fuzz".format, texts()),
        st.sampled_from(["/users", "/user", "/user/apikeys", "/user/apikeys/token"]),
        st.sampled_from(["/organizations/fuzz/memberships", "/utils/fuzz/sign_url"]),
    ]
    methods = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "COPY", "HEAD", "BREW"])
    bodies = st.one_of(json_values().map(lambda value: json.dumps(value).encode()), noise())
    rest = st.tuples(methods, st.one_of(others).map(_escaped), bodies)
    return st.one_of(*calls, rest, rest)


def _call(method: str, path: Strategy, body: Strategy | None = None) -> Strategy:
    chosen = json_values() if body is None else body
    written = chosen.map(lambda value: json.dumps(value).encode())
    return st.tuples(
        st.just(method), path.map(lambda tail: _escaped(f"/sourceimages/fuzz{tail}")), written
    )


_IMAGE_TAILS = [
    *("options/locked", "options/protected", "restore", "copy", "autolabel", "autodescription"),
    *("name", "cache", "meta/dynamic", "meta/dynamic/version?deletePrevious=true"),
]


def _places() -> Strategy:
    return st.one_of(st.integers(0, 90), st.integers(0, 90), st.booleans(), json_values())


def _searches() -> Strategy:
    fields = "limit offset sort facets height width user:int:a user:date:b binaryHash created"
    return st.one_of(st.sampled_from([*fields.split(), "cursor", "deleted", "operator"]), texts())


def _field_names() -> Strategy:
    names = ["a", "int:a", "double:a", "date:a", "array:a", "latlon:a", "text:a", "str:a"]
    return st.one_of(st.sampled_from(names), st.sampled_from(names), texts())


def _dynamic_names() -> Strategy:
    known = ["subject_area", "crop_area", "multi_areas", "version", "detection_face", "linked"]
    return st.one_of(st.sampled_from(known), st.sampled_from(known), texts())


def multipart_bodies() -> Strategy:
    """Forms that are nearly right: their parts, their boundaries, then any of their bytes."""
    name = st.one_of(
        st.sampled_from(["filedata", "url[0]", "meta_user[0]", "meta_dynamic[0][subject_area]"]),
        st.sampled_from(["options[]", "meta_user[99999999999]", "meta_static[0]", "x" * 5000]),
        texts(),
    )
    tail = st.one_of(
        st.just(""),
        st.builds('; filename="{}"'.format, texts()),
        st.sampled_from(['; filename="a.png"', "; filename*=UTF-8''%2e%2e%2fx", '; filename="']),
    )
    kinds = ["", "Content-Type: image/png\r\n", "Content-Type: multipart/mixed; boundary=limit\r\n"]
    more = st.sampled_from([*kinds, "Content-Transfer-Encoding: base64\r\n", "X" * 3000 + "\r\n"])
    json_data = json_values().map(lambda value: json.dumps(value).encode())
    data = st.one_of(st.just(encode(halves(9, 7))), json_data, noise(), st.just(b"file:///etc/x"))
    part = st.builds(_form_part, name, tail, more, data)
    picture = _form_part("filedata", '; filename="a.png"', "", encode(halves(9, 7)))
    objects = st.dictionaries(_keys(), json_values(), max_size=3)
    written = objects.map(lambda value: json.dumps(value).encode())
    text = st.builds(_form_part, st.sampled_from(_FIELDS), st.just(""), st.just(""), written)
    right = st.lists(text, max_size=3).map(lambda parts: b"".join([picture, *parts, _END]))
    body = st.builds(
        lambda parts, times, end: b"".join(parts) * times + end,
        st.lists(part, max_size=4),
        st.sampled_from([1, 1, 1, 2, 1500]),
        st.sampled_from([_END, b"", b"--limit", _END * 9]),
    )
    return st.one_of(right, right, st.builds(damage, right, wounds()), body)


_END = b"--limit--\r\n"
_FIELDS = [
    *("meta_user[0]", "meta_user[1]", "meta_dynamic[0]", "meta_dynamic[0][subject_area]"),
    *("options[0]", "options[]", "meta_static[0]", "optimize_source", "meta_dynamic[0][version]"),
]


def _form_part(name: str, tail: str, more: str, data: bytes) -> bytes:
    head = f'--limit\r\nContent-Disposition: form-data; name="{name}"{tail}\r\n{more}\r\n'
    return head.encode("utf-8", "surrogatepass") + data + b"\r\n"
