"""What a reader of a page sees: its words, its images and their pixels."""

from __future__ import annotations

import html
from collections.abc import Mapping
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import requests
from PIL import Image

__all__ = ["fetch_picture", "find_elements", "read_candidates", "read_words"]


def fetch_picture(url: str) -> Image.Image:
    """Fetch a picture as a browser without AVIF and WebP would, and decode it."""
    answer = requests.get(url, headers={"Accept": "image/png,image/jpeg,*/*;q=0.1"}, timeout=20)
    answer.raise_for_status()
    image = Image.open(BytesIO(answer.content))
    return image.convert("RGB")


def read_candidates(srcset: str) -> dict[int, str]:
    """Return the URLs of a srcset by their width in pixels."""
    candidates = (candidate.split() for candidate in srcset.split(", ") if candidate)
    return {int(width.removesuffix("w")): url for url, width in candidates}


def read_words(content: bytes | str) -> str:
    """Return a page as text in which quotes and brackets stand for themselves."""
    text = content.decode() if isinstance(content, bytes) else content
    return html.unescape(text)


def find_elements(content: bytes | str, tag: str) -> list[Mapping[str, str]]:
    """Return the attributes of every element of a kind."""
    finder = _Finder(tag)
    finder.feed(content.decode() if isinstance(content, bytes) else content)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    def __init__(self, tag: str) -> None:
        super().__init__()
        self.found: list[Mapping[str, str]] = []
        self._tag = tag

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == self._tag:
            self.found.append({name: value or "" for name, value in attrs})
