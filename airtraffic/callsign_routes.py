"""What callsigns are known to fly: an optional file that fills airports which positions leave unknown."""

from pathlib import Path

import polars as pl

from airtraffic.errors import AirTrafficError
from airtraffic.track_flights import NO_ROUTES, ROUTES_COLUMNS


def read_callsign_routes(path: Path | None) -> pl.DataFrame:
    """Columns ``callsign`` and ``airports_icao`` (``SBGR-SBBR-SBRF``) of a CSV or Parquet file; no rows without one.

    Raises
    ------
    AirTrafficError
        The file cannot be read or lacks a column.
    """
    if path is None:
        return NO_ROUTES
    try:
        rows = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        routes = rows.select(pl.col(name).cast(pl.String) for name in ROUTES_COLUMNS)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise AirTrafficError(
            f"the known routes of callsigns in {path} cannot be read: {error}; expected CSV or Parquet with the "
            f"columns {' and '.join(ROUTES_COLUMNS)}"
        ) from error
    return routes.drop_nulls().unique(maintain_order=True)
