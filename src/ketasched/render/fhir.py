"""A course as a FHIR R4 Bundle, for the clinic's record system.

The Bundle is a transaction, which servers import. Each entry updates the resource that has its
identifier, or else creates one: a course that is sent again doubles nothing. A reference within
the Bundle is the `fullUrl` of another entry. That is never an identifier, too: some servers put
the resource's address in its place wherever it stands.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from ketasched.errors import BadRequest
from ketasched.events.rides import must_not_drive
from ketasched.events.view import View
from ketasched.events.visit_times import visit_times
from ketasched.events.wording import (
    NEEDS_ATTENDANT,
    NEEDS_DRIVER,
    NOT_YOURSELF,
    labels_for,
    no_driving_text,
)
from ketasched.language.catalogue import message
from ketasched.model import MAKE_UP_SUFFIX, TAKES_PLACE, Companion, Course, Status, Visit
from ketasched.model.companion_slots import home_phase, kind_of, place_of
from ketasched.model.identifiers import clinic_key, make_uid
from ketasched.model.replay import removed_items

STATUS: Mapping[Status, str] = {
    "planned": "booked",
    "tentative": "proposed",
    "held": "pending",
    "completed": "fulfilled",
    "missed": "noshow",
    "omitted": "cancelled",
    "ceased": "cancelled",
}
"""The status of an Appointment, by that of its visit or companion."""

STANDING: Mapping[Status, str] = {
    "planned": "active",
    "tentative": "active",
    "held": "on-hold",
    "completed": "completed",
}
"""The status of a CarePlan or ServiceRequest: that of the first of these that an item has."""

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/tz-code"

FhirResource = dict[str, object]


def render(course: Course, view: View) -> str:
    """The Bundle as JSON, the same for every view: its texts are as the clinic's titles are.

    Raises `BadRequest` for a driver, because every resource names the patient.
    """
    if view.audience == "driver":
        said = "FHIR is for a record system and names the patient: no driver gets it"
        raise BadRequest("audience", said, next_step="the format ics")
    return json.dumps(_Resources(course).bundle(), ensure_ascii=False, indent=2) + "\n"


def render_line(course: Course) -> str:
    """The Bundle on one line, without its end, for a file of many (NDJSON)."""
    return json.dumps(_Resources(course).bundle(), ensure_ascii=False)


class _Resources:
    """Makes the resources of a course. What took place elsewhere has none."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.labels = labels_for(course, View("patient"))
        self.locale = self.labels.locale
        self.subject = {"type": "Patient", "identifier": {"value": course.patient}}
        self.location_id = make_uid(clinic_key(course.clinic), "location")
        here = (visit for visit in course.visits if not visit.elsewhere)
        self.items = [*here, *course.companions, *removed_items(course)]
        """With what a change has removed, because a record system may have it."""

    def bundle(self) -> FhirResource:
        """The Bundle."""
        course = self.course
        phases = dict.fromkeys(filter(None, map(self.phase, self.items)))
        activities = {self.order_id(phase): self.order(phase) for phase in phases}
        activities |= {item.uid: self.appointment(item) for item in self.items}
        resources = {
            self.location_id: self.location(),
            **activities,
            course.course_id: self.plan(activities),
        }
        return {
            "resourceType": "Bundle",
            "type": "transaction",
            "timestamp": _written(course.changed_at),
            "entry": [_entry(*one) for one in resources.items()],
        }

    def phase(self, item: Visit | Companion) -> str:
        """The phase of a visit or of a home day; of any other companion ""."""
        if isinstance(item, Visit):
            return item.phase
        found = home_phase(self.course.protocol, item)
        return found.name if found else ""

    def order_id(self, phase: str) -> str:
        """The identifier of a phase's ServiceRequest."""
        return make_uid(self.course.course_id, "phase", phase)

    def location(self) -> FhirResource:
        """The clinic's Location."""
        phone, place = _plain(self.labels.clinic_phone), _plain(self.labels.clinic_place)
        return {
            "resourceType": "Location",
            "status": "active",
            "name": _plain(self.labels.clinic_name),
            "mode": "instance",
            "telecom": [{"system": "phone", "value": phone}] if phone else [],
            "address": {"text": place} if place else {},
        }

    def order(self, phase: str) -> FhirResource:
        """The sessions of a phase, as a ServiceRequest.

        Its intent is "plan": nobody has signed an order.
        """
        items = [item for item in self.items if self.phase(item) == phase]
        standing = [one for one in items if one.status not in ("omitted", "ceased")]
        # A visit and the one that makes up for it are one session.
        sessions = {
            one.of.removesuffix(MAKE_UP_SUFFIX) if isinstance(one, Visit) else one.uid
            for one in standing or items
        }
        title = self.labels.kind_title(kind_of(self.course, items[0]))
        return {
            "resourceType": "ServiceRequest",
            "status": _standing(items),
            "intent": "plan",
            "code": {"text": _plain(title)},
            "quantityQuantity": {"value": len(sessions)},
            "subject": self.subject,
            "occurrencePeriod": self.period(standing or items),
            "authoredOn": _written(self.course.made_at),
        }

    def appointment(self, item: Visit | Companion) -> FhirResource:
        """A visit or a companion, as an Appointment of the patient, perhaps at the clinic."""
        place = place_of(self.course, item)
        phase, status = self.phase(item), STATUS[item.status]
        is_open = status in ("proposed", "pending")
        actors = self.subject, *[_reference(self.location_id)] * (place == "clinic")
        return {
            "resourceType": "Appointment",
            "status": status,
            "description": _plain(self.labels.item_title(item)),
            **self.span(item.start, item.end),
            "minutesDuration": int((_utc(item.end) - _utc(item.start)).total_seconds()) // 60,
            "created": _written(self.course.made_at),
            "patientInstruction": _plain(self.instruction(item)),
            "basedOn": [_reference(self.order_id(phase))] if phase else [],
            "participant": [
                {"actor": actor, "status": "needs-action" if is_open else "accepted"}
                for actor in actors
            ],
        }

    def plan(self, activities: Collection[str]) -> FhirResource:
        """The course, as a CarePlan whose activities have these identifiers."""
        course = self.course
        title = message("Appointments") if self.labels.discreet else course.protocol.title
        former = {"type": "CarePlan", "identifier": _identifier(course.follows)}
        return {
            "resourceType": "CarePlan",
            "replaces": [former] if course.follows else [],
            "status": _standing(self.items),
            "intent": "plan",
            "title": _plain(self.locale.text(title)),
            "description": _plain(self.labels.revision_text),
            "subject": self.subject,
            "period": self.period(self.items),
            "created": _written(course.made_at),
            "activity": [{"reference": _reference(uid)} for uid in activities],
        }

    def instruction(self, item: Visit | Companion) -> str:
        """What the patient has to arrange, and until when they must not drive."""
        if item.status not in TAKES_PLACE:
            return ""
        kind, text = kind_of(self.course, item), self.locale.text
        times = visit_times(item, self.locale)
        driver = text(NEEDS_DRIVER) if kind.needs_driver else ""
        if isinstance(item, Companion) and not driver and must_not_drive(self.course, item):
            driver = text(NOT_YOURSELF)
        attendant = text(NEEDS_ATTENDANT, begin=times.begin, end=times.end)
        is_treatment = self.phase(item) and kind.place != "phone"
        until = no_driving_text(times.until, kind.place, self.locale) if is_treatment else ""
        return f"{driver} {attendant * kind.attendant} {until}"

    def period(self, items: Collection[Visit | Companion]) -> FhirResource:
        """From the first to the last of these."""
        if not items:
            return {}
        first = min((one.start for one in items), key=_utc)
        last = max((one.end for one in items), key=_utc)
        return self.span(first, last)

    def span(self, start: datetime, end: datetime) -> FhirResource:
        """Two moments, each with the name of the clinic's zone."""
        zone = {"extension": [{"url": ZONE_EXTENSION, "valueCode": self.course.timezone}]}
        return {"start": _written(start), "_start": zone, "end": _written(end), "_end": zone}


def _standing(items: Collection[Visit | Companion]) -> str:
    """The status of a plan with these items: "active" while any is to come."""
    found = {item.status for item in items}
    return next((named for status, named in STANDING.items() if status in found), "revoked")


def _entry(uid: str, resource: FhirResource) -> FhirResource:
    """An entry that updates the resource with this identifier, or creates it."""
    kind, identifier = resource.pop("resourceType"), _identifier(uid)
    said = {name: value for name, value in resource.items() if value}
    search = f"{identifier['system']}|{identifier['value']}"
    return {
        "fullUrl": _full_url(uid),
        "resource": {"resourceType": kind, "identifier": [identifier], **said},
        "request": {"method": "PUT", "url": f"{kind}?identifier={search}"},
    }


def _identifier(uid: str) -> dict[str, str]:
    """The identifier as a URN; one that is no UUID, such as a `--course-id`, is made one.

    A UUID that is not written in the usual way is none: two identifiers never become one.
    """
    urn = uid if UUID.fullmatch(uid) else make_uid(uid, "urn")
    return {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{urn}"}


def _full_url(uid: str) -> str:
    return f"urn:uuid:{make_uid(uid, 'entry')}"


def _reference(uid: str) -> FhirResource:
    return {"reference": _full_url(uid)}


def _written(moment: datetime) -> str:
    """The moment as an instant: with seconds and offset."""
    return moment.isoformat(timespec="seconds")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _plain(text: str) -> str:
    """The text on one line, with plain spaces: validators take others for no part of a string."""
    return " ".join(text.split())
