"""Uploaded files belong to their owner and are whole or not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from terminal.accounts.actor import Actor, Role
from terminal.errors import InputError, NotFound, StorageFull
from terminal.market.uploads import Uploads

ANNA = Actor(1, "anna", Role.TRADER)
BEN = Actor(2, "ben", Role.TRADER)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", max_mb=1)


def files(uploads: Uploads) -> list[Path]:
    return [path for path in uploads.root.rglob("*") if path.is_file()]


def test_a_file_is_read_back_by_its_owner_only(uploads: Uploads) -> None:
    made = uploads.add(ANNA, "AAPL_15min.csv", [b"ts,close\n", b"1,2\n"])
    source = uploads.get(ANNA, made.id)
    assert (source.name, source.path.read_bytes()) == ("AAPL_15min.csv", b"ts,close\n1,2\n")
    assert made.size == 13
    with pytest.raises(NotFound):
        uploads.get(BEN, made.id)
    uploads.discard(BEN, [made.id])
    assert uploads.get(ANNA, made.id)
    uploads.discard(ANNA, [made.id, "unknown"])
    with pytest.raises(NotFound, match="no longer there"):
        uploads.get(ANNA, made.id)


def test_a_name_cannot_point_anywhere(uploads: Uploads, tmp_path: Path) -> None:
    made = uploads.add(ANNA, "../../../evil.csv", [b"x"])
    assert uploads.get(ANNA, made.id).name == "evil.csv"
    assert uploads.add(ANNA, "c:\\temp\\b.csv", [b"x"]).name == "b.csv"
    for bad in ("../user-2/x", "..", "", made.id + "/.."):
        with pytest.raises(NotFound):
            uploads.get(ANNA, bad)
    assert not (tmp_path / "evil.csv").exists()


def test_a_file_that_grows_too_large_is_refused_and_leaves_nothing(uploads: Uploads) -> None:
    with pytest.raises(InputError, match="more than 1 MiB"):
        uploads.add(ANNA, "big.csv", (b"0" * 500_000 for _ in range(5)))
    assert files(uploads) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", max_mb=1, min_free_mb=10**9)
    with pytest.raises(StorageFull, match="is full"):
        uploads.add(ANNA, "a.csv", [b"x"])
    assert files(uploads) == []


def test_a_file_without_a_name_is_refused(uploads: Uploads) -> None:
    with pytest.raises(InputError, match="no name"):
        uploads.add(ANNA, " ", [b"x"])


def test_forgotten_files_are_swept_after_a_day(uploads: Uploads) -> None:
    old, young = (uploads.add(ANNA, "a.csv", [b"x"]) for _ in range(2))
    folder = uploads.get(ANNA, old.id).path.parent
    os.utime(folder, (time.time() - 90_000,) * 2)
    assert uploads.sweep() == 1
    assert uploads.get(ANNA, young.id)
    with pytest.raises(NotFound):
        uploads.get(ANNA, old.id)
