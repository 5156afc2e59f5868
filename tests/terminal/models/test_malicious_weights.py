"""Weights made by one who has the key: nothing absurd reaches the library that would read it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from terminal.models.fitting import predict
from terminal.models.package import read_package
from tests.terminal.models.enemies import (
    FILES,
    change_json,
    refused,
    reseal,
)
from tests.terminal.models.planted import KEY, parts, planted


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
