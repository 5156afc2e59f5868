"""What an enemy of model files does: payloads, forged manifests, seals with a stolen key."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import orjson
import pytest
import torch

from terminal.errors import InputError
from terminal.models.package import read_package
from tests.terminal.models.planted import KEY

FILES = {
    "logistic": "coefficients.safetensors",
    "lightgbm": "lightgbm.txt",
    "xgboost": "xgboost.json",
    "catboost": "catboost.json",
    "random-forest": "forest.safetensors",
    "lstm": "network.safetensors",
}


class Payload:
    """Unpickled, it creates the canary."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


def pickled(canary: Path) -> bytes:
    return pickle.dumps(Payload(canary))


def joblibbed(canary: Path) -> bytes:
    out = io.BytesIO()
    joblib.dump(Payload(canary), out)
    return out.getvalue()


def object_npy(canary: Path) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([Payload(canary)], dtype=object), allow_pickle=True)
    return out.getvalue()


def torch_zip(canary: Path) -> bytes:
    out = io.BytesIO()
    torch.save(Payload(canary), out)
    return out.getvalue()


def yaml_tags(canary: Path) -> bytes:
    return f'!!python/object/apply:os.system ["touch {canary}"]\n'.encode()


def python_source(canary: Path) -> bytes:
    return f"import os; os.system('touch {canary}')\n".encode()


PAYLOADS = (pickled, joblibbed, object_npy, torch_zip, yaml_tags, python_source)


def reseal(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
    """Seal what lies in a folder with the right key, after a change of the manifest."""
    plain = json.loads((folder / "manifest.json").read_bytes())
    for name in plain["files"]:
        if (folder / name).is_file():
            data = (folder / name).read_bytes()
            plain["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    change(plain)
    seal_bytes(folder, orjson.dumps(plain))


def seal_bytes(folder: Path, data: bytes) -> None:
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.hmac").write_text(hmac.new(KEY, data, hashlib.sha256).hexdigest())


def refused(folder: Path, match: str, key: bytes = KEY) -> None:
    with pytest.raises(InputError, match=match):
        read_package(folder, key)


def set_path(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        at: Any = plain
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def change_json(folder: Path, slug: str, path: tuple[str | int, ...], value: Any) -> None:
    file = folder / FILES[slug]
    plain = json.loads(file.read_bytes())
    set_path(*path, value=value)(plain)
    file.write_text(json.dumps(plain))
    reseal(folder)
