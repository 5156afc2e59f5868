"""A line the size of a word, as SVG: no Plotly, a few hundred bytes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from terminal.charts.theme import Theme

MAX_POINTS = 80


def sparkline_svg(
    values: Sequence[float] | npt.NDArray[np.float64],
    theme: Theme,
    *,
    width: int = 96,
    height: int = 24,
) -> str:
    """Inline SVG of the finite `values`, coloured by the last against the first.

    More than `MAX_POINTS` values are drawn as every n-th, the last always among them. Fewer than
    two give an empty picture.
    """
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-hidden="true">'
    )
    if array.size < 2:
        return head + "</svg>"
    colour = theme.up if array[-1] > array[0] else theme.down
    if array[-1] == array[0]:
        colour = theme.tokens.muted
    if array.size > MAX_POINTS:
        array = array[np.unique(np.linspace(0, array.size - 1, MAX_POINTS).round().astype(int))]
    span = float(np.ptp(array)) or 1.0
    pad = 2.0
    x = pad + np.arange(array.size) / (array.size - 1) * (width - 2 * pad)
    y = pad + (array.max() - array) / span * (height - 2 * pad)
    if float(np.ptp(array)) == 0.0:
        y = np.full(array.size, height / 2)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'{head}<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5" '
        'stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )


def sparkline_uri(
    values: Sequence[float] | npt.NDArray[np.float64],
    theme: Theme,
    *,
    width: int = 96,
    height: int = 24,
) -> str:
    """The same as a data URI, for `html.Img(src=...)`."""
    svg = sparkline_svg(values, theme, width=width, height=height)
    return "data:image/svg+xml;base64," + b64encode(svg.encode("ascii")).decode("ascii")
