"""What finished parts of a training leave on disk, so that a later attempt goes on from there.

A part is put under the hash of everything it was made from: the request, the data, the code and the
part's own name. A changed request or another code finds nothing and begins anew. A part is there
whole or not at all (temporary name, fsync, rename). Arrays are `.npy` members of an uncompressed
zip, read without pickle; everything else is JSON.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from terminal.codec import content_hash
from terminal.training.request import TrainingRequest

Arrays = Mapping[str, npt.NDArray[Any]]


class Shelf:
    """Parts of one training.

    Parameters
    ----------
    folder : of this job alone. made_from : whatever determines the results, JSON values.
    """

    def __init__(self, folder: Path, made_from: Mapping[str, Any]) -> None:
        self.root = folder
        self.folder = folder / content_hash(made_from)[:32]
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old != self.folder:  # of another code or other data: never read again
                shutil.rmtree(old, ignore_errors=True)

    def get(self, part: str) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]] | None:
        """(values, arrays) of a part; None where it is not there or cannot be read."""
        path = self._path(part)
        try:
            with zipfile.ZipFile(path) as archive:
                values = orjson.loads(archive.read("values.json"))
                arrays = {}
                for name in archive.namelist():
                    if name.endswith(".npy"):
                        with archive.open(name) as file:
                            arrays[name.removesuffix(".npy")] = np.lib.format.read_array(
                                file, allow_pickle=False
                            )
        except (OSError, zipfile.BadZipFile, KeyError, ValueError):
            return None  # a part that was not finished is made again
        return values, arrays

    def put(self, part: str, values: Mapping[str, Any], arrays: Arrays | None = None) -> None:
        """Keep a part; floats are kept to the last bit."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                with zipfile.ZipFile(file, "w") as archive:
                    archive.writestr("values.json", orjson.dumps(dict(values)))
                    for key, array in (arrays or {}).items():
                        with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                            np.lib.format.write_array(member, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path(part))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def place(self, part: str) -> Path:
        """A folder of a part's own: checkpoints of a fit that has not ended."""
        found = self.folder / f"{content_hash(part)[:32]}.d"
        found.mkdir(exist_ok=True)
        return found

    def clear(self, part: str) -> None:
        """Remove the folder of a part that has ended."""
        shutil.rmtree(self.folder / f"{content_hash(part)[:32]}.d", ignore_errors=True)

    def remove(self) -> None:
        """Remove everything: the training has ended."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _path(self, part: str) -> Path:
        return self.folder / f"{content_hash(part)[:32]}.zip"


def asked(request: TrainingRequest) -> TrainingRequest:
    """The request without what changes no number: its name, its threads, that it is a dry run."""
    return replace(request, name="", threads=0, dry_run=False)
