from __future__ import annotations

from pages.components import table as tables
from pages.components.job_card import size_text


def test_numbers_are_right_aligned_in_tabular_figures_and_use_the_one_formatter() -> None:
    column = tables.number_column("pnl", "Profit", "currency")
    assert column["type"] == "rightAligned"
    assert column["cellClass"] == "num"
    assert column["valueFormatter"] == {"function": "terminalNumber(params.value, 'currency')"}


def test_a_change_carries_its_sign_in_text_and_in_colour() -> None:
    column = tables.change_column("r", "Return")
    assert column["valueFormatter"] == {"function": "terminalChange(params.value, 'percent')"}
    assert set(column["cellClassRules"]) == {"num-up", "num-down"}


def test_market_times_name_their_exchange_zone() -> None:
    column = tables.market_time_column("ts", "Entry", "America/New_York", "minute")
    assert "America/New_York" in column["valueFormatter"]["function"]


def test_code_in_cells_is_never_allowed_and_browser_export_is_off() -> None:
    grid = tables.table("t", [tables.text_column("a", "A")], [{"a": "=1+1"}], row_id="a")
    assert getattr(grid, "dangerously_allow_code", None) is None
    assert grid.dashGridOptions["suppressCsvExport"] is True
    assert grid.getRowId == "params.data.a + ''"


def test_the_word_for_no_rows_is_text_and_not_markup() -> None:
    grid = tables.table("t", [], [], nothing="<b>none</b>")
    assert grid.dashGridOptions["localeText"] == {"noRowsToShow": "<b>none</b>"}
    assert "overlayNoRowsTemplate" not in grid.dashGridOptions


def test_sizes_are_in_binary_units() -> None:
    assert [size_text(n) for n in (0, 1023, 1024, 1536, 5 * 1024**3)] == [
        "0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 GiB",
    ]  # fmt: skip
