"""What several runs do at once to the same tables: nothing older ever replaces what is newer, nothing is doubled."""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pyarrow as pa
from deltalake.exceptions import CommitFailedError

from airtraffic.errors import AirTrafficError
from orchestration.resources.lake import LakeResource

T = TypeVar("T")
_REPLACE_TRIES = 10
_READ_TRIES = 5
"""How often a run that lost against another one reads anew where it stands."""
_log = logging.getLogger(__name__)


def replace_together(
    lake: LakeResource,
    names: Sequence[str],
    rows: Callable[[], Mapping[str, pa.Table]],
    predicate: str,
) -> Mapping[str, pa.Table]:
    """Replace the same partitions of several tables by rows computed from input at least as new as what they replace.

    The tables are opened before their input is read. When another run wrote the same partitions in between,
    delta-rs refuses the commit and everything is computed again; otherwise the slower of two runs could put
    back what it had computed before the late rows came. Each table is one commit; a run that dies between two
    of them has failed, and is made again. What ``rows`` gives beyond ``names`` is not written.
    """
    for left in reversed(range(_REPLACE_TRIES)):
        into = {name: lake.delta(name) for name in names}
        # delta-rs keeps the order of one batch, and no order among several.
        made = {name: table.combine_chunks() for name, table in rows().items()}
        try:
            for name in names:
                lake.replace(name, made[name], predicate, into=into[name])
        except CommitFailedError:
            if not left:
                raise
        else:
            return made
    raise AssertionError("unreachable")


def replace_from_newest(
    lake: LakeResource, name: str, rows: Callable[[], pa.Table], predicate: str
) -> pa.Table:
    """Replace partitions of one table, as :func:`replace_together` does of several."""
    return replace_together(lake, [name], lambda: {name: rows()}, predicate)[name]


def read_against_others(read: Callable[[], T], doing: str, advice: str = "") -> T:
    """Read what is committed with where it was read to, anew when another run committed first.

    Parameters
    ----------
    doing
        What the other run is doing, and ``advice`` what to do, for the error.

    Raises
    ------
    AirTrafficError
        Other runs keep being faster.
    """
    for left in reversed(range(_READ_TRIES)):
        try:
            return read()
        except CommitFailedError as error:
            if not left:
                raise AirTrafficError(
                    f"another run is {doing} and was faster {_READ_TRIES} times; nothing is doubled{advice}: {error}"
                ) from error
        _log.warning("another run committed first; reading anew where the lake stands")
        time.sleep(random.uniform(0.05, 0.5))
    raise AssertionError("unreachable")
