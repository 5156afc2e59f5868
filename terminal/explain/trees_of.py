"""Trees of LightGBM, XGBoost and forests, read from the fitted models."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

import numpy as np
import orjson

from terminal.explain.tree_ensemble import Tree, TreeEnsemble, prepare

_MISSING_ZERO, _MISSING_NAN = 1, 2


def lightgbm_trees(booster: Any, sign: Sequence[float] = (1.0,)) -> TreeEnsemble | None:
    """The raw score of a LightGBM booster.

    Parameters
    ----------
    sign : weight of each class's score, (1,) for binary models and regression.

    Returns None where a tree does what this room does not read: categories, linear leaves, zeros
    as missing values.
    """
    trees = []
    block: dict[str, str] = {}
    number = 0
    for line in StringIO(booster.model_to_string()):
        line = line.strip()
        if line.startswith("Tree="):
            number, block = int(line[5:]), {"Tree": line[5:]}
        elif not line and "Tree" in block:
            own = sign[number % len(sign)]
            tree = _lightgbm_tree(block, own)
            if tree is None:
                return None
            if own:
                trees.append(tree)
            block = {}
        elif block and "=" in line:
            name, _, value = line.partition("=")
            block[name] = value
    return prepare(trees)


def _lightgbm_tree(block: dict[str, str], sign: float) -> Tree | None:
    leaves = int(block["num_leaves"])
    value = np.array(block["leaf_value"].split(), dtype=np.float64) * sign
    if block.get("is_linear", "0") != "0" or int(block.get("num_cat", "0")):
        return None
    if leaves == 1:
        nothing = np.array([-1])
        return Tree(
            nothing, nothing, nothing, np.zeros(1), np.zeros(1, np.bool_), np.ones(1), value
        )

    def whole(name: str) -> Any:
        return np.array(block[name].split(), dtype=np.int64)

    kinds = whole("decision_type")
    missing = (kinds >> 2) & 3
    if (missing == _MISSING_ZERO).any():
        return None
    threshold = np.array(block["threshold"].split(), dtype=np.float64)
    # without missing values in training, LightGBM reads a missing one as 0
    missing_left = np.where(missing == _MISSING_NAN, (kinds & 2) > 0, threshold >= 0.0)
    splits = leaves - 1

    def child(name: str) -> Any:
        at = whole(name)
        return np.where(at >= 0, at, splits + ~at)  # leaves stand after the splits

    end = np.full(leaves, -1)
    return Tree(
        left=np.concatenate([child("left_child"), end]),
        right=np.concatenate([child("right_child"), end]),
        feature=np.concatenate([whole("split_feature"), end]),
        threshold=np.concatenate([threshold, np.zeros(leaves)]),
        missing_left=np.concatenate([missing_left, np.zeros(leaves, np.bool_)]),
        cover=np.concatenate([whole("internal_count"), whole("leaf_count")]).astype(np.float64),
        value=np.concatenate([np.zeros(splits), value]),
    )


def xgboost_trees(booster: Any, sign: Sequence[float] = (1.0,)) -> TreeEnsemble | None:
    """The raw margin of an XGBoost booster; None where a tree asks for categories.

    Parameters
    ----------
    sign : weight of each class's margin, (1,) for binary models and regression.
    """
    learner = orjson.loads(bytes(booster.save_raw("json")))["learner"]
    model = learner["gradient_booster"]["model"]
    start = np.atleast_1d(orjson.loads(learner["learner_model_param"]["base_score"]))
    if learner["objective"]["name"] == "binary:logistic":
        start = np.log(start / (1.0 - start))  # kept as a probability
    constant = float(np.dot(np.broadcast_to(start, len(sign)), sign))
    trees = []
    for group, tree in zip(model["tree_info"], model["trees"], strict=True):
        if any(tree["split_type"]):
            return None
        if sign[group % len(sign)]:
            trees.append(_xgboost_tree(tree, sign[group % len(sign)]))
    return prepare(trees, constant)


def _xgboost_tree(tree: dict[str, Any], sign: float) -> Tree:
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    left = np.array(tree["left_children"], dtype=np.int64)
    return Tree(
        left=left,
        right=np.array(tree["right_children"], dtype=np.int64),
        feature=np.array(tree["split_indices"], dtype=np.int64),
        # it goes left where value < condition, in float32
        threshold=np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64),
        missing_left=np.array(tree["default_left"], dtype=np.bool_),
        cover=np.array(tree["sum_hessian"], dtype=np.float64),
        value=np.where(left < 0, conditions, 0.0).astype(np.float64) * sign,
    )


def forest_trees(forest: Any, sign: Sequence[float] = (1.0,)) -> TreeEnsemble:
    """The mean answer of a forest.

    Parameters
    ----------
    forest : `ForestArrays`. sign : weight of each class's probability, (1,) for a number.
    """
    count = len(forest.start) - 1
    answers = forest.value @ np.asarray(sign) / count
    trees = []
    for k in range(count):
        own = slice(int(forest.start[k]), int(forest.start[k + 1]))
        trees.append(
            Tree(
                left=forest.children_left[own],
                right=forest.children_right[own],
                feature=forest.feature[own],
                threshold=forest.threshold[own],
                missing_left=forest.missing_go_to_left[own].astype(np.bool_),
                cover=forest.weighted_n_node_samples[own],
                value=answers[own],
            )
        )
    return prepare(trees)
