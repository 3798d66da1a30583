"""The day sheet as plain text, to read in a terminal or to print."""

from collections.abc import Iterator, Sequence

from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import DayVisit
from ketasched.render.day_sheet.sheet import DayReview, DaySheet

HEAD = ("Check-in", "Chair", "Patient", "N", "Visit", "Treatment", "Collect", "Driver")


def render(sheet: DaySheet, locale: Locale) -> str:
    """The sheet, by time and chair."""
    return "\n".join(_lines(sheet, locale)) + "\n"


def _lines(sheet: DaySheet, locale: Locale) -> Iterator[str]:
    if sheet.clinic:
        yield sheet.clinic
    yield f"{locale.day_text(sheet.day)}: {sheet.summary}"
    if sheet.fullness:
        yield sheet.fullness
    if sheet.visits:
        yield ""
        yield from _visit_table(sheet.visits, locale)
    for title, is_dose in (("TALKS AND CALLS", False), ("AT HOME", True)):
        if talks := [one for one in sheet.talks if one.is_dose == is_dose]:
            yield from ("", title, "")
            for one in talks:
                yield _review_line(one, locale)
                if said := one.dose_text(locale):
                    yield f"{'':<{len(locale.clock_text(one.start)) + 2}}{said}"


def _visit_table(visits: Sequence[DayVisit], locale: Locale) -> Iterator[str]:
    """The table of visits; what else there is to know of a visit is in the line below it."""
    head, *lines = aligned([HEAD, *(_cells(visit, locale) for visit in visits)])
    yield head
    indent = " " * head.index(HEAD[1])
    for visit, line in zip(visits, lines, strict=True):
        yield line
        for more in filter(
            None, (restyle(", ".join(visit.marks), locale), visit.no_driving_text(locale))
        ):
            yield f"{indent}{more}"


def _cells(visit: DayVisit, locale: Locale) -> tuple[str, ...]:
    return (
        locale.clock_text(visit.start),
        visit.chair_text or "-",
        visit.patient_text,
        str(visit.number),
        f"{visit.of}, {visit.title}",
        locale.clock_text(visit.treatment_start),
        locale.clock_text(visit.end),
        visit.driver_text,
    )


def _review_line(review: DayReview, locale: Locale) -> str:
    driver = f"; driver: {review.driver_text}" if review.driver_text else ""
    gate = "; the visits after it wait for it" if review.gate else ""
    unfit = f"; {restyle(review.misfit_text, locale)}" if review.misfit else ""
    title = f"{review.title} ({review.about}{driver}{gate}{unfit})"
    return f"{locale.clock_text(review.start)}  {review.patient}  {title}"
