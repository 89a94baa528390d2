"""The clusters of a day as an MLflow model: this file itself is stored with every version, beside its snapshots.

It stands alone, so that a version can be loaded where nothing of this project is installed, and goes on
doing what it did when the project has moved on. Nothing in a version is a pickle.
"""

import json

import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy.spatial import KDTree

_EARTH_RADIUS_NM = 3440.065


class Clusters(mlflow.pyfunc.PythonModel):
    """Which cluster a position lies in: that of the nearest micro-cluster that belongs to one, within 2 epsilon."""

    def load_context(self, context) -> None:
        """Read the micro-clusters of a day's snapshots that belong to clusters."""
        rows = pq.read_table(context.artifacts["snapshots"])
        centres = np.column_stack([rows["x_nm"].to_numpy(), rows["y_nm"].to_numpy()])
        names = np.array(rows["cluster_id"].to_pylist(), object)
        starts = rows["hour_start"].to_pandas()
        self._hours = {}
        for start, parameters in json.loads(rows.schema.metadata[b"hours"]).items():
            hour = pd.Timestamp(start)
            here = (starts == hour).to_numpy()
            self._hours[hour] = KDTree(centres[here]) if here.any() else None, names[here], parameters
        self._last = max(self._hours)

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.Series:
        """Clusters of positions.

        Parameters
        ----------
        model_input
                ``latitude`` and ``longitude`` [deg]; with ``at`` [UTC, without a zone] the snapshot of that hour is
            used, without it the day's last.

        Returns
        -------
        pd.Series
            ``cluster_id`` by the rows' index; None outside all clusters.
        """
        found = pd.Series(None, model_input.index, object, "cluster_id")
        hours = pd.Series(self._last, model_input.index)
        if "at" in model_input:
            given = pd.to_datetime(model_input["at"], utc=True).dt.floor("h")
            hours = given.fillna(self._last)
        unknown = sorted({str(hour) for hour in hours} - {str(hour) for hour in self._hours})
        if unknown:
            raise ValueError(
                f"no snapshot of {', '.join(unknown)}; there are {min(self._hours)} to {self._last}"
            )
        for hour, rows in hours.groupby(hours).groups.items():
            positions = model_input.loc[rows]
            found.loc[rows] = _assigned(
                *self._hours[hour], positions["latitude"].to_numpy(), positions["longitude"].to_numpy()
            )
        return found


def _assigned(
    tree: KDTree | None, names: np.ndarray, parameters: dict, latitude: np.ndarray, longitude: np.ndarray
) -> np.ndarray:
    if tree is None:
        return np.full(len(latitude), None)
    reach = 2 * parameters["epsilon_nm"]
    xy = _plane(latitude, longitude, parameters["centre"])
    distance, nearest = tree.query(xy, distance_upper_bound=reach * (1 + 1e-9))
    return np.where(distance <= reach, np.append(names, None)[nearest], None)


def _plane(latitude: np.ndarray, longitude: np.ndarray, centre: list[float]) -> np.ndarray:
    """Lambert's azimuthal equal-area projection, as in ``airtraffic.projection``; (n, 2) [NM]."""
    north, east = np.radians(latitude), np.radians(longitude)
    north0, east0 = np.radians(centre)
    along = np.cos(north) * np.cos(east - east0)
    scale = _EARTH_RADIUS_NM * np.sqrt(2 / (1 + np.sin(north0) * np.sin(north) + np.cos(north0) * along))
    x = scale * np.cos(north) * np.sin(east - east0)
    y = scale * (np.cos(north0) * np.sin(north) - np.sin(north0) * along)
    return np.column_stack([x, y])


mlflow.models.set_model(Clusters())
