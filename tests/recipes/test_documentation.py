"""docs/background.md shows the code that is run here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "background.md"
SHOP = Path(__file__).with_name("shop")


def read_shown(name: str) -> str:
    """Return the code that the document shows of a module of the shop."""
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    heading = f"# shop/{name}\n"
    (found,) = [block for block in blocks if block.startswith(heading)]
    return str(found.removeprefix(heading).strip())


def read_run(name: str) -> str:
    """Return the code of a module of the shop, as it stands in a project of that name."""
    text = (SHOP / name).read_text(encoding="utf-8")
    _, _, code = text.partition("from __future__ import annotations\n")
    return re.sub(r"  # type: ignore.*", "", code).replace("tests.recipes.", "").strip()


@pytest.mark.parametrize("name", ["backends.py", "celery.py", "tasks.py"])
def test_document__shows_what_is_run(name: str) -> None:
    assert read_shown(name) == read_run(name)
