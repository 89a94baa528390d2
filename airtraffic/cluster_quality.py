"""How good an hour of clusters is: never one figure alone."""

import pyarrow as pa

from airtraffic.cluster_hour import HourOfClusters


def hour_quality(made: HourOfClusters, day_before: pa.Table | None, coverage: float | None) -> pa.Table:
    """The row of ``cluster_quality`` of an hour.

    Parameters
    ----------
    made
        The hour.
    day_before
        Rows of ``cluster_snapshots`` of the hour 24 hours before; None or no rows when it is missing.
    coverage
        Of the hour's polls; None when it is unknown. [1]
    """
    raise NotImplementedError
