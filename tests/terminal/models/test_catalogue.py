"""The catalogue describes every model without loading what trains it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from terminal.errors import InputError
from terminal.models.catalogue import COMBINED, MODELS, get_model, resolve
from terminal.params import describe, validate
from terminal.settings import ROOT

HEAVY = ("torch", "lightgbm", "xgboost", "catboost", "sklearn", "numba", "scipy", "shap")


@pytest.mark.parametrize("slug", [*MODELS, *COMBINED])
def test_every_entry_is_complete(slug: str) -> None:
    kind = get_model(slug)
    assert kind.slug == slug
    assert kind.title
    assert kind.description.endswith(".")
    assert callable(resolve(kind.load))
    assert (slug in COMBINED) or callable(resolve(kind.fit))
    for spec in describe(kind.params_type):
        assert spec.title
        assert spec.kind in ("bool", "choice") or (spec.low is not None and spec.high is not None)
    assert validate(kind.params_type, {}) == kind.params_type()


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no model 'oracle'; known: logistic, ridge"):
        get_model("oracle")


def test_describing_models_loads_no_training_library() -> None:
    code = (
        "import sys\n"
        "from terminal.models.catalogue import COMBINED, MODELS, get_model\n"
        "from terminal.params import describe\n"
        "for slug in (*MODELS, *COMBINED):\n"
        "    describe(get_model(slug).params_type)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_documentation_has_a_row_for_every_model() -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == [*MODELS]
