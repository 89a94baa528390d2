"""Keys that a YAML file gives twice in one mapping: of which a parser silently keeps the last."""

from collections.abc import Iterator

import yaml

Path = tuple[str | int, ...]


def repeated_keys(text: str) -> list[tuple[Path, list[str]]]:
    """Where each repeated key is, and its values as they are written.

    >>> repeated_keys("a: 1\\nb: [{c: 2, d: 3, c: 4}]")
    [(('b', 0, 'c'), ['2', '4'])]

    Raises
    ------
    yaml.YAMLError
        It is not YAML.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return [] if root is None else list(_repeated(root, ()))


def _repeated(node: yaml.Node, path: Path) -> Iterator[tuple[Path, list[str]]]:
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _repeated(item, (*path, number))
    elif isinstance(node, yaml.MappingNode):
        values: dict[str, list[yaml.Node]] = {}
        for key, value in node.value:
            values.setdefault(str(key.value), []).append(value)
            yield from _repeated(value, (*path, str(key.value)))
        for key, given in values.items():
            if len(given) > 1:
                yield (*path, key), [_written(value) for value in given]


def _written(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else f"a {node.id}"
