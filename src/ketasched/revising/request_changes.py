"""The request of a course after a change: what the patient can, what is recorded or authorised."""

from collections.abc import Mapping
from dataclasses import replace

from ketasched.model import Change, Course, Record, Request, Wish, Wishes
from ketasched.rules import Clearance

NO_WISHES: Mapping[Wish, object] = {
    "days": (),
    "unavailable": (),
    "between": None,
    "time": None,
    "language": "",
    "driver_language": "",
    "patient_phone": "",
    "patient_email": "",
    "reminders": False,
}
"""The fields of a request that hold wishes, as they are without any."""


def request_after(course: Course, change: Change) -> Request:
    """The request as it is once the change has been made; most changes leave it alone."""
    if change.wishes is not None:
        return _with_wishes(course.request, change.wishes)
    if change.record is not None:
        return _with_record(course.request, change.record)
    if change.verb == "authorise":
        return _with_authorised(course.request, change)
    return course.request


def _with_wishes(request: Request, wishes: Wishes) -> Request:
    """The request with the wishes: some emptied, absences added, all others replaced."""
    emptied = {name: NO_WISHES[name] for name in wishes.emptied}
    request = replace(request, **emptied)  # type: ignore[arg-type]  # its own fields
    known = request.unavailable
    new = (
        dates
        for dates in wishes.unavailable or ()
        if not any(dates.first in one and dates.last in one for one in known)
    )
    return replace(
        request,
        days=request.days if wishes.days is None else wishes.days,
        unavailable=(*known, *dict.fromkeys(new)),
        between=wishes.between or request.between,
        time=wishes.time or request.time,
        language=wishes.language or request.language,
        driver_language=wishes.driver_language or request.driver_language,
        patient_phone=wishes.patient_phone or request.patient_phone,
        patient_email=wishes.patient_email or request.patient_email,
        reminders=request.reminders if wishes.reminders is None else wishes.reminders,
    )


def _with_authorised(request: Request, change: Change) -> Request:
    """The request with what is authorised besides, or `anew`; what is known already is kept."""
    known = () if change.anew else request.authorised
    return replace(request, authorised=tuple(dict.fromkeys((*known, *change.authorised))))


def _with_record(request: Request, record: Record) -> Request:
    """The request with the record, in place of an earlier one of the same name."""
    if record.what == Clearance.name:
        return replace(request, cleared_by=record.by, cleared_on=record.on)
    others = (one for one in request.recorded if one.what != record.what)
    return replace(request, recorded=(*others, record))
