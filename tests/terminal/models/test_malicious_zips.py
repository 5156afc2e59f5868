"""Zips made by an enemy: refused, and nothing is left behind."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from terminal.errors import InputError
from terminal.models.package import pack, unpack


def zipped(files: dict[str, bytes], **attributes: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(entry, attribute, value)
            archive.writestr(entry, data)
    return out.getvalue()


LINK = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (zipped({"../../outside.txt": b"x"}), "no name of a model"),
        (zipped({"/tmp/outside.txt": b"x"}), "no name of a model"),
        (zipped({"a/../../outside.txt": b"x"}), "no name of a model"),
        (zipped({"C:\\outside.txt": b"x"}), "no name of a model"),
        (zipped({"a/b/c/d/deep.txt": b"x"}), "no name of a model"),
        (zipped({".hidden.txt": b"x"}), "no name of a model"),
        (zipped({"x" * 300 + ".txt": b"x"}), "no name of a model"),
        (zipped({"link.txt": b"/etc/passwd"}, external_attr=LINK), "link or device"),
        (zipped({f"n-{i}.txt": b"x" for i in range(100)}), "100 files"),
        (zipped({"bomb.txt": b"\0" * 20_000_000}), "more than 100 times"),
        (b"PK\x05\x06" + b"\0" * 18, "has 0 files"),
        (b"not a zip", "cannot be read"),
        (zipped({"good.txt": b"x" * 1000})[:-40], "cannot be read"),
    ],
    ids=["slip", "absolute", "slip inside", "drive", "deep", "hidden", "long", "link", "many",
         "bomb", "empty", "no zip", "truncated"],
)  # fmt: skip
def test_a_zip_of_an_enemy_is_refused_and_leaves_nothing(
    tmp_path: Path, data: bytes, match: str
) -> None:
    with pytest.raises(InputError, match=match):
        unpack(data, tmp_path / "in" / "model")
    assert not (tmp_path / "in" / "model").exists()
    assert [p.name for p in tmp_path.rglob("*")] == ["in"]


def test_a_zip_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.txt", b"1")
        archive.writestr("a.txt", b"2")
    with pytest.raises(InputError, match="same name twice"):
        unpack(out.getvalue(), tmp_path / "model")


@pytest.mark.parametrize("told", [10, 5_000])
def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path, told: int) -> None:
    data = bytearray(zipped({"a.txt": bytes(range(256)) * 4}))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", told)
    with pytest.raises(InputError, match=r"cannot be read|holds"):
        unpack(bytes(data), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_an_encrypted_or_oddly_compressed_zip_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": b"secret"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="encrypted"):
        unpack(bytes(data), tmp_path / "model")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", b"x")
    with pytest.raises(InputError, match="unusual way"):
        unpack(out.getvalue(), tmp_path / "model")


def test_a_zip_is_never_unpacked_over_files_that_are_there(tmp_path: Path, originals: Path) -> None:
    (tmp_path / "manifest.json").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        unpack(pack(originals / "logistic"), tmp_path)
    assert (tmp_path / "manifest.json").read_text() == "mine"
