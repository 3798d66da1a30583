"""Every command and every error, as somebody at a terminal sees them."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.raised import Place, recorded, sites
from tests.support.transcript import played

TRANSCRIPTS = sorted((ROOT / "tests" / "whole" / "transcripts").glob("*.txt"))
PLAYED: dict[Path, set[Place]] = {}
"""What has been played, and where it met an error."""

ELSEWHERE = {
    "batch/manifest.py new_csv_file": "batch/test_failures.py::test_a_run_whose_folder_is_gone",
    "batch/folders.py lock_output": "batch/test_crashes.py::test_a_second_run_is_refused_while",
    "batch/register_ledger.py _joint_outcome": "register/test_register_together.py::test_who_is",
    "batch/folders.py is_revised": "batch/test_failures.py::test_a_folder_where_a_file_ought",
    "batch/folders.py _disk_error": "batch/test_failures.py::test_a_full_disk_ends_the_run",
    "batch/folders.py _replace": "batch/test_failures.py::test_a_folder_where_a_file_ought",
    "batch/unchanged_rows.py retained_result": "batch/test_failures.py::test_a_folder_that_some",
    "batch/executors.py _gone": "batch/test_crashes.py::test_a_killed_worker_ends_the_run",
    "batch/executors.py dask": "batch/test_dask.py::test_where_no_scheduler_answers",
    "batch/worker.py _refuse_unreadable": "batch/test_failures.py::test_a_course_that_could_not",
    "batch/worker.py work": "batch/test_failures.py::test_a_worker_of_another_version",
    "cli/anonymity.py anonymous_usage": "whole/test_quiet.py::test_a_word_that_no_command_knows",
    "cli/ending.py _output_failed": "cli/test_output_that_fails.py::test_a_full_device_is_said",
    "cli/batch.py _settings": "batch/test_failures.py::test_a_stopped_run_does_not_go_on",
    "cli/options.py machine_zone": "cli/test_doctor.py::test_a_machine_without_a_zone",
    "cli/register_option.py _no_extra": "register/test_register_cli.py::test_a_missing_extra_is",
    "cli/show.py command": "cli/test_cli.py::test_a_patient_of_the_register_is_shown_by_another",
    "cli/roster_source.py read": "batch/test_whole_rosters.py::test_a_roster_that_changes",
    "files/toml_json.py read_lines": "files/test_disk.py::test_each_line_has_its_place",
    "files/toml_json.py read_text": "files/test_disk.py::test_standard_input_is_read_only",
    "files/atomic_write.py _locked": "batch/test_failures.py::test_a_folder_that_some",
    "register/register.py _files_of": "register/test_files_and_register.py::test_files_that_get",
    "render/patient_folder.py render_course_file": "render/test_patient_folder.py::test_a_course_",
    "planning/spacing_cost.py _refuse_minutes": "planning/test_planner.py::test_minutes_that",
    "register/backup.py _copied": "register/test_register.py::test_a_backup_that_cannot",
    "register/database.py _refuse_restored": "register/test_nothing_lost.py::test_who_has_the",
    "register/queries.py read_document": "register/test_damaged_registers.py::test_a_damaged",
    "register/database.py _bring_up_to_date": "register/test_register.py::test_a_register_of",
    "register/database.py open_database": "register/test_register_cli.py::test_a_missing_driver",
    "register/database_errors.py damaged_file": "register/test_register_cli.py::test_a_damaged",
    "files/roster/dialect.py _refuse_malformed": "files/test_roster.py::test_a_file_that_is_no",
    "files/roster/ndjson.py _parse_object": "files/test_roster.py::test_a_bad_line_of_json_says",
    "together/plan.py _solver": "together/test_together.py::test_without_the_extra_it_says_what",
}
"""Errors that no typed command gives alone (a kill, a full disk, 10 MB), and their tests."""

GUARDS = {
    "revising/added_visits.py make_up_drafts": "held visits never leave a phase without room",
    "revising/revise.py _findings": "what is placed keeps the rules, or the next one tells",
    "revising/verbs.py _resume": "the command line asks for --on itself",
}
"""Errors that the command line never gives, and why they stand there all the same."""


def play(path: Path) -> str:
    """What the terminal shows, in the working directory."""
    shutil.copytree(ROOT / "examples", Path("examples"))
    with recorded() as found:
        shown = played(path.read_text(encoding="utf-8"))
    PLAYED[path] = found
    return shown


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_transcript_is_what_the_terminal_shows(path, request):
    shown = play(path)
    if request.config.getoption("--update-golden"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_every_error_has_a_transcript(tmp_path, monkeypatch):
    for path in TRANSCRIPTS:
        if path not in PLAYED:
            (tmp_path / path.stem).mkdir()
            monkeypatch.chdir(tmp_path / path.stem)
            play(path)
    met = set[Place]().union(*PLAYED.values())
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
