"""`ketasched check`: are these files right, and does a course keep the rules?"""

import json

import click

from ketasched.cli.output import BROKEN, report, say
from ketasched.errors import BadFile
from ketasched.forms import plain
from ketasched.load import clinic_warnings, load_any, with_clinic
from ketasched.model import Clinic, Course, Finding
from ketasched.planner import check


@click.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--clinic", "clinic_path", metavar="FILE", help="Check courses against this clinic.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
@click.pass_context
def command(
    ctx: click.Context, /, *, files: tuple[str, ...], clinic_path: str | None, form: str | None
) -> None:
    """Check course, clinic and protocol files; silent when they are fine.

    \b
    ketasched check clinic.toml courses/P-014/course.json
    """
    found: list[tuple[str, Finding]] = []
    unreadable = 0
    for path in files:
        try:
            noun = load_any(path)
            if isinstance(noun, Course) and clinic_path:
                noun = with_clinic(noun, clinic_path)
        except BadFile as error:
            report(error)
            unreadable = error.exit_code
            continue
        if isinstance(noun, Clinic):
            for line in clinic_warnings(noun):
                say("warning", f"{path}: {line}")
        if isinstance(noun, Course):
            found += [(path, finding) for finding in check(noun)]
    if form == "json":
        rows = [{"file": path} | _plain(finding) for path, finding in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(found)
    broken = any(finding.level == "broken" for _, finding in found)
    ctx.exit(unreadable or (BROKEN if broken else 0))


def _plain(finding: Finding) -> dict[str, object]:
    data = plain(finding)
    return dict(data) if isinstance(data, dict) else {}


def _print(found: list[tuple[str, Finding]]) -> None:
    for path, finding in found:
        line = f"{path}: {finding.message.rstrip('.')} ({finding.rule})"
        if finding.level == "broken":
            click.echo(f"broken: {line}")
        else:
            say("warning", line)
