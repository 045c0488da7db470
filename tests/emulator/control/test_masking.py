from __future__ import annotations

import pytest

from django_rokka.emulator.control import mask_target

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/stacks/demo?limit=5", "/stacks/demo?limit=5"),
        ("/demo/thumb/0a1b2c.jpg?sig=0123456789", "/demo/thumb/0a1b2c.jpg?sig=…"),
        ("/a.jpg?sigopts=%7B%7D&sig=01&v=%7B%7D", "/a.jpg?sigopts=%7B%7D&sig=…&v=%7B%7D"),
        ("/a?s%69g=1&API_KEY=2&token=3", "/a?s%69g=…&API_KEY=…&token=…"),
        ("/a?user:str:password=1&sig", "/a?user:str:password=…&sig"),
        (f"/a/{TOKEN}?x={TOKEN}", "/a/…?x=…"),
        ("/design?signal=1", "/design?signal=1"),
        ("/noop/-https://user:hunter2@host/x.png-.png", "/noop/-https://…@host/x.png-.png"),
        (
            "/noop/-https%3A%2F%2Fhost%2Fx%3FX-Amz-Signature%3Ds3cret-.png",
            "/noop/-https://host/x?X-Amz-Signature=…",
        ),
        ("/a?url=https%3A%2F%2Fx%3Fa%3D1%26sig%3Dabc", "/a?url=https://x?a=1&sig=…"),
        ("/a?url=https%253A%252F%252Fu%253Ap%2540x", "/a?url=https://…@x"),
        ("/noop/-https%3A%2F%2Fhost%2Fa%20b-.png", "/noop/-https%3A%2F%2Fhost%2Fa%20b-.png"),
        ("/" + "a" * 400, "/" + "a" * 299 + "…"),
    ],
)
def test_target__is_shown_without_secrets(target: str, shown: str) -> None:
    assert mask_target(target) == shown
