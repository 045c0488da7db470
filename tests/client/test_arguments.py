"""What callers give, as rokka takes it."""

from __future__ import annotations

import pytest

from django_rokka.client.arguments import as_list


@pytest.mark.parametrize(("texts", "listed"), [("ab", ["ab"]), (["a", "b"], ["a", "b"]), ((), [])])
def test_list__of_one_text_is_not_of_its_letters(texts: str | list[str], listed: list[str]) -> None:
    assert as_list(texts) == listed
