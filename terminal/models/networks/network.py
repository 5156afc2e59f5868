"""A fitted network: windows in, answers and attention out; kept in one safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.models.networks.losses import RATIOS
from terminal.models.signature import Signature, Signed
from terminal.models.standardise import Standardiser
from terminal.models.tensors import Arrays, Expected, read_tensors, write_tensors

FILE = "network.safetensors"
BLOCK = 512
Builder = Callable[[Signature], nn.Module]


@dataclass(frozen=True)
class NetworkModel(Signed):
    """module : the network, in evaluation mode. target : mean and scale of the number learned."""

    module: nn.Module
    standardiser: Standardiser
    target: tuple[float, float] = (0.0, 1.0)
    threads: int = 1

    def predict(self, inputs: Float32Array) -> FloatArray:
        """Of windows (n, length, n_features): float64 (n, n_classes) or (n, 1)."""
        raw, _ = self._run(inputs)
        if self.task is Task.CLASSES:
            shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
            return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
        if self.params.loss in RATIOS:
            return np.tanh(raw)
        mean, scale = self.target
        return raw * scale + mean

    def attention(self, windows: Float32Array) -> FloatArray:
        """How much each bar of a window counts, float64 (n, length), oldest first; sums to 1."""
        return self._run(windows)[1]

    @property
    def network(self) -> nn.Module:
        """From standardised windows (n, length, n_features) to raw scores (n, width), with
        gradients: for what explains it."""
        filler = np.full((1, len(self.columns)), np.nan, dtype=np.float32)
        return _Scores(self.module, torch.from_numpy(self.standardiser.apply(filler)))

    def _run(self, inputs: Float32Array) -> tuple[FloatArray, FloatArray]:
        windows = self.signature.checked(inputs)
        raw = np.empty((len(windows), self.signature.width))
        attention = np.empty((len(windows), self.length))
        self.module.eval()
        with torch.inference_mode(), threads(self.threads):
            for start in range(0, len(windows), BLOCK):
                part = slice(start, start + BLOCK)
                found, seen = self.module(*tensors_of(windows[part], self.standardiser))
                raw[part], attention[part] = found.numpy(), seen.numpy()
        return raw, attention

    def save(self, folder: Path) -> Sequence[str]:
        """One safetensors file."""
        arrays: Arrays = {"target": np.array(self.target, dtype=np.float64)}
        write_tensors(
            folder / FILE, arrays | self.standardiser.arrays() | state_arrays(self.module, "model")
        )
        return (FILE,)


class _Scores(nn.Module):
    """The network with a bar counted as missing where it has the filler's values throughout."""

    def __init__(self, module: nn.Module, filler: Tensor) -> None:
        super().__init__()
        self.module, self.filler = module, filler

    def forward(self, windows: Tensor) -> Tensor:
        known = ~(windows == self.filler).all(dim=2)
        known[:, -1] = True
        found: Tensor = self.module(windows, known)[0]
        return found


def load_network(folder: Path, signature: Signature, build: Builder) -> NetworkModel:
    """From what `save` wrote; InputError when an array is not that of the signature's network."""
    module = build(signature)
    arrays = read_tensors(
        folder / FILE,
        {
            "target": Expected("float64", (2,)),
            **Standardiser.expected(len(signature.columns)),
            **state_expected(module, "model"),
        },
    )
    restore(module, arrays, "model")
    mean, scale = arrays["target"]
    standardiser = Standardiser.read(arrays)
    return NetworkModel(signature, module.eval(), standardiser, (float(mean), float(scale)))


def tensors_of(windows: Float32Array, standardiser: Standardiser) -> tuple[Tensor, Tensor]:
    """Standardised windows, and which of their bars are there, bool (n, length)."""
    known = np.asarray(~np.isnan(windows).all(axis=2))
    known[:, -1] = True  # the bar that decides
    return torch.from_numpy(standardiser.apply(windows)), torch.from_numpy(known)


def state_arrays(module: nn.Module, prefix: str) -> Arrays:
    """Weights by name, copied."""
    state = module.state_dict()
    return {f"{prefix}.{name}": value.detach().numpy().copy() for name, value in state.items()}


def state_expected(module: nn.Module, prefix: str) -> dict[str, Expected]:
    """What `tensors.read_tensors` is to look for."""
    return {
        f"{prefix}.{name}": Expected(str(value.dtype).removeprefix("torch."), tuple(value.shape))
        for name, value in module.state_dict().items()
    }


def restore(module: nn.Module, arrays: Arrays, prefix: str) -> None:
    """Put arrays of `state_arrays` into a network."""
    module.load_state_dict(
        {name: torch.from_numpy(arrays[f"{prefix}.{name}"].copy()) for name in module.state_dict()}
    )


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch's number of threads, for a while."""
    before = torch.get_num_threads()
    if before != count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if before != count:
            torch.set_num_threads(before)
