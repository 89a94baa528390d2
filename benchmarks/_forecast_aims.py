"""What the daily forecasts aim at, and whether they reach it."""

import polars as pl
from rich.table import Table

from airtraffic.forecasting.scores import scores

COVERAGE = (0.93, 0.97)
LEAST_COVERAGE = 0.90
MOST_VS_NAIVE = 1.02


def table(rows: pl.DataFrame, best_mape: float) -> Table:
    """One line per aim. ``best_mape``: of statsforecast's models on the Brazilian network in 2024. [1]"""
    published = scores(rows, by=["model", "panel", "series"]).filter(pl.col("model") == "champion")
    coverage = published["coverage"].mean()
    narrow = published.filter(pl.col("coverage") < LEAST_COVERAGE)
    poor = published.filter(pl.col("vs_naive") > MOST_VS_NAIVE)
    network = scores(rows.filter(pl.col("series") == "BR"), by=["model"])
    mape = dict(network.select("model", "mape").iter_rows())
    result = Table("aim", "measured", "reached", title="Aims", title_justify="left")
    lines = (
        (
            f"champion's 95 % interval covers {COVERAGE[0]:.0%} to {COVERAGE[1]:.0%} on average",
            f"{coverage:.1%} over {published.height} series",
            COVERAGE[0] <= coverage <= COVERAGE[1],
        ),
        (
            f"and not under {LEAST_COVERAGE:.0%} on any series",
            f"least {published['coverage'].min():.1%}; under it: {', '.join(narrow['series']) or 'none'}",
            narrow.is_empty(),
        ),
        (
            f"champion's MAE at most {MOST_VS_NAIVE:.2f} of seasonal naive's",
            f"worst {published['vs_naive'].max():.3f}; above it: {', '.join(poor['series']) or 'none'}",
            poor.is_empty(),
        ),
        (
            "Brazil 2024, MAPE at or below statsforecast's best",
            f"champion {mape['champion']:.2%}, forest {mape['demand_forest']:.2%}, best {best_mape:.2%}",
            mape["champion"] <= best_mape,
        ),
    )
    for aim, measured, reached in lines:
        result.add_row(aim, measured, "yes" if reached else "[red]no")
    return result
