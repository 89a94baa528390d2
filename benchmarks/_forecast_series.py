"""The daily series that forecasts are measured on: counts that were published, and counts of flights."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

TOP_ROUTES = 20
SHORTEST_DAYS = 91
"""Known days before the first origin that counts."""
HORIZON = 30
COUNTRIES = {
    **{"ED": "DE", "EF": "FI", "EH": "NL", "EI": "IE", "EN": "NO", "EP": "PL", "EV": "LV", "GM": "MA"},
    **{"LC": "CY", "LE": "ES", "LG": "GR", "LI": "IT", "LO": "AT", "LP": "PT", "LS": "CH", "LY": "RS"},
}
"""Country of each prefix of the European file, whose holidays count."""
PARTS = ("total", "overflights", "internal", "departures", "arrivals")
SCHEMA = ["kind", "series", "country", "date", "value"]


def panels(folder: Path) -> dict[str, pl.DataFrame]:
    """Histories by name: published counts from 2019 on, Brazilian flights 2022/23, New York's 2013."""
    return {
        "brazil": _brazil(folder / "daily"),
        "europe": _europe(folder / "daily"),
        "brazil flights": _flights(
            pl.read_parquet(folder / "flights" / "brazil_bimtra_20220601_20230228.parquet").select(
                "origin", "destination", date=pl.col("dep_utc").dt.date()
            ),
            "BR",
        ),
        "new york flights": _flights(
            pl.read_parquet(folder / "flights" / "nyc_2013.parquet").select(
                "origin", "destination", airline="carrier", date="flight_date"
            ),
            "US",
        ),
    }


def countries(history: pl.DataFrame) -> dict[str, str]:
    """ISO country by series."""
    return dict(history.select("series", "country").unique().iter_rows())


def origins(history: pl.DataFrame) -> tuple[list[date], list[date]]:
    """Weekly origins, 30 days ahead of each: the year before the scored ones, and the scored ones.

    Scored is the last year of each series, so from a year before the first series' end to the last one's.
    """
    ends = history.group_by("series").agg(pl.col("date").max())["date"]
    return weekly(
        history["date"].min(), ends.min() - timedelta(days=366), ends.max() - timedelta(days=HORIZON)
    )


def weekly(start: date, first: date, last: date) -> tuple[list[date], list[date]]:
    """Origins back from ``last`` to ``first``, or to what leaves 91 days of history, and the year before them."""
    first = max(first, start + timedelta(days=SHORTEST_DAYS))
    scored = [last - timedelta(days=7 * week) for week in range((last - first).days // 7 + 1)][::-1]
    begin = max(scored[0] - timedelta(days=364), start + timedelta(days=35))
    warm = [scored[0] - timedelta(days=7 * week) for week in range(1, (scored[0] - begin).days // 7 + 1)][
        ::-1
    ]
    return warm, scored


def last_year(backtest: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Rows of each series' last 12 months."""
    ends = history.group_by("series").agg(end=pl.col("date").max())
    start = history["date"].min() + timedelta(days=SHORTEST_DAYS)
    inside = (pl.col("origin") >= pl.col("end") - pl.duration(days=366)) & (pl.col("origin") >= start)
    return backtest.join(ends, on="series").filter(inside & pl.col("actual").is_not_null()).drop("end")


def _brazil(folder: Path) -> pl.DataFrame:
    network = pl.read_parquet(folder / "brazil_network_2019_2024.parquet").select(
        kind=pl.lit("network"), series=pl.lit("BR"), country=pl.lit("BR"), date="date", value="flights"
    )
    airports = pl.read_parquet(folder / "brazil_airports_2019_2023.parquet").select(
        kind=pl.lit("airport"),
        series="icao",
        country=pl.lit("BR"),
        date="date",
        value=pl.col("arrivals") + pl.col("departures"),
    )
    return pl.concat([each.with_columns(pl.col("value").cast(pl.Float64)) for each in (network, airports)])


def _europe(folder: Path) -> pl.DataFrame:
    table = pl.read_parquet(folder / "europe_daio_16_countries_2019_2024.parquet")
    return pl.concat(
        table.select(
            kind=pl.lit(f"country {part}"),
            series=pl.col("cc") + f" {part}",
            country=pl.col("cc").replace_strict(COUNTRIES),
            date="date",
            value=pl.col(part).cast(pl.Float64),
        )
        for part in PARTS
    )


def _flights(flights: pl.DataFrame, country: str) -> pl.DataFrame:
    """Flights per day of the whole, of each airport of departure, airline and the busiest routes."""
    parts = [_counted(flights, "network", pl.lit(f"{country} flights"))]
    parts.append(_counted(flights, "airport", pl.col("origin")))
    if "airline" in flights.columns:
        parts.append(_counted(flights, "airline", pl.col("airline")))
    route = pl.col("origin") + "-" + pl.col("destination")
    busiest = flights.group_by(route.alias("route")).len().sort("len", "route", descending=True)["route"]
    routes = flights.filter(route.is_in(busiest.head(TOP_ROUTES).implode()))
    parts.append(_counted(routes, "route", route))
    return pl.concat(parts).with_columns(country=pl.lit(country)).select(SCHEMA)


def _counted(flights: pl.DataFrame, kind: str, name: pl.Expr) -> pl.DataFrame:
    """Counts per series and day; a day of the file on which a series has no flight is a zero."""
    counts = flights.group_by(name.alias("series"), "date").len()
    days = pl.DataFrame({"date": pl.date_range(flights["date"].min(), flights["date"].max(), eager=True)})
    every = counts.select("series").unique().join(days, how="cross")
    return every.join(counts, on=["series", "date"], how="left").select(
        "series", "date", kind=pl.lit(kind), value=pl.col("len").fill_null(0).cast(pl.Float64)
    )
