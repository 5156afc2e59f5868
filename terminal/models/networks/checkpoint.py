"""Everything a training needs to go on as if it had never stopped, left after each epoch.

    epoch-0007.safetensors   weights, best weights, the optimiser's moments, torch's random state
    checkpoint.json          which of them counts, its hash, schedule, losses, and whose fit it is

The JSON is replaced in one step after the arrays are on disk, so a death at any moment leaves the
epoch before whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import torch
from torch import Tensor, nn

from terminal.errors import InputError
from terminal.models.networks.network import restore, state_arrays, state_expected
from terminal.models.networks.schedule import Schedule
from terminal.models.tensors import Arrays, Expected, read_tensors, write_tensors

POINTER = "checkpoint.json"
MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass
class Run:
    """The state of a training after `epoch` epochs.

    best : arrays of the weights with the lowest validation loss, or empty. best_loss : that loss.
    since : epochs since then.
    """

    module: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: Schedule
    best: Arrays
    epoch: int = 0
    best_loss: float | None = None
    since: int = 0


def save_checkpoint(folder: Path, run: Run, owner: str) -> None:
    """Leave the state of a run. owner : hash of the data and parameters it belongs to."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = state_arrays(run.module, "model") | _moments(run) | run.best
    arrays["random"] = torch.get_rng_state().numpy()
    path = folder / f"epoch-{run.epoch:04d}.safetensors"
    write_tensors(path, arrays)
    _sync(path)
    plain = {
        "owner": owner,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "epoch": run.epoch,
        "best_loss": run.best_loss,
        "since": run.since,
        "schedule": asdict(run.schedule),
    }
    fresh = folder / f"{POINTER}.new"
    fresh.write_bytes(orjson.dumps(plain))
    _sync(fresh)
    os.replace(fresh, folder / POINTER)
    for old in folder.glob("epoch-*.safetensors"):
        if old != path:
            old.unlink()


def resume(folder: Path, run: Run, owner: str) -> bool:
    """Put a run where its checkpoint left it, torch's random state too; False when there is none.

    Raises
    ------
    InputError : when the checkpoint is of another fit, or damaged.
    """
    pointer = folder / POINTER
    if not pointer.exists():
        return False
    try:
        plain = orjson.loads(pointer.read_bytes())
        if plain["owner"] != owner:
            raise _refused("belongs to other data or other parameters")
        path = folder / Path(plain["file"]).name
        if hashlib.sha256(path.read_bytes()).hexdigest() != plain["sha256"]:
            raise _refused("is damaged")
        arrays = read_tensors(path, _expected(run, plain["best_loss"] is not None))
        run.epoch, run.since = int(plain["epoch"]), int(plain["since"])
        run.best_loss = None if plain["best_loss"] is None else float(plain["best_loss"])
        run.schedule = Schedule(**plain["schedule"])
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError) as error:
        raise _refused(f"cannot be read ({error!r})") from error
    restore(run.module, arrays, "model")
    _restore_moments(run, arrays)
    run.best = {name: array for name, array in arrays.items() if name.startswith("best.")}
    torch.set_rng_state(torch.from_numpy(arrays["random"].copy()))
    return True


def _moments(run: Run) -> Arrays:
    """The optimiser's state of every weight; AdamW has it from the first step on."""
    found: Arrays = {}
    for name, parameter in run.module.named_parameters():
        state: Mapping[str, Tensor] = run.optimiser.state[parameter]
        for moment in MOMENTS:
            found[f"{moment}.{name}"] = np.atleast_1d(state[moment].detach().numpy()).copy()
    return found


def _restore_moments(run: Run, arrays: Arrays) -> None:
    for name, parameter in run.module.named_parameters():
        state: dict[str, Any] = run.optimiser.state[parameter]
        for moment in MOMENTS:
            value = torch.from_numpy(arrays[f"{moment}.{name}"].copy())
            state[moment] = value[0] if moment == "step" else value


def _expected(run: Run, with_best: bool) -> dict[str, Expected]:
    found = state_expected(run.module, "model")
    for name, parameter in run.module.named_parameters():
        shape = tuple(parameter.shape)
        found[f"step.{name}"] = Expected("float32", (1,))
        found[f"exp_avg.{name}"] = found[f"exp_avg_sq.{name}"] = Expected("float32", shape)
    if with_best:
        found |= state_expected(run.module, "best")
    found["random"] = Expected("uint8", (len(torch.get_rng_state()),))
    return found


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _refused(what: str) -> InputError:
    return InputError(
        f"The checkpoint {what}.",
        field="checkpoints",
        remedy="Start the training again without it.",
    )
