"""One self-contained HTML page: no file beside it, no request to anywhere.

Everything that comes from outside is escaped. The page carries a content security policy that
allows only the scripts written here (by their SHA-256) and no connection at all, so that even a
fault in escaping could neither run code nor send anything. Figures travel as JSON with their
arrays in one shared table: the dates of ten figures are stored once.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import orjson
from plotly.offline import get_plotlyjs

from terminal.charts.config import graph_config
from terminal.charts.theme import FONT, MONO, SELECTORS, TOKENS, Palette
from terminal.reports.tables import Cell, Table

_HERE = Path(__file__).parent
_LONG = 64


class Payload:
    """Figures by key and mode, their arrays shared."""

    def __init__(self) -> None:
        self._arrays: list[Any] = []
        self._known: dict[bytes, int] = {}
        self._figures: dict[str, dict[str, Any]] = {}

    def add(self, key: str, mode: str, figure: Any) -> None:
        """Take a figure in under `key`, drawn when the page is in `mode`."""
        self._figures.setdefault(key, {})[mode] = self._shared(figure.to_dict())

    def _shared(self, value: Any) -> Any:
        if isinstance(value, dict):
            if "bdata" in value:
                content = "|".join((value["dtype"], value.get("shape", ""), value["bdata"]))
                return self._reference(value, content.encode("ascii"))
            return {key: self._shared(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            if len(value) > _LONG:
                return self._reference(value, orjson.dumps(value, option=_ORJSON))
            return [self._shared(item) for item in value]
        return value

    def _reference(self, value: Any, content: bytes) -> dict[str, int]:
        key = sha256(content).digest()
        if key not in self._known:
            self._known[key] = len(self._arrays)
            self._arrays.append(value)
        return {"$array": self._known[key]}

    def json(self) -> str:
        """The payload as JSON that no HTML parser mistakes for markup."""
        data = {"arrays": self._arrays, "figures": self._figures,
                "config": graph_config(filename="figure")}  # fmt: skip
        return orjson.dumps(data, option=_ORJSON).decode("utf-8").replace("<", "\\u003c")


_ORJSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def page(title: str, body: str, payload: Payload, mode: str, palette: Palette) -> str:
    """The whole document."""
    script = _asset("page.js")
    allowed = " ".join([_plotly()[1], _hash(script)])
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        [
            "<!doctype html>\n",
            f'<html lang="en" data-theme="{escape(mode)}">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="generator" content="AlphaTrade Terminal">\n',
            f"<title>{escape(title)}</title>\n",
            f"<style>\n{_tokens(palette)}\n{_asset('page.css')}</style>\n</head>\n",
            f"<body>\n{body}\n",
            f'<script type="application/json" id="payload">{payload.json()}</script>\n',
            f"<script>{_plotly()[0]}</script>\n",
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


@lru_cache(maxsize=1)
def _plotly() -> tuple[str, str]:
    code = get_plotlyjs()
    return code, _hash(code)


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    return f"'sha256-{b64encode(sha256(code.encode('utf-8')).digest()).decode('ascii')}'"


def _tokens(palette: Palette) -> str:
    """The CSS variables of both modes of a palette, and the fonts."""
    blocks = [f":root {{ --font: {FONT}; --mono: {MONO}; }}"]
    for mode in ("dark", "light"):
        selector = SELECTORS[(mode, "standard")]
        tokens = TOKENS[(mode, palette)].variables().items()
        declared = " ".join(f"{name}: {value};" for name, value in tokens)
        blocks.append(f"{selector} {{ color-scheme: {mode}; {declared} }}")
    return "\n".join(blocks)


def figure_html(
    key: str,
    title: str,
    reading: str,
    height: int,
    *,
    wide: bool,
    switch: bool = False,
    min_width: int = 0,
) -> str:
    """The place of a figure; `switch` adds the linear/log button. A figure that cannot be read
    below `min_width` pixels scrolls sideways on a narrower screen."""
    button = (
        f'<button type="button" class="switch" data-switch="{escape(key)}" '
        'aria-pressed="false">Log scale</button>'
        if switch
        else ""
    )
    return (
        f'<section class="card figure{" wide" if wide else ""}"><header><div><h2>{escape(title)}'
        f"</h2><p>{escape(reading)}</p></div>{button}</header>"
        f'<div class="scroll"><div class="plot" data-figure="{escape(key)}" data-height="{height}" '
        f'style="height:{height}px;min-width:{min_width}px" role="img" '
        f'aria-label="{escape(title)}"></div></div></section>'
    )


def table_html(
    table: Table, *, heading: str = "h2", wide: bool = True, numbers: bool = True
) -> str:
    """A table in a card; hints become tooltips that also open on focus."""
    head = "".join(
        f'<th class="{side}" scope="col">{escape(name)}</th>'
        for name, side in zip(table.columns, table.align, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(_cell(cell, side) for cell, side in zip(row, table.align, strict=True))
        + "</tr>"
        for row in table.rows
    )
    inner = (
        f'<div class="scroll"><table{" class=numbers" if numbers else ""}><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
        if table.rows
        else f'<p class="none">{escape(table.empty)}</p>'
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<section class="card{" wide" if wide else ""}"><header><{heading}>{escape(table.title)}'
        f"</{heading}></header>{inner}{note}</section>"
    )


def _cell(cell: Cell, side: str) -> str:
    css = f"{side} {cell.sign}" if cell.sign != "flat" else side
    if cell.hint:
        return (
            f'<td class="{css}"><span class="hint" tabindex="0" data-hint="{escape(cell.hint)}">'
            f"{escape(cell.text)}</span></td>"
        )
    return f'<td class="{css}">{escape(cell.text)}</td>'


def definitions_html(rows: Sequence[tuple[str, str]], css: str = "facts") -> str:
    """Label and text pairs."""
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows)
    return f'<dl class="{css}">{items}</dl>'
