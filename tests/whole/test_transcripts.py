"""Every command and every error, as somebody at a terminal sees them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.support.raised import Place, recorded, sites
from tests.support.transcript import (
    commands_to_paste,
    is_accepted,
    played,
    with_pasted_options,
    with_values,
)

TRANSCRIPTS = sorted((ROOT / "tests" / "whole" / "transcripts").glob("*.txt"))


class Played(NamedTuple):
    """A transcript that was played: what the terminal showed, and where it met an error."""

    shown: str
    met: set[Place]
    refused: list[str]
    """The commands of its next steps that were not understood when they were pasted."""


PLAYED: dict[Path, Played] = {}
"""What has been played, with every next step pasted."""

of_each = pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem, scope="module")
"""All tests of one transcript come one after the other, so that it is played once."""


ELSEWHERE = {
    "api/changes.py booking_of": "api/test_same_as_commands.py::test_a_switch_needs_a_protocol",
    "api/changes.py change_of": "api/test_same_as_commands.py::test_a_ready_change_takes_no",
    "api/registers.py book": "api/test_registers.py::test_a_course_of_nobody_is_not_booked",
    "api/clinic_days.py day_page": "api/test_registers.py::test_a_form_of_a_day_that_is_none",
    "api/clinic_book.py _refuse_unknown_driver": "exchange/test_rides.py::test_a_driver_whom_no",
    "api/exports.py exported": "api/test_exchange_same_as_commands.py::test_an_export_for",
    "api/clinic_book.py known_clinic": "api/test_days_same_as_commands.py::test_an_empty_register",
    "batch/manifest.py new_csv_file": "batch/test_failures.py::test_a_run_whose_folder_is_gone",
    "batch/register_ledger.py _joint_outcome": "register/test_register_together.py::test_who_is",
    "batch/folders.py is_revised": "batch/test_failures.py::test_a_folder_where_a_file_ought",
    "batch/folders.py _disk_error": "batch/test_failures.py::test_a_full_disk_ends_the_run",
    "batch/folders.py _replace": "batch/test_failures.py::test_a_folder_where_a_file_ought",
    "batch/triage.py _retained_result": "batch/test_failures.py::test_a_folder_that_some",
    "batch/executors.py _gone": "batch/test_crashes.py::test_a_killed_worker_ends_the_run",
    "batch/executors.py _client": "batch/test_dask.py::test_where_no_scheduler_answers",
    "batch/executors.py dask": "batch/test_dask.py::test_a_cluster_without_workers",
    "batch/worker.py _refuse_unreadable": "batch/test_failures.py::test_a_course_that_could_not",
    "batch/worker.py work": "batch/test_failures.py::test_a_worker_of_another_version",
    "cli/anonymity.py anonymous_usage": "whole/test_quiet.py::test_a_word_that_no_command_knows",
    "cli/ending.py _output_failed": "cli/test_output_that_fails.py::test_a_full_device_is_said",
    "cli/batch.py _settings": "batch/test_failures.py::test_a_stopped_run_does_not_go_on",
    "cli/options.py machine_zone": "cli/test_doctor.py::test_a_machine_without_a_zone",
    "render/fhir.py render": "whole/test_discretion.py::test_a_record_systems_resources_are_for",
    "register/opening.py no_extra": "register/test_register_cli.py::test_a_missing_extra_is",
    "cli/show.py command": "cli/test_cli.py::test_a_patient_of_the_register_is_shown_by_another",
    "render/course_folders.py _name_all": "register/test_reschedule.py::test_files_that_fail",
    "files/feed_names.py _read": "exchange/test_publish.py::test_a_folder_that_is_a_template",
    "files/roster_source.py read": "batch/test_whole_rosters.py::test_a_roster_that_changes",
    "api/calendar_entries.py _older": "exchange/test_calendar_servers.py::test_a_folder",
    "api/calendar_entries.py no_extra": "exchange/test_hostile_servers.py::test_without_the",
    "cli/publish.py _password_in": "exchange/test_hostile_servers.py::test_an_empty_pass",
    "cli/publish.py _password_of": "exchange/test_hostile_servers.py::test_a_machine_wit",
    "api/calendar_entries.py _not_written": "exchange/test_calendar_servers.py::test_an_entry",
    "exchange/calendar_server.py _no_access": "exchange/test_hostile_servers.py::test_a_wrong_pas",
    "exchange/calendar_server.py _refuse_address": "exchange/test_hostile_servers.py::test_an_add",
    "files/change_parsing.py choice": "files/test_change_parsing.py::test_what_a_verb_cannot_take",
    "files/change_parsing.py number": "files/test_change_parsing.py::test_what_a_verb_cannot_take",
    "files/change_parsing.py number_of_visit": "files/test_change_parsing.py::test_what_a_verb",
    "files/change_parsing.py read_change": "files/test_change_parsing.py::test_what_a_verb_cannot",
    "files/request_parsing.py _order": "files/test_request_values.py::test_what_cannot_be_read",
    "files/request_parsing.py request": "files/test_request_values.py::test_what_cannot_be_read",
    "files/typed_text.py text_of": "files/test_request_values.py::test_what_cannot_be_read",
    "files/toml_json.py read_lines": "files/test_disk.py::test_each_line_has_its_place",
    "files/toml_json.py read_text": "files/test_disk.py::test_standard_input_is_read_only",
    "files/atomic_write.py hold_lock": "batch/test_failures.py::test_a_folder_that_some",
    "register/records.py prepared_files": "register/test_files_and_register.py::test_files_that_g",
    "render/__init__.py render": "api/test_same_as_commands.py::test_a_format_or_an_audience",
    "render/patient_folder.py render_course_file": "render/test_patient_folder.py::test_a_course_",
    "planning/planner.py requested_phases": "planning/test_elsewhere.py::test_a_date_that_cannot",
    "planning/spacing_cost.py _refuse_minutes": "planning/test_planner.py::test_minutes_that",
    "revising/history.py course_to_restore": "revising/test_undo.py::test_a_change_by_version_1_0",
    "register/backup.py _copied": "register/test_register.py::test_a_backup_that_cannot",
    "register/database.py _refuse_restored": "register/test_nothing_lost.py::test_who_has_the",
    "register/queries.py read_document": "register/test_damaged_registers.py::test_a_damaged",
    "register/database.py _bring_up_to_date": "register/test_register.py::test_a_register_of",
    "register/database.py open_database": "register/test_register_cli.py::test_a_missing_driver",
    "register/database_errors.py damaged_file": "register/test_register_cli.py::test_a_damaged",
    "files/roster/header.py _refuse_malformed": "files/test_roster.py::test_a_file_that_is_no",
    "files/roster/rows.py _parse_object": "files/test_roster.py::test_a_bad_line_of_json_says",
    "together/plan.py solver": "together/test_together.py::test_without_the_extra_it_says_what",
}
"""Errors that no typed command gives alone (a kill, a full disk, 10 MB), and their tests."""

GUARDS = {
    "revising/request_changes.py authorise_drafts": "the command line asks for a value itself",
    "revising/added_visits.py make_up_drafts": "held visits never leave a phase without room",
    "revising/rescheduling.py reschedule_drafts": "the reader of a proposal asks for one start",
    "revising/revise.py revise": "what is placed keeps the rules, or the next one tells",
    "revising/verbs.py drafts": "rename is a command of its own",
    "revising/verbs.py _resume": "the command line asks for --on itself",
}
"""Errors that the command line never gives, and why they stand there all the same."""


def play(
    path: Path, note: Callable[[str, str], None] = lambda _typed, _output: None
) -> tuple[str, set[Place]]:
    """What the terminal shows, in the working directory, and where it meets an error."""
    shutil.copytree(ROOT / "examples", Path("examples"))
    with recorded() as met:

        def aside(typed: str, output: str) -> None:
            before = met.copy()
            note(typed, output)
            met.intersection_update(before)

        return played(path.read_text(encoding="utf-8"), aside), met


def play_and_paste(path: Path) -> Played:
    """A transcript; after each command, each next step is tried in a copy of the folder."""
    home, tried = Path("home").absolute(), Path("tried").absolute()
    refused: list[str] = []

    def paste(typed: str, output: str) -> None:
        pasted = map(with_values, commands_to_paste(output))
        for command in (*pasted, *with_pasted_options(typed, output)):
            if "--help" not in command:
                shutil.rmtree(tried, ignore_errors=True)
                shutil.copytree(home, tried)
            with chdir(home if "--help" in command else tried):
                if not is_accepted(command):
                    refused.append(command)

    if path not in PLAYED:
        home.mkdir()
        with chdir(home):
            PLAYED[path] = Played(*play(path, paste), refused)
    return PLAYED[path]


@of_each
def test_the_transcript_is_what_the_terminal_shows(path, request):
    shown = play_and_paste(path).shown
    if request.config.getoption("--update-golden"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@of_each
def test_every_command_and_option_of_a_next_step_can_be_pasted(path):
    assert play_and_paste(path).refused == []


@of_each
def test_a_command_in_a_message_is_alone_or_after_a_colon(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match("(try|note|warning): ", line) and re.search("ketasched [a-z]+ ", line):
            assert list(commands_to_paste(line)), line


ALONE = "KETASCHED_TESTS_ALONE"
"""Set in the process that has only this test: others import modules anew, which hides errors."""


def test_every_error_has_a_transcript(tmp_path, monkeypatch):
    if ALONE not in os.environ:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command.append(f"{Path(__file__)}::test_every_error_has_a_transcript")
        kept = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
        env = kept | {ALONE: "1"}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return
    met = set[Place]()
    for path in TRANSCRIPTS:
        if path not in PLAYED:
            (tmp_path / path.stem).mkdir()
            monkeypatch.chdir(tmp_path / path.stem)
        met |= PLAYED[path].met if path in PLAYED else play(path)[1]
    unmet = {
        f"{file} {function}"
        for (file, first, last), function in sites().items()
        if not any((file, line) in met for line in range(first, last + 1))
    }
    assert unmet == ELSEWHERE.keys() | GUARDS.keys()


@pytest.mark.parametrize("place", ELSEWHERE)
def test_an_error_that_has_none_has_a_test(place):
    file, _, name = ELSEWHERE[place].partition("::")
    assert f"\ndef {name}" in (ROOT / "tests" / file).read_text(encoding="utf-8")
