"""The house keeps its shape."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("airtraffic", "assets", "cli", "collector", "orchestration", "sensors")


def python_files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_go_one_way():
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_init_files_are_empty():
    assert [path for path in python_files() if path.name == "__init__.py" and path.stat().st_size] == []


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_ruff_finds_nothing(arguments):
    done = subprocess.run(
        [Path(sys.executable).parent / "ruff", *arguments, "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_run_lists_every_command():
    from cli.__main__ import cli

    listed = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True).stdout
    names = {
        line.split()[1] for line in listed.splitlines() if line.startswith("./run ") and "COMMAND" not in line
    }
    assert names == set(cli.commands)


def test_a_missing_python_is_one_clear_sentence(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "cat", "cksum", "cut", "dirname", "env", "sed"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (tools / tool).symlink_to(found)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("run", "pyproject.toml", "constraints.txt"):
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        [tools / "bash", checkout / "run", "demo"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.11" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_readme_names_every_variable_that_is_read():
    readme = (ROOT / "README.md").read_text()
    names = set()
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.startswith(("AIRTRAFFIC_", "OPENSKY_"))
                and node.value.replace("_", "").isupper()
            ):
                names.add(node.value.strip())
    assert names
    assert sorted(name for name in names if f"`{name}`" not in readme) == []


def test_the_readme_has_no_blanks():
    assert "@@" not in (ROOT / "README.md").read_text()
