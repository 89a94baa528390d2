"""What every provider of files declares, whatever its rows are about."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from airtraffic.declared import Declared, read_yaml
from airtraffic.errors import AirTrafficError


class UnreadableFileError(AirTrafficError):
    """Rows that the provider's declared columns do not fit."""


class FileFormat(Declared):
    """How the cells of a provider's files are written."""

    source: str = Field(default="file", description="Where the data really comes from.")
    missing: tuple[str, ...] = Field(
        default=(), description="Words for a missing value, beside an empty one."
    )
    date_formats: tuple[str, ...] = Field(default=("%Y-%m-%d",), min_length=1)
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"


def providers_in(path: Path, *, with_key: str | None = None, without_key: str | None = None) -> Any:
    """A file's content, of its ``providers`` only those that have, or have not, a key.

    Raises
    ------
    ConfigurationError
        The file is not YAML.
    """
    content = read_yaml(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("providers"), Mapping):
        return content
    kept = {
        name: declared
        for name, declared in content["providers"].items()
        if (with_key is None or (isinstance(declared, Mapping) and with_key in declared))
        and not (isinstance(declared, Mapping) and without_key in declared)
    }
    return {**content, "providers": kept}


def check_columns(there: list[str], needed: Collection[str], name: str, declared: FileFormat) -> None:
    """Whether rows have all columns that their provider is declared with.

    Raises
    ------
    UnreadableFileError
        Some are missing.
    """
    absent = sorted(set(needed) - set(there))
    if absent:
        raise UnreadableFileError(
            f"columns {', '.join(absent)} are missing; {name} is declared with them, and there are "
            f"{', '.join(there)}{_delimiter_hint(there, declared)}"
        )


def _delimiter_hint(columns: list[str], declared: FileFormat) -> str:
    """What a header that was read as one column most likely means."""
    found = [
        mark for mark in ";\t|," if len(columns) == 1 and mark in columns[0] and mark != declared.delimiter
    ]
    return (
        f"; is the delimiter {found[0]!r}? config/providers.yaml declares {declared.delimiter!r}"
        if found
        else ""
    )
