"""Networks: what they minimise, that they learn, look only back, and resume as if never stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from terminal.errors import InputError
from terminal.models.fitting import fit
from terminal.models.model import FitContext, Task, inputs_of
from terminal.models.networks import losses
from terminal.models.networks.network import NetworkModel, tensors_of
from terminal.models.networks.schedule import Schedule
from tests.terminal.models.planted import (
    QUICK,
    StopAt,
    Stopped,
    Watched,
    parts,
    planted,
    with_labels,
)

SLUGS = ("lstm", "transformer")
SMALL = {"window": 4, "hidden": 8, "epochs": 4, "batch": 32, "dropout": 0.3}


def weights_of(model: object) -> dict[str, np.ndarray]:
    assert isinstance(model, NetworkModel)
    return {name: value.numpy() for name, value in model.module.state_dict().items()}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return all(first[name].tobytes() == second[name].tobytes() for name in first)


# --- resume


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("schedule", ["cosine", "one-cycle", "plateau"])
def test_killed_at_epochs_and_within_them_and_resumed_ends_with_the_same_weights_bit_for_bit(
    slug: str, schedule: str, tmp_path: Path
) -> None:
    train, valid, _ = parts(planted())
    params = SMALL | {"schedule": schedule}
    watched = Watched()
    whole = fit(slug, train, valid, params, Task.CLASSES, watched.context)
    ends = [k for k, step in enumerate(watched.steps, start=1) if np.isfinite(step.train_loss)]
    assert len(ends) == 4
    # at the end of an epoch (its checkpoint is written), at its start, and in its middle
    for report in (ends[0], 1, ends[0] - 2, ends[1] - ends[0]):
        context = FitContext(seed=3, progress=StopAt(report), checkpoints=tmp_path)
        with pytest.raises(Stopped):
            fit(slug, train, valid, params, Task.CLASSES, context)
    done = json.loads((tmp_path / "checkpoint.json").read_text())["epoch"]
    assert 1 <= done <= 3
    after = Watched()
    context = replace(after.context, checkpoints=tmp_path)
    resumed = fit(slug, train, valid, params, Task.CLASSES, context)
    assert same(weights_of(resumed), weights_of(whole))
    ended = [s for s in after.steps if np.isfinite(s.train_loss)]
    assert ended == [s for s in watched.steps if np.isfinite(s.train_loss)][done:]


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    train, valid, _ = parts(planted())
    context = FitContext(checkpoints=tmp_path)
    first = fit("lstm", train, valid, SMALL, Task.CLASSES, context)
    watched = Watched()
    again = fit("lstm", train, valid, SMALL, Task.CLASSES, replace(context, progress=watched))
    assert watched.steps == []
    assert same(weights_of(first), weights_of(again))
    assert len(list(tmp_path.iterdir())) == 2  # the newest checkpoint and what points to it


def test_a_checkpoint_of_other_data_or_damaged_is_refused(tmp_path: Path) -> None:
    train, _, _ = parts(planted())
    context = FitContext(checkpoints=tmp_path)
    fit("lstm", train, None, SMALL, Task.CLASSES, context)
    y = train.y.copy()
    y[0] = 1 - y[0]
    with pytest.raises(InputError, match="other data or other parameters"):
        fit("lstm", with_labels(train, label=y), None, SMALL, Task.CLASSES, context)
    with pytest.raises(InputError, match="other data or other parameters"):
        fit("lstm", train, None, SMALL | {"batch": 16}, Task.CLASSES, context)
    (arrays,) = tmp_path.glob("epoch-*.safetensors")
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x01")
    with pytest.raises(InputError, match="is damaged"):
        fit("lstm", train, None, SMALL, Task.CLASSES, context)


def test_a_fit_leaves_torchs_random_state_and_threads_as_they_were() -> None:
    train, _, _ = parts(planted())
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    fit("transformer", train, None, SMALL | {"epochs": 1}, Task.CLASSES, FitContext(threads=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


# --- learning


@pytest.mark.parametrize("slug", SLUGS)
def test_the_loss_falls_on_a_toy_problem_whose_signal_is_in_the_past_of_the_window(
    slug: str,
) -> None:
    samples = planted(n=600)
    earlier = samples.frame.values[samples.labels.instrument, samples.labels.bar - 2, 0]
    samples = with_labels(samples, label=(np.nan_to_num(earlier) > 0).astype(np.float64))
    train, valid, test = parts(samples)
    watched = Watched()
    params = QUICK[slug] | {"epochs": 20, "dropout": 0.0}
    model = fit(slug, train, valid, params, Task.CLASSES, watched.context)
    ended = [s for s in watched.steps if np.isfinite(s.train_loss)]
    assert ended[0].train_loss > 0.6
    assert min(s.train_loss for s in ended) < 0.3
    answers = model.predict(inputs_of(model, test))
    assert np.mean(answers.argmax(axis=1) == test.y) > 0.85


@pytest.mark.parametrize("loss", ["sharpe", "sortino"])
def test_a_ratio_loss_takes_the_side_that_earns(loss: str) -> None:
    train, valid, test = parts(planted(Task.NUMBER))
    model = fit("lstm", train, valid, QUICK["lstm"] | {"loss": loss}, Task.NUMBER, FitContext())
    position = model.predict(inputs_of(model, test))[:, 0]
    assert np.all(np.abs(position) <= 1)
    earned = position * test.labels.outcome
    assert earned.mean() / earned.std() > 0.4


def test_early_stopping_keeps_the_best_weights() -> None:
    rng = np.random.default_rng(0)
    samples = planted()
    train, valid, _ = parts(
        with_labels(samples, label=rng.integers(0, 2, len(samples)).astype(np.float64))
    )
    watched = Watched()
    params = QUICK["lstm"] | {"epochs": 60, "patience": 4, "dropout": 0.0}
    model = fit("lstm", train, valid, params, Task.CLASSES, watched.context)
    seen = [s.valid_loss for s in watched.steps if np.isfinite(s.valid_loss)]
    assert len(seen) < 60
    assert int(np.argmin(seen)) == len(seen) - 5
    happened = model.predict(inputs_of(model, valid))[np.arange(len(valid)), valid.y.astype(int)]
    assert -np.mean(np.log(happened)) == pytest.approx(min(seen), rel=1e-5)


def test_a_loss_that_does_not_fit_the_task_is_refused() -> None:
    for slug in SLUGS:
        with pytest.raises(InputError, match="is for a number"):
            fit(slug, planted(), None, {"loss": "sharpe"}, Task.CLASSES, FitContext())
        with pytest.raises(InputError, match="is for classes"):
            params = {"loss": "cross-entropy"}
            fit(slug, planted(Task.NUMBER), None, params, Task.NUMBER, FitContext())
    with pytest.raises(InputError, match="cannot be shared by 5 heads"):
        fit("transformer", planted(), None, {"heads": 5}, Task.CLASSES, FitContext())


# --- what is minimised, by hand


def targets(value: list[float], outcome: list[float], weight: list[float]) -> losses.Targets:
    return losses.Targets(*(torch.tensor(each) for each in (value, outcome, weight)))


def test_losses_are_those_of_their_formulas() -> None:
    output = torch.tensor([[0.3], [-0.8], [1.2]])
    own = targets([0.5, -1.0, -1.0], [0.4, -2.0, 1.0], [1.0, 2.0, 0.5])
    weight = np.array([1.0, 2.0, 0.5])
    earned = np.tanh([0.3, -0.8, 1.2]) * np.array([0.4, -2.0, 1.0])
    mean = np.average(earned, weights=weight)
    spread = np.sqrt(np.average((earned - mean) ** 2, weights=weight) + 1e-6)
    assert float(losses.sharpe(output, own)) == pytest.approx(-mean / spread, rel=1e-6)
    lost = np.sqrt(np.average(np.minimum(earned, 0) ** 2, weights=weight) + 1e-6)
    assert float(losses.sortino(output, own)) == pytest.approx(-mean / lost, rel=1e-6)
    error = np.array([0.2, 0.2, 2.2])
    each = np.where(error < 1, 0.5 * error**2, error - 0.5)
    huber = float(losses.huber(output, own, 1.0))
    assert huber == pytest.approx(np.average(each, weights=weight), rel=1e-6)
    scores = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.5, 0.5]])
    classes = losses.Targets(torch.tensor([0, 0, 1]), own.outcome, own.weight)
    logs = np.array([np.log(1 + np.exp(-1.0)), np.log(1 + np.exp(2.0)), np.log(2.0)])
    found = float(losses.cross_entropy(scores, classes))
    assert found == pytest.approx(np.average(logs, weights=weight), rel=1e-6)


def test_schedules_warm_up_and_fall_and_the_plateau_halves() -> None:
    cosine, cycle = Schedule("cosine", 101), Schedule("one-cycle", 101)
    assert cosine.at(0) == 1.0
    assert cosine.at(50) == pytest.approx(0.50005)
    assert cosine.at(100) == pytest.approx(1e-4)
    assert cycle.at(0) == pytest.approx(1 / 25)
    assert cycle.at(30) == pytest.approx(1.0)
    assert cycle.at(100) == pytest.approx(1e-4)
    plateau = Schedule("plateau", 10)
    factors = []
    for loss in (1.0, 0.9, 0.95, 0.95, 0.95, 0.95):
        plateau.after_epoch(loss)
        factors.append(plateau.at(0))
    assert factors == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    assert Schedule("constant", 10).at(7) == 1.0


# --- looking back only


def fitted(slug: str, window: int = 6) -> tuple[NetworkModel, np.ndarray]:
    samples = planted()
    params = QUICK[slug] | {"window": window, "epochs": 2}
    model = fit(slug, samples, None, params, Task.CLASSES, FitContext())
    assert isinstance(model, NetworkModel)
    return model, inputs_of(model, samples.take(np.arange(40)))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_answer_depends_on_every_bar_of_its_window_and_on_nothing_later(slug: str) -> None:
    model, windows = fitted(slug)
    before = model.predict(windows)
    for bar in range(6):
        changed = windows.copy()
        changed[:, bar] += 1.0
        assert not np.allclose(model.predict(changed), before, atol=1e-7)
    samples = planted()
    event = samples.take(np.array([50]))
    values = samples.frame.values.copy()
    values[:, int(event.labels.bar[0]) + 1 :] = 99.0
    later = replace(event, frame=replace(samples.frame, values=values))
    assert np.array_equal(
        model.predict(inputs_of(model, event)), model.predict(inputs_of(model, later))
    )


def test_each_bar_of_the_transformer_sees_itself_and_earlier_ones() -> None:
    model, windows = fitted("transformer")
    seen: list[torch.Tensor] = []
    module = model.module
    module.layers[-1].register_forward_hook(lambda _, __, out: seen.append(out.detach()))
    changed = windows.copy()
    changed[:, 4:] += 1.0
    with torch.inference_mode():
        for each in (windows, changed):
            module(*tensors_of(each, model.standardiser))
    assert torch.equal(seen[0][:, :4], seen[1][:, :4])
    assert not torch.equal(seen[0][:, 4:], seen[1][:, 4:])


@pytest.mark.parametrize("slug", SLUGS)
def test_attention_sums_to_1_and_leaves_out_bars_that_are_not_there(slug: str) -> None:
    model, windows = fitted(slug)
    attention = model.attention(windows)
    assert attention.shape == (40, 6)
    assert np.allclose(attention.sum(axis=1), 1.0, atol=1e-6)
    windows[:, :2] = np.nan
    attention = model.attention(windows)
    assert np.all(attention[:, :2] == 0)
    assert np.all(attention[:, 2:] > 0)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_network_that_is_explained_gives_the_scores_that_are_answered(slug: str) -> None:
    model, windows = fitted(slug)
    windows[:5, :3] = np.nan
    with torch.no_grad():
        raw = model.network(torch.from_numpy(model.standardiser.apply(windows))).numpy()
    answers = model.predict(windows)
    assert np.allclose(np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True), answers, atol=1e-6)


def test_scaling_comes_from_training_events_alone() -> None:
    train, valid, _ = parts(planted())
    loud = replace(valid, frame=replace(valid.frame, values=valid.frame.values * 1000))
    params = SMALL | {"epochs": 1}
    quiet = fit("lstm", train, valid, params, Task.CLASSES, FitContext())
    other = fit("lstm", train, loud, params, Task.CLASSES, FitContext())
    assert isinstance(quiet, NetworkModel)
    assert isinstance(other, NetworkModel)
    assert np.array_equal(quiet.standardiser.scale, other.standardiser.scale)
    rows = train.rows()
    assert np.allclose(quiet.standardiser.mean, np.nanmean(rows, axis=0), atol=1e-6)
