"""Render URLs, written and read back."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"

images = st.one_of(
    st.from_regex(r"[0-9a-f]{6,40}", fullmatch=True),
    st.from_regex(r"-_[A-Za-z0-9_]{1,20}_-", fullmatch=True),
    st.sampled_from(["-https://example.com/a b/c.jpg?d=e-", "-2017/06/pic.jpg-"]),
)
names = st.from_regex(r"[a-z][a-z0-9_.]{0,10}", fullmatch=True)
values = st.from_regex(r"[A-Za-z0-9_.,*$ %ü\[\]+:]{1,12}", fullmatch=True)
operations = st.builds(
    lambda name, options: Operation(name, **options),
    st.sampled_from(["resize", "crop", "rotate", "blur", "grayscale", "text"]),
    st.dictionaries(names, values, max_size=3),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
urls = st.builds(
    lambda stack, operations, **parts: RenderURL(
        stack=stack,
        operations=operations if stack == "dynamic" else (),
        overrides=() if stack == "dynamic" else operations,
        **parts,
    ),
    stack=st.sampled_from(["dynamic", "thumb", "_preview-1"]),
    operations=st.lists(operations, min_size=1, max_size=3).map(tuple),
    image=images,
    format=st.sampled_from(["jpg", "png", "webp", "avif"]),
    options=st.dictionaries(st.sampled_from(["dpr", "jpg.quality", "autoformat"]), values),
    variables=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
        st.one_of(texts, st.booleans(), st.none(), st.lists(st.integers())),
        max_size=4,
    ),
    filename=st.from_regex(r"([a-zA-Z0-9ü(). -]{0,20}[a-zA-Z0-9)])?", fullmatch=True),
)


@given(urls)
def test_parse__gives_back_the_parts(url: RenderURL) -> None:
    assert RenderURL.parse(url.path) == url


def test_path__of_a_remote_image_takes_no_file_name_that_would_move_its_end() -> None:
    url = RenderURL(image="-https://example.com/a.jpg-", format="jpg", stack="s", filename="a-")
    with pytest.raises(InvalidRenderURL, match=r"'a-' cannot follow '-https.*Leave it out"):
        url.path  # noqa: B018  # writing is the claim


@given(urls)
def test_path__is_plain_ascii_without_quotes_brackets_and_spaces(url: RenderURL) -> None:
    assert url.path.isascii()
    assert not set('"<> \t\r\n\\') & set(url.path)


odd_texts = st.one_of(st.text(), st.text("/-_.?v={}[]abcdef0123:%", max_size=40))


@given(
    st.one_of(
        odd_texts,
        odd_texts.map("/s/abcdef.jpg?{}".format),
        odd_texts.map("/{}/abcdef.jpg".format),
    )
)
def test_parse__of_any_text_raises_its_own_error_only(text: str) -> None:
    with suppress(InvalidRenderURL):
        RenderURL.parse(text)


@pytest.mark.parametrize("target", ["/abcdef.jpg", "/s/logo.jpg", "/s/abcdef", "//[/abcdef.jpg"])
def test_parse__refuses_what_is_no_render_url(target: str) -> None:
    with pytest.raises(InvalidRenderURL) as caught:
        RenderURL.parse(target)

    assert str(caught.value) == (
        f"{target!r} is no render URL. Use"
        " '/<stack>[/<operations>...]/<hash or -_alias_->[/<name>].<format>'."
    )


def test_parse__refuses_an_option_without_a_value() -> None:
    with pytest.raises(InvalidRenderURL) as caught:
        RenderURL.parse("/s/resize-width/abcdef.jpg")

    assert str(caught.value) == ("'width' in 'resize-width' has no value; write 'name-key-value'.")


def test_parse__refuses_json_nested_without_end() -> None:
    with pytest.raises(InvalidRenderURL, match="is no JSON; write an object"):
        RenderURL.parse("/s/abcdef.jpg?v=" + "[" * 100_000)


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("/s/o-af-true/abcdef.jpg", {"options": {"autoformat": "true"}}),
        ("/s/options-j.q-60/abcdef.jpg", {"options": {"jpg.quality": "60"}}),
        ("/s/variables-w-1/v-w-2-h-3/abcdef.jpg", {"variables": {"w": "2", "h": "3"}}),
        ('/s/v-w-1/abcdef.jpg?v={"w":2}', {"variables": {"w": 2}}),
        ("/s//o-dpr-2--/abcdef.jpg", {"options": {"dpr": "2"}}),
        ("/s/abcdef/some.name.JPG", {"filename": "some.name", "format": "jpg"}),
        ("https://acme.rokka.io/s/abcdef.jpg", {"stack": "s"}),
        (
            "/dynamic/resize-width-2--crop-width-2/rotate-angle-90/abcdef.jpg",
            {
                "operations": (Operation("resize", width="2"), Operation("crop", width="2")),
                "overrides": (Operation("rotate", angle="90"),),
            },
        ),
    ],
)
def test_parse__reads_what_others_write(target: str, part: dict[str, Any]) -> None:
    parsed = RenderURL.parse(target)._asdict()

    assert {name: parsed[name] for name in part} == part


@pytest.mark.parametrize(
    ("path", "operations", "overridden"),
    [
        (
            "/thumb/resize-width-9-height-8--blur-sigma-1",
            (Operation("resize", width=3), Operation("crop", width=2)),
            "/thumb/resize-width-3-height-8--blur-sigma-1--crop-width-2",
        ),
        (
            "/thumb/resize-width-1--resize-height-2",
            (Operation("resize", mode="fill"), Operation("resize", width=3)),
            "/thumb/resize-width-3-height-2-mode-fill",
        ),
        (
            "/dynamic/resize-width-1--blur--resize-height-2/resize-width-7--crop-width-7",
            (Operation("resize", width=3),),
            "/dynamic/resize-width-3--blur--resize-height-2-width-3",
        ),
        ("/dynamic/noop/o-dpr-2/v-w-1", (), "/dynamic/noop/o-dpr-2/v-w-1"),
    ],
)
def test_overridden__changes_every_operation_of_a_name(
    path: str, operations: tuple[Operation, ...], overridden: str
) -> None:
    url = RenderURL.parse(f"{path}/{HASH}/name.jpg")

    assert url.overridden(*operations).path == f"{overridden}/{HASH}/name.jpg"


@given(urls, st.lists(operations, max_size=3))
def test_overridden__renders_what_an_appended_override_renders(
    url: RenderURL, changes: list[Operation]
) -> None:
    known = {operation.name for operation in url.operations}
    given = [item for item in changes if item.name in known or not url.is_dynamic]
    appended = url._replace(overrides=(*url.overrides, *given))

    overridden = url.overridden(*given)

    assert resolved(overridden) == resolved(appended)
    assert overridden.overridden() == overridden


def resolved(url: RenderURL) -> Any:
    """Return what is rendered; of a named stack, by a definition that has all operations."""
    names = ["resize", "crop", "rotate", "blur", "grayscale", "text", "resize"]
    steps = url.operations if url.is_dynamic else [Operation(name) for name in names]
    # What is in brackets would be computed; it is not the subject.
    plain = [
        Operation(item.name, **{key: str(value).strip("[]") for key, value in item.options.items()})
        for item in [*steps, *url.overrides]
    ]
    definition = StackDefinition.from_operations(plain[: len(steps)])
    return definition.resolve(overrides=plain[len(steps) :])


def test_overridden__refuses_what_the_dynamic_stack_does_not_have() -> None:
    url = RenderURL(image=HASH, format="jpg", operations=(Operation("blur"),))

    with pytest.raises(InvalidRenderURL) as caught:
        url.overridden(Operation("blur", sigma=1), Operation("crop", width=1))

    assert str(caught.value) == (
        "The dynamic stack has no operation 'crop' to override; add it to its operations."
    )


def test_path__refuses_a_remote_image_that_begins_like_a_segment() -> None:
    url = RenderURL(image="--a.jpg-", format="jpg", stack="s")
    with pytest.raises(InvalidRenderURL, match=r"'--a\.jpg-' is no image"):
        url.path  # noqa: B018  # writing is the claim


def test_build__appends_to_a_host_with_a_path() -> None:
    url = RenderURL(image=HASH, format="jpg", stack="thumb", filename="beach")

    assert url.build("http://localhost/render/acme/") == (
        f"http://localhost/render/acme/thumb/{HASH}/beach.jpg"
    )


def test_build__signed_leaves_out_the_name_and_signs_behind_the_host() -> None:
    url = RenderURL(image="c1b110", format="jpg", filename="beach")

    signature = sha256(b"/dynamic/noop/c1b110.jpg:key").hexdigest()[:16]
    assert url.build("http://localhost/render/acme", signing_key="key") == (
        f"http://localhost/render/acme/dynamic/noop/c1b110.jpg?sig={signature}"
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"stack": "a/b"}, "'a/b' is no stack name: use letters, digits, '_' and '-'."),
        (
            {"stack": "thumb", "operations": (Operation("blur"),)},
            (
                "Operations belong to the dynamic stack, not to 'thumb': leave out the stack, or"
                " pass them as overrides."
            ),
        ),
        (
            {"image": "logo"},
            (
                "'logo' is no image: use a hash of 6 to 40 hexadecimal digits, '-_<alias>_-' or"
                " '-<remote path>-'."
            ),
        ),
        (
            {"format": "j/g"},
            "'j/g' is no image format: use an extension such as jpg, png or webp.",
        ),
        (
            {"variables": {"a-b": 1}},
            "'a-b' is no variable name: start with a letter, use letters, digits and '_'.",
        ),
    ],
)
def test_path__refuses_what_cannot_be_written(parts: dict[str, Any], message: str) -> None:
    url = RenderURL(**{"image": HASH, "format": "jpg", **parts})

    with pytest.raises(InvalidRenderURL) as caught:
        str(url.path)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (RenderURL(image=HASH, format="jpg"), "/dynamic/resize-width-300"),
        (
            RenderURL(
                image=HASH,
                format="jpg",
                operations=(
                    Operation("crop", width=90),
                    Operation("resize", width=40, height=30, upscale=False),
                    Operation("blur"),
                ),
            ),
            "/dynamic/crop-width-90--resize-width-300-upscale-false--blur",
        ),
        (RenderURL(image=HASH, format="jpg", stack="thumb"), "/thumb/resize-width-300"),
    ],
)
def test_resized__changes_the_width_and_nothing_else(url: RenderURL, path: str) -> None:
    assert url.resized(300).path == f"{path}/{HASH}.jpg"


def test_resized__sets_the_variable_of_a_stack() -> None:
    url = RenderURL(image=HASH, format="jpg", stack="thumb", variables={"h": 2})

    assert url.resized(300, variable="w").path == f"/thumb/v-h-2-w-300/{HASH}.jpg"
