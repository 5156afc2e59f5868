"""Model folders and zips made by an enemy: each is refused, and none of their code ever runs.

Every payload, if anything executed it, would create a canary file. Half of the cases have no valid
seal; the other half are sealed with the right key, as if it had been stolen, so that what stands
behind the seal is tested too.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import pickle
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import orjson
import pytest
import torch

from terminal.errors import InputError
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Task
from terminal.models.package import pack, read_package, unpack, write_package
from tests.terminal.models.planted import KEY, QUICK, parts, planted

FILES = {
    "logistic": "coefficients.safetensors",
    "lightgbm": "lightgbm.txt",
    "xgboost": "xgboost.json",
    "catboost": "catboost.json",
    "random-forest": "forest.safetensors",
    "lstm": "network.safetensors",
}


class Payload:
    """Unpickled, it creates the canary."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One honest package of each kind."""
    folder = tmp_path_factory.mktemp("originals")
    train, _, _ = parts(planted())
    for slug in FILES:
        model = fit(slug, train, None, QUICK[slug], Task.CLASSES, FitContext())
        write_package(folder / slug, model, QUICK[slug], {"note": "honest"}, KEY)
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "something was executed"


@pytest.fixture
def package(originals: Path, tmp_path: Path) -> Callable[[str], Path]:
    def copy(slug: str) -> Path:
        return Path(shutil.copytree(originals / slug, tmp_path / slug))

    return copy


def reseal(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
    """Seal what lies in a folder with the right key, after a change of the manifest."""
    plain = json.loads((folder / "manifest.json").read_bytes())
    for name in plain["files"]:
        if (folder / name).is_file():
            data = (folder / name).read_bytes()
            plain["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    change(plain)
    seal_bytes(folder, orjson.dumps(plain))


def seal_bytes(folder: Path, data: bytes) -> None:
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.hmac").write_text(hmac.new(KEY, data, hashlib.sha256).hexdigest())


def refused(folder: Path, match: str, key: bytes = KEY) -> None:
    with pytest.raises(InputError, match=match):
        read_package(folder, key)


def test_the_honest_ones_are_read(originals: Path) -> None:
    for slug in FILES:
        assert read_package(originals / slug, KEY).manifest.about == {"note": "honest"}


# --- files that run code when a careless loader opens them, in place of the weights


def pickled(canary: Path) -> bytes:
    return pickle.dumps(Payload(canary))


def joblibbed(canary: Path) -> bytes:
    out = io.BytesIO()
    joblib.dump(Payload(canary), out)
    return out.getvalue()


def object_npy(canary: Path) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([Payload(canary)], dtype=object), allow_pickle=True)
    return out.getvalue()


def torch_zip(canary: Path) -> bytes:
    out = io.BytesIO()
    torch.save(Payload(canary), out)
    return out.getvalue()


def yaml_tags(canary: Path) -> bytes:
    return f'!!python/object/apply:os.system ["touch {canary}"]\n'.encode()


def python_source(canary: Path) -> bytes:
    return f"import os; os.system('touch {canary}')\n".encode()


PAYLOADS = (pickled, joblibbed, object_npy, torch_zip, yaml_tags, python_source)


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


def set_path(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        at: Any = plain
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


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


# --- weights of one who has the key


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write_header(path: Path, header: dict[str, Any], rest: bytes) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + rest)


@pytest.mark.parametrize(
    "lie",
    [
        lambda h: h["intercept"].update(shape=[10**12]),
        lambda h: h["intercept"].update(data_offsets=[0, 10**15]),
        lambda h: h["intercept"].update(dtype="F16"),
        lambda h: h["intercept"].update(dtype="O"),
        lambda h: h.update(another=dict(h["intercept"])),
        lambda h: h.pop("intercept"),
        lambda h: h["intercept"].update(shape=[-1]),
    ],
    ids=["shape", "offsets", "type", "object", "too many", "too few", "negative"],
)
def test_a_safetensors_header_that_lies_is_refused(
    package: Callable[[str], Path], lie: Callable[[dict[str, Any]], object]
) -> None:
    folder = package("logistic")
    path = folder / FILES["logistic"]
    header, rest = header_of(path)
    lie(header)
    write_header(path, header, rest)
    reseal(folder)
    refused(folder, "coefficients.safetensors is refused")


@pytest.mark.parametrize("length", [2**63, 2**40, 0])
def test_a_safetensors_header_of_absurd_length_is_refused(
    package: Callable[[str], Path], length: int
) -> None:
    folder = package("logistic")
    path = folder / FILES["logistic"]
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    reseal(folder)
    refused(folder, "is refused")


def test_weights_that_are_not_finite_are_refused(package: Callable[[str], Path]) -> None:
    folder = package("lstm")
    path = folder / FILES["lstm"]
    header, rest = header_of(path)
    first, last = header["model.head.weight"]["data_offsets"]
    nan = np.full((last - first) // 4, np.nan, dtype=np.float32).tobytes()
    write_header(path, header, rest[:first] + nan + rest[last:])
    reseal(folder)
    refused(folder, "not finite")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("num_leaves=7", "num_leaves=2000000000"),
        ("num_leaves=7", "num_leaves"),
        ("tree_sizes=", "tree_sizes=99"),
        ("feature_infos=", "feature_infos=[1:1] "),
        ("internal_value=", "another=1\ninternal_value="),
        ("num_leaves=7", "num_leaves=-5"),
        ("max_feature_idx=3", "max_feature_idx=2000000000"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=1000000"),
        ("num_class=1", "num_class=999999999"),
        ("num_cat=0", "num_cat=1000000"),
        ("is_linear=0", "is_linear=1"),
        ("split_feature=0 ", "split_feature=999999 "),
        ("left_child=1 ", "left_child=0 "),
        ("left_child=1 ", "left_child=500000 "),
        ("left_child=1 ", "left_child=-900000 "),
        ("leaf_value=", "leaf_value=inf "),
        ("threshold=", "threshold=os.system "),
        ("objective=binary sigmoid:1", "objective=custom"),
        ("end of trees", "end of tree"),
        ("Tree=3\n", "Tree=7\n"),
    ],
)
def test_lightgbm_text_with_absurd_numbers_is_refused(
    package: Callable[[str], Path], old: str, new: str
) -> None:
    folder = package("lightgbm")
    path = folder / FILES["lightgbm"]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    reseal(folder)
    refused(folder, "LightGBM text is refused")


TREE = ("learner", "gradient_booster", "model", "trees", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*TREE, "left_children", 0), 10**6),
        ((*TREE, "left_children", 0), 0),
        ((*TREE, "left_children", 0), -7),
        ((*TREE, "left_children"), []),
        ((*TREE, "split_indices", 0), 10**6),
        ((*TREE, "split_conditions"), []),
        ((*TREE, "split_conditions", 0), "1e999"),
        ((*TREE, "default_left", 0), 2),
        ((*TREE, "split_type", 0), 1),
        (("learner", "learner_model_param", "num_feature"), "2000000000"),
        (("learner", "learner_model_param", "num_class"), "2000000000"),
        (("learner", "learner_model_param", "base_score"), "[1,2,3]"),
        (("learner", "learner_model_param", "base_score"), "__import__('os')"),
        (("learner", "gradient_booster", "name"), "dart"),
        (("learner", "gradient_booster", "model", "tree_info", 0), 5),
        (("learner", "objective", "name"), "rank:ndcg"),
        (("learner",), None),
    ],
)
def test_xgboost_json_with_absurd_numbers_is_refused(
    package: Callable[[str], Path], path: tuple[str | int, ...], value: Any
) -> None:
    folder = package("xgboost")
    change_json(folder, "xgboost", path, value)
    refused(folder, "xgboost.json is refused")


CAT_TREE = ("oblivious_trees", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*CAT_TREE, "splits", 0, "float_feature_index"), 10**6),
        ((*CAT_TREE, "splits", 0, "split_index"), 10**9),
        ((*CAT_TREE, "splits", 0, "split_index"), -1),
        ((*CAT_TREE, "splits", 0, "border"), 12345.0),
        ((*CAT_TREE, "splits", 0, "split_type"), "OnlineCtr"),
        ((*CAT_TREE, "leaf_values"), [0.0]),
        ((*CAT_TREE, "leaf_values", 0), "NaN"),
        ((*CAT_TREE, "leaf_weights"), []),
        (("features_info", "float_features", 0, "borders"), [3.0, 1.0]),
        (("features_info", "float_features", 0, "flat_feature_index"), 10**9),
        (("features_info", "float_features", 0, "nan_value_treatment"), "Run"),
        (("features_info", "categorical_features"), [{}]),
        (("scale_and_bias",), [1e308, [1, 2, 3]]),
        (("oblivious_trees",), []),
        (("oblivious_trees",), 7),
    ],
)
def test_catboost_json_with_absurd_numbers_is_refused(
    package: Callable[[str], Path], path: tuple[str | int, ...], value: Any
) -> None:
    folder = package("catboost")
    change_json(folder, "catboost", path, value)
    refused(folder, "catboost.json is refused")


@pytest.mark.parametrize(
    ("slug", "path", "value"),
    [
        ("xgboost", (*TREE, "parents", 1), -1),  # XGBoost itself dies of this one
        ("xgboost", (*TREE, "tree_param", "num_nodes"), "2000000000"),
        ("xgboost", (*TREE, "tree_param", "size_leaf_vector"), "4000000"),
        ("xgboost", (*TREE, "categories"), [1, 2]),
        ("xgboost", ("learner", "gradient_booster", "model", "iteration_indptr", 1), 10**9),
        ("xgboost", ("learner", "attributes"), {"best_iteration": "999999999"}),
        ("xgboost", ("version",), [99, 0, 0]),
        ("catboost", ("model_info", "params", "boosting_options"), 7),
        ("catboost", ("ctr_data",), {"x": 1}),
        ("catboost", ("trees",), [{}]),
    ],
)
def test_what_is_not_needed_for_answers_never_reaches_the_library(
    package: Callable[[str], Path], slug: str, path: tuple[str | int, ...], value: Any
) -> None:
    folder = package(slug)
    _, _, test = parts(planted())
    before = predict(read_package(folder, KEY).fitted, test)
    change_json(folder, slug, path, value)
    assert np.array_equal(predict(read_package(folder, KEY).fitted, test), before)


def change_json(folder: Path, slug: str, path: tuple[str | int, ...], value: Any) -> None:
    file = folder / FILES[slug]
    plain = json.loads(file.read_bytes())
    set_path(*path, value=value)(plain)
    file.write_text(json.dumps(plain))
    reseal(folder)


@pytest.mark.parametrize("name", ["children_left", "feature", "start"])
def test_forest_arrays_that_lead_outside_are_refused(
    package: Callable[[str], Path], name: str
) -> None:
    folder = package("random-forest")
    path = folder / FILES["random-forest"]
    header, rest = header_of(path)
    first, _ = header[name]["data_offsets"]
    write_header(path, header, rest[:first] + struct.pack("<q", 10**9) + rest[first + 8 :])
    reseal(folder)
    refused(folder, "forest.safetensors is refused")


# --- zips


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
