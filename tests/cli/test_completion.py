"""The Tab key, in three shells, by the protocol that click speaks with them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import COMMANDS, main
from ketasched.files.load import shipped_protocols
from tests.conftest import ROOT

PROGRAM = Path(sys.executable).with_name("ketasched")
SHELLS = ("bash", "zsh", "fish")
BASH, FISH = shutil.which("bash"), shutil.which("fish")
PATH = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"


def asked(shell: str, typed: str) -> list[str]:
    """What the program answers a shell in which this much is typed; each with its kind."""
    words = typed.split(" ")
    place = {"COMP_CWORD": str(len(words) - 1)}
    if shell == "fish":
        place = {"COMP_CWORD": words[-1]}
    environment = {"_KETASCHED_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed}
    done = CliRunner().invoke(main, prog_name="ketasched", env=environment | place)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.strip("\n").splitlines()
    if shell == "zsh":  # a kind, a value and its help, a line each
        return [f"{kind},{value}" for kind, value in zip(lines[::3], lines[1::3], strict=True)]
    return [line.partition("\t")[0] for line in lines]


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_completed(shell):
    assert asked(shell, "ketasched ") == [f"plain,{name}" for name in COMMANDS]
    assert asked(shell, "ketasched sug") == ["plain,suggest"]


@pytest.mark.parametrize("shell", SHELLS)
def test_options_and_their_choices_are_completed(shell):
    assert "plain,--unavailable" in asked(shell, "ketasched plan --un")
    assert asked(shell, "ketasched plan --for d") == ["plain,driver"]


@pytest.mark.parametrize("shell", SHELLS)
def test_protocols_are_completed_and_files_where_none_begins_like_this(shell):
    named = [f"plain,{name}" for name in shipped_protocols() if name.startswith("iv-depr")]
    assert asked(shell, "ketasched plan --protocol iv-depr") == named
    assert asked(shell, "ketasched protocols show mine")[0].startswith("file,")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "typed",
    [
        "show ",
        "check cli",
        "batch ros",
        "revise cou",
        "plan --clinic cli",
        "day --clinic cli",
        "register show P-014 --clinic cli",
    ],
)
def test_files_are_left_to_the_shell(shell, typed):
    assert [one.partition(",")[0] for one in asked(shell, f"ketasched {typed}")] == ["file"]


@pytest.mark.parametrize("shell", SHELLS)
def test_verbs_are_completed_after_their_course(shell):
    assert asked(shell, "ketasched revise courses/P-014 re") == ["plain,resume", "plain,review"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "typed", ["pln --c", "revise courses/P-014 move --b", "revise defer P-014 --b"]
)
def test_after_a_word_that_is_no_command_nothing_is_completed(shell, typed):
    assert asked(shell, f"ketasched {typed}") == []


def test_the_tab_key_loads_no_command():
    program = (
        "import sys\n"
        "from ketasched.cli import main\n"
        "try:\n    main(prog_name='ketasched')\n"
        "except SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    environment = {
        **os.environ,
        "_KETASCHED_COMPLETE": "bash_complete",
        "COMP_WORDS": "ketasched ",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {f"ketasched.cli.{name}" for name in COMMANDS} & set(done.stderr.split())
    assert "ketasched.model" not in done.stderr.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_is_given_is_what_it_understands(shell):
    environment = {**os.environ, "PATH": PATH, "_KETASCHED_COMPLETE": f"{shell}_source"}
    done = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert "_KETASCHED_COMPLETE" in done.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True)


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_bash_completes_with_what_the_manual_says():
    line = 'eval "$(_KETASCHED_COMPLETE=bash_source ketasched)"'
    assert line in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    script = f"""{line}
COMP_WORDS=(ketasched sug); COMP_CWORD=1
_ketasched_completion ketasched
echo "${{COMPREPLY[@]}}"
complete -p ketasched
"""
    done = subprocess.run(
        [str(BASH), "--norc"],
        input=script,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "suggest"
    assert "_ketasched_completion" in done.stdout


@pytest.mark.skipif(FISH is None, reason="there is no fish here")
def test_fish_completes_with_what_the_manual_says():
    line = "_KETASCHED_COMPLETE=fish_source ketasched | source"
    assert line in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    done = subprocess.run(
        [str(FISH), "-c", f'{line}; complete -C "ketasched plan --for d"'],
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["driver"]
