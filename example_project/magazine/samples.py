"""The samples of the gallery: the lines of a template, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString

_LOAD = "{% load rokka %}"
_BETWEEN_ELEMENTS = re.compile(r">(?=<(?!/))")
_SRCSET = re.compile(r' ((?:image)?srcset)="([^"]*)"(?: (?=\w))?')
_INDENT = "\n    "


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A template in `magazine/samples/`; `has_head` when a page's head has one of its own."""

    name: str
    title: str
    words: str
    has_head: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A sample with the lines of its templates, and the HTML that they gave."""

    sample: Sample
    lines: str
    head: SafeString
    picture: SafeString

    @property
    def html(self) -> list[str]:
        """The HTML as a reader gets it, with an element and a candidate a line."""
        broken = _SRCSET.sub(_break_srcset, _join(self.head, self.picture))
        return _BETWEEN_ELEMENTS.sub(">\n", broken).splitlines()


def render_samples(context: Mapping[str, Any]) -> list[Shown]:
    """Render each template once: its HTML stands on the page as text, and shows the picture."""
    return [_show(sample, context) for sample in SAMPLES]


def _show(sample: Sample, context: Mapping[str, Any]) -> Shown:
    lines, picture = _render(sample.name, context)
    head_lines, head = _render(f"{sample.name}-head", context) if sample.has_head else ("", "")
    return Shown(
        sample=sample,
        lines=_join(head_lines, lines),
        head=SafeString(head),
        picture=SafeString(picture),
    )


def _render(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return the lines of a template without what loads its tags, and its HTML."""
    template = Engine.get_default().get_template(f"magazine/samples/{name}.html")
    lines = template.source.removeprefix(_LOAD).strip()
    return lines, template.render(Context(dict(context))).strip()


def _break_srcset(match: re.Match[str]) -> str:
    candidates = match[2].replace(", ", f",{_INDENT}")
    return f'\n  {match[1]}="{_INDENT}{candidates}"\n  '


def _join(*parts: str) -> str:
    return "\n".join(filter(None, parts))


SAMPLES = (
    Sample(
        name="preload",
        title="rokka_preload",
        words="The picture that is seen first is asked for in the head, before the browser has"
        " read the page. Link and picture have the same candidates, so only one is loaded.",
        has_head=True,
    ),
    Sample(
        name="widths",
        title="rokka_img, by width",
        words="For a picture that grows with the page. The browser knows its screen and takes"
        " the candidate that fits; width and height keep the place free until it is there.",
    ),
    Sample(
        name="densities",
        title="rokka_img, by density",
        words="For a picture that is equally large on every page, and sharper on better screens.",
    ),
    Sample(
        name="placeholder",
        title="rokka_img, with a placeholder",
        words="A blurred picture of a few hundred bytes, or one colour, from the column beside the"
        " image. The second and the third are as they look while they wait.",
    ),
    Sample(
        name="formats",
        title="rokka_picture, in several formats",
        words="Each browser takes the first format that it knows. A stack with autoformat needs no"
        " list: rokka chooses by what the browser accepts.",
    ),
    Sample(
        name="art",
        title="rokka_picture, with art direction",
        words="Wide on wide screens, upright on narrow ones. Make the window narrower to see it.",
    ),
    Sample(
        name="source",
        title="rokka_source",
        words="Another picture altogether, with widths and sizes of its own: here for visitors"
        " who like dark pages.",
    ),
    Sample(
        name="background",
        title="rokka_background",
        words="A picture behind words, in the density of the screen.",
    ),
    Sample(
        name="block",
        title="rokka_image",
        words="All parts of a picture, for markup of one's own.",
    ),
    Sample(
        name="srcset",
        title="rokka_srcset",
        words="The value of a srcset, and nothing around it; empty without a choice.",
    ),
    Sample(
        name="url",
        title="rokka_url",
        words="The address of a picture, through any stack, with options and variables.",
    ),
    Sample(
        name="filter",
        title="rokka_url, as a filter",
        words="The same where the stack is all there is to say.",
    ),
    Sample(
        name="alias",
        title="rokka_url_for_alias",
        words="A link that stays when the picture behind it is replaced, for mails and for others.",
    ),
)
