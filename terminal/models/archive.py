"""A model's folder as one zip file, for download and upload.

An uploaded zip is a stranger's: its names, counts and sizes are checked before anything is
written, and again while it is unpacked, because a zip's own word on its sizes can be a lie.
"""

from __future__ import annotations

import io
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from terminal.errors import InputError
from terminal.models.model_files import MAX_FILE, MAX_FILES, MAX_TOTAL, NAME

MAX_RATIO = 100
EPOCH = (1980, 1, 1, 0, 0, 0)
CHUNK = 1 << 20


def pack(folder: Path) -> bytes:
    """A zip of a package's folder; the same folder gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            _check_name(name)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o600 << 16
            # numbers of a model hardly shrink; text does, but not beyond what `unpack` allows
            entry.compress_type = zipfile.ZIP_DEFLATED
            data = path.read_bytes()
            if len(data) > MAX_RATIO * max(len(zlib.compress(data)), 1):
                entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, data)
    return out.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of a zip into a new or empty folder; nothing is left behind on refusal.

    Raises
    ------
    InputError : when it is no zip, has too many or too large files, expands suspiciously, or a
        name in it is not that of a model's file (links, folders up, absolute paths).
    """
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty.", field="folder", remedy="Name a new folder.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive, len(data))
            total = 0
            for entry in archive.infolist():
                total += _extract(archive, entry, folder)
                if total > MAX_TOTAL:
                    raise _refused(f"has more than {MAX_TOTAL:,} bytes")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        _clear(folder, existed)
        raise _refused(f"cannot be read ({error})") from error
    except BaseException:
        _clear(folder, existed)
        raise


def _check_entries(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    if not 1 <= len(entries) <= MAX_FILES:
        raise _refused(f"has {len(entries)} files; 1 to {MAX_FILES} are allowed")
    if len({entry.filename for entry in entries}) < len(entries):
        raise _refused("has the same name twice")
    for entry in entries:
        _check_name(entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _refused(f"has a link or device, {entry.filename!r}")
        if entry.flag_bits & 0x1:
            raise _refused("is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("is compressed in an unusual way")
        if entry.file_size > MAX_FILE:
            raise _refused(f"has {entry.filename!r} of {entry.file_size:,} bytes")
        if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise _refused(f"expands {entry.filename!r} more than {MAX_RATIO} times")
    if sum(entry.file_size for entry in entries) > min(MAX_TOTAL, MAX_RATIO * max(size, 1)):
        raise _refused("expands too far")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> int:
    target = folder / entry.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, target.open("xb") as out:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > entry.file_size:
                raise _refused(f"says less than {entry.filename!r} holds")
            out.write(chunk)
    if written != entry.file_size:
        raise _refused(f"says more than {entry.filename!r} holds")
    return written


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise _refused(f"has {name[:80]!r}, which is no name of a model's file")


def _clear(folder: Path, existed: bool) -> None:
    shutil.rmtree(folder)
    if existed:
        folder.mkdir()


def _refused(what: str) -> InputError:
    return InputError(f"The zip {what}.", field="file", remedy="Upload a model that was exported.")
