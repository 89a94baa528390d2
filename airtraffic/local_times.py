"""Local clocks to UTC, for whole columns of zones."""

from collections.abc import Callable

import polars as pl

DAY_MIN = 1440
UTC_US = pl.Datetime("us", "UTC")


def minute_of_day(name: str, dtype: pl.DataType) -> pl.Expr:
    """A time of day as minutes after midnight, null where it cannot be read. [min]

    Understands times, ``hh:mm``, ``hh:mm:ss`` and the number or text ``hmm``; 2400 is the midnight that ends
    the day.

    >>> frame = pl.DataFrame({"at": ["515", "7", "0:05", "23:59:30", "2400", "2460", "noon"]})
    >>> frame.select(minute_of_day("at", pl.String()).alias("at"))["at"].to_list()
    [315.0, 7.0, 5.0, 1439.5, 1440.0, None, None]
    """
    if dtype == pl.Time:
        return pl.col(name).cast(pl.Int64) / 60e9
    if dtype.is_numeric():
        text = pl.col(name).cast(pl.Int64, strict=False).cast(pl.String)
    else:
        text = pl.col(name).cast(pl.String).str.strip_chars()
    digits = text.str.strip_suffix(".0")
    short = pl.when(digits.str.contains(r"^\d{1,4}$")).then(digits.str.zfill(4)).otherwise(text)
    parts = short.str.replace(r"^(\d{2})(\d{2})$", "${1}:${2}")
    found = parts.str.extract_groups(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?$")
    hour, minute, second = (found.struct.field(str(part)).cast(pl.Float64) for part in (1, 2, 3))
    whole = hour * 60 + minute + second.fill_null(0) / 60
    return pl.when((minute < 60) & (second.fill_null(0) < 60) & (whole <= DAY_MIN)).then(whole)


def local_date(name: str, dtype: pl.DataType, formats: tuple[str, ...]) -> pl.Expr:
    """A date, null where it cannot be read."""
    if dtype == pl.Date:
        return pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.date()
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.coalesce(text.str.to_date(form, strict=False) for form in formats)


def to_utc(local: pl.Series, zone: pl.Series, ambiguous: str = "earliest") -> pl.Series:
    """Local clock times as instants.

    An hour that the clock skips in spring is read as the one after it; one that it shows twice in autumn as
    the ``earliest`` or ``latest``.

    Parameters
    ----------
    local
        (n,) Datetimes without a zone.
    zone
        (n,) Names of zones; null gives null.
    """
    frame = pl.DataFrame({"local": local, "zone": zone}).with_row_index()
    return _by_zone(
        frame,
        lambda name: pl.coalesce(
            moved.dt.replace_time_zone(name, ambiguous=ambiguous, non_existent="null").dt.convert_time_zone(
                "UTC"
            )
            for moved in (pl.col("local"), pl.col("local") + pl.duration(hours=1))
        ),
    )


def on_date(date: pl.Series, minutes: pl.Series, zone: pl.Series) -> pl.Series:
    """Instants at which the clock shows ``minutes`` of a date.

    Parameters
    ----------
    date
        (n,) Local dates.
    minutes
        (n,) [min after midnight]
    zone
        (n,) Names of zones.
    """
    return to_utc(_clock(date, minutes), zone)


def first_after(after: pl.Series, minutes: pl.Series, zone: pl.Series) -> pl.Series:
    """The first instants after ``after`` at which the clock shows ``minutes``.

    Parameters
    ----------
    after
        (n,) Instants, UTC.
    minutes
        (n,) [min after midnight]
    zone
        (n,) Names of zones.
    """
    frame = pl.DataFrame({"at": after, "zone": zone}).with_row_index()
    today = _by_zone(frame, lambda name: pl.col("at").dt.convert_time_zone(name).dt.date(), pl.Date)
    shown = {
        f"{days} {which}": to_utc(_clock(today.dt.offset_by(f"{days}d"), minutes), zone, which)
        for days in (0, 1)
        for which in ("earliest", "latest")
    }
    frame = pl.DataFrame({"after": after, **shown})
    later = (pl.when(pl.col(name) > pl.col("after")).then(pl.col(name)) for name in shown)
    return frame.select(pl.coalesce(later).alias("at"))["at"]


def _clock(date: pl.Series, minutes: pl.Series) -> pl.Series:
    return date.cast(pl.Datetime("us")) + (minutes * 60e6).round().cast(pl.Duration("us"))


def _by_zone(
    frame: pl.DataFrame, expression: Callable[[str], pl.Expr], dtype: pl.DataType | type[pl.DataType] = UTC_US
) -> pl.Series:
    parts = [
        part.select("index", (pl.lit(None) if name is None else expression(name)).cast(dtype).alias("at"))
        for (name,), part in frame.partition_by("zone", as_dict=True).items()
    ]
    return pl.concat(parts).sort("index")["at"] if parts else pl.Series("at", [], dtype)
