"""The tree a clustered method follows: what moves together joins low, groups share a colour."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.theme import Theme
from terminal.portfolio.proposal import Tree

ROW_PX, FRAME_PX = 18, 80


def dendrogram_height(leaves: int) -> int:
    """Pixels at which every name can be read."""
    return FRAME_PX + ROW_PX * max(6, leaves)


def dendrogram_figure(tree: Tree | None, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """Instruments at the left, joins to the right by how far apart they are."""
    if tree is None or not tree.joins:
        return empty_figure("This method follows no tree.", theme)
    n = len(tree.symbols)
    place = {leaf: float(row) for row, leaf in enumerate(tree.order)}
    height = dict.fromkeys(range(n), 0.0)
    group: dict[int, int | None] = dict(enumerate(tree.group))
    lines: dict[int | None, tuple[list[Any], list[Any]]] = {}
    for k, (left, right, apart) in enumerate(tree.joins):
        node = n + k
        same = group[left] if group[left] == group[right] else None
        x, y = lines.setdefault(same, ([], []))
        x += [height[left], apart, apart, height[right], None]
        y += [place[left], place[left], place[right], place[right], None]
        place[node], height[node], group[node] = (place[left] + place[right]) / 2, apart, same
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "line": {
                "color": theme.tokens.muted if own is None else theme.series(own),
                "width": 1.6,
            },
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for own, (x, y) in lines.items()
    ]
    names = [plain(tree.symbols[leaf]) for leaf in tree.order]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [0.0] * n,
            "y": list(range(n)),
            "marker": {"size": 6, "color": [theme.series(tree.group[k]) for k in tree.order]},
            "customdata": [f"{name}, group {tree.group[k] + 1}"
                           for name, k in zip(names, tree.order, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        }
    )  # fmt: skip
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        hovermode="closest",
        margin={"t": 8},
        xaxis={"title": {"text": "Distance of what is joined (0: moves as one)"},
               "rangemode": "tozero", "showgrid": True, "showspikes": False},
        yaxis={"tickmode": "array", "tickvals": list(range(n)), "ticktext": names,
               "range": [n - 0.5, -0.5], "showgrid": False, "showspikes": False,
               "zeroline": False},
    )  # fmt: skip
