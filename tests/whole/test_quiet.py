"""Quiet by default: standard error names nobody where it is no terminal, whatever goes wrong.

The commands are those of the transcripts, and every command of the program, with a patient, a
driver, a phone number, a day of birth, a clinic's file and a password that are marked.
"""

import logging
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ketasched.cli import anonymity, main, output
from tests.support.commands import CALLS, LATER, MADE, commands, prepare
from tests.support.transcript import PROMPT, run
from tests.whole.test_transcripts import TRANSCRIPTS

WATCHED = anonymity.may_name_people
MARK = "Zzyzx"
"""What no message of ours says of itself."""

BORN = "2014-03-09"
BORN_IN_WORDS = ("2014", "9 Mar", "2032-03-09")
CLINIC = f"{MARK}-clinic.toml"


@pytest.fixture(autouse=True)
def _nobody_watches(monkeypatch):
    for module in (anonymity, output):
        monkeypatch.setattr(module, "may_name_people", WATCHED)


def quietly(arguments: list[str]) -> Result:
    """The command, whose standard error and log have no mark."""
    result = CliRunner().invoke(main, arguments, prog_name="ketasched")
    assert MARK not in result.stderr, result.stderr
    assert not any(words in result.stderr for words in BORN_IN_WORDS), result.stderr
    return result


@pytest.fixture
def prepared(monkeypatch) -> None:
    """A folder for the calls of `CALLS`."""
    for name, value in prepare().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def logged(caplog) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    yield caplog
    said = [record.getMessage() for record in caplog.get_records("call")]
    assert [one for one in said if MARK in one] == []


# --- every failure of the transcripts

PERSON = re.compile(
    r"\b(?:P|R|Q|A|B)-\d+\b|\b(?:Sam Rivera|Ana Lima|Sam|Anna|Okafor)\b|\+1 555 \d+|\banna\b"
)
"""Who is named in a transcript."""


def marked(text: str) -> str:
    """The transcript's text, where every person has another name, which is marked."""
    return PERSON.sub(lambda found: re.sub(r"\W", "-", f"{MARK}-{found[0]}"), text)


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_whatever_fails_in_a_transcript_names_nobody(path, monkeypatch):
    import tests.support.transcript as transcript  # noqa: PLC0415
    from tests.whole.test_transcripts import play  # noqa: PLC0415

    shown = []

    def run(command: str) -> str:
        result = quietly(shlex.split(command))
        shown.append(result.exit_code)
        return result.output

    monkeypatch.setattr(transcript, "run", run)
    text = marked(path.read_text(encoding="utf-8"))
    copy = Path("marked.txt")
    copy.write_text(text, encoding="utf-8")
    play(copy)
    assert len(shown) == text.count(f"\n{PROMPT}") + text.startswith(PROMPT)


# --- every command, and every class of error

VALUES = {
    "patient": f"{MARK} Jane",
    "course": f"{MARK}/course.json",
    "files": f"{MARK}.json",
    "calendars": f"{MARK}.ics",
    "clinic_path": CLINIC,
    "born": BORN,
}
"""By parameter, a value that makes a command fail, and that tells of somebody."""


def test_every_command_has_a_call():
    assert set(commands()) == CALLS.keys()


def options_of(words: str) -> Iterator[tuple[str, str]]:
    """The options of a command that take a text, by the name of the parameter."""
    command: click.Command = main
    for word in words.split():
        assert isinstance(command, click.Group)
        found = command.resolve_command(click.Context(command), [word])[1]
        assert found is not None
        command = found
    for option in command.params:
        has_value = isinstance(option, click.Option) and not option.is_flag
        if has_value and option.name and option.name not in anonymity.PUBLIC:
            yield option.name, option.opts[-1]


CASES = [(words, name, option) for words in CALLS for name, option in options_of(words)]


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize(("words", "name", "option"), CASES, ids=lambda one: str(one))
def test_no_value_of_an_option_is_said_whatever_is_wrong_with_it(words, name, option, prepared):
    value = VALUES.get(name, MARK)
    call = shlex.split(CALLS[words])
    for more in ([option, value], [option, f"{value}\x07"], [option]):
        quietly([*call, *more])
    quietly([*call, option, value, "--no-such-option"])
    quietly([*call, option, value, value])


@pytest.mark.parametrize("words", [[], ["register"]], ids=["program", "register"])
def test_a_command_alone_is_its_help_where_nobody_may_be_named(words):
    alone, asked = quietly(words), quietly([*words, "--help"])
    assert alone.exit_code == 2
    assert alone.stderr == asked.stdout


@pytest.mark.parametrize("words", CALLS)
def test_a_word_that_no_command_knows_is_not_said(words):
    for more in (MARK, f"{MARK} Jane", f"--patient={MARK}", f"--zzz={MARK}"):
        assert quietly([*words.split(), more]).exit_code in (0, 2, 3)
        assert quietly([more, *words.split()]).exit_code == 2


BAD = {
    "course of a patient who is not there": f"show courses/{MARK}",
    "patient who is not in the register": f"revise {MARK} hold --reason flu {LATER}",
    "patient named in a usage error": f"suggest {MARK} three",
    "course in the place of a verb": f"revise hold courses/{MARK} --reason flu",
    "folder with a course in it": f"plan --patient {MARK} --start 2026-12-07 {MADE} -o taken",
    "no plan beside busy times": f"plan --patient {MARK} --start 2026-12-07 --latest-start "
    f"2026-12-07 --busy {MARK}.ics {MADE}",
    "under age": f"plan --patient {MARK} --start 2026-12-07 --born {BORN} {MADE}",
    "born after the start": f"plan --start 2014-03-08 --born {BORN} {MADE}",
    "driver who does not drive": f"show courses/P --for driver --rides-of {MARK}",
    "name of a driver": f"revise P driver 9 --name {MARK} --phone {MARK} {LATER}",
    "reason": f"revise P hold --reason '{MARK}\x07' {LATER}",
    "clinic's file": f"plan --start 2026-12-07 --clinic {MARK}/clinic.toml",
    "register's password": f"register list --register postgresql://a:{MARK}@127.0.0.1:1/b",
    "register that is none": f"register list --register {MARK}",
    "password of a server that does not answer": f"day --register postgresql://a:{MARK}@127.0.0.1:1/b",
    "password in a usage error": f"day --register postgresql://a:{MARK}@127.0.0.1:1/b --nonsense",
}


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize("command", BAD.values(), ids=BAD)
def test_an_error_names_nobody(command, prepared):
    Path("taken", MARK).mkdir(parents=True)
    shutil.copy("courses/P/course.json", f"taken/{MARK}/course.json")
    lines = "BEGIN:VCALENDAR BEGIN:VEVENT DTSTART:20261207T000000 DTEND:20261208T000000"
    ends = "SUMMARY:Zzyzx END:VEVENT END:VCALENDAR"
    Path(f"{MARK}.ics").write_text("\n".join(f"{lines} {ends}".split()), encoding="utf-8")
    assert quietly(shlex.split(command)).exit_code in (2, 3, 4, 6)


ORDINARY = {
    "reason": f"revise P complete 1 --reason is --on 2036-12-07 {LATER}",
    "clinic's file": "check clinic.toml",
    "clinic's file in a folder": f"check {MARK}/clinic.toml",
    "course in a folder": f"check {MARK}/course.json",
}
"""Commands whose values are words that messages have of themselves, or public names of files."""


@pytest.mark.parametrize("command", ORDINARY.values(), ids=ORDINARY)
def test_words_of_a_message_that_are_typed_too_stay_readable(command, prepared):
    Path(MARK).mkdir()
    for path in ("clinic.toml", f"{MARK}/clinic.toml", f"{MARK}/course.json"):
        Path(path).write_text("{}", encoding="utf-8")
    assert "…" not in quietly(shlex.split(command)).stderr.replace("…/", "")


ROWS = f"""patient,start,latest_start,born,driver_name,driver_phone,clinic,per_week
{MARK}-1,2026-12-07,,{BORN},,,,
{MARK}-2,{MARK},,,,,,
{MARK}-3,2026-12-07,,,,,{CLINIC},
{MARK}-4,2026-12-07,,,,"{MARK} ""555",,
{MARK}-5,2014-03-08,,{BORN},,,,
{MARK}-6,2026-12-07,2026-12-07,,,,,
{MARK}-7,2026-12-07,2026-12-07,,,,,
{MARK}-8,2026-12-07,2026-12-07,,,,,
{MARK}-9,2026-12-07,,,,,,{MARK}
{MARK}-9,2026-12-07,,,,,,
{MARK}/10,2026-12-07,,,,,,
{MARK} ketamine,2026-12-07,,,,,,
"""


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize(
    "how",
    [
        *("--format ndjson", "-o out", "-o out --dry-run", "--format ndjson --register"),
        *("-o out --dry-run --register", "-o out --together --register", "-o out --fail-fast"),
    ],
)
def test_no_row_is_named_by_a_batch(how, prepared):
    Path("roster.csv").write_text(ROWS, encoding="utf-8")
    run(f"plan --patient {MARK}-7 --start 2026-12-07 {MADE} --register book.db")
    (Path("out") / f"{MARK}-6").mkdir(parents=True)
    result = quietly(shlex.split(f"batch roster.csv --jobs 1 {MADE} {how}"))
    assert result.exit_code == 5
    again = "" if "ndjson" in how else " --resume"
    quietly(shlex.split(f"batch roster.csv --jobs 1 {MADE} {how}{again}"))


@pytest.mark.usefixtures("logged")
def test_no_regular_driver_and_no_phone_of_a_row_is_named_by_a_batch(prepared):
    drivers = [f"{MARK}, 555 01, mon", f"{MARK}, mon; {MARK}, mon", f"{MARK} 555 0134, {MARK}"]
    rows = [f'{MARK}-{n},2026-12-07,"{text}",{MARK}' for n, text in enumerate(drivers)]
    text = "\n".join(["patient,start,driver,patient_phone", *rows])
    Path("roster.csv").write_text(text, encoding="utf-8")
    result = quietly(shlex.split(f"batch roster.csv -o out --jobs 1 {MADE}"))
    assert result.exit_code == 5
    assert "two drivers on mon" in Path("out/rejects.csv").read_text(encoding="utf-8")
    quietly(shlex.split(f"batch roster.csv -o other --jobs 1 --fail-fast {MADE}"))


def test_a_log_has_it_all_where_it_is_asked_for(prepared):
    Path("roster.csv").write_text(ROWS, encoding="utf-8")
    asked = shlex.split(f"batch roster.csv --format ndjson --jobs 1 {MADE}")
    assert f'not "{MARK}"' in CliRunner().invoke(main, [*asked, "--verbose"]).stderr


# --- what others on the machine can see


def test_no_process_that_is_started_and_no_file_that_is_begun_names_anybody(prepared):
    Path("roster.csv").write_text(f"patient,start\n{MARK},2027-03-01\n", encoding="utf-8")
    seen: list[str] = []

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            seen.append(str(arguments))
        if watching and event == "open" and str(arguments[0]).endswith(".part"):
            seen.append(Path(str(arguments[0])).name)

    watching = True
    sys.addaudithook(look)
    try:
        run(f"plan --patient {MARK} --start 2027-04-05 {MADE} -o new --register book.db")
        run(f"revise {MARK} defer 3 --by 3 --reason snow {LATER} --register book.db -o new")
        run(f"batch roster.csv -o rows --jobs 2 {MADE}")
        run(f"register backup {MARK}.db --register book.db")
    finally:
        watching = False
    assert [one for one in seen if one.endswith(".part")]
    assert MARK not in str(seen)


def test_the_two_readings_of_a_birth_date_are_in_no_log():
    result = CliRunner().invoke(main, ["plan", "--start", "2027-01-04", "--born", "01/02/1980"])
    assert result.exit_code == 2
    assert "--born: day or month first? Write …, not …, or say --date-order" in result.stderr
    assert "1980" not in result.stderr


def test_an_example_in_an_error_is_whole_where_the_value_is_hidden(prepared):
    shown = run("drivers --next soon")
    assert 'expected days or weeks such as "3d" or "2w", not …' in shown
    assert 'expected a clock time such as "08:30", not …' in run(
        "plan --patient Q --start 2026-12-07 --time 9.5"
    )


def test_a_next_step_keeps_words_of_ours():
    lines = {line for path in TRANSCRIPTS for line in path.read_text("utf-8").splitlines()}
    # What a roster's columns are called is not ours.
    steps = {one for one in lines if one.startswith("try: ") and '="' not in one}
    # Without its command here, nobody knows whose name is to be hidden.
    changed = {one for one in steps if anonymity.anonymous(one) != one and "Hara" not in one}
    assert len(steps) > 200
    assert changed <= {'try: --name "Sam Rivera"'}
