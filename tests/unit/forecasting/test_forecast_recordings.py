"""Real daily counts: the same models on what the skies were like."""

from datetime import date, timedelta

import polars as pl
import pytest

from airtraffic.forecasting.backtest import rolling_means, weekly_origins
from airtraffic.forecasting.baselines import SeasonalNaive
from airtraffic.forecasting.forest import DemandForest
from airtraffic.forecasting.growth import AirlineGrowth
from airtraffic.forecasting.panel import Panel
from airtraffic.forecasting.reference_forest import ReferenceForest
from airtraffic.forecasting.regimes import regimes
from airtraffic.forecasting.seasonal import SeasonalFourier

pytestmark = pytest.mark.recordings


@pytest.fixture(scope="module")
def brazil(recordings):
    """Network and airports, series, date and value."""
    network = pl.read_parquet(recordings / "daily" / "brazil_network_2019_2024.parquet")
    airports = pl.read_parquet(recordings / "daily" / "brazil_airports_2019_2023.parquet")
    rows = [
        network.select(series=pl.lit("BR"), kind=pl.lit("network"), date="date", value="flights"),
        airports.select(
            series="icao",
            kind=pl.lit("airport"),
            date="date",
            value=pl.col("arrivals") + pl.col("departures"),
        ),
    ]
    return pl.concat([each.with_columns(pl.col("value").cast(pl.Float64)) for each in rows])


def test_the_forest_beats_naive_on_the_brazilian_network_by_a_fifth(brazil):
    network = brazil.filter(pl.col("series") == "BR")
    origins = weekly_origins(date(2023, 12, 31), date(2024, 12, 1))
    mape = {}
    for model in (SeasonalNaive(), DemandForest(trees=20, rows=5000, countries="BR")):
        rows = rolling_means(model, network, origins, refit_days=182)
        mape[model.name] = ((rows["mean"] - rows["actual"]).abs() / rows["actual"]).mean()
    assert mape["seasonal_naive"] == pytest.approx(0.068, abs=0.001)
    assert mape["demand_forest"] < 0.8 * mape["seasonal_naive"]


def test_the_tree_interval_of_the_reference_covers_less_than_it_claims(brazil):
    network = brazil.filter(pl.col("series") == "BR")
    known = network.filter(pl.col("date") <= date(2023, 12, 31))
    model = ReferenceForest(trees=50).fit(known, residuals=SeasonalNaive().fit(known).residuals)
    came = model.update(network)
    tables = [came.tree_interval(30, date(2023, 12, 31) + timedelta(days=30 * month)) for month in range(11)]
    joined = pl.concat(tables).join(network, on=["series", "date"])
    covered = joined.select(pl.col("value").is_between("lower", "upper").mean()).item()
    assert 0.4 < covered < 0.93


def test_march_2020_is_a_break_at_every_airport(brazil):
    found = {
        each.series
        for each in regimes(Panel.of(brazil))
        if each.kind in ("fall", "closure") and date(2020, 3, 10) <= each.first <= date(2020, 4, 5)
    }
    assert found == set(brazil["series"])


def test_the_network_rises_since_the_break(brazil):
    model = SeasonalFourier(country="BR")
    model.calibration_weeks = 0
    trend = model.fit(brazil.filter(pl.col("series") == "BR")).trends().row(0, named=True)
    assert trend["direction"] == "rising"
    assert trend["lower"] > 0
    assert "2020" in trend["notes"]


def test_a_year_ahead_is_nearer_than_last_year_s_same_weekday(brazil):
    """2024: what rose from 2020 to 2023 is a recovery, and is not drawn on."""
    until = date(2023, 12, 31)
    known, came = (
        brazil.filter(pl.col("series") == "BR", side)
        for side in (pl.col("date") <= until, pl.col("date") > until)
    )

    def error(**kwargs) -> float:
        model = SeasonalFourier(country="BR", **kwargs)
        model.calibration_weeks = 0
        both = model.fit(known).forecast(365).join(came, on=["series", "date"])
        return both.select((pl.col("mean") - pl.col("value")).abs().mean()).item()

    year_ago = known.with_columns(pl.col("date") + timedelta(days=364)).join(
        came, on=["series", "date"], suffix="_came"
    )
    naive = year_ago.select((pl.col("value") - pl.col("value_came")).abs().mean()).item()
    assert error() < naive
    assert error() < 0.7 * error(years=None, damping_days=None)


def test_airlines_grow_and_shrink_as_they_did(recordings):
    """Passengers 2012 to 2019: Azul grew; Avianca Brasil grew until 2018 and was gone in 2019."""
    table = pl.read_parquet(recordings / "daily" / "brazil_airline_route_month_pax_2010_2023.parquet")
    months = table.group_by(series="airline_icao", date="month").agg(value=pl.col("passengers").sum())
    before = months.filter(pl.col("date").is_between(date(2012, 1, 1), date(2018, 12, 1)))
    labels = dict(AirlineGrowth().fit(before).growth().select("series", "label").iter_rows())
    assert labels["AZU"] == "expansion"
    assert labels["ONE"] == "expansion"
    last = months.filter(pl.col("series") == "ONE", pl.col("date") >= date(2018, 10, 1))
    assert AirlineGrowth().fit(last).growth()["label"].item() == "contraction"
