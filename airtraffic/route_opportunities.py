"""Routes worth a look: full and seldom, later than before, longer than their peers."""

from datetime import date

import polars as pl
import pyarrow as pa

from airtraffic.route_performance import ROUTE
from airtraffic.route_tables import ROUTE_OPPORTUNITIES
from airtraffic.route_thresholds import RouteThresholds

MONTHS_BEFORE = 3


def route_opportunities(
    month: date, routes: pl.DataFrame, before: pl.DataFrame, days: pl.DataFrame, thresholds: RouteThresholds
) -> pa.Table:
    """The list of a month, the route furthest past its thresholds first.

    How far past: (load factor - threshold) over what is left to 1, plus the share of the daily flights
    that is missing to the threshold; the rise in delay over its threshold; the excess over the peers
    over its threshold. A route's score is the sum. Flights per day are over the days with data; a route
    whose sources have fewer of them than ``days_at_least`` is not judged.

    Parameters
    ----------
    month
        First day of the month.
    routes
        Rows of ``route_performance_monthly`` of the month.
    before
        Rows of the three months before.
    days
        :func:`days_with_data` of the month.
    """
    limits = thresholds.opportunities
    judged = (
        with_days(routes, days)
        .filter(
            pl.col("flights") >= limits.flights_at_least, pl.col("days_with_data") >= limits.days_at_least
        )
        .join(_delay_before(before), on=ROUTE, how="left", nulls_equal=True)
        .join(_peers(routes, limits.peers_within), on=["origin", "destination"], how="left")
        .with_columns(flights_per_day=pl.col("flights") / pl.col("days_with_data"))
    )
    full = (pl.col("load_factor") - limits.load_factor_above) / (1 - limits.load_factor_above)
    seldom = 1 - pl.col("flights_per_day") / limits.flights_per_day_below
    rise = (pl.col("delay_mean_min") - pl.col("delay_before_min")) / limits.delay_rise_min
    longer = (pl.col("horizontal_efficiency") - pl.col("peers_efficiency")) / limits.efficiency_above_peers
    found = judged.with_columns(
        seldom_and_full=pl.when((full > 0) & (seldom > 0)).then(full + seldom),
        delay_rising=pl.when(rise > 1).then(rise),
        longer_than_peers=pl.when(longer > 1).then(longer),
        no_load=full.is_null(),
        no_delay=rise.is_null(),
        no_peers=longer.is_null(),
    )
    reasons = ("delay_rising", "longer_than_peers", "seldom_and_full")
    listed = (
        found.with_columns(
            reasons=_names({name: pl.col(name).is_not_null() for name in reasons}),
            not_assessed=_names(
                dict(zip(reasons, map(pl.col, ("no_delay", "no_peers", "no_load")), strict=True))
            ),
            score=pl.sum_horizontal(reasons),
        )
        .filter(pl.col("reasons").list.len() > 0)
        .sort("score", *ROUTE, descending=[True, False, False, False], nulls_last=True)
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1),
            thresholds_version=pl.lit(thresholds.stamp),
            date=pl.lit(month),
        )
    )
    return ROUTE_OPPORTUNITIES.of(listed)


def days_with_data(flights: pl.DataFrame) -> pl.DataFrame:
    """Days on which a source has any flight: columns ``source`` and ``date``, from rows of ``flights``."""
    return flights.select("date", pl.col("sources").alias("source")).explode("source").drop_nulls().unique()


def with_days(routes: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The routes with ``days_with_data``: days on which any of their sources has a flight, of any route."""
    sets = routes.select("sources").unique().with_columns(pl.col("sources").alias("source")).explode("source")
    counted = sets.join(days, on="source").group_by("sources").agg(days_with_data=pl.col("date").n_unique())
    return routes.join(counted, on="sources", how="left", maintain_order="left").with_columns(
        pl.col("days_with_data").fill_null(0).cast(pl.Int32)
    )


def _names(conditions: dict[str, pl.Expr]) -> pl.Expr:
    return pl.concat_list(
        pl.when(condition).then(pl.lit(name)) for name, condition in conditions.items()
    ).list.drop_nulls()


def _delay_before(before: pl.DataFrame) -> pl.DataFrame:
    """Mean delay of the months before, each month by its flights with a delay."""
    weight = pl.col("on_time_share_of").filter(pl.col("delay_mean_min").is_not_null())
    return before.group_by(ROUTE).agg(
        delay_before_min=pl.when(weight.sum() > 0).then(
            (pl.col("delay_mean_min") * pl.col("on_time_share_of")).sum() / weight.sum()
        )
    )


def _peers(routes: pl.DataFrame, within: float) -> pl.DataFrame:
    """Median efficiency of the other pairs of airports whose great circle is of similar length."""
    pairs = (
        routes.filter(pl.col("horizontal_efficiency").is_not_null() & pl.col("great_circle_km").is_not_null())
        .group_by("origin", "destination")
        .agg(
            pl.col("great_circle_km").first(),
            efficiency=(pl.col("horizontal_efficiency") * pl.col("horizontal_efficiency_of")).sum()
            / pl.col("horizontal_efficiency_of").sum(),
        )
    )
    here, there = pl.col("great_circle_km"), pl.col("great_circle_km_peer")
    other = (pl.col("origin") != pl.col("origin_peer")) | (
        pl.col("destination") != pl.col("destination_peer")
    )
    return (
        pairs.join(pairs, how="cross", suffix="_peer")
        .filter(other & ((there - here).abs() <= within * here))
        .group_by("origin", "destination")
        .agg(peers_efficiency=pl.col("efficiency_peer").median(), peers=pl.len().cast(pl.Int64))
    )
