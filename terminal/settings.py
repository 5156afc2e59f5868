"""Settings: `config/*.yaml`, then the environment, into one frozen, validated value.

One YAML file per section. An environment variable `ATT_<SECTION>__<KEY>` overrides a key, e.g.
`ATT_SERVER__PORT=8051`. Units stand in the names (`_s` seconds, `_mb` mebibytes). Secrets come
from the environment only and are never read from a file in the repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from terminal.errors import SettingsError

ROOT = Path(__file__).resolve().parents[1]
ENV_PREFIX = "ATT_"
_PASSWORD = re.compile(r"//[^/@\s]+@")  # of a URL; never shown
NOT_SETTINGS = ("ATT_CONFIG_DIR", "ATT_CODE_VERSION", "ATT_CRASH_POINT")  # read where they are used


class Section(BaseModel):
    """A frozen group of settings; an unknown key is an error, not a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Section):
    """The web process."""

    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8050, ge=1, le=65535, description="TCP port of the web server.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^/\s]+)?$",
        description="Address people type, e.g. https://terminal.example.com; empty: host:port.",
    )
    threads: int = Field(8, ge=1, le=128, description="Request threads per web process.")
    processes: int = Field(1, ge=1, le=64, description="Web processes.")
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front whose X-Forwarded-* is believed."
    )
    max_upload_mb: int = Field(
        256, ge=1, le=4096, description="Largest file the import wizard takes, MiB."
    )

    @property
    def base_url(self) -> str:
        """Scheme, host and port as a person would type them."""
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::1") else self.host  # noqa: S104
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Cookies carry `Secure` when people reach the terminal over https."""
        return self.public_url.startswith("https://")


class StorageSettings(Section):
    """Database, bars and files."""

    data_dir: Path = Field(
        Path("var"), description="Folder for database, bars and artifacts; relative to the project."
    )
    database_url: str = Field(
        "",
        pattern=r"^((postgresql\+psycopg|sqlite\+pysqlite)://\S+)?$",
        description="SQLAlchemy URL (postgresql+psycopg://...); empty: SQLite in data_dir.",
    )
    bars: Literal["parquet", "sql"] = Field(
        "parquet", description="Where bars live: partitioned Parquet files, or the database."
    )
    min_free_mb: int = Field(
        200, ge=0, le=1_000_000, description="Refuse to write below this much free disk, MiB."
    )

    @property
    def root(self) -> Path:
        """`data_dir` as an absolute path."""
        return self.data_dir if self.data_dir.is_absolute() else ROOT / self.data_dir

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite+pysqlite:///{self.root / 'terminal.db'}"


class RedisSettings(Section):
    """The doorbell between web and workers."""

    url: str = Field(
        "",
        pattern=r"^((redis|rediss|unix|redis\+socket)://\S+)?$",
        description="Redis URL; empty: the launcher starts a private one on a unix socket.",
    )
    queue_prefix: str = Field(
        "att", pattern=r"^[a-z0-9_-]{1,32}$", description="Prefix of every queue and key."
    )


class JobSettings(Section):
    """A job row's life."""

    heartbeat_s: float = Field(2.0, ge=0.2, le=60, description="Time between heartbeats, s.")
    orphan_after_s: float = Field(
        10.0, ge=1, le=600, description="A running job this long without heartbeat is orphaned, s."
    )
    sweep_s: float = Field(2.0, ge=0.2, le=60, description="Time between sweeps, s.")
    ring_again_s: float = Field(
        5.0, ge=1, le=600, description="A queued job unclaimed this long is announced again, s."
    )
    cancel_grace_s: float = Field(
        5.0, ge=0.1, le=600, description="Time to answer a cancel before the process is killed, s."
    )
    deadline_s: float = Field(
        3600.0, ge=1, le=604_800, description="Longest run of a job whose kind sets no limit, s."
    )
    max_attempts: int = Field(
        3, ge=1, le=20, description="Runs of a job whose worker died before it is given up."
    )
    concurrency: int = Field(2, ge=1, le=64, description="Jobs one worker runs at a time.")
    keep_log_lines: int = Field(
        2000, ge=100, le=100_000, description="Log lines kept for each job."
    )


class AccountSettings(Section):
    """Sign-in and sessions."""

    session_hours: float = Field(
        12.0, ge=0.25, le=720, description="A session ends this long after sign-in, h."
    )
    idle_minutes: float = Field(
        120.0, ge=5, le=43_200, description="A session ends after this long unused, min."
    )
    login_attempts: int = Field(
        5, ge=1, le=100, description="Failed sign-ins per user and address before a pause."
    )
    login_window_s: float = Field(
        300.0, ge=10, le=86_400, description="Window over which failed sign-ins count, s."
    )
    min_password_length: int = Field(12, ge=8, le=128, description="Shortest allowed password.")


class MarketSettings(Section):
    """Market data."""

    built_in: bool = Field(True, description="Load the built-in data sets at the first start.")
    simulated: bool = Field(
        True, description="Generate the simulated 15-minute data set at the first start."
    )
    simulation_seed: int = Field(20_260_101, ge=0, description="Seed of the simulated data set.")
    provider_timeout_s: float = Field(
        15.0, ge=1, le=120, description="Longest wait for an online data provider, s."
    )
    provider_requests_per_minute: int = Field(
        30, ge=1, le=600, description="Requests to one online provider per minute."
    )
    provider_cache_hours: float = Field(
        12.0, ge=0, le=8760, description="Age at which a downloaded answer is fetched again, h."
    )


class TrainingSettings(Section):
    """Training of models, and their registry."""

    mlflow_uri: str = Field(
        "",
        pattern=r"^(off|(https?|file|sqlite)://\S+)?$",
        description="MLflow tracking server (https://...), `off`, or empty: a file in data_dir.",
    )
    signing_key: SecretStr = Field(
        SecretStr(""),
        description="Secret that seals model packages, 32 characters or more, from the environment "
        "only; empty: made once and kept in data_dir/secrets, readable by this user alone.",
    )


class TradingSettings(Section):
    """Accounts and brokers, the paper exchange, alerts."""

    exchange: bool = Field(True, description="Start the paper exchange with the terminal.")
    exchange_host: str = Field("127.0.0.1", description="Address the paper exchange listens on.")
    exchange_port: int = Field(8052, ge=1, le=65535, description="TCP port of the paper exchange.")
    exchange_url: str = Field(
        "",
        pattern=r"^(https?://[^/\s]+)?$",
        description="Where this process reaches the paper exchange; empty: host and port above.",
    )
    exchange_token: SecretStr = Field(
        SecretStr(""),
        description="Secret of the exchange's control endpoints, 32 characters or more, from the "
        "environment only; empty: made once and kept in data_dir/secrets.",
    )
    exchange_dataset: str = Field(
        "",
        description="Data set that is replayed; empty: the simulated 15-minute bars, else the "
        "first one there is.",
    )
    exchange_symbols: str = Field(
        "", description="Instruments it trades, by comma; empty: the first 30 of the data set."
    )
    exchange_start: str = Field(
        "",
        pattern=r"^(\d{4}-\d{2}-\d{2})?$",
        description="Day the replay begins, YYYY-MM-DD; empty: a year before the data ends.",
    )
    exchange_speed: float = Field(
        60.0,
        ge=0,
        le=1_000_000,
        description="Simulated seconds in a second; 0: it moves only when told to.",
    )
    exchange_closed_s: float = Field(
        2.0, ge=0, le=86_400, description="Longest wait through hours without trading, s."
    )
    exchange_half_spread_bps: float = Field(
        1.0, ge=0, le=1000, description="Half of the spread it quotes and fills at, bps."
    )
    exchange_slippage_bps: float = Field(
        0.0, ge=0, le=1000, description="Slippage of its market orders, bps."
    )
    exchange_commission_bps: float = Field(
        0.0, ge=0, le=1000, description="Commission of the value of a fill, bps."
    )
    exchange_commission_per_share: float = Field(
        0.0, ge=0, le=1000, description="Commission a unit."
    )
    exchange_commission_minimum: float = Field(
        0.0, ge=0, le=1000, description="Least commission of a fill."
    )
    exchange_sell_fee_bps: float = Field(
        0.0, ge=0, le=1000, description="Fee on the value of sales, bps."
    )
    exchange_participation: float = Field(
        0.0, ge=0, le=1, description="Share of a bar's volume it fills at most; 0: no limit."
    )
    exchange_latency_s: float = Field(
        0.0, ge=0, le=3600, description="Simulated time an order is on its way, s."
    )
    credentials_key: SecretStr = Field(
        SecretStr(""),
        description="Secret that seals stored broker keys, 32 characters or more, from the "
        "environment only; empty: made once and kept in data_dir/secrets.",
    )
    alpaca_key: SecretStr = Field(
        SecretStr(""), description="Alpaca key of accounts without stored keys; environment only."
    )
    alpaca_secret: SecretStr = Field(SecretStr(""), description="Its secret; environment only.")
    alpaca_feed: Literal["iex", "sip"] = Field("iex", description="Alpaca's market data feed.")
    allow_live: bool = Field(
        False, description="Allow accounts in which real money moves; off: paper accounts only."
    )
    broker_timeout_s: float = Field(
        10.0, ge=0.2, le=120, description="Longest wait for a broker's answer, s."
    )
    lease_s: float = Field(
        15.0, ge=2, le=600, description="Time for which a session holds its account, s."
    )
    reconcile_s: float = Field(
        45.0, ge=1, le=3600, description="Time between two comparisons with the broker, s."
    )
    intent_max_age_s: float = Field(
        60.0,
        ge=1,
        le=86_400,
        description="An order that could not be sent within this time expires unsent, s.",
    )
    stale_yellow_s: float = Field(
        30.0, ge=1, le=3600, description="A feed silent this long is late, s."
    )
    stale_red_s: float = Field(
        300.0, ge=1, le=86_400, description="A feed silent this long is stale, s."
    )
    alert_email: str = Field("", description="Where alerts are mailed to; empty: nowhere.")
    smtp_host: str = Field("", description="Mail server for alerts; empty: no mail.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its TCP port.")
    smtp_from: str = Field("", description="Sender of the mails.")
    smtp_user: str = Field("", description="User at the mail server; empty: without sign-in.")
    smtp_password: SecretStr = Field(
        SecretStr(""), description="Password at the mail server; environment only."
    )
    smtp_tls: bool = Field(True, description="Encrypt the connection to the mail server.")
    webhook_url: SecretStr = Field(
        SecretStr(""),
        description="https address alerts are posted to as JSON; environment only.",
    )

    @property
    def exchange_address(self) -> str:
        """Where this process reaches the paper exchange."""
        return self.exchange_url or f"http://{self.exchange_host}:{self.exchange_port}"


class Settings(BaseModel):
    """All settings in force, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: Annotated[ServerSettings, Field(default_factory=ServerSettings)]
    storage: Annotated[StorageSettings, Field(default_factory=StorageSettings)]
    redis: Annotated[RedisSettings, Field(default_factory=RedisSettings)]
    jobs: Annotated[JobSettings, Field(default_factory=JobSettings)]
    accounts: Annotated[AccountSettings, Field(default_factory=AccountSettings)]
    market: Annotated[MarketSettings, Field(default_factory=MarketSettings)]
    training: Annotated[TrainingSettings, Field(default_factory=TrainingSettings)]
    trading: Annotated[TradingSettings, Field(default_factory=TradingSettings)]


SECTIONS: tuple[str, ...] = tuple(Settings.model_fields)


def load_settings(config_dir: Path, environ: Mapping[str, str]) -> Settings:
    """Read `config_dir/<section>.yaml`, lay the environment over it, validate.

    Raises
    ------
    SettingsError : naming the file or variable, the key, the value given and what is allowed.
    """
    values: dict[str, dict[str, Any]] = {}
    origin: dict[tuple[str, str], str] = {}
    for path in sorted(config_dir.glob("*.yaml")):
        section = path.stem
        if section not in SECTIONS:
            raise SettingsError(
                f"{path} is not a settings file; allowed: {', '.join(SECTIONS)}.",
                field=section,
                remedy="Rename or remove it.",
            )
        values[section] = _read_yaml(path)
        origin.update({(section, key): str(path) for key in values[section]})
    for name, text in environ.items():
        if not name.startswith(ENV_PREFIX):
            continue
        section, _, key = name[len(ENV_PREFIX) :].lower().partition("__")
        if section not in SECTIONS or not key:
            raise SettingsError(
                f"environment variable {name} names no setting; "
                f"the form is {ENV_PREFIX}<SECTION>__<KEY>, sections: {', '.join(SECTIONS)}.",
                field=name,
                remedy="Correct or unset it.",
            )
        values.setdefault(section, {})[key] = text
        origin[(section, key)] = f"environment variable {name}"
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error, origin, config_dir) from error


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {error}", field=path.stem) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(
            f"{path} must hold `key: value` lines, not a {type(content).__name__}.",
            field=path.stem,
        )
    return {str(key): value for key, value in content.items()}


def _explain(
    error: ValidationError, origin: Mapping[tuple[str, str], str], config_dir: Path
) -> SettingsError:
    """The first wrong value as a sentence: where it stands, what it is, what is allowed."""
    first = error.errors()[0]
    section, key = (str(part) for part in (*first["loc"], "", "")[:2])
    where = origin.get((section, key), str(config_dir / f"{section}.yaml"))
    field = Settings.model_fields[section].annotation.model_fields.get(key)  # type: ignore[union-attr]
    if field is None:
        known = ", ".join(Settings.model_fields[section].annotation.model_fields)  # type: ignore[union-attr]
        allowed = f"known keys: {known}"
        given = "an unknown key"
    else:
        allowed = f"allowed: {first['msg'].removeprefix('Input should be ')} ({field.description})"
        given = _PASSWORD.sub("//***@", repr(first["input"]))
    return SettingsError(
        f"{given} in {where}; {allowed}.",
        field=f"{section}.{key}",
        remedy="Correct it and start again.",
    )


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once from `config/` and the environment."""
    return load_settings(Path(os.environ.get("ATT_CONFIG_DIR", ROOT / "config")), _own(os.environ))


def _own(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment less the variables that share the prefix but are no settings."""
    return {
        name: text
        for name, text in environ.items()
        if name not in NOT_SETTINGS and not name.startswith("ATT_TEST_")
    }
