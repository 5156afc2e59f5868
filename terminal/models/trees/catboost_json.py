"""CatBoost's JSON, composed anew from symmetric trees whose every number was checked."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
import orjson

from terminal.models.model import Task
from terminal.models.signature import Signature
from terminal.models.trees.json_model import MALFORMED, finite, refused

FILE = "catboost.json"
MAX_DEPTH = 16
MISSING = ("AsIs", "AsFalse", "AsTrue")


def loss_name(signature: Signature) -> str:
    """What CatBoost is told to minimise."""
    if signature.task is Task.NUMBER:
        return "RMSE"
    return "Logloss" if len(signature.classes) == 2 else "MultiClass"


def sound_catboost(plain: Any, signature: Signature) -> bytes:
    """JSON that CatBoost may read, with the trees of `plain` and nothing else of it.

    Raises
    ------
    InputError : when it is not a model of symmetric trees of this signature.
    """
    try:
        return orjson.dumps(_composed(plain, signature))
    except MALFORMED as error:
        raise refused(FILE, f"it is not a sound CatBoost model ({error!r:.200})") from error


def _composed(plain: Any, signature: Signature) -> dict[str, Any]:
    n_features, width = len(signature.columns), signature.width if signature.width > 2 else 1
    if set(plain["features_info"]) != {"float_features"}:
        raise ValueError("features that are not numbers")
    given = plain["features_info"]["float_features"]
    if len(given) != n_features:
        raise ValueError(f"{len(given)} features, not {n_features}")
    features = [_feature(number, own) for number, own in enumerate(given)]
    borders = [own["borders"] for own in features]
    loss = loss_name(signature)
    first = [0, *accumulate(len(own) for own in borders)]
    scale, bias = plain["scale_and_bias"]
    if not plain["oblivious_trees"]:
        raise ValueError("no trees")
    return {
        "features_info": {"float_features": features},
        "model_info": {
            "params": {
                "flat_params": {"loss_function": loss},
                "loss_function": {"type": loss, "params": {}},
            }
        },
        "oblivious_trees": [_tree(own, borders, first, width) for own in plain["oblivious_trees"]],
        "scale_and_bias": [finite([scale], 1)[0], finite(bias, width)],
    }


def _feature(number: int, given: Any) -> dict[str, Any]:
    if given["feature_index"] != number or given["flat_feature_index"] != number:
        raise ValueError("the features are out of order")
    if given["nan_value_treatment"] not in MISSING or type(given["has_nans"]) is not bool:
        raise ValueError("unknown values are treated in an unknown way")
    own = given["borders"] or []
    borders = finite(own, len(own))
    if np.any(np.diff(borders) <= 0):
        raise ValueError("the borders of a feature do not ascend")
    return {
        "borders": borders,
        "feature_id": "",
        "feature_index": number,
        "flat_feature_index": number,
        "has_nans": given["has_nans"],
        "nan_value_treatment": given["nan_value_treatment"],
    }


def _tree(tree: Any, borders: list[list[float]], first: list[int], width: int) -> dict[str, Any]:
    given = tree["splits"] or []
    if len(given) > MAX_DEPTH:
        raise ValueError(f"a tree is {len(given)} deep")
    return {
        "leaf_values": finite(tree["leaf_values"], width << len(given)),
        "leaf_weights": finite(tree["leaf_weights"], 1 << len(given)),
        "splits": [_split(own, borders, first) for own in given],
    }


def _split(split: Any, borders: list[list[float]], first: list[int]) -> dict[str, Any]:
    feature = split["float_feature_index"]
    if split["split_type"] != "FloatFeature" or type(feature) is not int or feature < 0:
        raise ValueError("a split is of an unknown kind")
    # the number of a split counts the borders of all features, in their order
    index = first[feature] + borders[feature].index(split["border"])
    if split["split_index"] != index:
        raise ValueError("a split asks another border than it says")
    return {
        "border": borders[feature][index - first[feature]],
        "float_feature_index": feature,
        "split_index": index,
        "split_type": "FloatFeature",
    }
