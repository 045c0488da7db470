"""How an emulator behaves; each setting is an option of the command line too."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be chosen; the defaults are those of a rokka at its best."""

    search_delay: float = 0
    """Seconds after which the search index knows of a change; some ten at rokka."""
    is_paying: bool = True
    """Whether new organizations pay; free ones get 403 for calls that cost something."""
    redirect_missing: str = ""
    """Where images that are not here are looked for: ``https://{organization}.rokka.io``."""
    render_cache_size: int = 2_000_000_000
    """Bytes of renders that are kept."""
    render_seconds: float = 8
    """Wall time of one render, after which it is given up."""
    private_networks: bool = False
    """Whether everybody's imports and remote images may come from private networks."""

    def __post_init__(self) -> None:
        for name in ("search_delay", "render_cache_size", "render_seconds"):
            # Not "< 0", which is false for what is no number (nan).
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, must be 0 or more.")
        if self.redirect_missing and not self.redirect_missing.startswith(("http://", "https://")):
            raise ValueError(
                f"redirect_missing is {self.redirect_missing!r}, must be a URL such as"
                " 'https://{organization}.rokka.io'."
            )
