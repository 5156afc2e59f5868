"""Whether LightGBM's text describes sound trees, asked before LightGBM reads it.

LightGBM trusts its text: a child or feature number out of range would read foreign memory, a cycle
would never end, an absurd count would take all memory. Its writer gives every split a higher
number than the split above it, so "children have higher numbers" means there is no cycle.
"""

from __future__ import annotations

import math

import numpy as np

from terminal.errors import InputError
from terminal.models.model import Task
from terminal.models.signature import Signature

MAX_TREES = 500_000
MAX_LEAVES = 4096


def check_text(text: str, signature: Signature) -> None:
    """InputError when the text is not a sound model of this signature."""
    head, *trees = text.partition("\nend of trees")[0].split("\nTree=")
    if not head.startswith("tree\n") or "\nend of trees" not in text or not trees:
        raise _refused("it is not a complete LightGBM text")
    fields = _fields(head)
    width = signature.width if signature.width > 2 else 1
    for name, wanted in (
        ("num_class", width),
        ("num_tree_per_iteration", width),
        ("max_feature_idx", len(signature.columns) - 1),
    ):
        if fields.get(name) != str(wanted):
            raise _refused(f"{name} is {fields.get(name)!r}, not {wanted}")
    objective = _objective(signature)
    if fields.get("objective") != objective:
        raise _refused(f"its objective is {fields.get('objective')!r}, not {objective!r}")
    if len(trees) > MAX_TREES or len(trees) % width:
        raise _refused(f"it has {len(trees)} trees")
    if len(fields.get("tree_sizes", "").split()) != len(trees):
        raise _refused("the number of trees differs from its list of sizes")
    for number, body in enumerate(trees):
        _check_tree(number, body, len(signature.columns))


def _objective(signature: Signature) -> str:
    if signature.task is Task.NUMBER:
        return "regression"
    n_classes = len(signature.classes)
    return "binary sigmoid:1" if n_classes == 2 else f"multiclass num_class:{n_classes}"


def _check_tree(number: int, body: str, n_features: int) -> None:
    own, _, rest = body.partition("\n")
    if own != str(number):
        raise _refused(f"tree {number} is called {own[:20]!r}")
    fields = _fields(rest)
    leaves = _whole(fields, "num_leaves", number, 1)[0]
    if not 1 <= leaves <= MAX_LEAVES:
        raise _refused(f"tree {number} has {leaves} leaves")
    if fields.get("num_cat") != "0" or fields.get("is_linear", "0") != "0":
        raise _refused(f"tree {number} is of a kind that is never made here")
    if not np.all(np.isfinite(_decimals(fields, "leaf_value", number, leaves))):
        raise _refused(f"tree {number} has leaves that are not finite")
    if not math.isfinite(_decimals(fields, "shrinkage", number, 1)[0]):
        raise _refused(f"tree {number} has a shrinkage that is not finite")
    splits = leaves - 1
    if splits == 0:
        return
    features = _whole(fields, "split_feature", number, splits)
    if features.min() < 0 or features.max() >= n_features:
        raise _refused(f"tree {number} splits on a feature that does not exist")
    _decimals(fields, "threshold", number, splits)
    kinds = _whole(fields, "decision_type", number, splits)
    if np.any((kinds < 0) | (kinds > 15) | (kinds & 1 == 1)):
        raise _refused(f"tree {number} has an unknown kind of split")
    above = np.arange(splits)
    for side in ("left_child", "right_child"):
        child = _whole(fields, side, number, splits)
        leaf = (child < 0) & (child >= -leaves)
        if not np.all(leaf | ((child > above) & (child < splits))):
            raise _refused(f"tree {number} has a branch that leads nowhere")


def _fields(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in text.split("\n"))}


def _whole(fields: dict[str, str], name: str, tree: int, count: int) -> np.ndarray:
    found = _decimals(fields, name, tree, count)
    if not np.all(np.abs(found) < 2**31) or np.any(found != np.floor(found)):
        raise _refused(f"{name} of tree {tree} is not made of whole numbers")
    return found.astype(np.int64)


def _decimals(fields: dict[str, str], name: str, tree: int, count: int) -> np.ndarray:
    words = fields.get(name, "").split()
    if len(words) != count:
        raise _refused(f"{name} of tree {tree} has {len(words)} values, not {count}")
    try:
        return np.array([float(word) for word in words])
    except ValueError:
        raise _refused(f"{name} of tree {tree} is not made of numbers") from None


def _refused(what: str) -> InputError:
    return InputError(
        f"The LightGBM text is refused: {what}.",
        field="lightgbm.txt",
        remedy="Export the model again.",
    )
