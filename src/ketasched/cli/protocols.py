"""`ketasched protocols`: which there are, and what is in one."""

import json
from collections.abc import Iterator

import click

from ketasched.cli.options import a_protocol
from ketasched.files.codec import plain
from ketasched.files.load import load_protocol, protocol_text, shipped_protocols
from ketasched.model import Phase, Protocol, VisitKind

MARK = "*"
"""Stands after a number that has no source and is for the clinic to replace."""


@click.group("protocols")
def command() -> None:
    """List the protocols, and what is in them.

    \b
    ketasched protocols show iv-depression
    """


@command.command("list")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
def list_protocols(*, form: str | None) -> None:
    """List the protocols that come with the program.

    \b
    ketasched protocols list
    """
    protocols = [load_protocol(name) for name in shipped_protocols()]
    if form == "json":
        keys = ("id", "title", "route", "indication")
        rows = [{key: getattr(protocol, key) for key in keys} for protocol in protocols]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max(len(protocol.id) for protocol in protocols)
    for protocol in protocols:
        click.echo(f"{protocol.id:<{width}}  {protocol.title}; {protocol.indication}")


@command.command("show")
@click.argument("protocol", metavar="ID|FILE", shell_complete=a_protocol)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "toml", "json"]),
    help="What to print (text); toml is the file itself, to copy and change.",
)
def show_protocol(*, protocol: str, form: str | None) -> None:
    """Show a protocol; numbers marked * have no source and are for the clinic to replace.

    \b
    ketasched protocols show iv-depression
    ketasched protocols show iv-depression --format toml > mine.toml
    """
    found = load_protocol(protocol)
    if form == "toml":
        click.echo(protocol_text(protocol), nl=False)
    elif form == "json":
        click.echo(json.dumps(plain(found), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_page(found)))


def _page(protocol: Protocol) -> Iterator[str]:
    yield f"{protocol.id}: {protocol.title}"
    yield f"{protocol.route}, for {protocol.indication}"
    for name, kind in protocol.visits.items():
        yield ""
        yield from _visit_lines(protocol, name, kind)
    for phase in protocol.phases:
        yield ""
        yield from _phase_lines(protocol, phase)
    yield ""
    yield "sources"
    yield from (f"  {source}" for source in protocol.sources)
    if protocol.examples:
        yield ""
        yield f"{MARK} has no source there, or is a safety time of single clinics: put in your own"


def _visit_lines(protocol: Protocol, name: str, kind: VisitKind) -> Iterator[str]:
    # What a kind has from another one is an example if it is one there.
    places = [f"visits.{name}"] + ([f"visits.{kind.like}"] if kind.like else [])

    def mark(key: str) -> str:
        return next((m for place in places if (m := _mark(protocol, f"{place}.{key}"))), "")

    driver = "someone else drives" if kind.needs_driver else "no driver needed"
    yield f"visit {name}: {kind.title} ({kind.place}; {driver})"
    for part in ("check_in", "treatment", "observation"):
        minutes = getattr(kind.minutes, part)
        yield f"  {part.replace('_', '-')} {minutes} minutes{mark(f'minutes.{part}')}"
    rule = kind.no_driving
    if rule is None:
        yield "  no driving: ask the clinic"
        return
    if rule.hours is not None:
        yield f"  no driving for {rule.hours} hours{mark('no_driving.hours')}"
    if rule.next_morning is not None:
        until = f"{rule.next_morning} on the next day{mark('no_driving.next_morning')}"
        yield f"  no driving before {until}, and only after a restful night"


def _phase_lines(protocol: Protocol, phase: Phase) -> Iterator[str]:
    def mark(key: str) -> str:
        return _mark(protocol, f"phases.{phase.name}.{key}")

    if phase.is_booster:
        number = f"none unless asked for, at most {phase.count.max}{mark('count.max')}"
    else:
        number = f"{phase.count.default}{mark('count')}"
    decided = "; the clinician decides on each" if phase.tentative else ""
    yield f"phase {phase.name}: {number} of visit {phase.visit}{decided}"
    if phase.per_week:
        choices = " or ".join(map(str, phase.per_week.choices))
        usual = f", usually {phase.per_week.default}" if len(phase.per_week.choices) > 1 else ""
        yield f"  {choices} a week{mark('per_week')}{usual}"
    if phase.every_days:
        offered = phase.every_days.choices
        steps = " or ".join(map(str, offered)) or ", then ".join(map(str, phase.every_days.steps))
        usual = f", usually {phase.every_days.steps[0]}" if len(offered) > 1 else ""
        yield f"  every {steps} days{mark('every_days')}{usual}"
    gap = phase.gap_days
    yield f"  {gap.min}{mark('gap_days.min')} to {gap.max}{mark('gap_days.max')} days apart"
    if phase.gap_hours:
        hours = phase.gap_hours
        least = f"at least {hours.min}{mark('gap_hours.min')}" if hours.min is not None else ""
        most = f"at most {hours.max}{mark('gap_hours.max')}" if hours.max is not None else ""
        yield f"  {' and '.join(filter(None, (least, most)))} hours from start to start"
    if phase.span_days:
        yield f"  {phase.span_days.max}{mark('span_days.max')} days from first to last at most"
    for review in phase.reviews:
        waits = "; later visits wait for it" if review.gate else ""
        yield f"  review after {review.after}{mark('reviews')}: {review.title}{waits}"


def _mark(protocol: Protocol, path: str) -> str:
    """The mark, if the path or a table around it is among the protocol's examples."""
    covered = any(path == one or path.startswith(f"{one}.") for one in protocol.examples)
    return MARK if covered else ""
