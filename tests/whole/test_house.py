"""The house: which module may know which, what is loaded when, and who may touch the world."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "ketasched"
FLOORS = (
    {"model", "language"},
    {"errors", "rules", "events"},
    {"planning", "files"},
    {"revising", "register", "render"},
    {"together", "exchange"},
    {"api", "batch"},
    {"cli"},
    {"__main__", "__init__"},
)
"""From the ground up: a room imports from lower floors and from itself only."""

MAY_IMPORT = {
    "model": set(),
    "language": set(),
    "errors": {"model"},
    "rules": {"model"},
    "events": {"model", "language"},
    "planning": {"model", "errors", "rules"},
    "files": {"model", "language", "errors"},
    "revising": {"model", "errors", "rules", "events", "planning"},
    "register": {"model", "errors", "rules", "files", "planning"},
    "render": {"model", "language", "errors", "rules", "events", "files"},
    "together": {"model", "errors", "rules", "planning", "revising"},
    "exchange": {"model", "language", "errors", "events", "files", "render"},
}
"""The rooms that a room may import from, where those are not all below it."""

ROOMS = tuple(
    sorted(
        ".".join(path.parent.relative_to(SOURCE).parts)
        for path in SOURCE.rglob("__init__.py")
        if path.parent != SOURCE and path.parent.name != "protocols"
    )
)
"""The packages with code, also those inside another one: "files", "files.roster"."""

TOUCHES_FILES = {"files", "cli", "render", "batch", "register", "language"}
"""`cli` looks for clinic.toml; `render` reads zones, and `language` its own
tables; the others read and write files."""

OPENING = {
    *("open", "fdopen", "FileIO", "mkstemp", "NamedTemporaryFile", "TemporaryFile"),
    *("read_text", "read_bytes", "write_text", "write_bytes"),
}
"""The functions and methods by which a file can be opened."""

ROW = re.compile(r"^\| [\d–]+ \| (.+?) \|", re.MULTILINE)
"""A row of the table of rooms in CONTRIBUTING.md."""


def module_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def modules() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if module_of(path) != "protocols"]


@cache
def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports, in full: "model", "files.load"."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ketasched"):
            named = (node.module or "").removeprefix("ketasched").removeprefix(".")
            for alias in node.names:
                inner = f"{named}.{alias.name}".removeprefix(".")
                at = SOURCE / inner.replace(".", "/")
                found.add(inner if at.with_suffix(".py").exists() or at.is_dir() else named)
    return found


def where(wrong: Callable[[Path], object]) -> dict[str, object]:
    """What is wrong in each module, by its path; nothing of those in which nothing is."""
    found = {path.relative_to(SOURCE).as_posix(): wrong(path) for path in modules()}
    return {path: what for path, what in found.items() if what}


def room_of(module: str) -> str:
    """The innermost package that a module lies in; a module at the top is its own room."""
    parts = module.split(".")
    inside = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((room for room in inside if room in ROOMS), module)


def doors_of(room: str) -> set[str]:
    """The modules of a room that its docstring calls doors."""
    tree = ast.parse((SOURCE / room.replace(".", "/") / "__init__.py").read_text("utf-8"))
    said = re.search(r"^Doors: ([\w,\s]+)\.$", ast.get_docstring(tree) or "", re.MULTILINE)
    assert said is not None, f"the docstring of {room} names no doors"
    named = said[1] if said[1] != "none but this module" else ""
    return set(re.findall(r"\w+", named))


@cache
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


def opens_files(path: Path) -> bool:
    """Whether a module opens a file: by `open`, or by a method of a path or of `os` or `io`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")
            is_method = called[2] in OPENING and bool(called[0]) and called[0] != "Register"
            is_nothing = bool(node.args) and ast.unparse(node.args[0]) == "os.devnull"
            if (is_method or (called[2] == "open" and not called[0])) and not is_nothing:
                return True
    return False


def test_every_module_has_its_floor_and_only_one():
    standing = {module_of(path) for path in modules()}
    assert sorted(name for floor in FLOORS for name in floor) == sorted(standing)
    assert not any(one & two for one, two in pairwise(FLOORS))


def test_contributing_says_what_every_module_is():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    floors = [set(re.findall(r"[a-z]+", name)) for name in ROW.findall(text)]
    named = set().union(*floors)
    assert named == {name for floor in FLOORS[:-1] for name in floor} | {"protocols", "schemas"}


def test_imports_run_downward_only():
    def upward(path: Path) -> set[str]:
        own = module_of(path)
        floor = next(number for number, names in enumerate(FLOORS) if own in names)
        allowed = {own} | MAY_IMPORT.get(own, set().union(*FLOORS[:floor]))
        return {module.split(".")[0] for module in imports(path)} - allowed

    assert where(upward) == {}


def test_the_house_is_small_enough_to_walk_through():
    assert len(ROOMS) <= 18
    assert len(FLOORS) <= 8
    assert len(list(SOURCE.glob("*.py"))) <= 3


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_entered_by_its_doors_only(room):
    outside = {
        module
        for path in modules()
        if room_of(".".join(path.relative_to(SOURCE).with_suffix("").parts)) != room
        for module in imports(path)
        if module != room and room_of(module) == room
    }
    assert {module.removeprefix(f"{room}.") for module in outside} == doors_of(room)


def test_only_the_command_line_reads_the_clock_and_the_environment():
    def read(path: Path) -> set[str]:
        if module_of(path) == "cli":
            return set()
        environment = {"os.environ"} if "os.environ" in path.read_text(encoding="utf-8") else set()
        return environment | calls(path) & {"now", "today", "utcnow", "time_ns", "getenv"}

    assert where(read) == {}


def test_only_readers_and_writers_touch_files():
    touching = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"}
    touched = where(lambda path: module_of(path) not in TOUCHES_FILES and calls(path) & touching)
    assert touched == {}


def test_files_are_opened_in_one_place():
    found = {path.relative_to(SOURCE).as_posix() for path in modules() if opens_files(path)}
    assert found == {"files/disk.py", "language/tables.py"}


def test_no_file_is_longer_than_400_lines_and_no_function_than_60():
    def too_long(path: Path) -> list[str]:
        text = path.read_text(encoding="utf-8")
        functions = [
            node.name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 60
        ]
        return functions + ["the file"] * (text.count("\n") > 400)

    assert where(too_long) == {}


def test_only_the_command_line_knows_click():
    def says_click(path: Path) -> bool:
        return "click" in path.read_text(encoding="utf-8").split()

    assert (
        where(lambda path: module_of(path) not in ("cli", "__main__") and says_click(path)) == {}
    )


def test_every_room_has_a_folder_of_tests():
    packages = {room for room in ROOMS if "." not in room}
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders == packages | {"whole"}


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
    assert "ketasched.files.busy" not in loaded


def test_help_loads_next_to_nothing_of_ours():
    loaded = loaded_by("--help")
    assert loaded.isdisjoint(
        {"jinja2", "icalendar", "ketasched.model", "ketasched.planning.planner"}
    )
