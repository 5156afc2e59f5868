"""Whether LightGBM's text describes sound trees, asked before LightGBM reads it.

LightGBM trusts its text: a child or feature number out of range would read foreign memory, a wrong
size or an unknown word ends the process, a cycle would never end. So the text must be, line by
line, what its writer makes of the trees that are fitted here. The writer gives every split a higher
number than the split above it, so "children have higher numbers" means that there is no cycle.
"""

from __future__ import annotations

import re

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.models.samples import IntArray
from terminal.models.signature import Signature

MAX_TREES = 500_000
MAX_LEAVES = 4096
END = "end of trees\n"
HEAD = (
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx",
    "objective", "feature_names", "feature_infos", "tree_sizes",
)  # fmt: skip
TREE = (
    "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type",
    "left_child", "right_child", "leaf_value", "leaf_weight", "leaf_count", "internal_value",
    "internal_weight", "internal_count", "is_linear", "shrinkage",
)  # fmt: skip
NUMBERS = re.compile(r"[-+0-9.e ]*")
RANGE = re.compile(r"none|\[[-+0-9.e]{1,40}:[-+0-9.e]{1,40}\]")


def only_trees(text: str) -> str:
    """LightGBM's text without the settings it was trained with; its answers are the same."""
    return text[: text.index(END) + len(END)]


def check_text(text: str, signature: Signature) -> None:
    """InputError when the text is not a sound model of this signature."""
    head, blank, body = text.partition("\n\n")
    if not text.isascii() or not blank or not head.startswith("tree\n"):
        raise _refused("it is not a LightGBM text")
    sizes = _check_head(head.removeprefix("tree\n"), signature)
    at = 0
    for number, size in enumerate(sizes):
        _check_tree(number, body[at : at + size], len(signature.columns))
        at += size
    if body[at:] != END:
        raise _refused("it does not end with its trees")


def _check_head(head: str, signature: Signature) -> list[int]:
    """Sizes of the trees in characters."""
    fields = _fields(head, HEAD, "its head")
    width = signature.width if signature.width > 2 else 1
    n_features = len(signature.columns)
    wanted = {
        "version": "v4",
        "num_class": str(width),
        "num_tree_per_iteration": str(width),
        "label_index": "0",
        "max_feature_idx": str(n_features - 1),
        "objective": _objective(signature),
        "feature_names": " ".join(f"Column_{k}" for k in range(n_features)),
    }
    for name, value in wanted.items():
        if fields[name] != value:
            raise _refused(f"{name} is {fields[name][:40]!r}, not {value[:40]!r}")
    ranges = fields["feature_infos"].split(" ")
    if len(ranges) != n_features or not all(RANGE.fullmatch(each) for each in ranges):
        raise _refused("feature_infos are not one range a feature")
    count = fields["tree_sizes"].count(" ") + 1
    if count > MAX_TREES:
        raise _refused(f"it has {count} trees")
    sizes = _whole(fields, "tree_sizes", "its head", count)
    if sizes.min() < 1 or len(sizes) % width:
        raise _refused("its trees have absurd sizes")
    return [int(size) for size in sizes]


def _objective(signature: Signature) -> str:
    if signature.task is Task.NUMBER:
        return "regression"
    n_classes = len(signature.classes)
    return "binary sigmoid:1" if n_classes == 2 else f"multiclass num_class:{n_classes}"


def _check_tree(number: int, block: str, n_features: int) -> None:
    tree = f"tree {number}"
    head = f"Tree={number}\n"
    if not block.startswith(head) or not block.endswith("\n\n\n"):
        raise _refused(f"{tree} does not stand where it should")
    fields = _fields(block[len(head) : -3], TREE, tree)
    leaves = int(_whole(fields, "num_leaves", tree, 1)[0])
    if not 1 <= leaves <= MAX_LEAVES:
        raise _refused(f"{tree} has {leaves} leaves")
    if fields["num_cat"] != "0" or fields["is_linear"] != "0":
        raise _refused(f"{tree} is of a kind that is never made here")
    splits = leaves - 1
    _decimals(fields, "shrinkage", tree, 1)
    for name in ("leaf_value", "leaf_count"):
        _decimals(fields, name, tree, leaves)
    _decimals(fields, "leaf_weight", tree, leaves if splits else 0)
    for name in ("split_gain", "internal_value", "internal_weight", "internal_count"):
        _decimals(fields, name, tree, splits)
    _decimals(fields, "threshold", tree, splits, endless=True)
    features = _whole(fields, "split_feature", tree, splits)
    if np.any((features < 0) | (features >= n_features)):
        raise _refused(f"{tree} splits on a feature that does not exist")
    kinds = _whole(fields, "decision_type", tree, splits)
    if np.any((kinds < 0) | (kinds > 15) | (kinds & 1 == 1)):
        raise _refused(f"{tree} has an unknown kind of split")
    above = np.arange(splits)
    for side in ("left_child", "right_child"):
        child = _whole(fields, side, tree, splits)
        leaf = (child < 0) & (child >= -leaves)
        if not np.all(leaf | ((child > above) & (child < splits))):
            raise _refused(f"{tree} has a branch that leads nowhere")


def _fields(text: str, names: tuple[str, ...], where: str) -> dict[str, str]:
    lines = [line.partition("=") for line in text.split("\n")]
    if tuple(name for name, _, _ in lines) != names or not all(equals for _, equals, _ in lines):
        raise _refused(f"{where} does not have the lines it should")
    return {name: value for name, _, value in lines}


def _whole(fields: dict[str, str], name: str, where: str, count: int) -> IntArray:
    found = _decimals(fields, name, where, count)
    if np.any(np.abs(found) >= 2**31) or np.any(found != np.floor(found)):
        raise _refused(f"{name} of {where} is not made of whole numbers")
    return found.astype(np.int64)


def _decimals(
    fields: dict[str, str], name: str, where: str, count: int, *, endless: bool = False
) -> FloatArray:
    """Numbers of a line; `endless`: also `inf`, the threshold of a split that parts what is missing
    from every value there is."""
    value = fields[name]
    words = value.split(" ") if value else []
    if len(words) != count:
        raise _refused(f"{name} of {where} has {len(words)} values, not {count}")
    try:
        found = np.array([float(word) for word in words], dtype=np.float64)
    except ValueError:
        raise _refused(f"{name} of {where} is not made of numbers") from None
    last = np.array([endless and word == "inf" for word in words], dtype=np.bool_)
    digits = " ".join(word for word in words if not (endless and word == "inf"))
    if not NUMBERS.fullmatch(digits) or not np.all(np.isfinite(found) | last):
        raise _refused(f"{name} of {where} is not made of finite numbers")
    return found


def _refused(what: str) -> InputError:
    return InputError(
        f"The LightGBM text is refused: {what}.",
        field="lightgbm.txt",
        remedy="Export the model again.",
    )
