"""Features on a folder and on S3, read as a BI tool reads them."""

from datetime import UTC, datetime

from deltalake import DeltaTable

from orchestration.dbt import FEATURES, build_features
from tests.assets.dbt_silver import random_polls, write_silver


def test_features_are_made_and_read_by_a_plain_delta_reader_wherever_the_lake_is(lake):
    hours = write_silver(lake, random_polls(21, datetime(2025, 1, 15, tzinfo=UTC), 70))
    first = build_features(lake, hours)
    assert build_features(lake, hours[1:]).rows["flight_states"] == {hours[1]: 400}
    for name in FEATURES:
        rows = DeltaTable(f"{lake.root}/{name}").to_pyarrow_table()
        assert rows.num_rows == sum(first.rows[name].values()) > 0
