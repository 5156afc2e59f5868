"""A stack: fitted models and the weights they are mixed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.catalogue import get_model, resolve
from terminal.models.diversity import Diversity
from terminal.models.model import Fitted, Task
from terminal.models.signature import Signature, Signed, from_plain, signature_of, to_plain
from terminal.models.tensors import Expected, read_tensors, write_tensors

DESCRIPTION, FILE = "stack.json", "stack.safetensors"
TABLES = tuple(Diversity.__dataclass_fields__)


@dataclass(frozen=True)
class Stack(Signed):
    """members : fitted models. weights : float64 (n_members,), sum 1. diversity : out of fold."""

    members: tuple[Fitted, ...]
    weights: FloatArray
    diversity: Diversity

    def predict(self, inputs: Float32Array) -> FloatArray:
        """Of rows, or of windows as long as the longest member's: the weighted mean."""
        checked = self.signature.checked(inputs)
        total = np.zeros((len(checked), self.signature.width))
        for member, weight in zip(self.members, self.weights, strict=True):
            answers = member.predict(self._of(member, checked))
            if self.task is Task.NUMBER:
                total += weight * answers
            else:
                total[:, np.searchsorted(self.classes, member.classes)] += weight * answers
        return total

    def _of(self, member: Fitted, inputs: Float32Array) -> Float32Array:
        """The newest bars, as many as the member looks back over."""
        if self.length == 1:
            return inputs
        if member.length == 1:
            return np.ascontiguousarray(inputs[:, -1])
        return np.ascontiguousarray(inputs[:, self.length - member.length :])

    def save(self, folder: Path) -> Sequence[str]:
        """Each member in a folder of its own, their signatures, weights and diversity."""
        names = []
        for number, member in enumerate(self.members):
            own = folder / f"member-{number}"
            own.mkdir()
            names += [f"{own.name}/{name}" for name in member.save(own)]
        plain = [to_plain(signature_of(member)) for member in self.members]
        (folder / DESCRIPTION).write_bytes(orjson.dumps(plain))
        # JSON has no NaN, and neither has a sealed file of arrays: beyond -1..1 says "unknown"
        tables = {t: np.nan_to_num(getattr(self.diversity, t), nan=UNKNOWN) for t in TABLES}
        write_tensors(folder / FILE, {"weights": self.weights, **tables})
        return (*names, DESCRIPTION, FILE)


UNKNOWN = 9.0


def load(folder: Path, signature: Signature) -> Stack:
    """From what `save` wrote; InputError when the parts do not fit one another."""
    inner = _members(folder, signature)
    m = len(inner)
    square = {table: Expected("float64", (m, m)) for table in TABLES}
    arrays = read_tensors(folder / FILE, {"weights": Expected("float64", (m,)), **square})
    weights = arrays["weights"]
    if np.any(weights < 0) or abs(float(weights.sum()) - 1.0) > 1e-9:
        raise _refused("its weights are no shares")
    members = tuple(
        resolve(get_model(own.kind).load)(folder / f"member-{number}", own)
        for number, own in enumerate(inner)
    )
    tables = {t: np.where(arrays[t] == UNKNOWN, np.nan, arrays[t]) for t in TABLES}
    return Stack(signature, members, weights, Diversity(**tables))


def _members(folder: Path, signature: Signature) -> tuple[Signature, ...]:
    try:
        plain: Any = orjson.loads((folder / DESCRIPTION).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise _refused(f"{DESCRIPTION} is not JSON") from error
    wanted = signature.params.members(signature.task)
    if not isinstance(plain, list) or len(plain) != len(wanted):
        raise _refused("its members are not those of its parameters")
    found = tuple(from_plain(own if isinstance(own, Mapping) else {}) for own in plain)
    for own, slug in zip(found, wanted, strict=True):
        if own.kind != slug or own.task is not signature.task or own.columns != signature.columns:
            raise _refused(f"its member {slug!r} is another one")
        if not np.isin(own.classes, signature.classes).all():
            raise _refused(f"its member {slug!r} has other classes")
    if max(own.length for own in found) != signature.length:
        raise _refused("its members look back over another length")
    return found


def _refused(what: str) -> InputError:
    return InputError(
        f"The stack is refused: {what}.", field=DESCRIPTION, remedy="Export the model again."
    )
