"""The demo's forecast can be read however narrow the console is."""

from datetime import date, timedelta
from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from cli.demo_forecast_shown import COLUMNS, show_forecast


def forecast(mean: float) -> pl.DataFrame:
    """Ten days of the network's flights."""
    rows = [
        {
            "kind": "network", "series": "flights", "target_date": date(2024, 6, 30) + timedelta(days=ahead),
            "horizon": ahead, "model": "auto_ets", "mean": mean + 20 * ahead, "lower": 0.9 * mean,
            "upper": 1.1 * mean + 30 * ahead, "backtest_coverage": 0.94, "backtest_mape": 0.06,
            "reason": "the best", "trained_to": date(2024, 6, 30), "sources": ["simulate"],
            "date": date(2024, 6, 30),
        }
        for ahead in range(1, 11)
    ]  # fmt: skip
    return pl.DataFrame(rows).select(COLUMNS)


def shown(rows: pl.DataFrame, width: int) -> str:
    console = Console(width=width, record=True, file=StringIO())
    show_forecast(console, rows)
    return console.export_text()


@pytest.mark.parametrize("mean", [12.0, 4321.0, 1_234_567.0])
@pytest.mark.parametrize("width", [44, 60, 80, 100])
def test_no_number_is_cut_at_any_width(mean, width):
    rows = forecast(mean)
    told = shown(rows, width)
    assert "…" not in told
    for row in rows.iter_rows(named=True):
        (line,) = [line for line in told.splitlines() if f"{row['target_date']:%a %d %b}" in line]
        assert [cell.strip() for cell in line.strip("│ ").split("│")][1:4] == [
            f"{row[end]:,.0f}" for end in ("lower", "mean", "upper")
        ]
        assert mean > 1e6 or len(line) <= width


def test_the_bar_shrinks_with_the_console_and_goes_where_there_is_no_room():
    rows = forecast(4321.0)
    bars = {
        width: max(line.count("─") for line in shown(rows, width).splitlines() if "●" in line)
        for width in (60, 80, 100)
    }
    assert bars[60] < bars[80] < bars[100]
    assert "●" not in shown(rows, 50)
