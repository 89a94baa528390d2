"""Files of flights for tests, made here, in the columns of three providers."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

FIRST = date(2022, 6, 1)
_AIRPORTS = ("SBSP", "SBGR", "SBRJ", "SBBR")


def drop(inbox: Path, provider: str, name: str, content: pl.DataFrame | str | bytes) -> Path:
    """Put a file into a provider's folder of the inbox."""
    path = inbox / provider / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pl.DataFrame):
        write = content.write_parquet if path.suffix == ".parquet" else content.write_csv
        write(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def bimtra(days: int = 3, per_day: int = 20, first: date = FIRST) -> pl.DataFrame:
    """Good rows; flight ``n`` of a day leaves ``n`` * 40 min after midnight and takes 50 min."""
    rows = []
    for day in range(days):
        for n in range(per_day):
            left = datetime(first.year, first.month, first.day) + timedelta(days=day, minutes=40 * n)
            rows.append(
                {
                    "flightid": f"{first:%m%d}{day:04}{n:04}",
                    "origin": _AIRPORTS[n % 4],
                    "destination": _AIRPORTS[(n + 1) % 4],
                    "dep_utc": left,
                    "arr_utc": left + timedelta(minutes=50),
                    "file_day": left.date(),
                }
            )
    return pl.DataFrame(rows)


def with_faults(flights: pl.DataFrame) -> pl.DataFrame:
    """The same with two duplicates and one row for each of BIMTRA's rules."""
    left = flights["dep_utc"][0]
    odd = pl.DataFrame(
        {
            "flightid": ["odd1", "odd2", "odd3"],
            "origin": ["SBSP", "SBSP", "SBSP"],
            "destination": ["SBRJ", "SBRJ", "SBSP"],
            "dep_utc": [left] * 3,
            "arr_utc": [left, left + timedelta(hours=6, seconds=1), left + timedelta(hours=1)],
            "file_day": [left.date()] * 3,
        }
    )
    return pl.concat([flights, flights.head(2), odd.cast(dict(flights.schema))])


REFERENCE = """\
origen,destino,fecha,hora_salida,duracion (min),empresa,nivel
SKBO,SKRG,15/01/2025,23:50,45,AVIANCA,FL200
SKBO,SKCL,2025-01-15,6:05,50,LATAM COLOMBIA,240
SKBO,SKBO,2025-01-15,07:00,380,XYZ,
SKBO,SKRG,2025-01-15,0825,55,Nadie,230
BOGOTA,SKRG,2025-01-15,08:25,55,AVA,230
SKBO,SKRG,2025-13-15,08:25,55,AVA,230
SKBO,SKRG,2025-01-15,25:00,an hour,AVA,FL9999
SKBO,SKRG,2025-01-15,08:25,55,AVA
SKBO,SKRG,2003-01-15,08:25,55,AVA,230
"""
"""Four flights, one malformed line, four rows that cannot be read."""

NYC = pl.DataFrame(
    {
        "flight_date": [
            date(2013, 11, 2),
            date(2013, 3, 10),
            date(2013, 7, 1),
            date(2013, 7, 1),
            date(2013, 1, 1),
        ],
        "sched_dep_local_hhmm": [2200, 130, 2359, 900, 1000],
        "dep_local_hhmm": [2205, 130, 15, None, 1000],
        "dep_delay_min": [5, 0, 16, None, 0],
        "sched_arr_local_hhmm": [30, 435, 340, 1100, 1530],
        "arr_local_hhmm": [105, 430, 2400, None, None],
        "carrier": ["B6", "UA", "DL", "AA", "HA"],
        "flight_number": [1, 2, 3, 4, 51],
        "tailnum": ["N1", "N2", "N3", None, "N5"],
        "origin": ["JFK", "EWR", "LGA", "JFK", "JFK"],
        "destination": ["FLL", "MIA", "SJU", "ORD", "HNL"],
    }
)
"""Two clock changes, an arrival at 24:00 a day later, a cancelled flight, one that did not arrive."""
