"""What tests kill: a process that reads the operator's database into the lake."""

from airtraffic.providers import load_providers
from orchestration.flight_files import PROVIDERS
from orchestration.operator_database import PROVIDER, DatabaseRead, ingest_database
from orchestration.resources.lake import LakeResource
from orchestration.resources.operator_database import OperatorDatabaseResource
from tests.integration.file_readers import EARLIEST
from tests.killed import mortal_lake


def read(lake: LakeResource, database: OperatorDatabaseResource, now, **options) -> DatabaseRead:
    """What one run reads."""
    provider = load_providers(PROVIDERS)[PROVIDER]
    return ingest_database(lake, database, provider, now=now, earliest=EARLIEST, **options)


def read_until_commit(lake_root: str, url: str, now, commits: int, batch: int) -> None:
    """Die by SIGKILL right after so many commits."""
    read(mortal_lake(lake_root, commits), OperatorDatabaseResource(url=url), now, batch=batch)
