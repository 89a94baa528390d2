"""Configuration files: YAML whose content a model checks, with every fault said by its place and value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from airtraffic.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)
_SHOWN = 80
"""Of a value that cannot be used. [characters]"""


class Declared(BaseModel):
    """A part of a configuration file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def declared(model: type[Model], path: Path, expected: str) -> Model:
    """A file as ``model`` has it.

    Parameters
    ----------
    expected
        What the file holds, for the error when it holds something else altogether.

    Raises
    ------
    ConfigurationError
        The file is not YAML, or a field is unknown, missing or has a value that cannot be used.
    """
    content = read_yaml(path)
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"{path} holds {type(content).__name__}; expected {expected}")
    return validated(model, content, path)


def read_yaml(path: Path) -> Any:
    """What a file holds, nothing in it being run.

    Raises
    ------
    ConfigurationError
        It is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error


def validated(model: type[Model], content: Any, path: Path) -> Model:
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
            f"{'.'.join(map(str, fault['loc'])) or 'file'} is {repr(fault['input'])[:_SHOWN]}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise ConfigurationError(f"{path}: {faults}") from error
