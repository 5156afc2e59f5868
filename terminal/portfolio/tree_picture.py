"""The tree that a clustered method follows, as a figure draws it."""

from __future__ import annotations

import numpy as np

from terminal.params import validate
from terminal.portfolio.clusters import (
    COLUMNS,
    cluster_count,
    column_distance,
    correlation_distance,
    cut,
    leaves_of,
    members_of,
    tree_of,
)
from terminal.portfolio.hierarchical import ClusterParams, HrpParams
from terminal.portfolio.optimise import get_method
from terminal.portfolio.optimise_request import OptimiseRequest
from terminal.portfolio.problem import Problem
from terminal.portfolio.proposal import Tree


def tree_picture(problem: Problem, request: OptimiseRequest) -> Tree | None:
    """The tree that a method follows; None for those that follow none."""
    kind = get_method(request.method).params_type
    if kind not in (HrpParams, ClusterParams) or problem.n < 2:
        return None
    params = validate(kind, request.method_params)
    distance = correlation_distance(problem.rho)
    if isinstance(params, HrpParams) and params.distance == COLUMNS:
        distance = column_distance(distance)
    tree = tree_of(distance, params.linkage)
    asked = params.clusters if isinstance(params, ClusterParams) else 0
    members = members_of(tree)
    group = np.zeros(problem.n, dtype=int)
    order = leaves_of(tree).tolist()
    for node in cut(tree, asked or cluster_count(tree, distance)):
        group[members[node]] = min(order.index(k) for k in members[node].tolist())
    numbers = {start: k for k, start in enumerate(sorted(set(group.tolist())))}
    return Tree(
        problem.symbols,
        tuple((int(left), int(right), float(height)) for left, right, height in tree[:, :3]),
        tuple(order),
        tuple(numbers[start] for start in group.tolist()),
    )
