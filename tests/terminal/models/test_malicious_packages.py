"""Model folders and zips made by an enemy: each is refused, and none of their code ever runs.

Every payload, if anything executed it, would create a canary file. Half of the cases have no valid
seal; the other half are sealed with the right key, as if it had been stolen, so that what stands
behind the seal is tested too.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
import yaml

from terminal.models.fitting import fit
from terminal.models.model import FitContext, Task
from terminal.models.package import read_package, write_package
from tests.terminal.models.enemies import (
    FILES,
    PAYLOADS,
    pickled,
    refused,
    reseal,
    seal_bytes,
    set_path,
)
from tests.terminal.models.planted import KEY, parts, planted


def test_the_honest_ones_are_read(originals: Path) -> None:
    for slug in FILES:
        assert read_package(originals / slug, KEY).manifest.about == {"note": "honest"}


def test_the_payloads_do_run_for_a_careless_loader(tmp_path: Path) -> None:
    loaders: dict[str, Callable[[bytes], Any]] = {
        "pickled": pickle.loads,
        "joblibbed": lambda data: joblib.load(io.BytesIO(data)),
        "object_npy": lambda data: np.load(io.BytesIO(data), allow_pickle=True),
        "torch_zip": lambda data: torch.load(io.BytesIO(data), weights_only=False),
        "yaml_tags": yaml.unsafe_load,
        "python_source": exec,
    }
    assert list(loaders) == [payload.__name__ for payload in PAYLOADS]
    for payload in PAYLOADS:
        woken = tmp_path / payload.__name__
        loaders[payload.__name__](payload(woken))
        assert woken.exists()


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("slug", list(FILES))
def test_code_in_place_of_weights_is_refused_even_with_the_right_seal(
    package: Callable[[str], Path], canary: Path, slug: str, payload: Callable[[Path], bytes]
) -> None:
    folder = package(slug)
    (folder / FILES[slug]).write_bytes(payload(canary))
    refused(folder, "was changed|bytes, not")
    reseal(folder)
    refused(folder, "refused|is not LightGBM text")


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda f: f.__name__)
def test_code_in_place_of_the_manifest_is_refused(
    package: Callable[[str], Path], canary: Path, payload: Callable[[Path], bytes]
) -> None:
    folder = package("logistic")
    (folder / "manifest.json").write_bytes(payload(canary))
    refused(folder, "seal does not fit")
    seal_bytes(folder, payload(canary))
    refused(folder, "not JSON|nests deeper")


@pytest.mark.parametrize("suffix", ["pkl", "joblib", "npy", "pt", "py", "yaml"])
def test_an_extra_file_is_refused_unopened(
    package: Callable[[str], Path], canary: Path, suffix: str
) -> None:
    folder = package("logistic")
    (folder / f"model.{suffix}").write_bytes(pickled(canary))
    refused(folder, f"model.{suffix} is not listed")


# --- damage, and files that lie about themselves


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x40]) + data[middle + 1 :]


@pytest.mark.parametrize("slug", list(FILES))
@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda data: data[: len(data) // 2], "bytes, not"),
        (lambda data: data + b"\0" * 10, "bytes, not"),
        (flipped, "was changed"),
        (lambda data: b"", "0 bytes, not"),
    ],
    ids=["truncated", "longer", "one bit", "empty"],
)
def test_damaged_weights_are_refused(
    package: Callable[[str], Path], slug: str, damage: Callable[[bytes], bytes], match: str
) -> None:
    folder = package(slug)
    path = folder / FILES[slug]
    path.write_bytes(damage(path.read_bytes()))
    refused(folder, match)


@pytest.mark.parametrize("slug", list(FILES))
def test_truncated_weights_are_refused_even_with_the_right_seal(
    package: Callable[[str], Path], slug: str
) -> None:
    folder = package(slug)
    path = folder / FILES[slug]
    for share in (0, 0.3, 0.9):
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        reseal(folder)
        refused(folder, "refused|not LightGBM text")


def test_another_key_or_no_seal_is_refused(package: Callable[[str], Path]) -> None:
    folder = package("logistic")
    refused(folder, "seal does not fit", key=b"another key of 32 bytes, or more")
    (folder / "manifest.hmac").write_text("0" * 64)
    refused(folder, "seal does not fit")
    (folder / "manifest.hmac").write_bytes(b"\xff" * 64)
    refused(folder, "seal does not fit")
    (folder / "manifest.hmac").write_text("0" * 100_000)
    refused(folder, "manifest.hmac is too long")
    (folder / "manifest.hmac").unlink()
    refused(folder, "manifest.hmac is missing")


def test_one_changed_word_of_the_manifest_breaks_the_seal(package: Callable[[str], Path]) -> None:
    folder = package("logistic")
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"honest", b"hanest"))
    refused(folder, "seal does not fit")


def test_files_swapped_between_two_sealed_models_are_refused(
    package: Callable[[str], Path], tmp_path: Path
) -> None:
    train, _, _ = parts(planted(seed=7))
    other = fit("logistic", train, None, {}, Task.CLASSES, FitContext())
    write_package(tmp_path / "other", other, {}, {}, KEY)
    folder = package("logistic")
    shutil.copyfile(tmp_path / "other" / FILES["logistic"], folder / FILES["logistic"])
    refused(folder, "was changed")


def test_a_missing_file_a_link_and_a_pipe_are_refused(
    package: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = package("logistic")
    path = folder / FILES["logistic"]
    path.rename(tmp_path / "elsewhere")
    refused(folder, "coefficients.safetensors is missing")
    path.symlink_to(tmp_path / "elsewhere")
    refused(folder, "is a link")
    path.unlink()
    os.mkfifo(path)
    refused(folder, "is not a file of a model")
    path.unlink()
    (folder / "more").symlink_to(tmp_path)
    refused(folder, "is a link")
    (tmp_path / "door").symlink_to(folder)
    refused(tmp_path / "door", "is not a folder")


def test_too_many_files_are_refused(package: Callable[[str], Path]) -> None:
    folder = package("logistic")
    for number in range(200):
        (folder / f"part-{number}.txt").touch()
    refused(folder, "more than 64 files")


# --- manifests of one who has the key


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (("format",), 2, "has format 2"),
        (("format",), True, "has format True"),
        (("extra",), 1, "fields of a manifest"),
        (("model",), [], "does not describe a model"),
        (("model", "kind"), "os.system", "There is no model"),
        (("model", "kind"), "../../etc", "There is no model"),
        (("model", "kind"), "ridge", "'classes' is not one of ridge"),
        (("model", "kind"), "lightgbm", "There is no parameter 'iterations'"),
        (("model", "task"), "both", "neither classes nor number"),
        (("model", "classes"), [0, 1, 2], "shape"),
        (("model", "classes"), [1, 0], "must ascend"),
        (("model", "classes"), list(range(1000)), "must be 2 to 32"),
        (("model", "classes"), ["0", "1"], "list of numbers"),
        (("model", "columns"), ["a"], "shape"),
        (("model", "columns"), ["a"] * 4, "differ from one another"),
        (("model", "columns"), [f"c{i}" for i in range(5000)], "1 to 4096 names"),
        (("model", "columns"), ["a" * 501], "at most 500 characters"),
        (("model", "length"), 10**9, "from 1 to 4096"),
        (("model", "length"), True, "from 1 to 4096"),
        (("model", "length"), 7, "must be 1"),
        (("model", "params"), {"penalty": -1}, "Penalty is -1"),
        (("model", "params"), {"__class__": "x"}, "There is no parameter"),
        (("files", "../../outside.txt"), {"sha256": "0" * 64, "size": 1}, "no name of a model"),
        (("files", "/etc/passwd"), {"sha256": "0" * 64, "size": 1}, "no name of a model"),
        (("files", "a\\b.txt"), {"sha256": "0" * 64, "size": 1}, "no name of a model"),
        (("files", "manifest.json"), {"sha256": "0" * 64, "size": 1}, "no name of a model"),
        (("files", "x.txt"), {"sha256": "0" * 64, "size": 10**18}, "says x.txt has"),
        (("files", "x.txt"), {"sha256": "0" * 64, "size": -1}, "says x.txt has"),
        (("files", "x.txt"), {"sha256": "zz", "size": 1}, "no hash of x.txt"),
        (("files", "x.txt"), {"sha256": "0" * 64, "size": 1}, "x.txt is missing"),
        (("files",), {}, "1 to 64 files"),
    ],
)  # fmt: skip
def test_a_sealed_manifest_that_makes_no_sense_is_refused(
    package: Callable[[str], Path], path: tuple[str, ...], value: Any, match: str
) -> None:
    folder = package("logistic")
    reseal(folder, set_path(*path, value=value))
    refused(folder, match)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"[" * 100_000, "nests deeper"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nests deeper"),
        (b'{"format": NaN}', "not JSON"),
        (b'{"format": Infinity}', "not JSON"),
        (b'{"format": 1e999}', "not JSON|fields"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"null", "fields of a manifest"),
    ],
    ids=["brackets", "objects", "NaN", "Infinity", "1e999", "bytes", "null"],
)
def test_sealed_bytes_that_are_no_manifest_are_refused(
    package: Callable[[str], Path], data: bytes, match: str
) -> None:
    folder = package("logistic")
    seal_bytes(folder, data)
    refused(folder, match)


def test_a_huge_manifest_is_refused_unread(package: Callable[[str], Path]) -> None:
    folder = package("logistic")
    seal_bytes(folder, b'{"a":"' + b"x" * 5_000_000 + b'"}')
    refused(folder, "at most 4,000,000")
