"""What operations name besides their picture: second images, rendered by a stack, and fonts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.asking import Origin, expression_names, find_stack
from django_rokka.emulator.rendering.fonts import prepare_font
from django_rokka.emulator.rendering.plan import RenderPlan, Step, make_plan
from django_rokka.emulator.rendering.protection import require_signature
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL

__all__ = ["Attachments", "file_of", "refuse_names"]

_FONTS = frozenset({"otf", "ttf"})
_MAX_DEPTH = 3
_MAX_LAYERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """Finds what the operations of one render name.

    A protected image in a composition needs a signature as much as it would by itself. ``trail``
    are the stacks around this one.
    """

    services: Services
    origin: Origin
    image: StoredImage
    dpr: float = 1
    trail: tuple[str, ...] = ()
    counter: Iterator[int] = field(default_factory=lambda: count(1))

    def attach(self, operation: Operation) -> Step:
        """Return the step of an operation, with the image or font that it names."""
        if operation.name == "text":
            return Step(operation, font=self._find_font(str(operation.options["font"])))
        if operation.name == "composition" and _names_layer(operation):
            return Step(operation, secondary=self._plan_layer(operation.options))
        return Step(operation)

    def read_stack(self, name: str, variables: str) -> tuple[Operation, ...]:
        """Return the operations of a stack for the image; the URL's variables hold for it, too."""
        definition = find_stack(self.services, self.origin.owner.name, name)
        if check_options(definition.options).get("protected"):
            self._require_signature()
        if definition.options.get("basestack"):
            raise Missing("the stack option 'basestack' of a secondary stack")
        url = RenderURL.parse(self.origin.target)
        given = dict(parse_qsl(variables, keep_blank_values=True))
        try:
            operations, _ = definition.resolve(
                variables={**url.variables, **given},
                options={"dpr": self.dpr},
                **expression_names(self.image, self.origin.request),
            )
        except InvalidRenderURL as error:
            raise BadRequest(str(error)) from error
        return operations

    def _find_font(self, hash: str) -> StoredImage:
        image = self.services.source_image(self.origin.owner.name, hash)
        if image.format not in _FONTS:
            raise BadRequest(
                f"The image {hash} is a {image.format}, must be a font. Upload a TTF or OTF."
            )
        return image

    def _plan_layer(self, options: Mapping[str, Any]) -> RenderPlan:
        """Plan the second picture of a composition: lossless, and of the density of the first."""
        self._check_bounds(options.get("secondary_stack", ""))
        second = options.get("secondary_image")
        image = self.services.source_image(self.origin.owner.name, second) if second else self.image
        if image.protected:
            self._require_signature()
        name = options.get("secondary_stack")
        operations: tuple[Operation, ...] = ()
        inner = replace(self, image=image)
        if name:
            inner = replace(inner, trail=(*self.trail, name))
            operations = inner.read_stack(name, options.get("secondary_stack_variables", ""))
        plan = make_plan(
            image,
            operations=operations,
            options={},
            format="png",
            accept="",
            attach=inner.attach,
        )
        return replace(plan, dpr=self.dpr)

    def _require_signature(self) -> None:
        require_signature(self.services, self.origin.owner, self.origin.target)

    def _check_bounds(self, stack: str) -> None:
        trail = " > ".join([*self.trail, stack])
        if stack and stack in self.trail:
            raise BadRequest(f"The secondary stacks {trail} form a circle. Take one of them out.")
        if len(self.trail) >= _MAX_DEPTH:
            raise BadRequest(
                f"The secondary stacks {trail} are in each other more than {_MAX_DEPTH} deep."
                " Take one of them out."
            )
        if next(self.counter) > _MAX_LAYERS:
            raise BadRequest(f"More than {_MAX_LAYERS} secondary images; use fewer of them.")


def refuse_names(operation: Operation) -> Step:
    """Return the step of an operation; 501 if it names an image or a font, for want of an owner."""
    if operation.name == "text" or (operation.name == "composition" and _names_layer(operation)):
        raise Missing(
            "secondary images and fonts for files that are not stored",
            remedy="Upload the file, and render it by its hash.",
        )
    return Step(operation)


def file_of(services: Services, image: StoredImage) -> Path:
    """Return the file that rendering reads: of a font a copy with a name of its own."""
    path = services.files.path(image.file_hash)
    if image.format not in _FONTS:
        return path
    # What begins with a letter and has no digits alone is never taken for a size or style.
    return prepare_font(path, name=f"F{image.file_hash}", folder=services.root / "fonts")


def _names_layer(operation: Operation) -> bool:
    options = operation.options
    return bool(options.get("secondary_image") or options.get("secondary_stack"))
