"""Trained weights and earlier fits a run may use, put at hand by the job that loads them.

A strategy is a pure function and reads no registry. The job reads the package, checks its
signature, and runs the strategy inside `at_hand(...)`.

Fits are remembered by the hash of everything they are made from (features, labels, weights,
parameters, seed). A fit is a pure function of these, so remembering changes no number; hidden later
bars that changed anything a model learned from would change the hash, and the model with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock

import orjson

from terminal.codec import to_json
from terminal.errors import InputError
from terminal.models.model import Fitted
from terminal.models.recipe import Recipe
from terminal.models.samples import Samples

MOST_FITS = 500


@dataclass
class AtHand:
    """What is at hand: fitted models by the hash of their package, and fits made in this run."""

    packages: Mapping[str, Fitted] = field(default_factory=dict)
    threads: int = 1
    fits: dict[str, Fitted] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


_at_hand: ContextVar[AtHand | None] = ContextVar("models at hand", default=None)


@contextmanager
def at_hand(packages: Mapping[str, Fitted], threads: int = 1) -> Iterator[AtHand]:
    """Put models at hand until the block ends; threads that take part run in a copy of the
    context."""
    own = AtHand(packages, threads)
    token = _at_hand.set(own)
    try:
        yield own
    finally:
        _at_hand.reset(token)


def threads_at_hand() -> int:
    """How many threads a fit may use here."""
    own = _at_hand.get()
    return 1 if own is None else own.threads


def packaged(package: str, words: str) -> Fitted:
    """The fitted model of a package; InputError when it is not at hand."""
    own = _at_hand.get()
    if own is None or package not in own.packages:
        raise InputError(
            f"The trained weights of {words} are not at hand.",
            field="model",
            remedy="Choose walk-forward retraining, or a model that is still in the registry.",
        )
    return own.packages[package]


def remembered(train: Samples, recipe: Recipe, fit: Callable[[], Fitted]) -> Fitted:
    """The model of these samples: fitted now, or by an equal call before."""
    own = _at_hand.get()
    if own is None:
        return fit()
    key = _fingerprint(train, recipe)
    with own.lock:
        found = own.fits.get(key)
    if found is None:
        found = fit()
        with own.lock:
            if len(own.fits) >= MOST_FITS:
                own.fits.pop(next(iter(own.fits)))
            own.fits[key] = found
    return found


def _fingerprint(train: Samples, recipe: Recipe) -> str:
    """Of everything a fit reads: every value of every feature row up to the last event's, because
    a sequence model reads rows before its events too."""
    labels, last = train.labels, int(train.labels.bar.max()) + 1 if len(train) else 0
    digest = hashlib.sha256(orjson.dumps(to_json(recipe), option=orjson.OPT_SORT_KEYS))
    for column in range(train.frame.values.shape[0]):
        digest.update(train.frame.values[column, :last].tobytes())
    for name in labels.__dataclass_fields__:
        digest.update(getattr(labels, name).tobytes())
    return digest.hexdigest()
