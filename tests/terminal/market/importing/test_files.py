"""Files, zips and how their text is written."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from terminal.errors import InputError
from terminal.market.importing.dialect import sniff
from terminal.market.importing.files import SourceFile, expand
from tests.terminal.market.importing.made import GOOD_DAYS, codes, read, write


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("AAPL_15min.csv", "AAPL"),
        ("data/brk.b_1d.csv", "BRK.B"),
        ("msft-daily.parquet", "MSFT"),
        ("SPY 5min.txt", "SPY"),
        ("TSLA_intraday_1min.csv.gz", "TSLA"),
        ("GOOG.csv", "GOOG"),
        ("aapl.us_1h.csv", "AAPL"),
        ("15min.csv", "15MIN"),
    ],
)
def test_the_symbol_is_read_from_the_name(name: str, symbol: str) -> None:
    assert SourceFile(name, Path(name)).symbol == symbol


def zipped(path: Path, members: dict[str, str]) -> SourceFile:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return SourceFile(path.name, path)


def test_a_zip_of_files_is_a_folder_of_files(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "all.zip",
        {"x/AAPL_15min.csv": GOOD_DAYS, "x/MSFT_15min.csv": GOOD_DAYS, "x/.hidden.csv": "no",
         "__MACOSX/AAPL_15min.csv": "no", "readme.md": "no"},
    )  # fmt: skip
    (tmp_path / "into").mkdir()
    files = expand([source], tmp_path / "into", 10)
    assert [file.symbol for file in files] == ["AAPL", "MSFT"]
    assert [part.symbol for part in read(list(files)).series] == ["AAPL", "MSFT"]


def test_a_zip_member_cannot_leave_its_folder(tmp_path: Path) -> None:
    source = zipped(tmp_path / "evil.zip", {"../../evil.csv": GOOD_DAYS, "/etc/x.csv": GOOD_DAYS})
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    files = expand([source], into, 10)
    assert all(file.path.parent == into for file in files)
    assert not (tmp_path / "evil.csv").exists()


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    source = zipped(tmp_path / "bomb.zip", {"a.csv": "0" * 3_000_000})
    assert source.path.stat().st_size < 10_000
    (tmp_path / "into").mkdir()
    with pytest.raises(InputError, match="at most 2 MiB"):
        expand([source], tmp_path / "into", 2)
    assert list((tmp_path / "into").iterdir()) == []


def test_a_two_gigabyte_csv_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)  # sparse: takes no room
    with pytest.raises(InputError, match="The files have 2,048 MiB; at most 256 MiB") as caught:
        expand([SourceFile("huge.csv", path)], tmp_path, 256)
    assert "max_upload_mb" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"PK", "neither CSV, Parquet nor zip"),
        ("a.zip", b"not a zip", "not a readable zip"),
        ("a.csv", b"", "a.csv is empty"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        expand([write(tmp_path, content, name)], tmp_path, 10)


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no CSV or Parquet file"):
        expand([zipped(tmp_path / "none.zip", {"a.md": "x"})], tmp_path, 10)


@pytest.mark.parametrize(
    ("change", "encoding", "delimiter"),
    [
        (lambda text: text.encode(), "utf-8", ","),
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "utf-8-sig", ","),
        (lambda text: text.replace(",", "\t").encode("utf-16"), "utf-16", "\t"),
        (lambda text: text.replace("e,", "é|").replace(",", "|").encode("cp1252"), "cp1252", "|"),
        (lambda text: text.replace("\n", "\r\n").encode(), "utf-8", ","),
    ],
)  # fmt: skip
def test_encodings_and_delimiters_are_recognised(
    tmp_path: Path, change: object, encoding: str, delimiter: str
) -> None:
    dialect = sniff(write(tmp_path, change(GOOD_DAYS)))  # type: ignore[operator]
    assert (dialect.encoding, dialect.delimiter) == (encoding, delimiter)
    assert dialect.named and len(dialect.header) == 6


def test_decimal_commas_are_read(tmp_path: Path) -> None:
    text = GOOD_DAYS.replace(",", ";").replace(".", ",")
    result = read(write(tmp_path, text))
    assert not result.report.blocking
    assert result.series[0].bars["close"].tolist() == [10.5, 11.0, 11.2, 11.1, 11.7]


def test_a_byte_order_mark_and_utf_16_do_not_reach_the_data(tmp_path: Path) -> None:
    for content in (b"\xef\xbb\xbf" + GOOD_DAYS.encode(), GOOD_DAYS.encode("utf-16")):
        result = read(write(tmp_path, content))
        assert codes(result) == {}
        assert len(result.series[0].bars) == 5


def test_a_gzipped_csv_is_read(tmp_path: Path) -> None:
    result = read(write(tmp_path, gzip.compress(GOOD_DAYS.encode()), "TEST_1d.csv.gz"))
    assert result.series[0].symbol == "TEST" and len(result.series[0].bars) == 5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\x00\x00\x00", "is not a text file"),
        (b"PAR1 and so on\n\n\n", "is not a text file"),
        (b"date\n2024-01-02\n", "has a single column"),
        (b"date,close\n", "no rows below its header"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        sniff(write(tmp_path, content))


def test_a_broken_parquet_or_gzip_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a readable Parquet file"):
        read(write(tmp_path, b"PAR1 rubbish", "A.parquet"))
    with pytest.raises(InputError, match="cannot be unpacked"):
        read(write(tmp_path, b"rubbish", "A.csv.gz"))
