"""The call list as plain text: a line for each visit or talk that moves."""

from collections.abc import Iterator

from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import UnplacedCourse, escape_unprintable
from ketasched.render.call_list.calls import IS_NEW, LEFT_OUT, Call, CallList, person_text
from ketasched.render.columns import aligned

HEAD = ("Call", "N", "Visit", "Was", "Is", "Tell")


def render(calls: CallList, locale: Locale) -> str:
    """The list, course by course; then who has no place, and why."""
    return "".join(f"{escape_unprintable(line)}\n" for line in _lines(calls, locale))


def _lines(calls: CallList, locale: Locale) -> Iterator[str]:
    if calls.clinic:
        yield calls.clinic
    yield calls.summary
    if calls.calls:
        yield ""
        yield from aligned([HEAD, *(_cells(call, locale) for call in calls.calls)])
    if calls.not_placed:
        yield from ("", "NO PLACE")
        for one in calls.not_placed:
            yield from ("", *unplaced_lines(one, locale))


def _cells(call: Call, locale: Locale) -> tuple[str, ...]:
    was = locale.moment_text(call.was) if call.was else IS_NEW
    now = locale.moment_text(call.now) if call.now else LEFT_OUT
    who = person_text(call.patient, call.patient_phone)
    return who, str(call.number or ""), call.of, was, now, call.drivers_text


def unplaced_lines(one: UnplacedCourse, locale: Locale) -> Iterator[str]:
    """The misfits of a course without a place, the reasons, and what would give it one."""
    yield person_text(one.patient, one.patient_phone)
    for misfit in one.misfits:
        message = restyle(misfit.message, locale)
        yield f"  visit {misfit.visit}, {locale.moment_text(misfit.start)}: {message}"
    yield from (f"  {restyle(reason, locale)}" for reason in one.reasons)
    if one.overrides:
        yield f"  there would be a place with --override {','.join(one.overrides)}"
