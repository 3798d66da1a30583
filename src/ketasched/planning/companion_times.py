"""Whether the times of companions go together, as the planner has them; reviews aside."""

from collections.abc import Iterator

from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Visit
from ketasched.model.companion_slots import home_phase, visit_kind_of
from ketasched.model.replay import name_of
from ketasched.model.wall_clock import day_text
from ketasched.planning.companions import COMPANION


def companion_time_findings(course: Course) -> Iterator[Finding]:
    """A finding for each companion to come that is at the time of another item of the course,
    takes longer or shorter than its kind, or, as a home day, is too near to the one before.
    """
    taking = [one for one in course.companions if one.status in TAKES_PLACE]
    visits = [visit for visit in course.visits if visit.is_here]
    last = course.history[-1].at if course.history else course.made_at
    known: list[Visit | Companion] = [*visits, *(one for one in taking if one.is_review)]
    for one in sorted(taking, key=lambda one: (one.start.timestamp(), one.uid)):
        if one.is_review:
            continue
        if one.status != "completed" and one.start > last:
            for said in _sayings(course, one, known):
                yield _about(one, said)
        known.append(one)


def _sayings(
    course: Course, one: Companion, known: list[Visit | Companion]
) -> Iterator[tuple[str, str]]:
    """The rules that a companion breaks beside the items that are `known`, each with a clause."""
    begin, end = one.start.timestamp(), one.end.timestamp()
    for other in known:
        if begin < other.end.timestamp() and other.start.timestamp() < end:
            yield COMPANION, f"{name_of(other)} is at the same time"
    minutes = visit_kind_of(course, one).minutes.total
    if one.minutes != minutes:
        yield "times", f"it takes {one.minutes} minutes; by its kind it is {minutes}"
    if phase := home_phase(course.protocol, one):
        days = [other.start.toordinal() for other in known if _name(other) == phase.name]
        gap = one.start.toordinal() - max(days, default=0)
        if gap < phase.gap_days.min:
            said = f"it is {gap} days after the one before, at least {phase.gap_days.min}"
            yield COMPANION, f"{said} are to be between them"


def _name(item: Visit | Companion) -> str:
    return item.name if isinstance(item, Companion) else ""


def _about(one: Companion, said: tuple[str, str]) -> Finding:
    rule, clause = said
    message = f"{one.title} {one.side} visit {one.after}, {day_text(one.start)}: {clause}."
    step = command_line("suggest", "COURSE", str(one.after))
    return Finding(rule, "broken", message, one.after, step, one.uid)
