"""What the options of operations mean, as GET /operations tells it.

rokka describes each of them, and clients that were generated from its schema insist on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.schemas.values import Schema

__all__ = ["OPTION_DESCRIPTIONS", "describe_options"]

OPTION_DESCRIPTIONS: Mapping[str, str] = {
    "align": "The side at which lines are aligned.",
    "amount": "How much is disturbed.",
    "anchor": "Which part is kept, or where the other is put.",
    "angle": "Degrees, clockwise.",
    "area": "The name of one of the areas of the image.",
    "background_color": "The colour of the corners that come with the turn, in hex.",
    "background_opacity": "How opaque those corners are, in percent.",
    "blur_radius": "How far the shadow is blurred, in pixels.",
    "brightness": "Brightness in percent.",
    "cache": "Whether the result may be kept for later changes.",
    "changes": "The elements to change: their id, an attribute and its value.",
    "color": "A colour in hex.",
    "count": "How many shapes are drawn.",
    "delay": "Hundredths of a second between the frames.",
    "empty_primary": "Whether the image itself is left out.",
    "enabled": "Whether the operation is done at all.",
    "factor": "What every channel is multiplied by.",
    "factor_color": "A colour to multiply by, in hex.",
    "fallback": "The anchor for images without that which the anchor asks for.",
    "font": "The hash of a font that was uploaded.",
    "frames": "The hashes of the frames to add.",
    "fuzzy": "How far from the background a colour may be, in percent.",
    "height": "Height in pixels.",
    "horizontal": "Pixels to the right.",
    "hue": "Degrees to turn the hue by.",
    "levels": "How many grays are left.",
    "leftFeature": "The place of the left feature of the face in the other image.",
    "m1": "How much flat areas are sharpened.",
    "m2": "How much jagged areas are sharpened.",
    "mode": "The way in which it is done.",
    "movearea_x": "Percent by which the area moves to the right.",
    "movearea_y": "Percent by which the area moves down.",
    "opacity": "Opacity in percent.",
    "radius": "Of a blur, where sigma is 0; of a mask's corners, in pixels or percent (10p).",
    "random": "Any text; each gives another result.",
    "resize_mode": "The way in which the other image is resized.",
    "resize_to_box": "Whether the text is made to fill its box.",
    "resize_to_primary": "Whether the other image gets the size of this one.",
    "rightFeature": "The place of the right feature of the face in the other image.",
    "rotation_direction": "The side to which a picture is turned to fit.",
    "saturation": "Saturation in percent.",
    "scale": "The size of what is cut out, in percent.",
    "secondary_color": "The colour of the other, in hex.",
    "secondary_image": "The hash of the other image.",
    "secondary_opacity": "How opaque the other is, a colour or an image, in percent.",
    "secondary_stack": "The stack that renders the other image.",
    "secondary_stack_variables": "Variables of that stack, encoded like a query.",
    "sharpen": "Whether smaller pictures are sharpened.",
    "sigma": "The strength of the Gaussian.",
    "size": "Size of the font in pixels.",
    "spacing": "Pixels between lines.",
    "text": "The text.",
    "upscale": "Whether the result may be larger than the image.",
    "upscale_dpr": "Whether it may be larger for the sake of the option dpr.",
    "vertical": "Pixels down.",
    "width": "Width in pixels.",
    "x1": "Where jagged areas begin.",
    "y2": "The most that is brightened.",
    "y3": "The most that is darkened.",
}
"""The meaning of each option, in whatever operation it stands."""


def describe_options(operations: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the operations with a description of each of their options."""
    return {
        operation: {
            **schema,
            "properties": {
                option: {**values, "description": OPTION_DESCRIPTIONS.get(option, "")}
                for option, values in schema["properties"].items()
            },
        }
        for operation, schema in operations.items()
    }
