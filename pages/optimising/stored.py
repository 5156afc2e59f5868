"""A finished optimisation read back."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import orjson

from pages.server.context import actor, services
from terminal.codec import from_json
from terminal.errors import NotFound
from terminal.jobs.values import Artifact
from terminal.portfolio.proposal import Proposal

FILE, WEIGHTS = "proposal.json", "weights.csv"


def load_proposal(job_id: str) -> Proposal:
    """The proposal of a job; NotFound where it is not the person's, or its file is missing."""
    return _read(services().jobs.store.open_path(_file(job_id, FILE).sha256))


def weights_file(job_id: str) -> Artifact:
    """Its table of weights."""
    return _file(job_id, WEIGHTS)


def _file(job_id: str, name: str) -> Artifact:
    files = {item.name: item for item in services().jobs.artifacts(actor(), job_id)}
    if name not in files:
        raise NotFound("The file of this optimisation is missing.", remedy="Optimise again.")
    return files[name]


@lru_cache(maxsize=32)
def _read(path: Path) -> Proposal:
    return from_json(Proposal, orjson.loads(path.read_bytes()))
