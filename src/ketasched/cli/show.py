"""`ketasched show`: a course file as pages, as calendars or as JSON."""

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.delivery import Delivery, delivery_options
from ketasched.cli.output import BROKEN, say, say_findings, use_clock_of
from ketasched.cli.register_option import is_register_given
from ketasched.errors import BadFile, command_line
from ketasched.files.disk import is_there
from ketasched.files.load import load_course, with_clinic
from ketasched.planning.check import check
from ketasched.planning.record import record_findings


@click.command("show")
@options.course
@delivery_options
@options.clinic(options.NEWER_CLINIC)
def command(*, course: str, delivery: Delivery, clinic_path: str | None) -> None:
    """Show a course file as a page, a calendar or JSON, for the patient, the driver or the clinic.

    \b
    ketasched show courses/P-014/course.json
    ketasched show courses/P-014/course.json --format ics --for driver
    ketasched show courses/P-014/course.json --split -o to-hand-out
    """
    if is_register_given(None) and not is_there(course) and course != "-":
        step = f"a patient in the register: {command_line('register', 'show', course)}"
        raise BadFile(f"{course}: there is no such file", next_step=step)
    found = load_course(course)
    hide_people(found)
    use_clock_of(found.clinic)
    if clinic_path:
        found = with_clinic(found, clinic_path)
    known = {(one.rule, one.visit, one.uid) for one in found.findings if one.level == "broken"}
    all_findings = (*check(found), *record_findings(found))
    new = (one for one in all_findings if (one.rule, one.visit, one.uid) not in known)
    broken = [one for one in new if one.level == "broken"]
    say_findings(broken)
    if broken:
        say("warning", "do not hand this out: the course breaks a rule")
    with delivery.files(found, with_course_file=False) as written:
        pass
    delivery.print_result(found, written)
    if broken:
        raise click.exceptions.Exit(BROKEN)
