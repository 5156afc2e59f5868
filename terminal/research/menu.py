"""The catalogue of features as pages read it: words and parameters, without what computes them.

A process that draws pages loads no compiled code. So the descriptions stand in `menu.json`, made
from the catalogue by `python -m terminal.research.menu`; a test holds the two together.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from terminal.codec import from_json, to_json
from terminal.errors import InputError
from terminal.features.feature_set import FeatureSet
from terminal.params import ParamSpec, describe

NORMALISER_TITLES = {"zscore": "Z-score", "minmax": "Min–max", "rank": "Percentile rank"}
FILE = Path(__file__).with_name("menu.json")


@dataclass(frozen=True)
class FeatureEntry:
    """What people are told of a feature; as `terminal.features.feature.Feature`.

    warmup : own bars before the first value, with default parameters.
    """

    slug: str
    title: str
    family: str
    description: str
    unit: str
    source: str
    scope: str
    scale_free: bool
    heavy: bool
    warmup: int
    params: tuple[ParamSpec, ...]


@dataclass(frozen=True)
class Menu:
    """Features by slug, titles of normalisers by slug, sets that come with the terminal."""

    features: Mapping[str, FeatureEntry]
    normalisers: Mapping[str, str]
    presets: Mapping[str, FeatureSet]

    @property
    def families(self) -> tuple[str, ...]:
        """In the order of their first features."""
        return tuple(dict.fromkeys(entry.family for entry in self.features.values()))


@lru_cache(maxsize=1)
def menu() -> Menu:
    """What the file says."""
    return from_json(Menu, orjson.loads(FILE.read_bytes()))


def feature_entry(slug: str) -> FeatureEntry:
    """One feature; InputError where there is none of that name."""
    try:
        return menu().features[slug]
    except KeyError:
        raise InputError(
            f"There is no feature {slug!r}.", field="feature", remedy="Choose from the catalogue."
        ) from None


def made_from_the_catalogue() -> Menu:
    """The menu as the catalogue says it now; loads everything that computes features."""
    from terminal.features.catalogue import FEATURES, get_feature
    from terminal.features.normalise import NORMALISERS
    from terminal.features.presets import PRESETS

    entries = {}
    for slug in FEATURES:
        found = get_feature(slug)
        entries[slug] = FeatureEntry(
            slug=slug,
            title=found.title,
            family=found.family,
            description=found.description,
            unit=found.unit,
            source=found.source,
            scope=found.scope.value,
            scale_free=found.scale_free,
            heavy=found.heavy,
            warmup=int(found.warmup(found.params_type())),
            params=describe(found.params_type),
        )
    titles = {slug: NORMALISER_TITLES.get(slug, slug.capitalize()) for slug in NORMALISERS}
    return Menu(entries, titles, dict(PRESETS))


def as_bytes(made: Menu) -> bytes:
    """The file's content."""
    return orjson.dumps(to_json(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    FILE.write_bytes(as_bytes(made_from_the_catalogue()))
    sys.stdout.write(f"{FILE}\n")
