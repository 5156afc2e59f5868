"""XGBoost's JSON, composed anew from trees whose every number was checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from terminal.models.model import Task
from terminal.models.signature import Signature
from terminal.models.trees.json_model import MALFORMED, finite, refused, whole

FILE = "xgboost.json"
MAX_NODES = 1 << 20
NO_PARENT = 2**31 - 1
VERSION = [3, 2, 0]
"""Of the format that is written and read here."""


def objective_of(signature: Signature) -> str:
    """What XGBoost is told to minimise."""
    if signature.task is Task.NUMBER:
        return "reg:squarederror"
    return "binary:logistic" if len(signature.classes) == 2 else "multi:softprob"


def sound_xgboost(plain: Any, signature: Signature) -> bytes:
    """JSON that XGBoost may read, with the trees and the start of `plain` and nothing else of it.

    Raises
    ------
    InputError : when it is not a model of plain trees of this signature.
    """
    try:
        return orjson.dumps(_composed(plain, signature))
    except MALFORMED as error:
        raise refused(FILE, f"it is not a sound XGBoost model ({error!r:.200})") from error


def _composed(plain: Any, signature: Signature) -> dict[str, Any]:
    learner, width = plain["learner"], signature.width if signature.width > 2 else 1
    n_features = len(signature.columns)
    told = {
        "num_class": str(width if width > 1 else 0),
        "num_feature": str(n_features),
        "num_target": "1",
    }
    for field, value in told.items():
        if learner["learner_model_param"][field] != value:
            raise ValueError(f"{field} is not {value}")
    objective, booster = objective_of(signature), learner["gradient_booster"]
    if learner["objective"]["name"] != objective or booster["name"] != "gbtree":
        raise ValueError(f"not plain trees for {objective}")
    start = orjson.loads(learner["learner_model_param"]["base_score"])
    # XGBoost reads its own notation only
    base = "[" + ",".join(f"{value:.9E}" for value in finite(start, width)) + "]"
    model = booster["model"]
    trees = [_tree(k, tree, n_features) for k, tree in enumerate(model["trees"])]
    if len(trees) % width:
        raise ValueError("not the same number of trees for each class")
    classes = list(range(width)) * (len(trees) // width)
    if whole(model["tree_info"], len(trees)).tolist() != classes:
        raise ValueError("the trees are not in the order of their classes")
    loss = {"softmax_multiclass_param": {"num_class": str(width)}}
    return {
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {
                "model": {
                    "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
                    "gbtree_model_param": {
                        "num_parallel_tree": "1",
                        "num_trees": str(len(trees)),
                    },
                    "iteration_indptr": list(range(0, len(trees) + 1, width)),
                    "tree_info": classes,
                    "trees": trees,
                },
                "name": "gbtree",
            },
            "learner_model_param": told | {"base_score": base, "boost_from_average": "1"},
            "objective": {"name": objective}
            | (loss if width > 1 else {"reg_loss_param": {"scale_pos_weight": "1"}}),
        },
        "version": VERSION,
    }


def _tree(number: int, tree: Any, n_features: int) -> dict[str, Any]:
    nodes = len(tree["left_children"])
    if not 1 <= nodes <= MAX_NODES:
        raise ValueError(f"a tree has {nodes} nodes")
    left, right = whole(tree["left_children"], nodes), whole(tree["right_children"], nodes)
    inner = left != -1
    if np.any(inner != (right != -1)):
        raise ValueError("a split has one branch")
    children = np.concatenate([left[inner], right[inner]])
    if len(children) and (children.min() < 1 or children.max() >= nodes):
        raise ValueError("a branch leads nowhere")
    # each node but the root has one parent: what hangs on the root is a tree, without cycles
    if len(children) != nodes - 1 or len(np.unique(children)) < len(children):
        raise ValueError("the branches are no tree")
    parents = np.full(nodes, NO_PARENT)
    parents[children] = np.tile(np.flatnonzero(inner), 2)
    features = whole(tree["split_indices"], nodes)
    if np.any((features < 0) | (features >= n_features)):
        raise ValueError("a split asks a feature that does not exist")
    if any(whole(tree["split_type"], nodes)):
        raise ValueError("a split is of a kind that is never made here")
    goes_left = whole(tree["default_left"], nodes)
    if np.any((goes_left != 0) & (goes_left != 1)):
        raise ValueError("an unknown value goes neither left nor right")
    none: list[int] = []
    return {
        **{f"categories{part}": none for part in ("", "_nodes", "_segments", "_sizes")},
        **{
            name: finite(tree[name], nodes)
            for name in ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
        },
        "default_left": goes_left.tolist(),
        "id": number,
        "left_children": left.tolist(),
        "parents": parents.tolist(),
        "right_children": right.tolist(),
        "split_indices": features.tolist(),
        "split_type": [0] * nodes,
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(n_features),
            "num_nodes": str(nodes),
            "size_leaf_vector": "1",
        },
    }
