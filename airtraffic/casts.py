"""The declared mapping from the types that column files have to the types of state vectors.

Every cast is a Polars expression over a whole column; what cannot be cast becomes a fault, never a guess.
"""

import polars as pl

from airtraffic.state_vectors import FIELDS, Expected

MISSING_WORDS = ("", "null", "NaN", "nan", "None")
"""What stands for a missing value in CSV files that pandas, Polars and DuckDB write."""

_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})$"


def cast(name: str, dtype: pl.DataType) -> tuple[pl.Expr, pl.Expr]:
    """The typed column ``name`` of a frame where it has ``dtype``, and which of its values are faults."""
    expected = FIELDS[name]
    present = pl.col(name)
    if dtype.is_float():
        present = present.fill_nan(None)
    value = _squawk(present, dtype) if name == "squawk" else _CASTS[expected.kind](present, dtype)
    fault = present.is_not_null() & (value.is_null() | _out_of_range(value, expected))
    if name in ("position_source", "category"):
        value = value.cast(pl.Int32, strict=False)
    return value, fault


def microseconds(name: str, dtype: pl.DataType) -> pl.Expr:
    """A time column as integers, null where it cannot be read. [us since 1970-01-01 UTC]

    Text is ISO 8601 (without a zone it is UTC; ``+00:00Z``, as some recorders write, is UTC too) or a number
    of seconds; numbers are seconds.
    """
    column = pl.col(name)
    if dtype == pl.String:
        text = (
            column.str.strip_chars().str.replace(r"\+00:00Z$", "Z").str.replace(r"^(\S+) (\d)", "${1}T${2}")
        )
        zoned = pl.when(text.str.contains(r"T.*" + _ZONE)).then(text).otherwise(text + "Z")
        instant = zoned.str.replace(r"Z$", "+00:00").str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False
        )
        seconds = _text_number(text)
        return (
            pl.when(text.str.contains(_NUMBER)).then(_seconds_us(seconds)).otherwise(instant.dt.epoch("us"))
        )
    if dtype.is_integer():
        # Beyond a double's exact integers nothing is a time: checked before multiplying can overflow.
        return pl.when(column.cast(pl.Float64).abs() < 2**43).then(
            column.cast(pl.Int64, strict=False) * 1_000_000
        )
    if dtype.is_float():
        return _seconds_us(column)
    if isinstance(dtype, pl.Datetime):
        return column.dt.epoch("us")
    return pl.lit(None, pl.Int64)


def _seconds_us(seconds: pl.Expr) -> pl.Expr:
    return pl.when(seconds.abs() < 2**43).then((seconds * 1e6).round()).cast(pl.Int64, strict=False)


def _address(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.String:
        return pl.lit(None, pl.String)
    address = column.str.strip_chars().str.to_lowercase()
    return pl.when(address.str.contains(r"^[0-9a-f]{6}$")).then(address)


def _text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return column.cast(pl.String) if dtype == pl.String or dtype.is_integer() else pl.lit(None, pl.String)


def _number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.String:
        number = _text_number(column)
    elif dtype.is_numeric():
        number = column.cast(pl.Float64)
    else:
        return pl.lit(None, pl.Float64)
    return pl.when(number.is_finite()).then(number)


def _text_number(column: pl.Expr) -> pl.Expr:
    text = column.str.strip_chars()
    return pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)


def _integer(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_integer():
        return column.cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.Datetime):
        return column.dt.epoch("s")
    number = _number(column, dtype)
    return pl.when(number == number.round()).then(number).cast(pl.Int64, strict=False)


def _boolean(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return column
    if dtype == pl.String:
        word = column.str.strip_chars().str.to_lowercase()
        truth, falsehood = word.is_in(["true", "t", "1", "1.0"]), word.is_in(["false", "f", "0", "0.0"])
    elif dtype.is_numeric():
        truth, falsehood = column == 1, column == 0
    else:
        return pl.lit(None, pl.Boolean)
    return pl.when(truth).then(True).when(falsehood).then(False)


def _integers(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List) and dtype.inner.is_integer():
        numbers = column.cast(pl.List(pl.Int64), strict=False)
    elif dtype == pl.String:
        inner = column.str.strip_chars("[] ")
        listed = pl.when(inner == "").then(pl.lit([], pl.List(pl.String))).otherwise(inner.str.split(","))
        numbers = listed.list.eval(pl.element().str.strip_chars().cast(pl.Int64, strict=False))
    else:
        return pl.lit(None, pl.List(pl.Int64))
    return pl.when(numbers.list.eval(pl.element().is_null()).list.any().not_()).then(numbers)


def _squawk(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text as it is; numbers, and text of up to four digits, padded to four with zeros."""
    if dtype == pl.String:
        digits = column.str.replace(r"^(\d{1,4})\.0+$", "${1}")
        return pl.when(digits.str.contains(r"^\d{1,4}$")).then(digits.str.zfill(4)).otherwise(column)
    code = _integer(column, dtype)
    return pl.when(code.is_between(0, 9999)).then(code.cast(pl.String).str.zfill(4))


def _out_of_range(value: pl.Expr, expected: Expected) -> pl.Expr:
    return pl.lit(False) if expected.low is None else ~value.is_between(expected.low, expected.high)


_CASTS = {
    "address": _address,
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "integers": _integers,
}
