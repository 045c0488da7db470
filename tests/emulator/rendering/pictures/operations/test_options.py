"""Whatever the options: a picture, or a refusal that says why."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_rokka.emulator.schemas import OPERATIONS

from tests.emulator.conftest import Rokka
from tests.emulator.fonts import box_font
from tests.emulator.pictures import BLUE, RED, animation, encode, plain

NAMES = [
    *("alpha", "blur", "circlemask", "composition", "dropshadow", "glitch", "grayscale"),
    *("modulate", "multiply", "sepia", "sharpen", "text"),
]
ANCHORS = [
    "left_top",
    "center_center",
    "right_bottom",
    "3_4",
    "99999_0",
    "auto",
    "smart",
    "croparea",
]
ODD = st.sampled_from(["", "x", "nan", "-1", "1e999", "\0", "ff0000", True, 0, -1, 10**20, 0.5])


def values(name: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows, its limits most of all."""
    if name.endswith("anchor"):
        return st.sampled_from(ANCHORS)
    if "values" in schema:
        return st.sampled_from(schema["values"])
    if schema["type"] == "boolean":
        return st.booleans()
    if "minimum" in schema:
        low, high = schema["minimum"], schema.get("maximum", 1e308)
        inner = (
            st.integers(-(-low // 1), high) if schema["type"] == "integer" else st.floats(low, high)
        )
        return st.one_of(st.sampled_from([low, high]), inner)
    return st.text(max_size=20) if name in {"text", "random"} else st.just("00ff7f")


@st.composite
def operations(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(NAMES))
    properties = OPERATIONS[name]["properties"]
    skipped = {"font", "secondary_image", "secondary_stack", "secondary_stack_variables", "enabled"}
    chosen = draw(st.sets(st.sampled_from(sorted(set(properties) - skipped) or ["enabled"])))
    options = {key: draw(values(key, properties[key])) for key in sorted(chosen)}
    if name == "text":
        options.setdefault("text", "Ab")
    if options and draw(st.integers(0, 9)) == 0:
        options[draw(st.sampled_from(sorted(options)))] = draw(ODD)
    return {"name": name, "options": options}


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(operations(), min_size=1, max_size=3), number=st.integers(0, 4))
def test_options__give_a_picture_or_a_refusal(
    shared_rokka: Rokka, steps: list[dict[str, Any]], number: int
) -> None:
    font = shared_rokka.upload(box_font(), "boxes.ttf")["hash"]
    sources = [
        (encode(plain(1, 1, RED)), "png"),
        (encode(plain(1, 70, (*RED, 90))), "png"),
        (encode(plain(60, 40, (*BLUE, 0))), "webp"),
        (encode(plain(60, 40, RED)), "jpg"),
        (animation("GIF"), "gif"),
    ]
    data, extension = sources[number]
    digest = shared_rokka.upload(data)["hash"]
    for step in steps:
        if step["name"] == "text":
            step["options"]["font"] = font
    stored = shared_rokka.put_stack("odd", {"operations": steps}, overwrite="true")
    if stored.status_code != 400:
        assert stored.status_code < 300
        answer = shared_rokka.render(f"/odd/{digest}.{extension}")
        assert answer.status_code in {200, 400, 501}, answer.text
