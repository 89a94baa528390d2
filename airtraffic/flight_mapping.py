"""Rows of a provider to flights as received, by the provider's declared columns.

What cannot be read is a fault with a reason, never a guess; the row goes to the rejects as it was.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

import polars as pl
import pyarrow as pa

from airtraffic.casts import MISSING_WORDS, microseconds
from airtraffic.declared_files import check_columns
from airtraffic.flight_tables import FLIGHTS_RAW, REJECTED_FLIGHTS
from airtraffic.local_times import UTC_US, first_after, local_date, minute_of_day, on_date
from airtraffic.providers import TIMES, LocalTime, Minutes, Missing, OneOf, Provider

NO_AIRPORT = ("ZZZZ", "AFIL")
"""What flight plans say for a place without a code, and for a plan filed in the air."""
LONGEST_MIN = 7 * 24 * 60
"""A duration or delay beyond a week is a fault. [min]"""
UNLISTED_AIRPORT = "unlisted_airport"
_TEXTS = ("provider_flight_id", "source", "callsign", "airline", "flight_number", "registration")


def read_flights(
    rows: pl.DataFrame,
    provider: Provider,
    *,
    name: str,
    route: str,
    received_from: str,
    ingested_at: datetime,
    earliest: datetime,
    latest: datetime,
    first: int = 0,
) -> tuple[pa.Table, pa.Table]:
    """Rows as ``flights_raw`` and as ``rejected_flights``.

    Parameters
    ----------
    rows
        The provider's columns, typed or as text.
    name
        The provider's name.
    route, received_from, ingested_at
        Written into every row.
    earliest, latest
        Departures that are believed; others are rejected. (UTC)
    first
        Number of the first row in what was received.

    Raises
    ------
    UnreadableFileError
        A declared column is not there.
    """
    check_columns(rows.columns, provider.columns.needed, name, provider)
    original = rows.select(pl.struct(pl.all()).struct.json_encode().alias("original"))
    reader = _Reader(rows, provider, name)
    reader.read(earliest, latest)
    reason = reader.reasons()
    frame = reader.made.with_columns(original["original"], reason).with_columns(
        pl.col("source").fill_null(provider.source),
        position=first + pl.int_range(pl.len(), dtype=pl.Int64),
        provider=pl.lit(name),
        route=pl.lit(route),
        received_from=pl.lit(received_from),
        ingested_at=pl.lit(ingested_at).cast(UTC_US),
        flags=reader.flags(),
    )
    good = frame.filter(pl.col("reason").is_null())
    bad = frame.filter(pl.col("reason").is_not_null()).with_columns(date=pl.col("ingested_at").dt.date())
    return FLIGHTS_RAW.of(good), REJECTED_FLIGHTS.of(bad)


class _Reader:
    """Works out our columns one after another and notes what could not be read."""

    def __init__(self, rows: pl.DataFrame, provider: Provider, name: str):
        words = [*MISSING_WORDS, *provider.missing]
        text = pl.col(pl.String).str.strip_chars()
        self._rows = rows.with_columns(pl.when(~text.is_in(words)).then(text).name.keep())
        self._provider = provider
        self._columns = provider.columns
        self._name = name
        self._faults: list[pl.Series] = []
        self._zones: dict[str, pl.Series] = {}
        self._unlisted = pl.Series([False]).new_from_index(0, rows.height)
        self.made = pl.DataFrame({"source": pl.Series([None] * rows.height, dtype=pl.String)})

    def read(self, earliest: datetime, latest: datetime) -> None:
        for name in _TEXTS:
            self._put(name, self._text(getattr(self._columns, name)))
        self._callsign_and_airline()
        self._address()
        for end in ("origin", "destination"):
            self._airport(end)
        for name in TIMES:
            self._put(name, self._time(name, getattr(self._columns, name)))
        self._put("updated_at", self._time("updated_at", self._columns.updated_at))
        self._put("cancelled", self._cancelled())
        self._level()
        self._date(earliest, latest)

    def reasons(self) -> pl.Series:
        """(n,) What is wrong with each row, null for one that can be read."""
        if not self._faults:
            return pl.Series("reason", [None] * self.made.height, dtype=pl.String)
        frame = pl.DataFrame([fault.alias(str(number)) for number, fault in enumerate(self._faults)])
        joined = frame.select(reason=pl.concat_str(pl.all(), separator="; ", ignore_nulls=True))["reason"]
        return joined.replace("", None)

    def flags(self) -> pl.Series:
        """(n,) What is odd about each row, though it can be read."""
        unlisted = pl.when(self._unlisted).then(pl.lit([UNLISTED_AIRPORT]))
        return pl.select(unlisted.otherwise(pl.lit([], pl.List(pl.String))).alias("flags"))["flags"]

    def _put(self, name: str, values: pl.Series) -> None:
        self.made = self.made.with_columns(values.alias(name))

    def _fault(self, wrong: pl.Series, shown: pl.Series, what: str, expected: str) -> None:
        if wrong.any():
            frame = pl.DataFrame({"wrong": wrong, "shown": shown.cast(pl.String)})
            text = pl.format(
                "{} is '{}'; expected {}", pl.lit(what), pl.col("shown").fill_null(""), pl.lit(expected)
            )
            self._faults.append(frame.select(pl.when("wrong").then(text))["literal"])

    def _text(self, column: str | None) -> pl.Series:
        if column is None:
            return pl.Series([None] * self._rows.height, dtype=pl.String)
        values = self._rows[column]
        if values.dtype.is_float():
            values = values.fill_nan(None)
            whole = (values == values.round()).fill_null(True)
            values = values.cast(pl.Int64, strict=False) if whole.all() else values
        return values.cast(pl.String)

    def _callsign_and_airline(self) -> None:
        code = pl.col("airline").str.to_uppercase()
        designators = {key.upper(): value for key, value in self._provider.airlines.items()}
        self.made = self.made.with_columns(
            pl.col("callsign", "registration").str.to_uppercase(),
            pl.col("flight_number").str.replace(r"^0+(.)", "${1}"),
            airline=code.replace_strict(
                designators,
                default=pl.when(code.str.contains(r"^[A-Z]{3}$")).then(code),
                return_dtype=pl.String,
            ),
        )

    def _address(self) -> None:
        found = self._text(self._columns.icao24).str.to_lowercase()
        self._fault(~found.str.contains(r"^[0-9a-f]{6}$"), found, f"{self._columns.icao24}", "6 hex digits")
        self._put("icao24", found)

    def _airport(self, end: str) -> None:
        column = getattr(self._columns, end)
        code = self._text(column).str.to_uppercase()
        known = _codes(self._provider.airports)
        joined = pl.DataFrame({"code": code}).join(known, on="code", how="left", maintain_order="left")
        if self._provider.airports == "iata":
            self._fault(code.is_not_null() & joined["icao"].is_null(), code, column, "a known IATA code")
            self._put(end, joined["icao"])
        else:
            code = code.replace(dict.fromkeys(NO_AIRPORT))
            self._fault(~code.str.contains(r"^[A-Z][A-Z0-9]{3}$"), code, column, "an ICAO code such as SBGR")
            self._put(end, code)
            self._unlisted |= code.is_not_null() & joined["icao"].is_null()
        self._zones[end] = joined["zone"]

    def _time(self, name: str, rule: str | LocalTime | Minutes | None) -> pl.Series:
        if rule is None:
            return pl.Series([None] * self._rows.height, dtype=UTC_US)
        if isinstance(rule, str):
            values = self._rows[rule]
            if values.dtype == pl.Date:
                instants = pl.Series([None] * len(values), dtype=UTC_US)
            else:
                micros = self._rows.select(at=microseconds(rule, values.dtype))["at"]
                instants = micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            self._fault(
                values.is_not_null() & instants.is_null(), values, rule, "a time such as 2025-01-15T12:00Z"
            )
            return instants
        if isinstance(rule, Minutes):
            return self.made[rule.start] + self._minutes(rule.minutes)
        return self._local(rule)

    def _minutes(self, column: str) -> pl.Series:
        values = self._rows[column]
        number = values.cast(pl.Float64, strict=False)
        number = number.set(~number.is_finite() | (number.abs() > LONGEST_MIN), None)
        if values.dtype.is_float():
            values = values.fill_nan(None)
        expected = f"minutes, {LONGEST_MIN:,} at most"
        self._fault(values.is_not_null() & number.is_null(), values, column, expected)
        return (number * 60e6).round().cast(pl.Duration("us"))

    def _local(self, rule: LocalTime) -> pl.Series:
        values = self._rows[rule.time]
        minutes = self._rows.select(at=minute_of_day(rule.time, values.dtype))["at"]
        self._fault(
            values.is_not_null() & minutes.is_null(), values, rule.time, "a time of day, hh:mm or hhmm"
        )
        zone = (
            self._zones[rule.airport]
            if rule.airport
            else pl.Series([rule.zone], dtype=pl.String).new_from_index(0, self._rows.height)
        )
        if rule.airport and not zone.is_null().all():
            code = self.made[rule.airport]
            unknown = minutes.is_not_null() & code.is_not_null() & zone.is_null()
            self._fault(unknown, code, rule.airport, "an airport whose clock is known")
        if rule.after:
            return first_after(self.made[rule.after], minutes, zone)
        dates = self._rows[rule.date]
        day = self._rows.select(day=local_date(rule.date, dates.dtype, self._provider.date_formats))["day"]
        formats = " or ".join(self._provider.date_formats)
        self._fault(dates.is_not_null() & day.is_null(), dates, rule.date, f"a date, {formats}")
        return on_date(day, minutes, zone)

    def _cancelled(self) -> pl.Series:
        rule = self._columns.cancelled
        if rule is None:
            return pl.Series([False] * self._rows.height, dtype=pl.Boolean)
        if isinstance(rule, Missing):
            return self._rows[rule.missing].is_null()
        if isinstance(rule, OneOf):
            words = [value.lower() for value in rule.values]
            return self._text(rule.column).str.to_lowercase().is_in(words).fill_null(False)
        word = self._text(rule).str.to_lowercase()
        yes, no = word.is_in(["true", "t", "1", "yes"]), word.is_in(["false", "f", "0", "no"])
        self._fault(word.is_not_null() & ~yes & ~no, word, rule, "true or false")
        return yes.fill_null(False)

    def _level(self) -> None:
        column = self._columns.cruise_fl
        text = self._text(column)
        level = text.str.to_uppercase().str.extract(r"^(?:FL? ?)?(\d{1,3})(?:\.0+)?$").cast(pl.Int32)
        self._fault(
            text.is_not_null() & level.is_null(), text, str(column), "a flight level such as 350 or FL350"
        )
        self._put("cruise_fl", level)

    def _date(self, earliest: datetime, latest: datetime) -> None:
        departure = self.made.select(pl.coalesce("departure_at", "scheduled_departure_at"))["departure_at"]
        unexplained = departure.is_null() & self.reasons().is_null()
        shown = departure.dt.strftime("%Y-%m-%d %H:%M")
        self._fault(unexplained, shown, "departure", "a time, flown or planned")
        self._fault(
            ~departure.is_between(earliest, latest),
            shown,
            "departure",
            f"a time from {earliest:%Y-%m-%d} on and not in the future",
        )
        self._put("date", departure.dt.date())


@cache
def _codes(kind: str) -> pl.DataFrame:
    """Airports by the code that a provider uses."""
    import airportsdata  # reads a CSV of 28,000 rows

    return pl.DataFrame(_airports(airportsdata.load(kind.upper())), ["code", "icao", "zone"], orient="row")


def _airports(known: dict[str, dict]) -> Iterator[tuple[str, str, str]]:
    return ((code, airport["icao"], airport["tz"]) for code, airport in known.items() if airport["icao"])
