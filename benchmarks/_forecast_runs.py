"""Rolling origins of every model on every panel, in as many processes as there are cores."""

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from typing import Any

import polars as pl
from rich.progress import Progress
from rich.table import Table

from airtraffic.forecasting.backtest import rolling_means, with_intervals
from airtraffic.forecasting.baselines import Persistence, SeasonalNaive, WeekdayMean
from airtraffic.forecasting.classical import AutoETS, WeeklyMSTL
from airtraffic.forecasting.contract import Forecaster
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.reference_forest import ReferenceForest
from airtraffic.forecasting.seasonal import SeasonalFourier
from airtraffic.forecasting.training import REFIT_DAYS, blended
from benchmarks._forecast_series import HORIZON, countries, origins

SLOW = ("auto_ets", "reference_forest")


def models(history: pl.DataFrame) -> dict[str, Forecaster]:
    """Every contender by name."""
    made = (
        SeasonalNaive(),
        Persistence(),
        WeekdayMean(),
        AutoETS(),
        WeeklyMSTL(),
        ReferenceForest(),
        SeasonalFourier(),
        DemandForest(countries=countries(history)),
    )
    return {model.name: model for model in made}


def backtests(
    history: pl.DataFrame, warm: list[date], scored: list[date], progress: Progress, title: str
) -> pl.DataFrame:
    """Rows of ``rolling_origins`` with a column model; the warm origins are there too, refitted quarterly.

    The blend is the mean of its members' rows, which is what ``Blend`` gives.
    """
    jobs = []
    for name, model in models(history).items():
        pieces = _months(scored) if name in SLOW or name == "demand_forest" else [scored]
        jobs += [(model, piece, None) for piece in pieces]
        if warm and name != "reference_forest":
            # The year before the scored one only gives errors for intervals and the choice of a champion.
            jobs.append((model, warm, REFIT_DAYS))
    done = []
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    task = progress.add_task(title, total=len(jobs))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        waiting = {pool.submit(_means, model, history, piece, refit) for model, piece, refit in jobs}
        for each in as_completed(waiting):
            done.append(each.result())
            progress.advance(task)
    means = pl.concat(done).sort("model", "origin", "series", "horizon")
    means = pl.concat([means, blended(means)])
    return pl.concat(
        with_intervals(part).with_columns(model=pl.lit(name))
        for (name,), part in sorted(means.partition_by("model", as_dict=True).items())
    )


def _months(days: list[date]) -> list[list[date]]:
    by_month: dict[tuple[int, int], list[date]] = {}
    for day in days:
        by_month.setdefault((day.year, day.month), []).append(day)
    return list(by_month.values())


def _means(model: Forecaster, history: pl.DataFrame, origins: list[date], refit: int | None) -> pl.DataFrame:
    known = history.filter(pl.col("date") <= origins[-1] + pl.duration(days=HORIZON))
    means = rolling_means(model, known, origins, HORIZON, refit_days=refit)
    return means.with_columns(model=pl.lit(model.name))


class FullETS(AutoETS):
    """AutoETS on all of the history."""

    name = "AutoETS, all days"

    def __init__(self) -> None:
        super().__init__(window_days=10_000)


class FullMSTL(WeeklyMSTL):
    """Weekly MSTL on all of the history."""

    name = "MSTL 7, all days"

    def __init__(self) -> None:
        super().__init__(window_days=10_000)


class YearlyMSTL(FullMSTL):
    """MSTL of week and year."""

    name = "MSTL 7 and 365, all days"

    def _model(self) -> Any:
        from statsforecast.models import MSTL
        from statsforecast.models import AutoETS as Ets

        return MSTL(season_length=[7, 365], trend_forecaster=Ets(model="ZZN"))


class Theta(FullETS):
    """AutoTheta."""

    name = "AutoTheta, all days"

    def _model(self) -> Any:
        from statsforecast.models import AutoTheta

        return AutoTheta(season_length=7)


class Ces(FullETS):
    """Complex exponential smoothing."""

    name = "AutoCES, all days"

    def _model(self) -> Any:
        from statsforecast.models import AutoCES

        return AutoCES(season_length=7)


def best_of_statsforecast(history: pl.DataFrame, progress: Progress) -> tuple[float, Table]:
    """MAPE of statsforecast's models on the Brazilian network, 2024, first fitted to what 2023 ended with."""
    network = history.filter(pl.col("series") == "BR")
    _, scored = origins(network)
    contenders = (AutoETS(), WeeklyMSTL(), FullETS(), FullMSTL(), YearlyMSTL(), Theta(), Ces())
    task = progress.add_task("statsforecast's models on Brazil 2024", total=len(contenders))
    found: dict[str, float] = {}
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        waiting = [pool.submit(_means, model, network, scored, None) for model in contenders]
        for each in as_completed(waiting):
            rows = each.result().drop_nulls("actual")
            mape = ((rows["mean"] - rows["actual"]).abs() / rows["actual"]).mean()
            found[rows["model"][0]] = mape
            progress.advance(task)
    table = Table("statsforecast, Brazil 2024", "MAPE", title_justify="left")
    for name, mape in sorted(found.items(), key=lambda each: each[1]):
        table.add_row(name, f"{mape:.2%}")
    return min(found.values()), table
