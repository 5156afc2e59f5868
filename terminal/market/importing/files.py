"""The files of an import: one CSV or Parquet file, several, a folder, or a zip of them.

A zip is unpacked below a folder the caller owns, with limits on the number of members and on the
unpacked size, and never outside that folder.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from terminal.errors import InputError

TEXT = (".csv", ".txt", ".tsv", ".csv.gz")
PARQUET = (".parquet", ".pq")
MAX_FILES = 5_000
_MB = 1024 * 1024
_TIMEFRAME_SUFFIX = re.compile(
    r"[_\-. ]+(\d{1,3}[ _-]?(min(ute)?s?|m|h(our)?s?|d(ay)?s?)|daily|intraday|bars|ohlcv?|us)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SourceFile:
    """A file as the person named it, and where it lies."""

    name: str
    path: Path

    @property
    def parquet(self) -> bool:
        return self.name.lower().endswith(PARQUET)

    @property
    def symbol(self) -> str:
        """The symbol a name like `AAPL_15min.csv` stands for."""
        stem = PurePosixPath(self.name).name
        for ending in (*TEXT, *PARQUET):
            if stem.lower().endswith(ending):
                stem = stem[: -len(ending)]
                break
        while (shorter := _TIMEFRAME_SUFFIX.sub("", stem)) not in (stem, ""):
            stem = shorter
        return stem.strip().upper()


def expand(sources: Sequence[SourceFile], into: Path, max_mb: int) -> tuple[SourceFile, ...]:
    """The data files among `sources`, zips unpacked below `into`, by name.

    Raises
    ------
    InputError : a file is neither CSV, Parquet nor zip; a zip is broken, encrypted or too large;
        there is nothing to read.
    """
    found: list[SourceFile] = []
    for source in sources:
        if source.path.is_dir():
            found += [
                SourceFile(str(path.relative_to(source.path)), path)
                for path in sorted(source.path.rglob("*"))
                if path.is_file() and _is_data(path.name)
            ]
        elif source.name.lower().endswith(".zip"):
            found += _unzip(source, into, max_mb)
        elif _is_data(source.name):
            found.append(source)
        else:
            raise InputError(
                f"{source.name} is neither CSV, Parquet nor zip.",
                field="file",
                remedy=f"Choose files ending in {', '.join((*TEXT, *PARQUET))} or .zip.",
            )
    if not found:
        raise InputError(
            "There is no CSV or Parquet file in what was chosen.",
            field="file",
            remedy="Choose at least one file of bars.",
        )
    if len(found) > MAX_FILES:
        raise InputError(
            f"{len(found):,} files are more than {MAX_FILES:,}.",
            field="file",
            remedy="Put several symbols into one file with a symbol column.",
        )
    for source in found:
        if source.path.stat().st_size == 0:
            raise InputError(f"{source.name} is empty.", field="file", remedy="Leave it out.")
    check_size(sum(source.path.stat().st_size for source in found), max_mb)
    return tuple(sorted(found, key=lambda source: source.name))


def check_size(size: int, max_mb: int) -> None:
    """InputError when `size` bytes are more than `max_mb` MiB."""
    if size > max_mb * _MB:
        raise InputError(
            f"The files have {size / _MB:,.0f} MiB; at most {max_mb:,} MiB are taken at once.",
            field="file",
            remedy="Import fewer symbols or years at a time, use Parquet, or have the "
            "administrator raise server.max_upload_mb.",
        )


def _is_data(name: str) -> bool:
    plain = PurePosixPath(name).name
    return plain.lower().endswith((*TEXT, *PARQUET)) and not plain.startswith((".", "~"))


def _unzip(source: SourceFile, into: Path, max_mb: int) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and _is_data(m.filename)]
            members = [m for m in members if "__MACOSX" not in m.filename]
            if len(members) > MAX_FILES:
                raise InputError(
                    f"{source.name} has {len(members):,} files, more than {MAX_FILES:,}.",
                    field="file",
                    remedy="Split it.",
                )
            if any(m.flag_bits & 1 for m in members):
                raise InputError(
                    f"{source.name} is protected by a password.",
                    field="file",
                    remedy="Pack it again without one.",
                )
            check_size(sum(m.file_size for m in members), max_mb)
            return [_extract(archive, m, into, k) for k, m in enumerate(members)]
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise InputError(
            f"{source.name} is not a readable zip file.", field="file", remedy="Pack it again."
        ) from error


def _extract(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path, number: int
) -> SourceFile:
    # The member's own path is only a label: the file lands under a name of ours.
    ending = ".parquet" if member.filename.lower().endswith(PARQUET) else ".csv"
    ending = ".csv.gz" if member.filename.lower().endswith(".gz") else ending
    path = Path(tempfile.mkstemp(prefix=f"{number:05d}-", suffix=ending, dir=into)[1])
    with archive.open(member) as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out, _MB)
    return SourceFile(member.filename, path)
