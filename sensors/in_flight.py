"""Is a run of a job under way?"""

from datetime import datetime, timedelta

import dagster as dg

DEAD_AFTER = timedelta(minutes=30)
"""A run that says that it is in flight for longer was killed without a word: it holds nothing up."""
_IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def run_in_flight(
    instance: dg.DagsterInstance, now: datetime, job: str, dead_after: timedelta = DEAD_AFTER
) -> str | None:
    """Id of a run of a job that is queued or running, and not for so long that it must be dead."""
    runs = instance.get_runs(
        dg.RunsFilter(job_name=job, statuses=_IN_FLIGHT, created_after=now - dead_after), limit=1
    )
    return runs[0].run_id if runs else None
