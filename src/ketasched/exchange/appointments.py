"""Appointments: what a patient record system is told of a course."""

from collections.abc import Iterator, Mapping

from ketasched.events.view import View, clinic_locale
from ketasched.events.wording import Labels, is_at_check_in, is_discreet
from ketasched.model import TAKES_PLACE, Companion, Course, DateRange, Visit
from ketasched.model.queues import Appointment
from ketasched.model.replay import removed_items


def appointments(
    course: Course, chairs: Mapping[str, int | None], days: DateRange, *, cancelled: bool
) -> Iterator[Appointment]:
    """The visits and companions of these days: at the clinic, at home and by phone.

    With `cancelled` there is also what is missed, held, ended or removed, on its last date. A
    review at a visit's check-in is a part of the visit.
    """
    discreet = is_discreet(course, View("patient"))
    labels = Labels(course, discreet, clinic_locale(course.clinic))
    own = [one for one in course.items if not _has_none(course, one)]
    for item in (*own, *removed_items(course)):
        is_asked = cancelled or item.status in TAKES_PLACE
        if item.start.date() in days and is_asked:
            yield _appointment(labels, item, chairs.get(item.uid))


def _has_none(course: Course, item: Visit | Companion) -> bool:
    """Whether it took place elsewhere, or is a part of a visit."""
    if isinstance(item, Visit):
        return item.elsewhere
    return item.is_review and is_at_check_in(course, item)


def _appointment(labels: Labels, item: Visit | Companion, chair: int | None) -> Appointment:
    course = labels.course
    if isinstance(item, Visit):
        number, kind, place = item.number, item.kind, course.protocol.visits[item.kind].place
    else:
        number, kind, place = item.after, item.name or "review", item.place
    is_here = place == "clinic"
    return Appointment(
        key=item.uid,
        patient=course.patient,
        patient_phone=course.request.patient_phone,
        start=item.start,
        end=item.end,
        minutes=int(item.end.timestamp() - item.start.timestamp()) // 60,
        title=labels.item_title(item),
        status=item.status,
        place=place,
        address=labels.clinic_place if is_here else "",
        chair=None if chair is None else chair + 1,
        visit=number,
        sequence=item.sequence,
        kind=kind,
    )
