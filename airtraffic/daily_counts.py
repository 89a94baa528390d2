"""Rows of a provider to daily counts, by the columns that it declares.

A count that cannot be read is a fault with a reason; its row goes to the rejects as it was, and the other
counts of the row stay.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache

import polars as pl
import pyarrow as pa

from airtraffic.casts import MISSING_WORDS
from airtraffic.count_providers import CODED, KINDS, CountedSeries, CountsProvider, columns_of
from airtraffic.declared_files import check_columns
from airtraffic.demand_tables import DAILY_COUNTS
from airtraffic.flight_tables import FILES, REJECTED_FLIGHTS
from airtraffic.local_times import UTC_US, local_date

_KEY = ["kind", "series", "date"]


def read_counts(
    rows: pl.DataFrame,
    provider: CountsProvider,
    *,
    name: str,
    file: str,
    sha256: str,
    ingested_at: datetime,
    modified_at: datetime,
    earliest: date,
    latest: date,
) -> tuple[pa.Table, pa.Table]:
    """All rows of a file as ``daily_counts`` and as ``rejected_flights``.

    A value that is empty says nothing, and is kept as null. Where a series has a day twice, the first row
    counts when all say the same, and none when they differ.

    Parameters
    ----------
    rows
        The provider's columns, typed or as text.
    name
        The provider's name.
    file, sha256, ingested_at, modified_at
        Written into every row.
    earliest, latest
        Days that are believed, both included; others are rejected. (UTC)

    Raises
    ------
    UnreadableFileError
        A declared column is not there.
    """
    check_columns(rows.columns, provider.counts.needed, name, provider)
    original = rows.select(pl.struct(pl.all()).struct.json_encode().alias("original"))["original"]
    words = [*MISSING_WORDS, *provider.missing]
    text = pl.col(pl.String).str.strip_chars()
    present = rows.with_columns(
        pl.when(~text.is_in(words)).then(text).name.keep(), pl.col(pl.Float32, pl.Float64).fill_nan(None)
    ).with_row_index("row")
    found = pl.concat(_series(present, provider, one, earliest, latest) for one in provider.counts.series)
    found = _without_repeats(found)
    common = {
        "provider": pl.lit(name),
        "source": pl.lit(provider.source),
        "ingested_at": pl.lit(ingested_at).cast(UTC_US),
    }
    good = (
        found.filter(pl.col("reason").is_null())
        .sort("row", maintain_order=True)
        .with_columns(
            **common,
            file=pl.lit(file),
            file_modified_at=pl.lit(modified_at).cast(UTC_US),
            file_sha256=pl.lit(sha256),
            file_row=pl.col("row").cast(pl.Int64) + 1,
        )
    )
    bad = (
        found.drop_nulls("reason")
        .group_by("row", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True).str.join("; "))
        .sort("row")
        .with_columns(
            **common,
            route=pl.lit(FILES),
            received_from=pl.lit(f"{name} {sha256} {file}"),
            position=pl.col("row").cast(pl.Int64),
            date=pl.lit(ingested_at).cast(UTC_US).dt.date(),
        )
    )
    bad = bad.with_columns(original=original.gather(bad["row"]))
    return DAILY_COUNTS.of(good), REJECTED_FLIGHTS.of(bad)


def _series(
    rows: pl.DataFrame, provider: CountsProvider, one: CountedSeries, earliest: date, latest: date
) -> pl.DataFrame:
    """Row, ``_KEY``, country, value and reason of one series of every row."""
    faults = list(_faults(rows, provider, one, earliest, latest))
    reason = pl.concat_str(*faults, separator="; ", ignore_nulls=True) if faults else pl.lit(None, pl.String)
    return rows.select(
        "row",
        _filled(one.kind).str.to_lowercase().alias("kind"),
        _series_name(one).alias("series"),
        _date(rows, provider).alias("date"),
        _country(provider, one).alias("country"),
        _total(rows, one).alias("value"),
        reason.replace("", None).alias("reason"),
    )


def _faults(
    rows: pl.DataFrame, provider: CountsProvider, one: CountedSeries, earliest: date, latest: date
) -> Iterator[pl.Expr]:
    column = provider.counts.date
    day, shown = _date(rows, provider), pl.col(column).cast(pl.String)
    yield _said(day.is_null(), column, shown, f"a date, {' or '.join(provider.date_formats)}")
    yield _said(
        ~day.is_between(earliest, latest), column, shown, f"a day from {earliest} on and not in the future"
    )
    for text, what in ((one.kind, "kind"), (one.series, "series")):
        for name in columns_of(text):
            yield _said(pl.col(name).is_null(), name, pl.lit(""), f"a value, {what} is {text}")
    kind = _filled(one.kind)
    yield _said(~kind.str.to_lowercase().is_in(KINDS), "kind", kind, f"one of {', '.join(KINDS)}")
    country = _country(provider, one)
    yield _said(
        ~country.is_in(_with_holidays()), "country", country, "an ISO 3166 code such as BR, or nothing"
    )
    for name in one.values:
        number = _number(rows, name)
        whole = number.is_finite() & (number >= 0) & (number == number.floor())
        wrong = pl.col(name).is_not_null() & ~whole.fill_null(False)
        yield _said(wrong, name, pl.col(name).cast(pl.String), "a whole count of 0 or more")


def _series_name(one: CountedSeries) -> pl.Expr:
    """Codes are written large: sbgr is SBGR, sbgr/departures is SBGR/departures."""
    name = _filled(one.series)
    code = name.str.extract("^([^/]*)").str.to_uppercase() + name.str.extract("^[^/]*(.*)$")
    return pl.when(_filled(one.kind).str.to_lowercase().is_in(CODED)).then(code).otherwise(name)


def _said(wrong: pl.Expr, what: str, shown: pl.Expr, expected: str) -> pl.Expr:
    said = pl.format("{} is '{}'; expected {}", pl.lit(what), shown.fill_null(""), pl.lit(expected))
    return pl.when(wrong.fill_null(False)).then(said)


def _date(rows: pl.DataFrame, provider: CountsProvider) -> pl.Expr:
    column = provider.counts.date
    return local_date(column, rows.schema[column], provider.date_formats)


def _filled(text: str) -> pl.Expr:
    """A declared text with its columns put in, null where one of them is."""
    names = columns_of(text)
    if not names:
        return pl.lit(text)
    literal = text
    for name in names:
        literal = literal.replace(f"{{{name}}}", "{}", 1)
    return pl.format(literal, *(pl.col(name).cast(pl.String) for name in names))


def _country(provider: CountsProvider, one: CountedSeries) -> pl.Expr:
    text = one.country or provider.counts.country
    if text is None:
        return pl.lit(None, pl.String)
    return _filled(text).replace(provider.counts.countries)


def _number(rows: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if rows.schema[name] == pl.Boolean or rows.schema[name].is_temporal():
        return pl.lit(None, pl.Float64)
    return column.cast(pl.Float64, strict=False)


def _total(rows: pl.DataFrame, one: CountedSeries) -> pl.Expr:
    """Sum of the columns, null where one of them is."""
    first, *more = (_number(rows, name) for name in one.values)
    for each in more:
        first = first + each
    return first


def _without_repeats(found: pl.DataFrame) -> pl.DataFrame:
    good = pl.col("reason").is_null()
    sound = found.filter(good)
    times = pl.len().over(_KEY)
    differ = (pl.col("value").n_unique().over(_KEY) > 1) & (times > 1)
    again = (times > 1) & (pl.int_range(pl.len()).over(_KEY) > 0)
    who = (pl.col("kind"), pl.col("series"), pl.col("date").cast(pl.String))
    checked = sound.sort("row", maintain_order=True).with_columns(
        pl.when(differ)
        .then(pl.format("{}/{} has {} twice, with different counts; expected one", *who))
        .when(again)
        .then(pl.format("{}/{} has {} twice; the first counts", *who))
        .alias("reason")
    )
    return pl.concat([checked, found.filter(~good)])


@cache
def _with_holidays() -> tuple[str, ...]:
    import holidays

    return tuple(holidays.list_supported_countries())
