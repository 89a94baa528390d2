"""``./run topics``: the topics, created when asked for, and held against the documented settings."""

from rich.console import Console
from rich.table import Table

from airtraffic.errors import AirTrafficError
from airtraffic.settings import Settings
from cli.brokers import Broker
from collector.topics import check_topics, create_topics, is_in_memory


def ensure_topics(settings: Settings, broker: Broker) -> None:
    """Create the topics that are missing on the broker that a command runs against."""
    create_topics(
        broker.bootstrap_servers,
        settings.topics,
        settings.kafka_security,
        in_memory=broker.kind == "in-memory",
    )


def run_topics(settings: Settings, *, create: bool) -> int:
    """Report where the topics differ from what is documented; nothing that exists is altered. 1: they differ.

    Raises
    ------
    AirTrafficError
        No broker is named, or it does not answer.
    """
    console = Console()
    servers = settings.kafka_bootstrap_servers
    if not servers:
        raise AirTrafficError(
            "KAFKA_BOOTSTRAP_SERVERS is not set; it names the broker whose topics are checked "
            "(./run demo and ./run up create the topics on a broker of their own; ./run up prints its address)"
        )
    in_memory = is_in_memory(servers, settings.kafka_security)
    if create:
        for name in create_topics(servers, settings.topics, settings.kafka_security, in_memory=in_memory):
            console.print(f"created {name}")
    differences = check_topics(servers, settings.topics, settings.kafka_security, in_memory=in_memory)
    if not differences:
        console.print(f"The topics {', '.join(settings.topics.every)} are as documented.", soft_wrap=True)
        return 0
    table = Table(
        "topic",
        "setting",
        "expected",
        "found",
        title="Differences; nothing was altered",
        title_justify="left",
    )
    for difference in differences:
        table.add_row(difference.topic, difference.setting, difference.expected, difference.found)
    console.print(table)
    if any(difference.found == "missing" for difference in differences):
        console.print("./run topics --create creates the topics that are missing.")
    return 1
