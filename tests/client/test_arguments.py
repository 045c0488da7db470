"""What callers give, as rokka takes it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from django_rokka.client.arguments import as_list, write_key_settings


@pytest.mark.parametrize(("texts", "listed"), [("ab", ["ab"]), (["a", "b"], ["a", "b"]), ((), [])])
def test_list__of_one_text_is_not_of_its_letters(texts: str | list[str], listed: list[str]) -> None:
    assert as_list(texts) == listed


@pytest.mark.parametrize("expires", [date(2030, 1, 1), "2030-01-01", 5])
def test_key_settings__take_no_end_without_a_time(expires: Any) -> None:
    with pytest.raises(TypeError, match=r"expires is .*: give an aware datetime, or 'never'"):
        write_key_settings(
            comment=None, requires_mfa=None, is_trusted=None, allowed_ips=None, expires=expires
        )
