"""Yahoo's answers, good and bad, and its failures as sentences. No test reaches it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from terminal.errors import InputError, NotFound, Unavailable
from terminal.market.providers import BarsWanted
from terminal.market.providers.answer_cache import AnswerCache
from terminal.market.providers.courtesy import RateLimit, Retry
from terminal.market.providers.yahoo import YahooProvider, Yfinance, create
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings
from tests.terminal.market.providers.test_conformance import NOW, WANTED, as_yahoo


def provider(
    folder: Path, ask: Callable[[BarsWanted], pd.DataFrame], attempts: int = 3
) -> YahooProvider:
    waits: list[float] = []
    return YahooProvider(
        ask,
        RateLimit(600, sleep=waits.append),
        Retry(attempts, sleep=waits.append),
        AnswerCache(folder / "answers", 1.0),
    )


def test_the_same_question_is_sent_once(tmp_path: Path) -> None:
    sent: list[BarsWanted] = []

    def ask(wanted: BarsWanted) -> pd.DataFrame:
        sent.append(wanted)
        return as_yahoo(wanted)

    yahoo = provider(tmp_path, ask)
    first, second = yahoo.fetch(WANTED, NOW), yahoo.fetch(WANTED, NOW)
    assert len(sent) == 1
    pd.testing.assert_frame_equal(first.bars, second.bars, check_freq=False)
    pd.testing.assert_frame_equal(first.actions, second.actions)


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_said(tmp_path: Path) -> None:
    tries: list[int] = []

    def ask(wanted: BarsWanted) -> pd.DataFrame:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("Yahoo Finance did not answer.")
        return as_yahoo(wanted)

    assert len(provider(tmp_path / "a", ask).fetch(WANTED, NOW).bars) == 61
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(Unavailable):
        provider(tmp_path / "b", ask, attempts=2).fetch(WANTED, NOW)
    assert len(tries) == 2


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda a: a.drop(columns="Close"), "no column Close"),
        (lambda a: a.tz_localize(None), "no zone"),
        (lambda a: a.iloc[::-1], "not in order"),
        (lambda a: a.assign(Close="x"), "no numbers"),
        (lambda a: a.assign(Low=-1.0), "zero or below"),
        (lambda a: a.reset_index(drop=True), "no zone"),
    ],
)
def test_an_answer_that_cannot_be_bars_is_refused_and_not_kept(
    tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], why: str
) -> None:
    with pytest.raises(Unavailable, match=f"cannot be bars: .*{why}"):
        provider(tmp_path, lambda wanted: spoil(as_yahoo(wanted))).fetch(WANTED, NOW)
    assert not list(tmp_path.rglob("*.parquet"))


def test_intraday_bars_are_offered_as_far_back_as_there_are_any(tmp_path: Path) -> None:
    wanted = BarsWanted("IBM", Timeframe.MIN_15, date(2024, 1, 2), date(2024, 1, 5))
    with pytest.raises(InputError, match="last 59 days only") as caught:
        provider(tmp_path, as_yahoo).fetch(wanted, NOW)
    assert caught.value.field == "start"


def test_a_range_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    wanted = BarsWanted("IBM", Timeframe.DAY_1, date(2010, 3, 31), date(2010, 1, 4))
    with pytest.raises(InputError, match="before it starts"):
        provider(tmp_path, as_yahoo).fetch(wanted, NOW)


def test_intraday_labels_are_bar_starts(tmp_path: Path) -> None:
    index = pd.date_range("2024-05-28 09:30", periods=26, freq="15min", tz="America/New_York")
    answer = pd.DataFrame(
        {"Open": 1.0, "High": 1.0, "Low": 1.0, "Close": 1.0, "Volume": 5}, index=index
    )
    wanted = BarsWanted("IBM", Timeframe.MIN_15, date(2024, 5, 28), date(2024, 5, 28))
    middle = datetime(2024, 5, 28, 14, 50, tzinfo=UTC)
    bars = provider(tmp_path, lambda _: answer).fetch(wanted, middle).bars
    # At 10:50 the bars of 09:30 to 10:30 have closed; that of 10:45 is growing.
    assert bars.index.strftime("%H:%M").tolist() == ["13:30", "13:45", "14:00", "14:15", "14:30"]


def test_offline_is_a_sentence_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real client, through a proxy that is not there: nothing leaves this machine."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unavailable, match="Yahoo Finance did not answer") as caught:
        Yfinance(2.0, tmp_path)(WANTED)
    assert "online" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("YFRateLimitError()", Unavailable),
        ("YFTickerMissingError('NOPE', 'gone')", NotFound),
        ("YFDataException('odd')", Unavailable),
    ],
)
def test_failures_of_the_client_become_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, expected: type[Exception]
) -> None:
    import yfinance
    from yfinance import exceptions

    name, _, arguments = raised.partition("(")
    error = getattr(exceptions, name)(*_arguments(arguments.rstrip(")")))

    def history(self: object, **asked: object) -> pd.DataFrame:
        raise error

    monkeypatch.setattr(yfinance.Ticker, "history", history)
    with pytest.raises(expected):
        Yfinance(1.0, tmp_path)(WANTED)


def _arguments(text: str) -> list[str]:
    return [part.strip().strip("'") for part in text.split(",") if part.strip()]


def test_it_is_made_from_the_settings(settings: Settings) -> None:
    yahoo = create(settings)
    assert yahoo.limit.per_minute == settings.market.provider_requests_per_minute
    assert isinstance(yahoo.ask, Yfinance)
    assert yahoo.ask.timeout_s == settings.market.provider_timeout_s
