from __future__ import annotations

import re

from pages.components.tabs import tab_links
from pages.preferences.account import browser_name
from terminal.settings import ROOT


def test_exactly_one_tab_is_the_current_one() -> None:
    nav = tab_links([("A", "/x?tab=a"), ("B", "/x?tab=b")], "/x?tab=b", "Parts")
    current = [
        link.children for link in nav.children if "aria-current" in link.to_plotly_json()["props"]
    ]
    assert current == ["B"]


def test_browsers_are_named_as_people_call_them() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130.0 Safari/537.36 Edg/130.0"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    assert browser_name(edge) == "Edge on Windows"
    assert browser_name(phone) == "Safari on iPhone"
    assert browser_name("curl/8.5") == "curl/8.5"
    assert browser_name("") == "Unknown browser"


def test_every_icon_that_code_asks_for_is_drawn() -> None:
    drawn = set(re.findall(r"\.icon-([a-z-]+) \{", (ROOT / "assets/icons.css").read_text()))
    asked: set[str] = set()
    for path in (ROOT / "pages").rglob("*.py"):
        asked |= set(re.findall(r'\bicon\(\s*"([a-z-]+)"|icon="([a-z-]+)"', path.read_text()))  # type: ignore[arg-type]
        asked |= set(re.findall(r'menu="([a-z-]+)"', path.read_text()))
    names = {name for item in asked for name in (item if isinstance(item, tuple) else (item,))} - {
        ""
    }
    assert names
    assert names <= drawn


def test_no_style_sheet_or_script_names_another_host() -> None:
    for path in (ROOT / "assets").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
        assert "eval(" not in text, path.name
