"""Published daily counts: filled by the ingestion of dropped files, a day to a partition."""

import dagster as dg

from airtraffic.demand_tables import DAILY_COUNTS
from orchestration.described import RARE, described
from orchestration.partitions import DAILY

daily_counts = dg.AssetSpec(
    "daily_counts",
    **described(
        DAILY_COUNTS,
        DAILY,
        {"arrow"},
        RARE,
        "Flights per day as somebody publishes them, from dropped files; of several the last read counts, of one run the last changed.",
    ),
)
