"""Indicators of routes: punctuality, cancellations, block time, the way flown, load, money, satisfaction."""

from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from airtraffic.airports import all_airports, distance_nm
from airtraffic.route_tables import ROUTE_PERFORMANCE, observations_of
from airtraffic.route_thresholds import RouteThresholds

KM_PER_NM = 1.852
ON_TIME_MIN = 15
ROUTE = ("origin", "destination", "airline")
RESULTS_SCHEMA = {
    "origin": pl.String,
    "destination": pl.String,
    "airline": pl.String,
    "seats": pl.Int64,
    "passengers": pl.Int64,
    "revenue": pl.Float64,
    "cost": pl.Float64,
    "currency": pl.String,
    "satisfaction": pl.Float64,
    "answers": pl.Int64,
    "complaints": pl.Int64,
    "cancelled": pl.Boolean,
    "source": pl.String,
}
"""What an operator knows of one flight, cancelled null as false; satisfaction is the mean of its answers, 1 to 5."""


def route_performance(
    day: date,
    flights: pl.DataFrame,
    distances: pl.DataFrame,
    results: pl.DataFrame,
    thresholds: RouteThresholds,
) -> pa.Table:
    """Indicators of each route and airline of a day or of a month.

    Flights without a known origin or destination belong to no route and are left out.

    Parameters
    ----------
    day
        The day, or the first day of the month, that the rows carry.
    flights
        Rows of ``flights``.
    distances
        Rows of ``flight_distances`` of the same days.
    results
        Rows with :data:`RESULTS_SCHEMA`, one per flight of the operator; cancelled ones add no seats, money
        or answers.
    """
    placed = pl.col("origin").is_not_null() & pl.col("destination").is_not_null()
    # Sums of floats depend on their order: the same rows are to give the same bytes.
    punctual = _punctuality(flights.filter(placed).sort("flight_id"))
    flown = _distances(distances.sort("flight_id"), flights)
    money = _results(results.filter(placed).sort(results.columns))
    rows = (
        punctual.join(flown, on=ROUTE, how="left", nulls_equal=True)
        .join(money, on=ROUTE, how="full", coalesce=True, nulls_equal=True)
        .with_columns(
            pl.col("flights", "cancelled").fill_null(0),
            pl.col("^.*_of$").fill_null(0),
            sources=pl.concat_list(pl.col("sources").fill_null([]), pl.col("results_sources").fill_null([]))
            .list.unique()
            .list.sort(),
        )
    )
    rows = rows.with_columns(
        great_circle_km=pl.Series(_great_circle_km(rows), dtype=pl.Float64, nan_to_null=True)
    )
    available = pl.col("priced_seats") * pl.col("great_circle_km")
    rows = rows.with_columns(
        rask=pl.col("seated_revenue") / available, cask=pl.col("seated_cost") / available
    ).with_columns(rask_over_cask=_ratio("rask", "cask"))
    lights = [
        limit.light(pl.col(name), pl.col(observations_of(name))).alias(f"{name}_light")
        for name, limit in thresholds.indicators.items()
    ]
    made = rows.with_columns(*lights, thresholds_version=pl.lit(thresholds.stamp), date=pl.lit(day)).sort(
        ROUTE, nulls_last=True
    )
    return ROUTE_PERFORMANCE.of(made)


def _punctuality(flights: pl.DataFrame) -> pl.DataFrame:
    went = ~pl.col("cancelled").fill_null(False)
    delay = ((pl.col("arrival_at") - pl.col("scheduled_arrival_at")).dt.total_seconds() / 60).clip(0)
    block = (pl.col("arrival_at") - pl.col("departure_at")).dt.total_seconds() / 60
    planned = (pl.col("scheduled_arrival_at") - pl.col("scheduled_departure_at")).dt.total_seconds() / 60
    timed = flights.with_columns(
        delay=pl.when(went).then(delay),
        block=pl.when(went & (block > 0)).then(block),
        planned=pl.when(went & (block > 0) & (planned > 0)).then(planned),
    ).with_columns(compared=pl.when(pl.col("planned").is_not_null()).then(pl.col("block")))
    return timed.group_by(ROUTE, maintain_order=True).agg(
        flights=went.sum().cast(pl.Int64),
        cancelled=(~went).sum().cast(pl.Int64),
        cancelled_share=(~went).mean(),
        cancelled_share_of=pl.len().cast(pl.Int64),
        on_time_share=(pl.col("delay") <= ON_TIME_MIN).mean(),
        on_time_share_of=pl.col("delay").count().cast(pl.Int64),
        delay_mean_min=pl.col("delay").mean(),
        delay_p90_min=pl.col("delay").quantile(0.9, "linear"),
        block_time_min=pl.col("block").mean(),
        block_time_ratio=pl.col("compared").mean() / pl.col("planned").mean(),
        block_time_ratio_of=pl.col("planned").count().cast(pl.Int64),
        sources=pl.col("source").drop_nulls().unique().sort(),
    )


def _distances(distances: pl.DataFrame, flights: pl.DataFrame) -> pl.DataFrame:
    """A flight seen by several routes may have its airline from another one than its track."""
    with_airline = distances.drop("origin", "destination").join(
        flights.select("flight_id", *ROUTE), on="flight_id", how="inner"
    )
    return with_airline.group_by(ROUTE, maintain_order=True).agg(
        horizontal_efficiency=pl.col("flown_km").sum() / pl.col("great_circle_km").sum(),
        horizontal_efficiency_of=pl.len().cast(pl.Int64),
    )


def _results(results: pl.DataFrame) -> pl.DataFrame:
    """Sums over flights that were flown, and ratios over those of them that have both terms."""
    results = results.filter(~pl.col("cancelled").fill_null(False))
    seated = pl.col("seats").fill_null(0) > 0
    full = seated & pl.col("passengers").is_not_null()
    priced = pl.col("revenue").is_not_null() & pl.col("cost").is_not_null() & pl.col("currency").is_not_null()
    carried = pl.col("passengers").is_not_null() & pl.col("complaints").is_not_null()
    one_currency = pl.col("currency").filter(priced).n_unique() == 1
    answers = pl.col("answers").filter(pl.col("satisfaction").is_not_null())
    points = (pl.col("satisfaction") * pl.col("answers")).sum()
    return (
        results.group_by(ROUTE, maintain_order=True)
        .agg(
            seats=_sum("seats"),
            passengers=_sum("passengers"),
            load_factor=pl.col("passengers").filter(full).sum() / pl.col("seats").filter(full).sum(),
            load_factor_of=full.sum().cast(pl.Int64),
            currency=pl.when(one_currency).then(pl.col("currency").filter(priced).first()),
            revenue=pl.when(one_currency).then(pl.col("revenue").filter(priced).sum()),
            cost=pl.when(one_currency).then(pl.col("cost").filter(priced).sum()),
            seated_revenue=pl.when(one_currency).then(pl.col("revenue").filter(priced & seated).sum()),
            seated_cost=pl.when(one_currency).then(pl.col("cost").filter(priced & seated).sum()),
            priced_seats=pl.col("seats").filter(priced & seated).sum(),
            rask_over_cask_of=pl.when(one_currency).then((priced & seated).sum()).otherwise(0).cast(pl.Int64),
            margin_share_of=pl.when(one_currency).then(priced.sum()).otherwise(0).cast(pl.Int64),
            satisfaction=points / answers.sum(),
            satisfaction_of=answers.sum().cast(pl.Int64),
            complaints_per_1000=1000
            * pl.col("complaints").filter(carried).sum()
            / pl.col("passengers").filter(carried).sum(),
            complaints_per_1000_of=carried.sum().cast(pl.Int64),
            results_sources=pl.col("source").drop_nulls().unique().sort(),
        )
        .with_columns(margin=pl.col("revenue") - pl.col("cost"))
        .with_columns(
            margin_share=_ratio("margin", "revenue"),
            # 0 / 0 of a route without observations is no value.
            **{
                name: pl.when(pl.col(name).is_finite()).then(pl.col(name))
                for name in ("load_factor", "satisfaction", "complaints_per_1000")
            },
            priced_seats=pl.when(pl.col("priced_seats") > 0).then(pl.col("priced_seats")),
        )
    )


def _sum(name: str) -> pl.Expr:
    """The sum; null of nothing."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum())


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))


def _great_circle_km(rows: pl.DataFrame) -> np.ndarray:
    airports = all_airports()
    ends = [airports.rows(rows[name].to_numpy().astype(str)) for name in ("origin", "destination")]
    known = (ends[0] >= 0) & (ends[1] >= 0) & (ends[0] != ends[1])
    distance = distance_nm(airports.vectors[ends[0]], airports.vectors[ends[1]]) * KM_PER_NM
    return np.where(known, distance, np.nan)
