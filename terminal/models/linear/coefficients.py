"""What the linear models share: standardised features times coefficients, kept as plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.signature import Signature, Signed
from terminal.models.standardise import Standardiser
from terminal.models.tensors import Arrays, Expected, read_tensors, write_tensors

FILE = "coefficients.safetensors"
BLOCK = 65_536


@dataclass(frozen=True)
class Linear(Signed):
    """score = standardised features @ coefficients + intercept.

    coefficients : float64 (n_features, n_scores); intercept : float64 (n_scores,). There is one
    score of two classes (the log odds of the second), one a class of more, one of a number.
    """

    standardiser: Standardiser
    coefficients: FloatArray
    intercept: FloatArray

    def scores(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_scores)."""
        standard = self.standardiser.apply(self.signature.checked(inputs)).astype(np.float64)
        # a sum a row, not a matrix product: the answer of a row does not depend on its company
        product = np.einsum("nf,fk->nk", standard, self.coefficients)
        return np.asarray(product + self.intercept)

    def save(self, folder: Path) -> Sequence[str]:
        """One safetensors file."""
        arrays = {"coefficients": self.coefficients, "intercept": self.intercept}
        write_tensors(folder / FILE, arrays | self.standardiser.arrays())
        return (FILE,)


def read(folder: Path, signature: Signature, n_scores: int) -> tuple[Standardiser, Arrays]:
    """Arrays of `Linear.save`, checked against the signature."""
    n_features = len(signature.columns)
    arrays = read_tensors(
        folder / FILE,
        {
            "coefficients": Expected("float64", (n_features, n_scores)),
            "intercept": Expected("float64", (n_scores,)),
            **Standardiser.expected(n_features),
        },
    )
    return Standardiser.read(arrays), arrays


def blocks(n: int) -> Iterator[slice]:
    """Rows in parts, so that float64 copies stay small."""
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))
