"""The words of the magazine, and which picture belongs to which story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

BRAND = "Valley"
TAGLINE = "A magazine of places that were never there"


@dataclass(frozen=True, kw_only=True)
class Story:
    """An article, and the names of its pictures: the first is the hero."""

    section: str
    title: str
    slug: str
    lead: str
    text: str
    pictures: tuple[str, ...]
    published: date


CAPTIONS = {
    "first-light": "Snowfields in the first sun, the far range still in haze",
    "sea-of-clouds": "Summits standing in a sea of cloud",
    "winter-pass": "Rock and fresh snow under a cold blue sky",
    "still-lake": "Mountains and their mirror image in a still lake",
    "mist-ridges": "Ridge behind ridge, paler with every mile",
    "moonrise": "A full moon over a range in the last light",
    "dunes": "Dunes with the evening sun low at their side",
    "stars-over-sand": "The Milky Way over dunes, with a trace of dusk",
    "pines-in-fog": "Firs that fade into the fog, row by row",
    "northern-lights": "Two curtains of northern light above a forest",
    "open-sea": "The sun a hand above the horizon of an open sea",
    "islands": "A broken coast seen from the air",
}

STORIES = (
    Story(
        section="Mountains",
        title="The hour before the day",
        slug="the-hour-before-the-day",
        lead="High up, morning does not arrive everywhere at once. It begins with one summit,"
        " and walks down.",
        text="""The valley is still blue when the first edge of snow turns the colour of a peach.
It is a narrow edge, and for a minute it is the only warm thing in sight.

Then the light starts to descend. It does so in patches, because the mountains stand in each
other's way: a shoulder here, a ledge there, and between them long shadows that keep the night a
little longer. What looked flat has a front and a back all of a sudden.

The far range takes no part in this. There is too much air in between, and air has a colour of
its own. The further one looks, the more of it one sees, until there is nothing left but that.

An hour later it is simply day, and nobody would call it remarkable.""",
        pictures=("first-light", "mist-ridges", "moonrise"),
        published=date(2026, 9, 20),
    ),
    Story(
        section="Mountains",
        title="Above the weather",
        slug="above-the-weather",
        lead="Down below it has been grey for a week. Up here it is an archipelago.",
        text="""There is a height at which autumn ends. Below it the fog lies in the streets and
nobody sees the church tower; above it the sky is so clear that it hurts.

From up here the fog is a sea with bays and straits. It laps at the rock, retreats, and comes
back somewhere else. Summits that have nothing to do with each other on the map become islands of
one group, and one starts to plan crossings.

Towards evening the sea turns pink, then violet. The islands go out one by one. It is time to
dive.""",
        pictures=("sea-of-clouds", "winter-pass", "mist-ridges"),
        published=date(2026, 9, 13),
    ),
    Story(
        section="Desert",
        title="What the wind writes",
        slug="what-the-wind-writes",
        lead="A dune is a long slope up and a short way down. Everything else is a variation.",
        text="""The wind pushes the sand up the long side, grain by grain, and drops it over the
crest. So the dune moves, though nothing in it seems to. It needs a year for the length of a bus.

In the evening the sun comes in so low that each ripple has a shadow. This is the hour at which
one can read the sand: where the wind turned, where it hesitated, where something small walked
across and changed its mind.

When the light is gone the shapes remain for a while, and above them appears what the day had
covered up.""",
        pictures=("dunes", "stars-over-sand"),
        published=date(2026, 9, 6),
    ),
    Story(
        section="Water",
        title="A lake holds its breath",
        slug="a-lake-holds-its-breath",
        lead="For a few minutes at noon there is no wind, and one landscape becomes two.",
        text="""A mirror image is never quite as bright as what it repeats. Water keeps a part of
the light for itself, and more of it the steeper one looks down. That is why the lower mountains
are the darker ones, and why the sky at one's feet is of a deeper blue.

Then a breath of air comes down from the pass. It touches the lake in a few places only; there,
the mirror becomes water again. One could draw a map of the wind by it.

Five minutes later there are waves, and the second landscape is gone.""",
        pictures=("still-lake", "pines-in-fog", "winter-pass"),
        published=date(2026, 8, 30),
    ),
    Story(
        section="North",
        title="Green fire, no heat",
        slug="green-fire-no-heat",
        lead="It makes no sound, and yet everybody whispers.",
        text="""It starts as a pale bow that could be a cloud. Then the bow gets an edge, the edge
begins to fold, and the folds run along it as if somebody had pulled at a curtain.

The green is oxygen, a hundred kilometres up. Higher, where the air is thinner still, the same
oxygen glows red, and mixed with a little blue that gives the violet at the upper end of the rays.
All of it is too weak to read by. The forest below stays as black as it was.

The fog of the next morning seems like an answer: no colour at all.""",
        pictures=("northern-lights", "pines-in-fog", "moonrise"),
        published=date(2026, 8, 23),
    ),
    Story(
        section="Coast",
        title="Where the map frays",
        slug="where-the-map-frays",
        lead="How long is a coast? It depends on the length of one's steps.",
        text="""Seen from the air there is a line between land and sea, and it looks as if one
could measure it. Go lower, and each bay has bays of its own. Go lower still, and there are rocks,
and puddles between the rocks, and a shore around each puddle.

The shorter the ruler, the longer the coast. It is the same with mountains and with clouds, and
it is the reason why these pictures could be made at all: the same rule, over and over, in ever
smaller steps.

Out at sea the problem goes away. There is one line left, and it is straight.""",
        pictures=("islands", "open-sea"),
        published=date(2026, 8, 16),
    ),
)
