"""Whether the JSON of XGBoost or CatBoost describes sound trees, asked before the library reads it.

Both trust their files. Here every length, feature number and branch is checked with plain JSON and
NumPy, so that what reaches the library cannot point outside its own arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from terminal.errors import InputError
from terminal.models.model import Task
from terminal.models.signature import Signature

MAX_NODES = 1 << 20
MAX_DEPTH = 16
IntArray = npt.NDArray[np.int64]


def read_json(path: Path) -> tuple[bytes, Any]:
    """The bytes of a JSON file and what they say; InputError when they are not JSON."""
    try:
        data = path.read_bytes()
        return data, orjson.loads(data)
    except (OSError, orjson.JSONDecodeError) as error:
        raise refused(path.name, f"it is not JSON ({error})") from error


def refused(name: str, what: str) -> InputError:
    """One voice for every refusal."""
    return InputError(
        f"The model file {name} is refused: {what}.",
        field=name,
        remedy="Export the model again.",
    )


def check_xgboost(plain: Any, signature: Signature, name: str) -> None:
    """InputError when it is not a sound `gbtree` model of this signature."""
    try:
        learner = plain["learner"]
        width = signature.width if signature.width > 2 else 1
        told = learner["learner_model_param"]
        wanted = {
            "num_feature": str(len(signature.columns)),
            "num_class": str(width if width > 1 else 0),
            "num_target": "1",
        }
        for field, value in wanted.items():
            if told[field] != value:
                raise refused(name, f"{field} is {str(told[field])[:40]!r}, not {value!r}")
        objective = xgboost_objective(signature)
        if learner["objective"]["name"] != objective:
            raise refused(name, f"its objective is not {objective!r}")
        if learner["gradient_booster"]["name"] != "gbtree":
            raise refused(name, "it is not made of plain trees")
        model = learner["gradient_booster"]["model"]
        trees = model["trees"]
        groups = _whole(model["tree_info"], len(trees))
        if model["gbtree_model_param"]["num_trees"] != str(len(trees)):
            raise refused(name, "its number of trees is wrong")
        if len(groups) and (groups.min() < 0 or groups.max() >= width):
            raise refused(name, "a tree belongs to no class")
        steps = _whole(model["iteration_indptr"])
        if not len(steps) or steps[0] != 0 or steps[-1] != len(trees) or np.any(np.diff(steps) < 0):
            raise refused(name, "its rounds do not add up to its trees")
        for tree in trees:
            _check_xgboost_tree(tree, len(signature.columns), name)
    except (KeyError, TypeError, IndexError, ValueError, OverflowError, AttributeError) as error:
        raise refused(name, f"it is not an XGBoost model ({error!r})") from error


def xgboost_objective(signature: Signature) -> str:
    """What XGBoost is told to minimise."""
    if signature.task is Task.NUMBER:
        return "reg:squarederror"
    return "binary:logistic" if len(signature.classes) == 2 else "multi:softprob"


def _check_xgboost_tree(tree: Any, n_features: int, name: str) -> None:
    nodes = int(tree["tree_param"]["num_nodes"])
    if not 1 <= nodes <= MAX_NODES:
        raise refused(name, f"a tree has {nodes} nodes")
    if tree["tree_param"]["num_feature"] != str(n_features):
        raise refused(name, "a tree is of another number of features")
    if tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise refused(name, "a leaf has several values")
    if any(tree[field] for field in ("categories", "categories_nodes", "categories_segments")):
        raise refused(name, "a tree is of a kind that is never made here")
    if np.any(_whole(tree["split_type"], nodes)):
        raise refused(name, "a tree is of a kind that is never made here")
    left, right = _whole(tree["left_children"], nodes), _whole(tree["right_children"], nodes)
    inner = left != -1
    if np.any(inner != (right != -1)):
        raise refused(name, "a split has one branch")
    children = np.concatenate([left[inner], right[inner]])
    # every child has one parent and the root none: what hangs on the root is a tree, without cycles
    if len(children) and (children.min() < 1 or children.max() >= nodes):
        raise refused(name, "a branch leads nowhere")
    if len(np.unique(children)) < len(children):
        raise refused(name, "two branches lead to one node")
    features = _whole(tree["split_indices"], nodes)
    if np.any((features < 0) | (features >= n_features)):
        raise refused(name, "a split asks a feature that does not exist")
    for field in ("split_conditions", "base_weights", "loss_changes", "sum_hessian"):
        _finite(tree[field], nodes)
    _whole(tree["default_left"], nodes)
    _whole(tree["parents"], nodes)


def check_catboost(plain: Any, signature: Signature, name: str) -> None:
    """InputError when it is not a sound model of symmetric trees of this signature."""
    try:
        if "trees" in plain or "ctr_data" in plain:
            raise refused(name, "its trees are of a kind that is never made here")
        width = signature.width if signature.width > 2 else 1
        scale, bias = plain["scale_and_bias"]
        _finite([scale], 1)
        _finite(bias, width)
        own = plain["features_info"]
        if set(own) != {"float_features"}:
            raise refused(name, "it has features that are not numbers")
        n_features = len(signature.columns)
        floats = own["float_features"]
        if len(floats) != n_features:
            raise refused(name, f"it has {len(floats)} features, not {n_features}")
        for number, feature in enumerate(floats):
            _check_catboost_feature(feature, number, name)
        borders = sum(len(feature["borders"]) for feature in floats if feature["borders"])
        trees = plain["oblivious_trees"]
        for tree in trees:
            depth = len(tree["splits"] or ())
            if depth > MAX_DEPTH:
                raise refused(name, f"a tree is {depth} deep")
            for split in tree["splits"] or ():
                _check_catboost_split(split, floats, borders, name)
            _finite(tree["leaf_values"], width << depth)
            _finite(tree["leaf_weights"], 1 << depth)
    except (KeyError, TypeError, IndexError, ValueError, OverflowError, AttributeError) as error:
        raise refused(name, f"it is not a CatBoost model ({error!r})") from error


def _check_catboost_feature(feature: Any, number: int, name: str) -> None:
    if feature["feature_index"] != number or feature["flat_feature_index"] != number:
        raise refused(name, "its features are out of order")
    if feature["nan_value_treatment"] not in ("AsIs", "AsFalse", "AsTrue"):
        raise refused(name, "it treats unknown values in an unknown way")
    borders = np.asarray(feature["borders"] or (), dtype=np.float64)
    if np.any(np.isnan(borders)) or np.any(np.diff(borders) <= 0):
        raise refused(name, "the borders of a feature do not ascend")


def _check_catboost_split(split: Any, floats: Any, borders: int, name: str) -> None:
    if split["split_type"] != "FloatFeature":
        raise refused(name, "a split is of an unknown kind")
    feature, index = split["float_feature_index"], split["split_index"]
    if type(feature) is not int or not 0 <= feature < len(floats):
        raise refused(name, "a split asks a feature that does not exist")
    if type(index) is not int or not 0 <= index < borders:
        raise refused(name, "a split asks a border that does not exist")
    if split["border"] not in floats[feature]["borders"]:
        raise refused(name, "a split asks a border that its feature does not have")


def _whole(values: Any, count: int | None = None) -> IntArray:
    found = np.asarray(values)
    if found.ndim != 1 or (count is not None and len(found) != count):
        raise ValueError(f"{len(found)} values, not {count}")
    if found.dtype.kind not in "iub" and len(found):
        raise ValueError("not whole numbers")
    return found.astype(np.int64)


def _finite(values: Any, count: int) -> None:
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (count,) or not np.all(np.isfinite(found)):
        raise ValueError(f"not {count} finite numbers")
