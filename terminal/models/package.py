"""A model as a folder: its native files, a manifest, and a seal over the manifest.

    manifest.json   format, signature of the model, lineage, SHA-256 and size of every other file
    manifest.hmac   HMAC-SHA256 of the bytes of manifest.json, in hexadecimal
    ...             what the model's `save` wrote; no format that can run code

Reading checks in this order, and stops at the first that fails: the folder holds plain files only,
the seal (before a byte of the manifest is interpreted), the manifest's depth and fields, that the
files are exactly those listed, their sizes, their hashes, their structure. Only then a loader
that knows nothing but numbers reads them. The manifest is canonical JSON (sorted keys, no spaces).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from terminal.codec import to_json
from terminal.errors import InputError
from terminal.models.archive import pack, unpack
from terminal.models.catalogue import get_model, resolve
from terminal.models.model import Fitted
from terminal.models.model_files import (
    MANIFEST,
    MAX_FILE,
    MAX_FILES,
    MAX_MANIFEST,
    MAX_TOTAL,
    NAME,
    SEAL,
    listed,
    refused,
)
from terminal.models.signature import Signature, from_plain, signature_of, to_plain
from terminal.params import validate

__all__ = [
    "FileEntry", "Manifest", "Package", "pack", "read_manifest", "read_package", "unpack",
    "write_package",
]  # fmt: skip

FORMAT = 1
MAX_DEPTH = 16
KEY_BYTES = 16


@dataclass(frozen=True)
class FileEntry:
    """SHA-256 in hexadecimal, and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What is said of a model beside its weights.

    about : the caller's words: training lineage, hashes, versions, figures; JSON values.
    """

    signature: Signature
    about: Mapping[str, Any]
    files: Mapping[str, FileEntry]
    format: int = FORMAT


@dataclass(frozen=True)
class Package:
    """A model that has been read, and its manifest."""

    fitted: Fitted
    manifest: Manifest


def write_package(
    folder: Path, fitted: Fitted, params: Any, about: Mapping[str, Any], key: bytes
) -> Manifest:
    """Write a model and its sealed manifest into a new or empty folder.

    Parameters
    ----------
    params : what it was fitted with, as its dataclass or a mapping; must agree with the model.
    about : JSON values (dataclasses, dates and enums are turned into them); finite numbers only.
    key : at least 16 secret bytes.
    """
    kind = get_model(fitted.kind)
    given = validate(kind.params_type, params) if isinstance(params, Mapping) else params
    if given != fitted.params:
        raise InputError(
            "The parameters given are not those the model was fitted with.", field="params"
        )
    _check_key(key)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty.", field="folder", remedy="Name a new folder.")
    names = fitted.save(folder)
    files = {name: _entry(folder / name) for name in sorted(names)}
    manifest = Manifest(
        signature_of(fitted),
        to_json(about),
        files,
    )
    data = _canonical(manifest)
    if len(data) > MAX_MANIFEST:
        raise InputError(
            f"What is said of the model takes {len(data):,} bytes; at most {MAX_MANIFEST:,}.",
            field="about",
        )
    _parse(data)  # what is written can be read
    (folder / MANIFEST).write_bytes(data)
    (folder / SEAL).write_text(_seal(data, key), encoding="ascii")
    return manifest


def read_package(folder: Path, key: bytes) -> Package:
    """Check and load a model.

    Raises
    ------
    InputError : naming the file and what is wrong with it. Nothing in a folder is ever executed.
    """
    _check_key(key)
    manifest = read_manifest(folder, key)
    for name, entry in manifest.files.items():
        _check_file(folder / name, name, entry)
    fitted: Fitted = resolve(get_model(manifest.signature.kind).load)(folder, manifest.signature)
    return Package(fitted, manifest)


def read_manifest(folder: Path, key: bytes) -> Manifest:
    """The manifest of a folder, its seal and its list of files checked, weights not loaded."""
    present = listed(folder)
    for name in (MANIFEST, SEAL):
        if name not in present:
            raise refused(name, "is missing")
    if present[SEAL] > 200:
        raise refused(SEAL, "is too long")
    if present[MANIFEST] > MAX_MANIFEST:
        raise refused(MANIFEST, f"has {present[MANIFEST]:,} bytes; at most {MAX_MANIFEST:,}")
    data = (folder / MANIFEST).read_bytes()
    seal = (folder / SEAL).read_bytes()
    if not hmac.compare_digest(seal, _seal(data, key).encode("ascii")):
        raise InputError(
            "The model's seal does not fit: it was not made by this terminal, or was changed.",
            field=SEAL,
            remedy="Train the model here, or import it with the key of the terminal it is from.",
        )
    manifest = _parse(data)
    known = set(manifest.files) | {MANIFEST, SEAL}
    for name in sorted(known.symmetric_difference(present)):
        raise refused(name, "is missing" if name in known else "is not listed in the manifest")
    return manifest


def _check_file(path: Path, name: str, entry: FileEntry) -> None:
    size = path.stat().st_size
    if size != entry.size:
        raise refused(name, f"has {size:,} bytes, not {entry.size:,}")
    if _entry(path).sha256 != entry.sha256:
        raise refused(name, "was changed: its hash differs")


def _parse(data: bytes) -> Manifest:
    """The manifest of authenticated bytes, every field checked."""
    check_depth(data, MAX_DEPTH)
    try:
        plain = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise refused(MANIFEST, f"is not JSON ({error})") from error
    if not isinstance(plain, dict) or set(plain) != {"format", "model", "about", "files"}:
        raise refused(MANIFEST, "does not have the fields of a manifest")
    if plain["format"] != FORMAT or isinstance(plain["format"], bool):
        raise refused(MANIFEST, f"has format {plain['format']!r}; this terminal reads {FORMAT}")
    if not isinstance(plain["model"], dict) or not isinstance(plain["about"], dict):
        raise refused(MANIFEST, "does not describe a model")
    return Manifest(from_plain(plain["model"]), plain["about"], _files(plain["files"]))


def _files(plain: Any) -> dict[str, FileEntry]:
    if not isinstance(plain, dict) or not 1 <= len(plain) <= MAX_FILES:
        raise refused(MANIFEST, f"must list 1 to {MAX_FILES} files")
    files = {}
    for name, entry in plain.items():
        if not NAME.fullmatch(name) or name in (MANIFEST, SEAL):
            raise refused(MANIFEST, f"lists {name[:80]!r}, which is no name of a model's file")
        if not isinstance(entry, dict) or set(entry) != {"sha256", "size"}:
            raise refused(MANIFEST, f"does not describe {name}")
        sha256, size = entry["sha256"], entry["size"]
        if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise refused(MANIFEST, f"has no hash of {name}")
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MAX_FILE:
            raise refused(MANIFEST, f"says {name} has {str(size)[:40]} bytes")
        files[name] = FileEntry(sha256, size)
    if sum(entry.size for entry in files.values()) > MAX_TOTAL:
        raise refused(MANIFEST, f"lists more than {MAX_TOTAL:,} bytes")
    return files


def check_depth(data: bytes, limit: int) -> None:
    """InputError when brackets nest deeper than `limit`, found without parsing."""
    depth = 0
    for match in re.finditer(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', data, re.DOTALL):
        first = match.group()[:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > limit:
            raise refused(MANIFEST, f"nests deeper than {limit} levels")


def _canonical(manifest: Manifest) -> bytes:
    plain = {
        "format": manifest.format,
        "model": to_plain(manifest.signature),
        "about": manifest.about,
        "files": {n: {"sha256": e.sha256, "size": e.size} for n, e in manifest.files.items()},
    }
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return FileEntry(digest.hexdigest(), path.stat().st_size)


def _seal(data: bytes, key: bytes) -> str:
    return hmac.new(key, data, hashlib.sha256).hexdigest()


def _check_key(key: bytes) -> None:
    if len(key) < KEY_BYTES:
        raise ValueError(f"the key of model packages needs at least {KEY_BYTES} bytes")
