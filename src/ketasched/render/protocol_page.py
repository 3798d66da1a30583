"""A protocol as text: its visits, phases and companions, and which numbers have no source."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from ketasched.model import CompanionKind, Phase, Protocol, VisitKind, visits_text

MARK = "*"
"""Follows a number that has no source and is for the clinic to replace."""


def page_text(protocol: Protocol) -> str:
    """The page of a protocol, its paragraphs with an empty line between."""
    return "\n\n".join(map("\n".join, _paragraphs(protocol)))


def _paragraphs(protocol: Protocol) -> Iterator[Iterable[str]]:
    """The lines of each paragraph of the protocol's page."""
    yield f"{protocol.id}: {protocol.title}", f"{protocol.route}, for {protocol.indication}"
    for name, kind in protocol.visits.items():
        yield _visit_lines(protocol, name, kind)
    for phase in protocol.phases:
        yield _phase_lines(protocol, phase)
    for companion in protocol.companions:
        yield _companion_lines(protocol, companion)
    yield "sources", *(f"  {source}" for source in protocol.sources)
    if protocol.examples:
        yield [
            f"{MARK} has no source there, or is a safety time of single clinics: put in your own"
        ]


def _visit_lines(protocol: Protocol, name: str, kind: VisitKind) -> Iterator[str]:
    # A number that a kind takes over from another one is an example if it is one there.
    mark = _marker(protocol, *(f"visits.{one}" for one in (name, kind.like) if one))
    driver = "someone else drives" if kind.needs_driver else "no driver needed"
    driver += "; someone stays with the patient" if kind.attendant else ""
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
        yield f"  no driving before {until}, and not before a full night's sleep"


def _phase_lines(protocol: Protocol, phase: Phase) -> Iterator[str]:
    mark = _marker(protocol, f"phases.{phase.name}")
    if phase.is_booster:
        number = f"none unless asked for, at most {phase.count.max}{mark('count.max')}"
    else:
        number = f"{phase.count.default}{mark('count')}"
    decided = "; the clinician decides on each" if phase.tentative else ""
    beside = f", at home between the visits of {phase.beside}" if phase.beside else ""
    yield f"phase {phase.name}: {number} of visit {phase.visit}{beside}{decided}"
    if phase.per_week:
        choices = " or ".join(map(str, phase.per_week.choices))
        usual = _usual(phase.per_week.choices, phase.per_week.default, mark("per_week.default"))
        yield f"  {choices} a week{mark('per_week')}{usual}"
    if phase.every_days:
        offered = phase.every_days.choices
        steps = " or ".join(map(str, offered)) or ", then ".join(map(str, phase.every_days.steps))
        usual = _usual(offered, phase.every_days.steps[0], mark("every_days.default"))
        yield f"  every {steps} days{mark('every_days')}{usual}"
    gap = phase.gap_days
    yield f"  {gap.min}{mark('gap_days.min')} to {gap.max}{mark('gap_days.max')} days apart"
    if phase.gap_hours:
        limits = [
            f"at {word} {hours}{mark(f'gap_hours.{key}')}"
            for word, key in (("least", "min"), ("most", "max"))
            if (hours := getattr(phase.gap_hours, key)) is not None
        ]
        yield f"  {' and '.join(limits)} hours from start to start"
    if phase.span_days:
        yield f"  {phase.span_days.max}{mark('span_days.max')} days from first to last at most"
    for review in phase.reviews:
        waits = "; later visits wait for it" if review.gate else ""
        yield f"  review after {review.after}{mark('reviews')}: {review.title}{waits}"


def _companion_lines(protocol: Protocol, kind: CompanionKind) -> Iterator[str]:
    mark = _marker(protocol, f"companions.{kind.name}")
    rides = "; someone else drives" if kind.driver else ""
    yield f"companion {kind.name}: {kind.title} ({kind.place}{rides})"
    yield f"  {kind.minutes} minutes{mark('minutes')}"
    side, ordinals = ("before", kind.before) if kind.before else ("after", kind.after)
    numbers = ordinals.numbers if ordinals else ()
    which = visits_text(numbers) if numbers else "each visit"
    of = f" of {kind.phase}" if kind.phase else ""
    within = kind.within_days
    days = f"{within.min}{mark('within_days.min')} to {within.max}{mark('within_days.max')} days"
    yield f"  {days} {side} {which}{mark(side)}{of}"


def _usual(choices: Sequence[int], default: int, mark: str) -> str:
    return f", usually {default}{mark}" if len(choices) > 1 else ""


def _marker(protocol: Protocol, *tables: str) -> Callable[[str], str]:
    """A function that returns the mark for a key that is among the examples in one of the tables.

    A key is an example, too, if the table around it is one.
    """

    def mark(key: str) -> str:
        paths = [f"{table}.{key}." for table in tables]
        is_example = any(path.startswith(f"{one}.") for path in paths for one in protocol.examples)
        return MARK if is_example else ""

    return mark
