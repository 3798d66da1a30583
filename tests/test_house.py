"""The house: which module may know which, what is loaded when, and who may touch the world."""

import ast
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "ketasched"
FLOORS = (
    {"model"},
    {"cells", "errors", "times", "openings", "identity", "discretion", "prices", "seating"},
    {"events"},
    {"shapes", "forms", "files", "gates", "busy"},
    {"rules", "pace", "chain"},
    {"offers", "places"},
    {"search"},
    {"refusals", "planning", "assemble", "references"},
    {"planner", "load", "columns", "folder", "render", "replan", "calendars"},
    {"remedies", "handout", "doubts", "sense", "roster", "stuck", "chronicle"},
    {"explain", "redate", "wishes", "register", "day"},
    {"added"},
    {"verbs", "together"},
    {"placement"},
    {"revise"},
    {"ways"},
    {"suggest", "batch"},
    {"cli"},
    {"__main__", "__init__"},
)
"""From the ground up: a module knows those on lower floors, and itself where it is a folder."""

TOUCHES_FILES = {
    "calendars",
    "files",
    "load",
    "references",
    "folder",
    "cli",
    "render",
    "batch",
    "register",
}
"""`folder` writes; `cli` looks for clinic.toml; `render` reads zones; the others read files."""


def module_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if module_of(path) != "protocols"]


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports, by their first name below the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ketasched"):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found


def calls(path: Path) -> set[str]:
    """The names of everything that a file calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                found.add(node.func.attr)
            elif isinstance(node.func, ast.Name):
                found.add(node.func.id)
    return found


def test_every_module_has_its_floor_and_only_one():
    standing = {module_of(path) for path in modules()}
    assert sorted(name for floor in FLOORS for name in floor) == sorted(standing)
    assert not any(one & two for one, two in pairwise(FLOORS))


def test_contributing_says_what_every_module_is():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = "".join(re.findall(r"^\| (`.+?) \|", text, re.MULTILINE))
    named = [name.rstrip("/") for name in re.findall(r"`([^`]+)`", rows)]
    ours = {module_of(path) for path in modules()} - {"__main__", "__init__"}
    assert sorted(named) == sorted(ours | {"schemas"})


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downward_only(path):
    own = module_of(path)
    floor = next(number for number, names in enumerate(FLOORS) if own in names)
    allowed = {own}.union(*FLOORS[:floor])
    assert imports(path) <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_command_line_reads_the_clock_and_the_environment(path):
    if module_of(path) == "cli":
        return
    text = path.read_text(encoding="utf-8")
    assert calls(path).isdisjoint({"now", "today", "utcnow", "time_ns", "getenv"})
    assert "os.environ" not in text


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_readers_and_writers_touch_files(path):
    if module_of(path) in TOUCHES_FILES:
        return
    touching = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"}
    assert calls(path).isdisjoint(touching)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_longer_than_400_lines_and_no_function_than_60(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 60, node.name


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_command_line_knows_click(path):
    if module_of(path) not in ("cli", "__main__"):
        assert "click" not in path.read_text(encoding="utf-8").split()


def test_nothing_that_git_ignores_is_in_git():
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a clone")
    listed = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def loaded_by(*arguments: str) -> set[str]:
    """The modules that are loaded once a command has run, in a process of its own."""
    program = (
        "import sys\n"
        "from ketasched.cli import main\n"
        "try:\n    main(sys.argv[1:], prog_name='ketasched')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return set(done.stderr.splitlines())


def test_the_text_path_loads_no_calendar_library_no_holidays_and_no_batch():
    loaded = loaded_by("plan", "--start", "2027-01-04")
    assert "ketasched.render.text" in loaded
    assert loaded.isdisjoint({"icalendar", "holidays", "ketasched.batch", "dateutil"})
    assert "ketasched.calendars" not in loaded


def test_help_loads_next_to_nothing_of_ours():
    loaded = loaded_by("--help")
    assert loaded.isdisjoint({"jinja2", "icalendar", "ketasched.model", "ketasched.planner"})
