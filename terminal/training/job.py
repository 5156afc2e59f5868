"""Job `training`: eight stages from a request to a judged model, each visible, each resumable.

A killed attempt leaves its finished parts on a shelf in the data folder, and the next one goes on
from there to the same weights. The out-of-sample period is looked at once, at the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import orjson
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.charts.splits import split_table
from terminal.codec import to_json
from terminal.db.repositories import backtests
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import models as model_rows
from terminal.db.repositories import training as rows
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.models.signing_key import signing_key
from terminal.training import stages
from terminal.training.card import model_card
from terminal.training.cross_validation import Validated, cross_validate
from terminal.training.curves import Curves
from terminal.training.estimate import estimate, folds_at_once
from terminal.training.final import fit_final, outside_score, profit_of
from terminal.training.gate import confidence_for, decide
from terminal.training.ground import Ground, counts, splits_of
from terminal.training.outcome import Trained, frames_of, result_json, trials_of
from terminal.training.packaging import Packed, baseline_of, lineage_of, pack_model
from terminal.training.preparing import Allowed, Leaks, allow, class_words, prepare, regime_of
from terminal.training.record import Record, sweep_shelves
from terminal.training.request import TrainingRequest
from terminal.training.search import Found, search, with_params
from terminal.training.shelf import Shelf, asked
from terminal.training.stages import Board
from terminal.training.tracking import Tracked, track_training
from terminal.training.version import BASELINE, CARD, PACKAGE, RESULT, version_of
from terminal.validation.split import Split

FAMILY = "model"
"""Of the trial ledger: backtests of models count in it too."""
FOLDER = "training"
ZIP, HTML, JSON = "application/zip", "text/html", "application/json"


def run(request: TrainingRequest, ctx: JobContext) -> Outcome:
    """Train, judge, and register what passes.

    Raises
    ------
    InputError : the request does not fit the data.
    """
    return _Training(request, ctx).run()


class _Training:
    """One attempt: what the stages hand to one another."""

    def __init__(self, request: TrainingRequest, ctx: JobContext) -> None:
        self.request, self.ctx = request, ctx
        self.begun = time.monotonic()
        self.threads = request.threads or len(os.sched_getaffinity(0))
        self.record = Record(request, ctx)
        self.board = Board(ctx.progress, self.record.stages, ctx.log)
        with ctx.db.read() as conn:
            self.reproduces = job_rows.get(conn, SYSTEM, ctx.job_id).reproduce_of

    def run(self) -> Outcome:
        board, shelves = self.board, self.ctx.settings.storage.root / FOLDER
        self.record.begin(board.rows)
        with board.stage(stages.VALIDATE):
            sweep_shelves(self.ctx.db, shelves)
            allowed = allow(self.request, self.ctx)
            panel = allowed.panel
            self.record.begin(board.rows, allowed.dataset.version, panel.simulated)
            board.say(f"{panel.n_bars:,} bars of {panel.n_instruments} instruments")
        shelf = Shelf(
            shelves / self.ctx.job_id,
            {
                "request": to_json(asked(self.request)),
                "threads": self.threads,
                "data_version": allowed.dataset.version,
                "code_version": self.ctx.code_version,
            },
        )
        with board.stage(stages.FEATURES):
            ground, leaks, warmup = prepare(
                self.request, allowed, self.ctx, shelf, self.threads, board.progress
            )
            left_out = f" Left out: {', '.join(leaks.dropped)}." if leaks.dropped else ""
            board.say(
                f"{len(ground.inside.columns)} features; {class_words(ground)}. "
                f"{leaks.words}{left_out}"
            )
        with board.stage(stages.SPLIT):
            splits = splits_of(ground, regime_of(ground.plan, panel))
            numbers = self._split_numbers(ground, splits)
            self.splits = split_table(splits, ground.inside.labels.bar, panel.ts)
        if self.request.dry_run:
            return self._dry(allowed, ground, leaks, numbers)
        with board.stage(stages.CROSS_VALIDATION):
            ground, found, validated = self._cross_validate(ground, splits, shelf)
        trained = self._judge(allowed, ground, leaks, numbers, found, validated, warmup, shelf)
        return self._keep(trained, allowed)

    def _split_numbers(self, ground: Ground, splits: Sequence[Split]) -> dict[str, Any]:
        wanted = self.request.search
        fits = wanted.trials * wanted.folds if wanted is not None else 0
        purged = int(np.mean([len(split.purged) + len(split.embargoed) for split in splits]))
        self.board.say(
            f"{len(splits)} splits, verified; gap of {ground.gap} bars ({ground.look_back} "
            f"look-back + {ground.horizon} horizon), {purged:,} events purged a split"
        )
        made: dict[str, Any] = {
            "events": len(ground.inside),
            "events_outside": len(ground.outside),
            "classes": counts(ground.inside.y, ground.classes),
            "classes_outside": counts(ground.outside.y, ground.classes),
            "features": len(ground.inside.columns),
            "splits": len(splits),
            "gap": ground.gap,
            "look_back": ground.look_back,
            "horizon": ground.horizon,
            "fits": len(splits) + fits + 1,
        }
        if self.request.dry_run:
            made |= asdict(estimate(ground, splits, self.threads, fits))
        return made

    def _cross_validate(
        self, ground: Ground, splits: Sequence[Split], shelf: Shelf
    ) -> tuple[Ground, Found | None, Validated]:
        """(events with the recipe that was chosen, the search, what cross-validation says)."""
        board, wanted = self.board, self.request.search
        self.curves = Curves(self.record.curve, len(splits) + 1)
        at_once = folds_at_once(ground, splits, self.threads)
        found, before = None, 0.0
        if wanted is not None:
            before = 0.5
            found = search(
                ground,
                wanted,
                shelf,
                threads=self.threads if ground.plan.model.sequence else at_once,
                tick=lambda share, words: board.progress(before * share, words),
                ended=self.record.trial,
            )
            ground = replace(ground, recipe=with_params(ground.recipe, found.best))
            chosen = ", ".join(f"{name} {value}" for name, value in found.best.items())
            self.ctx.log(f"Search: best of {len(found.trials)} trials {found.score:.4f}, {chosen}")
        validated = cross_validate(
            ground,
            splits,
            shelf,
            self.curves,
            threads=self.threads if ground.plan.model.sequence else at_once,
            confidence=self.request.gate.confidence,
            tick=lambda share: board.progress(
                before + (1.0 - before) * share,
                f"{int(share * len(splits))} of {len(splits)} splits",
            ),
        )
        paths = f"{len(validated.paths)} path{'s' if len(validated.paths) > 1 else ''}"
        board.say(f"{validated.pooled.words} over {paths} of {len(splits)} splits")
        return ground, found, validated

    def _judge(
        self,
        allowed: Allowed,
        ground: Ground,
        leaks: Leaks,
        numbers: dict[str, Any],
        found: Found | None,
        validated: Validated,
        warmup: int,
        shelf: Shelf,
    ) -> Trained:
        """Out of sample and significance: the only look at the end of the data."""
        ctx, board, gate = self.ctx, self.board, self.request.gate
        with board.stage(stages.OUT_OF_SAMPLE):
            judged = fit_final(
                ground,
                shelf,
                self.curves,
                signing_key(ctx.settings),
                threads=self.threads,
                tick=board.progress,
            )
            looks = self._looks()
            outside = outside_score(ground, judged, confidence_for(gate, looks))
            board.say(outside.words)
        with board.stage(stages.SIGNIFICANCE):
            scores, of = validated.agreement
            verdict = decide(gate, outside, scores, of, validated.pooled, leaks.findings, looks)
            with ctx.db.read() as conn:
                ledger = backtests.trial_ledger(
                    conn, ctx.actor.user_id, FAMILY, self.request.dataset
                )
            trials = ledger.count + 1 + (len(found.trials) if found is not None else 0)
            profit = profit_of(ground, judged, allowed.panel, trials, ledger.sharpe_variance)
            board.say(verdict.words)
        lineage = lineage_of(
            self.request,
            ground,
            allowed.panel,
            allowed.dataset,
            code_version=ctx.code_version,
            job_id=ctx.job_id,
        )
        return Trained(
            ground=ground,
            leaks=leaks,
            numbers=numbers,
            found=found,
            validated=validated,
            judged=judged,
            outside=outside,
            looks=looks,
            profit=profit,
            verdict=verdict,
            lineage=lineage | {"warmup": warmup},
            seconds=time.monotonic() - self.begun,
        )

    def _looks(self) -> int:
        with self.ctx.db.read() as conn:
            if self.reproduces is not None:
                result = rows.get(conn, SYSTEM, self.reproduces).result or {}
                return int(result["out_of_sample"]["looks"])
            return rows.looks(conn, self.ctx.actor.user_id, self.request.dataset, self.ctx.job_id)

    def _keep(self, trained: Trained, allowed: Allowed) -> Outcome:
        """Registry and report, and what is written when the job succeeds."""
        ctx, request, result = self.ctx, self.request, result_json(trained)
        name = request.name or trained.ground.plan.model.title
        passed = trained.verdict.passed
        baseline = baseline_of(trained.ground, trained.validated.first_path, trained.judged.answers)
        if passed and self.reproduces is None:
            with self.board.stage(stages.REGISTER):
                packed = self._packed(trained, name, result)
                self.board.say(f"Registered as a candidate of {name}.")
        else:
            packed = self._packed(trained, name, result)
            self.board.skip(
                stages.REGISTER,
                "A reproduction registers nothing."
                if passed
                else "The gate did not open: the run is kept, and nothing is registered.",
            )
        with self.board.stage(stages.REPORT):
            tracked = self._report(name, result, packed, baseline)
            self.board.say(tracked.warning or "The model card is ready.")
        result |= {"tracking": asdict(tracked), "weights_hash": packed.weights_hash}

        def save(conn: sa.Connection) -> None:
            rows.finish(
                conn,
                ctx.job_id,
                stages=self.board.rows,
                result=result,
                passed=passed,
                verdict=trained.verdict.words,
                now=clock.now(),
            )
            if self.reproduces is not None:
                return
            backtests.record_trials(
                conn,
                owner_id=ctx.actor.user_id,
                family=FAMILY,
                dataset=request.dataset,
                sharpes=trials_of(request, trained),
                now=clock.now(),
            )
            if passed:
                stored = ctx.files[PACKAGE].sha256
                made = version_of(
                    ctx.job_id,
                    request.model,
                    result,
                    packed.weights_hash,
                    packed.manifest,
                    stored,
                    baseline,
                )
                model_rows.register(conn, ctx.actor, name, made, clock.now())

        return Outcome(
            summary={
                "verdict": trained.verdict.words,
                "passed": passed,
                "score": result["out_of_sample"]["score"]["value"],
                "weights_hash": packed.weights_hash,
            },
            frames=frames_of(trained, allowed.panel, packed) | {"splits": self.splits},
            data_version=allowed.dataset.version,
            save=save,
        )

    def _packed(self, trained: Trained, name: str, result: Mapping[str, Any]) -> Packed:
        about = {
            "owner_id": self.ctx.actor.user_id,
            "name": name,
            "recipe": result["recipe"],
            "lineage": result["lineage"],
            "score": result["out_of_sample"]["score"],
            "passed": trained.verdict.passed,
        }
        return pack_model(trained.judged.fitted, about, signing_key(self.ctx.settings))

    def _report(
        self,
        name: str,
        result: Mapping[str, Any],
        packed: Packed,
        baseline: Mapping[str, Any],
    ) -> Tracked:
        ctx = self.ctx
        card = model_card(name, result, self.record.curves())
        ctx.artifact(CARD, card.encode(), HTML)
        ctx.artifact(PACKAGE, packed.content, ZIP)
        ctx.artifact(RESULT, orjson.dumps(result), JSON)
        ctx.artifact(BASELINE, orjson.dumps(baseline), JSON)
        if self.reproduces is not None:
            return Tracked("", "", "")
        self.board.progress(0.5, "MLflow")
        tracked = track_training(
            ctx.settings, name, self.request, result, ctx.job_id, packed.weights_hash, card
        )
        if tracked.warning:
            ctx.log(tracked.warning, "warning")
        return tracked

    def _dry(
        self, allowed: Allowed, ground: Ground, leaks: Leaks, numbers: Mapping[str, Any]
    ) -> Outcome:
        for name in list(stages.STAGES)[3:]:
            self.board.skip(name, "A dry run ends before it.")
        about = f", {_long(numbers['seconds'])}" if numbers["seconds"] is not None else ""
        words = (
            f"Dry run: {class_words(ground)}; {numbers['splits']} splits, {numbers['fits']} fits, "
            f"{numbers['memory_mb']:,.0f} MiB{about}."
        )
        result = {"numbers": dict(numbers), "leakage": asdict(leaks)}

        def save(conn: sa.Connection) -> None:
            rows.finish(
                conn,
                self.ctx.job_id,
                stages=self.board.rows,
                result=result,
                passed=None,
                verdict=words,
                now=clock.now(),
            )

        return Outcome(
            summary={"verdict": words, "dry_run": True},
            frames={"splits": self.splits},
            data_version=allowed.dataset.version,
            save=save,
        )


def _long(seconds: float) -> str:
    """`at most about 40 s`, `6 min`, `9 h`: patience may end a fit before its last round."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            return f"at most about {seconds / size:.0f} {unit}"
    return f"at most about {seconds:.0f} s"
