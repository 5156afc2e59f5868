"""Every provider passes the same tests; none of them reaches a network."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from terminal.errors import InputError, NotFound
from terminal.market.calendars import get_calendar
from terminal.market.dataset import BAR_COLUMNS, Adjustment
from terminal.market.providers import PROVIDERS, BarProvider, BarsWanted, open_provider
from terminal.market.providers.answer_cache import AnswerCache
from terminal.market.providers.courtesy import RateLimit, Retry
from terminal.market.providers.yahoo import YahooProvider
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings
from tests.terminal.market.providers.packaged import PackagedProvider

NOW = datetime(2024, 6, 3, 12, tzinfo=UTC)
WANTED = BarsWanted("IBM", Timeframe.DAY_1, date(2010, 1, 4), date(2010, 3, 31))


class ProviderConformance:
    """What a provider must do; subclasses say which one. Each knows IBM's days of 2010."""

    @pytest.fixture
    def provider(self, tmp_path: Path) -> BarProvider:
        pytest.fail("each subclass names its provider")

    def test_it_says_what_it_is(self, provider: BarProvider) -> None:
        assert provider.slug and provider.title and provider.licence
        assert isinstance(provider.adjustment, Adjustment)
        assert get_calendar(provider.calendar) and len(provider.currency) == 3
        assert Timeframe.DAY_1 in provider.timeframes

    def test_bars_are_named_by_their_open_in_order_and_complete(
        self, provider: BarProvider
    ) -> None:
        series = provider.fetch(WANTED, NOW)
        calendar = get_calendar(provider.calendar)
        grid = calendar.grid(WANTED.start, WANTED.end, WANTED.timeframe)
        assert series.symbol == "IBM"
        assert series.bars.index.equals(pd.DatetimeIndex(grid, tz="UTC", name="ts"))
        assert tuple(series.bars.columns) == BAR_COLUMNS
        assert (series.bars.dtypes == "float64").all()
        assert (series.bars["high"] >= series.bars["low"]).all()

    def test_dividends_stand_at_the_open_of_their_day(self, provider: BarProvider) -> None:
        actions = provider.fetch(WANTED, NOW).actions
        assert list(actions.columns) == ["ts", "kind", "value"]
        assert actions["kind"].tolist() == ["dividend"]
        assert str(actions["ts"].iloc[0]) == "2010-02-08 14:30:00+00:00"
        assert actions["value"].iloc[0] == pytest.approx(0.55)

    def test_a_bar_that_is_still_growing_is_left_out(self, provider: BarProvider) -> None:
        noon = datetime(2010, 3, 31, 17, tzinfo=UTC)
        bars = provider.fetch(WANTED, noon).bars
        assert str(bars.index[-1].date()) == "2010-03-30"

    def test_an_unknown_symbol_is_not_found(self, provider: BarProvider) -> None:
        with pytest.raises(NotFound, match="NOPE"):
            provider.fetch(BarsWanted("NOPE", Timeframe.DAY_1, WANTED.start, WANTED.end), NOW)

    def test_a_timeframe_it_has_not_is_refused(self, provider: BarProvider) -> None:
        with pytest.raises(InputError) as caught:
            provider.fetch(BarsWanted("IBM", Timeframe.MONTH_1, WANTED.start, WANTED.end), NOW)
        assert caught.value.field == "timeframe"

    def test_a_range_without_bars_is_refused(self, provider: BarProvider) -> None:
        with pytest.raises(InputError) as caught:
            provider.fetch(
                BarsWanted("IBM", Timeframe.DAY_1, date(2010, 1, 2), date(2010, 1, 3)), NOW
            )
        assert caught.value.field == "start"


class TestPackagedProvider(ProviderConformance):
    @pytest.fixture
    def provider(self, tmp_path: Path) -> BarProvider:
        return PackagedProvider()


def as_yahoo(wanted: BarsWanted) -> pd.DataFrame:
    """What yfinance answers: capital names, days at midnight of New York, dividends beside."""
    everything = datetime(2030, 1, 1, tzinfo=UTC)
    try:
        part = PackagedProvider().fetch(wanted, everything)
    except InputError:
        return pd.DataFrame(columns=["Open", "High", "Low", "Close", "Volume"])
    frame = part.bars.rename(columns=str.capitalize)
    paid = part.actions[part.actions["kind"] == "dividend"].set_index("ts")["value"]
    frame["Dividends"] = paid.reindex(frame.index).fillna(0.0)
    frame["Stock Splits"] = 0.0
    frame.index = pd.DatetimeIndex(frame.index.date).tz_localize("America/New_York")
    return frame


class TestYahooProvider(ProviderConformance):
    @pytest.fixture
    def provider(self, tmp_path: Path) -> BarProvider:
        return YahooProvider(
            as_yahoo, RateLimit(600), Retry(1), AnswerCache(tmp_path / "answers", 1.0)
        )


def test_every_registered_provider_can_be_opened_without_a_network(settings: Settings) -> None:
    for slug, (title, _) in PROVIDERS.items():
        provider = open_provider(slug, settings)
        assert (provider.slug, provider.title) == (slug, title)


def test_an_unregistered_provider_is_not_found(settings: Settings) -> None:
    with pytest.raises(NotFound, match="no data provider 'nope'"):
        open_provider("nope", settings)
