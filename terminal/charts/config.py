"""The Plotly configuration every chart shares.

Plotly 7 ships a "Share chart" button that uploads the figure to another company's server, switched
on, and a download-as-JSON button; both are off here, and the address it would upload to is empty.
"""

from __future__ import annotations

from typing import Any

_REMOVED = ["sendChartToCloud", "downloadJson", "select2d", "lasso2d", "autoScale2d"]


def graph_config(*, scroll_zoom: bool = False, filename: str = "chart") -> dict[str, Any]:
    """Configuration for `dcc.Graph(config=...)` and `Plotly.newPlot`.

    Parameters
    ----------
    scroll_zoom : the wheel zooms; for price charts that fill a panel, not inside a long page.
    filename : name of the picture that the camera button saves, without extension.
    """
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "responsive": True,
        "scrollZoom": scroll_zoom,
        "doubleClick": "reset",
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "topojsonURL": "",
        "showTips": False,
        "modeBarButtonsToRemove": list(_REMOVED),
        "toImageButtonOptions": {"format": "svg", "filename": filename},
    }
