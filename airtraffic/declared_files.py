"""What every provider of files declares, whatever its rows are about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from airtraffic.errors import ConfigurationError


class Declared(BaseModel):
    """A part of a configuration file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(Declared):
    """How the cells of a provider's files are written."""

    source: str = Field(default="file", description="Where the data really comes from.")
    missing: tuple[str, ...] = Field(
        default=(), description="Words for a missing value, beside an empty one."
    )
    date_formats: tuple[str, ...] = Field(default=("%Y-%m-%d",), min_length=1)
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"


def validated(model: type[BaseModel], content: Any, path: Path) -> Any:
    """Content of a file as ``model`` has it.

    Raises
    ------
    ConfigurationError
        A field is unknown, missing or has a value that cannot be used.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))} is {fault['input']!r}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise ConfigurationError(f"{path}: {faults}") from error


def providers_in(path: Path, *, with_key: str | None = None, without_key: str | None = None) -> Any:
    """A file's content, of its ``providers`` only those that have, or have not, a key.

    Raises
    ------
    ConfigurationError
        The file is not YAML.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, Mapping) or not isinstance(content.get("providers"), Mapping):
        return content
    kept = {
        name: declared
        for name, declared in content["providers"].items()
        if (with_key is None or (isinstance(declared, Mapping) and with_key in declared))
        and not (isinstance(declared, Mapping) and without_key in declared)
    }
    return {**content, "providers": kept}


def delimiter_hint(columns: list[str], declared: FileFormat) -> str:
    """What a header that was read as one column most likely means."""
    found = [
        mark for mark in ";\t|," if len(columns) == 1 and mark in columns[0] and mark != declared.delimiter
    ]
    return (
        f"; is the delimiter {found[0]!r}? config/providers.yaml declares {declared.delimiter!r}"
        if found
        else ""
    )
