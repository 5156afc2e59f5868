"""What a model's folder may hold: names, counts and sizes, the same on disk and in a zip."""

from __future__ import annotations

import re
from pathlib import Path

from terminal.errors import InputError

MANIFEST, SEAL = "manifest.json", "manifest.hmac"
MAX_FILES = 64
MAX_MANIFEST = 4_000_000
MAX_FILE = 1_000_000_000
MAX_TOTAL = 2_000_000_000
NAME = re.compile(
    r"(?:[a-z0-9][a-z0-9-]{0,40}/){0,2}[a-z0-9][a-z0-9-]{0,60}\.[a-z]{2,12}", re.ASCII
)
"""A file of a model: at most two folders down, no dots but that of the suffix."""


def listed(folder: Path) -> dict[str, int]:
    """Sizes of all files by name; InputError at a link, a device, an odd name or too many."""
    if folder.is_symlink() or not folder.is_dir():
        raise refused(folder.name, "is not a folder")
    found: dict[str, int] = {}
    folders, seen = [folder], 0
    while folders:
        for path in sorted(folders.pop().iterdir()):
            seen += 1
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                raise refused(name, "is a link")
            if seen > 2 * MAX_FILES:
                raise refused(folder.name, f"has more than {MAX_FILES} files")
            if path.is_dir():
                folders.append(path)
            elif not path.is_file() or not NAME.fullmatch(name):
                raise refused(name, "is not a file of a model")
            else:
                found[name] = path.stat().st_size
    return found


def refused(name: str, what: str) -> InputError:
    """A model that is not read, in one voice."""
    return InputError(
        f"The model is refused: {name} {what}.", field=name, remedy="Export the model again."
    )
