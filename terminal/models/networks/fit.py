"""Train a network: mini-batches of windows made when needed, early stopping, resume.

Progress is reported within an epoch (losses NaN) and after each (with losses). The order of events
in an epoch is a function of seed and epoch; dropout draws from torch's random state, which the
checkpoint keeps: a training that was cut off anywhere and resumed ends with the same weights, bit
for bit, on the same machine with the same number of threads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import orjson
import torch
from torch import Tensor, nn

from terminal.codec import to_json
from terminal.errors import InputError
from terminal.models.model import FitContext, Progress, Task
from terminal.models.networks.checkpoint import Run, resume, save_checkpoint
from terminal.models.networks.kinds import NetworkParams
from terminal.models.networks.losses import (
    Loss,
    Targets,
    loss_of,
    outcome_scale,
    target_scale,
    targets_of,
)
from terminal.models.networks.network import (
    Builder,
    NetworkModel,
    restore,
    state_arrays,
    tensors_of,
    threads,
)
from terminal.models.networks.schedule import Schedule
from terminal.models.samples import IntArray, Samples
from terminal.models.signature import Signature
from terminal.models.standardise import Standardiser, fit_standardiser

EVALUATION = 512
REPORTS = 20
"""Reports within an epoch at most."""


def fit_network(
    kind: str,
    build: Builder,
    train: Samples,
    valid: Samples | None,
    params: NetworkParams,
    task: Task,
    context: FitContext,
) -> NetworkModel:
    """Train until the epochs are used up or `valid` no longer improves; resumes a checkpoint.

    Raises
    ------
    InputError : when the loss does not fit the task, the loss becomes infinite, or the checkpoint
        in `context.checkpoints` is of another fit.
    """
    loss = loss_of(params, task)
    classes = np.unique(train.y) if task is Task.CLASSES else np.empty(0)
    signature = Signature(kind, task, classes, train.columns, params.window, params)
    standardiser = fit_standardiser(train.rows())
    target, outcome = target_scale(train, params, task), outcome_scale(train, params)
    parts = [
        _Part(part, targets_of(part, signature, target, outcome), params.window, standardiser)
        for part in (train, valid)
        if part is not None
    ]
    owner = _owner(signature, standardiser, train, valid, context.seed)
    with threads(context.threads), torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        module = build(signature)
        run = _new_run(module, params, len(train))
        if context.checkpoints is not None:
            resume(context.checkpoints, run, owner)
        _Training(parts[0], parts[1] if len(parts) > 1 else None, loss, params, context).go(
            run, owner
        )
        if run.best:
            restore(module, run.best, "best")
    return NetworkModel(signature, module.eval(), standardiser, target, context.threads)


@dataclass(frozen=True)
class _Part:
    """Samples with their targets; windows are made for a batch at a time."""

    samples: Samples
    targets: Targets
    length: int
    standardiser: Standardiser

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, positions: IntArray) -> tuple[Tensor, Tensor, Targets]:
        windows = self.samples.take(positions).windows(self.length)
        at = torch.from_numpy(positions)
        return *tensors_of(windows, self.standardiser), self.targets.take(at)


def _new_run(module: nn.Module, params: NetworkParams, n: int) -> Run:
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
    )
    return Run(
        module, optimiser, Schedule(params.schedule, params.epochs * _batches(n, params)), {}
    )


def _batches(n: int, params: NetworkParams) -> int:
    return max(1, n // params.batch)


@dataclass(frozen=True)
class _Training:
    train: _Part
    valid: _Part | None
    loss: Loss
    params: NetworkParams
    context: FitContext

    def go(self, run: Run, owner: str) -> None:
        """Epoch by epoch, from where the run is."""
        while run.epoch < self.params.epochs and not self._stopped(run):
            train_loss = self._epoch(run)
            valid_loss = float("nan") if self.valid is None else self._measured(run, self.valid)
            run.schedule.after_epoch(train_loss if self.valid is None else valid_loss)
            run.epoch += 1
            self._keep_best(run, valid_loss)
            if self.context.checkpoints is not None:
                save_checkpoint(self.context.checkpoints, run, owner)
            self.context.progress(
                Progress(run.epoch / self.params.epochs, run.epoch, train_loss, valid_loss)
            )

    def _stopped(self, run: Run) -> bool:
        patience = self.params.patience
        return self.valid is not None and patience > 0 and run.since >= patience

    def _keep_best(self, run: Run, valid_loss: float) -> None:
        if self.valid is None:
            return
        if run.best_loss is None or valid_loss < run.best_loss:
            run.best_loss, run.since = valid_loss, 0
            run.best = state_arrays(run.module, "best")
        else:
            run.since += 1

    def _epoch(self, run: Run) -> float:
        """One pass over the training events; their mean loss while learning."""
        run.module.train()
        order = np.random.default_rng([self.context.seed, run.epoch]).permutation(len(self.train))
        batches = np.array_split(order, _batches(len(order), self.params))
        every = max(1, len(batches) // REPORTS)
        total = weight = 0.0
        for number, positions in enumerate(batches):
            if number % every == 0:
                done = (run.epoch + number / len(batches)) / self.params.epochs
                self.context.progress(Progress(done, run.epoch + 1))
            found, own = self._step(run, positions, run.epoch * len(batches) + number)
            total, weight = total + found * own, weight + own
        return total / weight

    def _step(self, run: Run, positions: IntArray, step: int) -> tuple[float, float]:
        for group in run.optimiser.param_groups:
            group["lr"] = self.params.learning_rate * run.schedule.at(step)
        windows, known, targets = self.train.batch(positions)
        run.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(run.module(windows, known)[0], targets)
        value = _checked(loss)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(run.module.parameters(), self.params.clip_norm)
        run.optimiser.step()
        return value, float(targets.weight.sum())

    def _measured(self, run: Run, part: _Part) -> float:
        """The loss of all events of a part together; a ratio is not a mean of batches' ratios."""
        run.module.eval()
        outputs = []
        with torch.inference_mode():
            for start in range(0, len(part), EVALUATION):
                positions = np.arange(start, min(start + EVALUATION, len(part)))
                windows, known, _ = part.batch(positions)
                outputs.append(run.module(windows, known)[0])
            return _checked(self.loss(torch.cat(outputs), part.targets))


def _checked(loss: Tensor) -> float:
    value = float(loss.detach())
    if not np.isfinite(value):
        raise InputError(
            "The training diverged: its loss is no longer a number.",
            field="learning_rate",
            remedy="Lower the learning rate or the gradient norm.",
        )
    return value


def _owner(
    signature: Signature,
    standardiser: Standardiser,
    train: Samples,
    valid: Samples | None,
    seed: int,
) -> str:
    """Hash of what a checkpoint belongs to. Features count by their statistics in training."""
    content = hashlib.sha256(
        orjson.dumps(
            [signature.kind, signature.columns, to_json(signature.params), signature.task, seed]
        )
    )
    for array in (standardiser.fill, standardiser.mean, standardiser.scale):
        content.update(array.tobytes())
    for part in (train, valid):
        if part is None:
            continue
        own = part.labels
        for name in ("bar", "instrument", "label", "outcome", "weight"):
            content.update(np.ascontiguousarray(getattr(own, name)).tobytes())
        content.update(f"{part.frame.spec_hash} {part.frame.data_hash}".encode())
    return content.hexdigest()
