"""What the lists of source images take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django_rokka.client.arguments import check_cursor
from django_rokka.client.search import SearchValue, write_facets, write_search, write_sort

__all__ = ["MAX_LIMIT", "MAX_OFFSET", "write_query"]

MAX_LIMIT = 2000
"""Images on one page."""

MAX_OFFSET = 10_000
"""Images that can be passed over by counting; behind them only a cursor leads on."""


def write_query(
    *,
    search: Mapping[str, SearchValue] | None,
    sort: str | Iterable[str] = (),
    facets: str | Iterable[str] = (),
    operator: str = "and",
    deleted: bool = False,
    limit: int | None = None,
    offset: int | str | None = None,
) -> dict[str, str]:
    """Write the parameters of a list; raise ``ValueError`` for what rokka does not take."""
    if operator not in {"and", "or"}:
        raise ValueError(f"The operator {operator!r} is none, must be one of: 'and', 'or'.")
    if limit is not None and not 0 <= limit <= MAX_LIMIT:
        raise ValueError(f"The limit {limit!r} is none, must be 0 to {MAX_LIMIT}.")
    if isinstance(offset, int) and not 0 <= offset <= MAX_OFFSET:
        raise ValueError(
            f"The offset {offset!r} is none, must be 0 to {MAX_OFFSET}, or the cursor of the page"
            " before."
        )
    check_cursor(offset)
    options = {
        "sort": write_sort(sort),
        "facets": write_facets(facets),
        "operator": "or" if operator == "or" else "",
        "deleted": "true" if deleted else "",
        "limit": "" if limit is None else str(limit),
        "offset": "" if offset is None else str(offset),
    }
    given = {name: value for name, value in options.items() if value}
    return {**write_search(search), **given}
