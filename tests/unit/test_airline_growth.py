"""Growth of the airlines that there are, or of none."""

import warnings
from datetime import date

import polars as pl

from airtraffic.airline_growth import airline_growth
from airtraffic.seasonal_tables import AIRLINE_GROWTH

SCHEMA = {
    "airline": pl.String,
    "flights": pl.Int64,
    "full_month": pl.Boolean,
    "sources": pl.List(pl.String),
    "date": pl.Date,
}


def test_without_airlines_there_are_no_rows_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = airline_growth(pl.DataFrame(schema=SCHEMA), date(2024, 6, 1))
    assert AIRLINE_GROWTH.of(none).num_rows == 0


def test_an_airline_whose_months_end_early_is_said_to_be_silent():
    months = [date(2024, month, 1) for month in range(1, 9)]
    rows = [
        (name, 100 + n, True, ["file"], month) for name in ("AVA", "OLD") for n, month in enumerate(months)
    ]
    known = pl.DataFrame([row for row in rows if row[0] == "AVA" or row[4].month < 8], SCHEMA, orient="row")
    notes = dict(airline_growth(known, months[-1]).select("airline", "note").iter_rows())
    assert "no flights are known after 2024-07" in notes["OLD"]
    assert "no flights are known" not in notes["AVA"]
