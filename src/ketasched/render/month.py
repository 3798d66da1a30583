"""The course as month grids: the weeks of each month with marks on their days.

In a terminal they are like those of `cal`, also in colour; pages on paper have them, too.
"""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Literal, NamedTuple

from ketasched.events.rides import needs_ride
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import is_at_check_in, labels_for
from ketasched.model import TAKES_PLACE, WEEKDAYS, Companion, Course, Place, Visit
from ketasched.model.companion_slots import home_phase, place_of
from ketasched.render.text import wrap

MarkKind = Literal["visit", "home", "elsewhere", "tentative", "review"]

MORE = "+"
"""What stands beside the mark of a day with more than one thing."""

GRIDS_PER_ROW = 2
"""More are wider than a terminal of 80 columns."""

WIDTH, GAP = 28, "    "
"""The columns of a grid, four for each weekday, and the gap between two grids."""


MARK_STYLES: Mapping[MarkKind, tuple[str, str, int]] = {
    "visit": ("[", "]", 32),
    "home": ("{", "}", 35),
    "elsewhere": ("|", "|", 34),
    "tentative": ("<", ">", 33),
    "review": ("(", ")", 36),
}
"""The text before and after the number of a marked day, and its colour (ANSI)."""


@dataclass(frozen=True, slots=True)
class DayMark:
    """The mark of a day with a visit or a companion, by its kind, and when that begins.

    `more` is whether there is anything else on the day.
    """

    kind: MarkKind
    clock: str
    by_phone: bool = False
    more: bool = False


class Day(NamedTuple):
    """A cell of a grid: a day of the month, or 0 for a cell that is outside of the month."""

    number: int
    mark: DayMark | None


@dataclass(frozen=True, slots=True)
class Month:
    """A grid: the title "December 2026", the names of the weekdays, and weeks of seven days."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def marked_weeks(self) -> tuple[tuple[Day, ...], ...]:
        """The weeks from the first one with a mark to the last one."""
        marked = [index for index, week in enumerate(self.weeks) if any(day.mark for day in week)]
        return self.weeks[marked[0] : marked[-1] + 1]


def month_grids(course: Course, view: View) -> list[Month]:
    """The months that have a mark for this audience, in order."""
    marks = marked_days(course, view)
    first_weekday = WEEKDAYS.index(course.clinic.week_begins)
    locale = reader_locale(course, view)
    names = locale.weekday_names
    names = (*names[first_weekday:], *names[:first_weekday])
    return [
        Month(locale.month_text(year, month), names, _weeks(year, month, first_weekday, marks))
        for year, month in sorted({(day.year, day.month) for day in marks})
    ]


def marked_days(course: Course, view: View) -> Mapping[date, DayMark]:
    """The marks by day: of the rides for a driver, of visits and companions for anybody else.

    A visit or companion that does not take place has no mark. The mark is that of a visit rather
    than of a companion on the same day; a talk at the check-in of a visit is a part of that.
    """
    clock_text = reader_locale(course, view).clock_text
    marks: dict[date, DayMark] = {}
    for kind, item, place in _marked_items(course, view):
        day = item.start.date()
        marks[day] = DayMark(kind, clock_text(item.start), place == "phone", day in marks)
    return marks


def _marked_items(
    course: Course, view: View
) -> Iterator[tuple[MarkKind, Visit | Companion, Place]]:
    """What has a mark, with its kind and place; what takes precedence on its day comes later."""
    is_driver = view.audience == "driver"
    # A home day takes precedence over a companion on the same day: it is a treatment.
    home = {one.uid for one in course.companions if home_phase(course.protocol, one)}
    for one in sorted(course.companions, key=lambda one: one.uid in home):
        if needs_ride(course, one) if is_driver else _is_shown(course, one):
            yield "visit" if is_driver else "home" if one.uid in home else "review", one, one.place
    for visit in course.visits:
        if needs_ride(course, visit) if is_driver else visit.status in TAKES_PLACE:
            place = place_of(course, visit)
            yield _visit_kind(visit, place), visit, place


def _is_shown(course: Course, companion: Companion) -> bool:
    """Whether a companion takes place, and is no talk at the check-in of a visit."""
    if companion.status not in TAKES_PLACE:
        return False
    return not (companion.is_review and is_at_check_in(course, companion))


def _visit_kind(visit: Visit, place: Place) -> MarkKind:
    if visit.status == "tentative":
        return "tentative"
    if visit.elsewhere:
        return "elsewhere"
    return "home" if place == "home" else "visit"


def legend(course: Course, view: View) -> list[tuple[MarkKind, str]]:
    """The kinds of marks that the course has, and what they mean."""
    kinds = {mark.kind for mark in marked_days(course, view).values()}
    only_reviews = all(one.is_review for one in course.companions)
    text, is_driver = reader_locale(course, view).text, view.audience == "driver"
    meanings: dict[MarkKind, str] = {
        "visit": text("ride, there and back") if is_driver else text("appointment"),
        "home": text("at home"),
        "elsewhere": text("took place elsewhere"),
        "tentative": text("appointment, to be decided by your clinician"),
        "review": text("talk or call") if only_reviews else text("other appointment, or call"),
    }
    return [(kind, meaning) for kind, meaning in meanings.items() if kind in kinds]


def more_meaning(course: Course, view: View) -> str:
    """What `MORE` means; "" if no day has more than one thing."""
    if not any(mark.more for mark in marked_days(course, view).values()):
        return ""
    return reader_locale(course, view).text("more than one on this day")


def _weeks(
    year: int, month: int, first_weekday: int, marks: Mapping[date, DayMark]
) -> tuple[tuple[Day, ...], ...]:
    weeks = calendar.Calendar(first_weekday).monthdayscalendar(year, month)
    return tuple(
        tuple(Day(day, marks.get(date(year, month, day)) if day else None) for day in week)
        for week in weeks
    )


def render(course: Course, view: View) -> str:
    """The months that have a mark, the legend, and the revision."""
    labels = labels_for(course, view)
    text, plain = labels.locale.text, labels.locale.plain
    grids = [list(_grid_lines(month, view)) for month in month_grids(course, view)]
    rows = [grids[first : first + GRIDS_PER_ROW] for first in range(0, len(grids), GRIDS_PER_ROW)]
    meanings = [f"{_cell('  ', kind, view)}  {said}" for kind, said in legend(course, view)]
    if more := more_meaning(course, view):
        meanings.append(f"   {MORE}  {more}")
    blocks = ["\n".join(_join_grids(row)) for row in rows]
    blocks.append("\n".join(meanings) or text("There is nothing to come."))
    return plain("\n\n".join([*blocks, f"{wrap(labels.revision_text)}\n"]))


def _grid_lines(month: Month, view: View) -> Iterator[str]:
    yield month.title.center(WIDTH)
    yield "".join(f" {name[:2]} " for name in month.weekdays)
    for week in month.weeks:
        yield "".join(
            _cell(
                f"{number or '':>2}",
                mark.kind if mark else None,
                view,
                has_more=mark is not None and mark.more,
            )
            for number, mark in week
        )


def _cell(number: str, kind: MarkKind | None, view: View, *, has_more: bool = False) -> str:
    if kind is None:
        return f" {number} "
    before, after, colour = MARK_STYLES[kind]
    text = f"{before}{number}{MORE if has_more else after}"
    return f"\x1b[1;{colour}m{text}\x1b[0m" if view.colour else text


def _join_grids(grids: list[list[str]]) -> Iterator[str]:
    """The lines of grids side by side; all lines of a grid are equally wide."""
    for lines in zip_longest(*grids, fillvalue=" " * WIDTH):
        yield GAP.join(lines).rstrip()
