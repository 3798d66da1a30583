"""`ketasched show`: a course file as text, as a calendar or as JSON."""

import click

from ketasched.cli.options import audience_option, format_option, refuse_audience
from ketasched.cli.output import BROKEN, say, say_findings
from ketasched.load import load_course, with_clinic
from ketasched.model import Audience
from ketasched.planner import check
from ketasched.render import View, render


@click.command("show")
@click.argument("course", metavar="COURSE")
@format_option
@audience_option
@click.option(
    "--clinic", "clinic_path", metavar="FILE", help="Newer hours and words of the clinic."
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    course: str,
    form: str | None,
    audience: Audience | None,
    clinic_path: str | None,
) -> None:
    """Show a course file as text, calendar or JSON, for the patient, the driver or the clinic.

    \b
    ketasched show courses/P-014/course.json
    ketasched show courses/P-014/course.json --format ics --for driver
    """
    refuse_audience(form, audience)
    found = load_course(course)
    if clinic_path:
        found = with_clinic(found, clinic_path)
    known = {(finding.rule, finding.visit) for finding in found.findings}
    news = [finding for finding in check(found) if (finding.rule, finding.visit) not in known]
    broken = [finding for finding in news if finding.level == "broken"]
    say_findings(broken)
    click.echo(render(found, form or "text", View(audience or "patient")).encode(), nl=False)
    if broken:
        say("warning", "do not hand this out: the course breaks a rule")
        ctx.exit(BROKEN)
