"""The features as the reference makes them: a CSV file an hour in pandas, columns added, the day concatenated.

Only its columns (state, band, quadrant, calendar) and a count by group: no phase, no density, no reasons.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

GROUPS = ["hour", "Cuadrante", "origin_country", "estado_de_vuelo"]


def by_hour(folder: Path, add_columns: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Read each hour's CSV, add the columns, write it; concatenate the day, sum it up and write both."""
    target = folder / "pandas"
    target.mkdir(exist_ok=True)
    hours = []
    for path in sorted((folder / "csv").glob("*.csv")):
        frame = add_columns(pd.read_csv(path, dtype={"squawk": str, "callsign": str}))
        frame["snapshot_at"] = pd.to_datetime(frame["snapshot_at"])
        frame["month"] = frame["snapshot_at"].dt.month
        frame["day_of_week"] = frame["snapshot_at"].dt.dayofweek
        frame["minute"] = frame["snapshot_at"].dt.floor("min")
        frame.to_csv(target / path.name, index=False)
        hours.append(frame)
    day = pd.concat(hours, ignore_index=True)
    day.to_csv(target / "day.csv", index=False)
    summary = day.groupby(GROUPS, dropna=False).agg(
        rows=("icao24", "size"),
        aircraft=("icao24", "nunique"),
        mean_speed_kmh=("velocidad_kmh", "mean"),
        mean_altitude_ft=("altitud_ft", "mean"),
        band_rows=("Indicador_Congestion", "sum"),
    )
    summary.to_csv(target / "summary.csv")


def vectorised(frame: pd.DataFrame) -> pd.DataFrame:
    """vectorised columns, a CSV file an hour"""
    feet, kmh = _units(frame)
    airborne = ~frame["on_ground"].astype(bool)
    frame["estado_de_vuelo"] = np.select(
        [~airborne, kmh < 300, feet <= 15_000],
        ["En tierra", "Maniobra", "Espera / ascenso / descenso"],
        "Crucero",
    )
    frame["Indicador_Congestion"] = (airborne & kmh.between(300, 450) & feet.between(5_000, 15_000)).astype(
        int
    )
    north = np.where(frame["latitude"] >= -22.5, "N", "S")
    frame["Cuadrante"] = np.char.add(north, np.where(frame["longitude"] >= -60, "E", "O"))
    return frame


def row_by_row(frame: pd.DataFrame) -> pd.DataFrame:
    """columns row by row with apply, a CSV file an hour"""
    _units(frame)
    frame["estado_de_vuelo"] = frame.apply(_state, axis=1)
    frame["Indicador_Congestion"] = frame.apply(_band, axis=1)
    frame["Cuadrante"] = frame.apply(_quadrant, axis=1)
    return frame


def _units(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    frame["altitud_ft"] = frame["baro_altitude"] / 0.3048
    frame["velocidad_kmh"] = frame["velocity"] * 3.6
    return frame["altitud_ft"], frame["velocidad_kmh"]


def _state(row: pd.Series) -> str:
    if row["on_ground"]:
        return "En tierra"
    if row["velocidad_kmh"] < 300:
        return "Maniobra"
    return "Espera / ascenso / descenso" if row["altitud_ft"] <= 15_000 else "Crucero"


def _band(row: pd.Series) -> int:
    in_band = 300 <= row["velocidad_kmh"] <= 450 and 5_000 <= row["altitud_ft"] <= 15_000
    return int(not row["on_ground"] and in_band)


def _quadrant(row: pd.Series) -> str:
    return ("N" if row["latitude"] >= -22.5 else "S") + ("E" if row["longitude"] >= -60 else "O")
