"""How a text file is written: encoding, delimiter, decimal sign, header."""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import dataclass
from typing import IO

from terminal.errors import InputError
from terminal.market.importing.files import SourceFile

HEAD_BYTES = 256 * 1024
DELIMITERS = (",", ";", "\t", "|")
_NUMBER_OR_TIME = re.compile(r"^[\s\"']*[-+]?\d[\d.,:/\-T Z+]*[\"']*$")


@dataclass(frozen=True)
class Dialect:
    """Of one text file. `header` are the column names; `named` False: the file has none."""

    encoding: str
    delimiter: str
    decimal: str
    header: tuple[str, ...]
    named: bool


def open_bytes(source: SourceFile) -> IO[bytes]:
    """The file's bytes, unpacked when it is gzipped."""
    if source.path.suffix == ".gz" or source.name.lower().endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(source.path))
    return source.path.open("rb")


def sniff(source: SourceFile) -> Dialect:
    """The dialect, from the first 256 KiB.

    Raises
    ------
    InputError : not a text table: binary content, one column only, or nothing below the header.
    """
    try:
        with open_bytes(source) as file:
            head = file.read(HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise InputError(
            f"{source.name} cannot be unpacked.", field="file", remedy="Pack it again."
        ) from error
    encoding = _encoding(head, source)
    # The last line of the head may be cut in the middle.
    text = head.decode(encoding, errors="replace")
    lines = text.splitlines()[: -1 if len(head) == HEAD_BYTES else None]
    filled = [line for line in lines if line.strip()][:200]
    if len(filled) < 2:
        raise InputError(
            f"{source.name} has no rows below its header.", field="file", remedy="Leave it out."
        )
    delimiter = _delimiter(filled, source)
    first, *rest = csv.reader(filled, delimiter=delimiter)
    named = not any(_NUMBER_OR_TIME.match(cell) for cell in first if cell.strip())
    header = _unique([cell.strip() or f"column {k + 1}" for k, cell in enumerate(first)])
    if not named:
        header = tuple(f"column {k + 1}" for k in range(len(first)))
    return Dialect(encoding, delimiter, _decimal(rest, delimiter), header, named)


def _encoding(head: bytes, source: SourceFile) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:4] == b"PAR1" or b"\x00" in head:
        raise InputError(
            f"{source.name} is not a text file.",
            field="file",
            remedy="Export it as CSV, or give a Parquet file its .parquet ending.",
        )
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        # A character may be cut at the end of the head: four bytes at most.
        head[: len(head) - 4 if len(head) == HEAD_BYTES else None].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 8 and len(head) == HEAD_BYTES:
            return "utf-8"
        return "cp1252"


def _delimiter(lines: list[str], source: SourceFile) -> str:
    """The sign that cuts most lines into the same number of parts, more than one."""

    def score(sign: str) -> tuple[float, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=sign)]
        usual = max(set(counts), key=counts.count)
        return (counts.count(usual) / len(counts) if usual > 1 else 0.0, usual)

    best = max(DELIMITERS, key=score)
    if score(best)[0] == 0.0:
        raise InputError(
            f"{source.name} has a single column: {lines[0][:60]!r}.",
            field="file",
            remedy="Separate columns by comma, semicolon, tab or |.",
        )
    return best


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+,\d+", cell))
    points = sum(1 for cell in cells if re.fullmatch(r"[-+]?\d+\.\d+", cell))
    return "," if commas > points else "."


def _unique(names: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)
