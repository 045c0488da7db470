"""Which way up a file is, before rokka says it."""

from __future__ import annotations

from io import BytesIO

import pytest

from django_rokka.fields.measuring import is_on_its_side

from tests import pictures


@pytest.mark.parametrize("content", [b"", b"no picture", pictures.png()[:20]])
def test_file__that_pillow_cannot_read_is_upright_and_stands_at_its_beginning(
    content: bytes,
) -> None:
    file = BytesIO(content)
    file.seek(0, 2)
    assert not is_on_its_side(file)
    assert file.tell() == 0
