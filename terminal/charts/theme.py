"""Colours and type of every figure and page, in one place.

A `Theme` is a mode (dark or light) and a palette (standard or colour-blind safe). Its `Tokens`
are the values of the CSS variables of the same names; `tokens_css` writes them as CSS, and a test
holds the style sheet of the pages to it. Text colours reach WCAG AA (4.5:1) on every surface they
stand on, lines and marks 3:1. The colour-blind palette is Okabe and Ito's, gain blue, loss orange
(Color Universal Design, 2008), shaded per mode for contrast.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Mode = Literal["dark", "light"]
Palette = Literal["standard", "colour-blind"]

FONT = (
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, '
    '"Liberation Sans", sans-serif'
)
MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace'


@dataclass(frozen=True)
class Tokens:
    """One colour per role, as #rrggbb; `series` are the eight line colours in order of use."""

    bg: str
    panel: str
    panel_2: str
    border: str
    text: str
    muted: str
    accent: str
    up: str
    down: str
    warn: str
    grid: str
    series: tuple[str, ...]

    def variables(self) -> dict[str, str]:
        """CSS variable name -> value, `--bg` to `--series-8`."""
        named = {
            f"--{item.name.replace('_', '-')}": getattr(self, item.name)
            for item in fields(self)
            if item.name != "series"
        }
        return named | {f"--series-{k}": colour for k, colour in enumerate(self.series, start=1)}


_DARK = {
    "bg": "#0b0f14",
    "panel": "#11171f",
    "panel_2": "#19212b",
    "border": "#2a3542",
    "text": "#e2e8f0",
    "muted": "#93a1b3",
    "accent": "#45b8e6",
    "warn": "#e5b040",
    "grid": "#1d2630",
}
_LIGHT = {
    "bg": "#f4f6f9",
    "panel": "#ffffff",
    "panel_2": "#edf1f5",
    "border": "#cfd7e1",
    "text": "#16202c",
    "muted": "#53606f",
    "accent": "#0a6c9f",
    "warn": "#855600",
    "grid": "#e7ecf1",
}

TOKENS: dict[tuple[Mode, Palette], Tokens] = {
    ("dark", "standard"): Tokens(
        **_DARK,
        up="#2fbf8a",
        down="#f4606c",
        series=(
            "#45b8e6", "#e5a54b", "#a78bfa", "#5fc98a",
            "#ef7fae", "#37c8bd", "#c9cf5a", "#94a3b8",
        ),
    ),
    ("dark", "colour-blind"): Tokens(
        **_DARK,
        up="#56b4e9",
        down="#f08a3c",
        series=(
            "#56b4e9", "#e69f00", "#cc79a7", "#1fb58f",
            "#f0e442", "#3d8fd1", "#e0703a", "#a3adb8",
        ),
    ),
    ("light", "standard"): Tokens(
        **_LIGHT,
        up="#0a7a50",
        down="#c22a3b",
        series=(
            "#0a6c9f", "#b26a00", "#6d4bd0", "#2a8a4f",
            "#c13a78", "#0b807a", "#7c7a10", "#5f6d7d",
        ),
    ),
    ("light", "colour-blind"): Tokens(
        **_LIGHT,
        up="#00639c",
        down="#b04a00",
        series=(
            "#0072b2", "#b27a00", "#b0588a", "#008562",
            "#857b00", "#2e86c1", "#c65300", "#5f6b76",
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """How a figure looks: mode and palette."""

    mode: Mode = "dark"
    palette: Palette = "standard"

    @property
    def tokens(self) -> Tokens:
        """The colours of this theme."""
        return TOKENS[(self.mode, self.palette)]

    @property
    def up(self) -> str:
        """Colour of gains and rising bars."""
        return self.tokens.up

    @property
    def down(self) -> str:
        """Colour of losses and falling bars."""
        return self.tokens.down

    def series(self, k: int) -> str:
        """Colour of the k-th line, from 0; after eight they repeat."""
        return self.tokens.series[k % len(self.tokens.series)]


DARK = Theme("dark")
LIGHT = Theme("light")


def theme_from(mode: object, palette: object = "standard") -> Theme:
    """The theme a browser's stores name; anything unknown reads as dark and standard."""
    return Theme(
        "light" if mode == "light" else "dark",
        "colour-blind" if palette == "colour-blind" else "standard",
    )


def translucent(colour: str, alpha: float) -> str:
    """`#rrggbb` as an rgba() value with opacity `alpha` in 0..1."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def blend(colour: str, other: str, share: float) -> str:
    """`share` of the first colour mixed with the rest of the second, as #rrggbb."""
    parts = (
        round(share * int(colour[k : k + 2], 16) + (1 - share) * int(other[k : k + 2], 16))
        for k in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


SELECTORS: dict[tuple[Mode, Palette], str] = {
    ("dark", "standard"): ':root, [data-theme="dark"]',
    ("light", "standard"): '[data-theme="light"]',
    ("dark", "colour-blind"): ':root[data-palette="colour-blind"]',
    ("light", "colour-blind"): '[data-theme="light"][data-palette="colour-blind"]',
}


def tokens_css() -> str:
    """The four token blocks as CSS, in the order in which they override each other."""
    blocks = []
    for key, selector in SELECTORS.items():
        lines = [f"  {name}: {value};" for name, value in TOKENS[key].variables().items()]
        blocks.append("\n".join([f"{selector} {{", f"  color-scheme: {key[0]};", *lines, "}"]))
    return "\n\n".join(blocks) + "\n"
