"""Every check has a number, and the documentation says of each what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "django_rokka"
CHECKS = PACKAGE.parent / "docs" / "checks.md"
ROW = r"\| `django_rokka\.[EWI](\d{3})` \|"
USE = r"(?:django_rokka\.[EWI]|Problem\(\s*)(\d+)\b"


def test_checks__are_all_documented() -> None:
    numbers = [int(number) for number in re.findall(ROW, CHECKS.read_text(encoding="utf-8"))]
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))

    assert numbers == sorted(set(numbers))
    assert {int(number) for number in re.findall(USE, source)} == set(numbers)
