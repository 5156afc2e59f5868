"""Server mode's compose file: valid against the specification, settings and queues agree."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from terminal.settings import ROOT, load_settings

ENVIRONMENT = {
    "POSTGRES_PASSWORD": "pg-secret",
    "REDIS_PASSWORD": "redis-secret",
    "PUBLIC_URL": "https://terminal.example.com",
}


def compose(environment: dict[str, str] = ENVIRONMENT) -> dict[str, Any]:
    """The file with merge keys resolved and variables filled in, as the engine would see it."""

    def fill(match: re.Match[str]) -> str:
        name, kind, default = match["name"], match["kind"], match["default"]
        if environment.get(name):
            return environment[name]
        if kind == ":?":
            raise KeyError(f"{name}: {default}")
        return default or ""

    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    pattern = r"\$\{(?P<name>[A-Z_]+)(?:(?P<kind>:[-?])(?P<default>[^}]*))?\}"
    content = yaml.safe_load(re.sub(pattern, fill, text))
    assert isinstance(content, dict)
    return content


def test_the_file_follows_the_compose_specification() -> None:
    services = PyCompose.from_json(json.dumps(compose())).service_names()
    assert {"postgres", "redis", "migrate", "web", "scheduler"} <= set(services)


def test_a_misspelt_key_would_be_refused() -> None:
    content = compose()
    content["services"]["web"]["comand"] = ["x"]
    with pytest.raises(ValueError, match="comand"):
        PyCompose.from_json(json.dumps(content))


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "PUBLIC_URL"])
def test_a_missing_secret_stops_the_start_instead_of_defaulting(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        compose({**ENVIRONMENT, name: ""})


@pytest.mark.parametrize(
    "service", ["web", "worker-backtest", "worker-data", "worker-training", "scheduler"]
)
def test_every_setting_a_service_is_given_is_valid(service: str) -> None:
    given = compose()["services"][service]["environment"]
    settings = load_settings(
        ROOT / "config", {k: str(v) for k, v in given.items() if k.startswith("ATT_")}
    )
    assert settings.storage.url.startswith("postgresql+psycopg://terminal:pg-secret@")
    assert settings.storage.bars == "sql"
    assert settings.server.secure_cookies


def test_every_queue_that_has_a_job_kind_has_a_worker() -> None:
    from terminal.jobs.kinds import KINDS

    served = {
        queue
        for service in compose()["services"].values()
        for previous, queue in itertools.pairwise(service.get("command", []))
        if previous == "--queues"
    }
    assert served == {kind.queue for kind in KINDS.values()}


def test_every_command_names_a_module_of_the_project() -> None:
    for service in compose()["services"].values():
        command = service.get("command", [])
        if command[:2] == ["python", "-m"]:
            module = command[2]
            found = importlib.util.find_spec(module)
            assert found is not None, module


def test_every_variable_is_explained_in_the_example() -> None:
    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([A-Z_]+)=", example, flags=re.MULTILINE))
    assert used - {"TERMINAL_VERSION"} == explained


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER terminal"]


def test_redis_keeps_an_append_only_file() -> None:
    command = compose()["services"]["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
