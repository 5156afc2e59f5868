"""The settings in force, explained: value, meaning, range, and where the value comes from.

Read-only; passwords inside URLs are masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml

from terminal.settings import ENV_PREFIX, SECTIONS, Settings

_PASSWORD = re.compile(r"(?<=://)([^:/@\s]*):[^@\s]*@")


@dataclass(frozen=True)
class EffectiveSetting:
    """One setting as it is.

    allowed : range or choices in words; origin : "default", the YAML file, or the variable.
    """

    section: str
    key: str
    value: str
    meaning: str
    allowed: str
    origin: str


def effective_settings(
    settings: Settings, config_dir: Path, environ: Mapping[str, str]
) -> tuple[EffectiveSetting, ...]:
    """Every setting in the order of the sections."""
    rows: list[EffectiveSetting] = []
    for section in SECTIONS:
        values = getattr(settings, section)
        in_file = _keys(config_dir / f"{section}.yaml")
        for key, field in type(values).model_fields.items():
            variable = f"{ENV_PREFIX}{section.upper()}__{key.upper()}"
            if variable in environ:
                origin = variable
            elif key in in_file:
                origin = f"{config_dir.name}/{section}.yaml"
            else:
                origin = "default"
            rows.append(
                EffectiveSetting(
                    section,
                    key,
                    _shown(getattr(values, key)),
                    field.description or "",
                    _allowed(field),
                    origin,
                )
            )
    return tuple(rows)


def mask_password(text: str) -> str:
    """`scheme://user:***@host` in place of the password."""
    return _PASSWORD.sub(r"\1:***@", text)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return mask_password(str(value)) if str(value) else "empty"


def _keys(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return set(content) if isinstance(content, dict) else set()


def _allowed(field: Any) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(str(choice) for choice in get_args(field.annotation))
    if field.annotation is bool:
        return "yes, no"
    bounds = {type(item).__name__: item for item in field.metadata}
    low = bounds["Ge"].ge if "Ge" in bounds else None
    high = bounds["Le"].le if "Le" in bounds else None
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    if low is not None:
        return f"at least {low:,}"
    return "text"
