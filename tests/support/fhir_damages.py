"""Damaged copies of a FHIR Bundle, one damage each, by the words for it."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Resource = dict[str, Any]
Damage = Callable[[Resource], object]

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Bundle": ("resourceType", "type"),
    "entry": ("request",),
    "request": ("method", "url"),
    "Appointment": ("resourceType", "status", "participant"),
    "participant": ("status", "actor"),
    "CarePlan": ("resourceType", "status", "intent", "subject"),
    "ServiceRequest": ("resourceType", "status", "intent", "subject"),
    "extension": ("url",),
}
"""What has to be there, by the element that has it."""

CODES: Mapping[str, tuple[str, ...]] = {
    "Bundle": ("type",),
    "request": ("method",),
    "Appointment": ("status",),
    "participant": ("status",),
    "CarePlan": ("status", "intent"),
    "ServiceRequest": ("status", "intent"),
    "Location": ("status", "mode"),
    "contact": ("system",),
}
"""The codes that have to be of a list."""

MOMENTS: Mapping[str, tuple[str, ...]] = {
    "Bundle": ("timestamp",),
    "Appointment": ("start", "end", "created"),
    "CarePlan": ("created",),
    "ServiceRequest": ("authoredOn",),
    "period": ("start", "end"),
}

BAD_MOMENTS: Mapping[str, Callable[[str], object]] = {
    "without offset": lambda text: text[:19],
    "without seconds": lambda text: text[:16] + text[19:],
    "in a month that is none": lambda text: f"{text[:5]}13{text[7:]}",
    "with a space for the T": lambda text: text.replace("T", " "),
    "as a number": lambda _: 1796644800,
}


def damaged_copies(bundle: Resource) -> dict[str, Resource]:
    """The copies by their damage: each differs from the Bundle in one place."""
    found: dict[str, Resource] = {}
    for name, damage in _damages(bundle):
        other = copy.deepcopy(bundle)
        damage(other)
        assert other != bundle, name
        assert name not in found, name
        found[name] = other
    return found


def element(bundle: Resource, name: str) -> Resource:
    """The first element of this name in a Bundle: of a resource's type, or of a part of one."""
    if name == "Bundle":
        return bundle
    entry = next(
        one for one in bundle["entry"] if one["resource"]["resourceType"] == "Appointment"
    )
    parts: dict[str, Callable[[], Resource]] = {
        "entry": lambda: entry,
        "request": lambda: entry["request"],
        "participant": lambda: entry["resource"]["participant"][0],
        "actor": lambda: entry["resource"]["participant"][1]["actor"],
        "extension": lambda: entry["resource"]["_start"]["extension"][0],
        "identifier": lambda: entry["resource"]["identifier"][0],
        "period": lambda: element(bundle, "ServiceRequest")["occurrencePeriod"],
        "quantity": lambda: element(bundle, "ServiceRequest")["quantityQuantity"],
        "contact": lambda: element(bundle, "Location")["telecom"][0],
        "activity": lambda: element(bundle, "CarePlan")["activity"][0],
    }
    if name in parts:
        return parts[name]()
    resources = (one["resource"] for one in bundle["entry"])
    return next(one for one in resources if one["resourceType"] == name)


PARTS = (
    *(
        "Bundle",
        "entry",
        "request",
        "Appointment",
        "participant",
        "actor",
        "extension",
        "quantity",
    ),
    *("identifier", "CarePlan", "activity", "ServiceRequest", "period", "Location", "contact"),
)


def _damages(bundle: Resource) -> Iterator[tuple[str, Damage]]:
    for part in PARTS:
        yield f"{part} has a field that FHIR does not know", _set(part, "colour", "blue")
        for name, value in element(bundle, part).items():
            yield f"{part}.{name} is of another type", _set(part, name, _other_type(value))
            if isinstance(value, str):
                yield f"{part}.{name} is empty", _set(part, name, "")
    for part, name in _pairs(REQUIRED):
        yield f"{part}.{name} is missing", _without(part, name)
    for part, name in _pairs(CODES):
        yield f"{part}.{name} is no code of the list", _set(part, name, "scheduled")
    for part, name in _pairs(MOMENTS):
        for how, spoil in BAD_MOMENTS.items():
            spoiled = spoil(element(bundle, part)[name])
            yield f"{part}.{name} is {how}", _set(part, name, spoiled)
    yield from _against_an_invariant(bundle)


def _pairs(table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    return ((part, name) for part, names in table.items() for name in names)


def _against_an_invariant(bundle: Resource) -> Iterator[tuple[str, Damage]]:
    appointment, period = element(bundle, "Appointment"), element(bundle, "period")
    nowhere = "urn:uuid:00000000-0000-4000-8000-000000000000"
    yield "nobody takes part", _set("Appointment", "participant", [])
    yield "an appointment has no end", _without("Appointment", "end", "_end")
    yield "an appointment has no start", _without("Appointment", "start", "_start")
    yield (
        "a booked appointment has no times",
        _without("Appointment", "start", "_start", "end", "_end"),
    )
    yield "a booked one says why it was cancelled", _set("Appointment", "cancelationReason", {})
    yield "an appointment ends before it starts", _set("Appointment", "end", appointment["start"])
    yield "an appointment takes no minutes", _set("Appointment", "minutesDuration", 0)
    yield "an appointment takes half a minute", _set("Appointment", "minutesDuration", 0.5)
    yield (
        "an appointment is by an order that is not there",
        _set("Appointment", "basedOn", [{"reference": nowhere}]),
    )
    yield "a place is not there", _set("actor", "reference", nowhere)
    yield "an activity is not there", _set("activity", "reference", {"reference": nowhere})
    yield (
        "an activity has a reference and a detail",
        _set("activity", "detail", {"status": "scheduled"}),
    )
    yield "a period is backwards", _set("period", "end", f"2020{period['end'][4:]}")
    yield "a phone number has no system", _without("contact", "system")
    yield "a unit's code has no system", _set("quantity", "code", "1")
    yield (
        "two entries have one address",
        lambda it: it["entry"][1].update(fullUrl=it["entry"][0]["fullUrl"]),
    )
    yield "an entry is of one version", _set("entry", "fullUrl", "http://a.org/A/1/_history/2")
    yield "an entry is an answer", _set("entry", "response", {"status": "200"})
    yield "an entry was found by a search", _set("entry", "search", {"mode": "match"})
    yield "a transaction has a total", _set("Bundle", "total", 3)
    yield "a Bundle is a document", _set("Bundle", "type", "document")
    yield "a Bundle is a message", _set("Bundle", "type", "message")
    yield "a collection has requests", _set("Bundle", "type", "collection")
    yield (
        "a resource contains one that contains one",
        _set("CarePlan", "contained", [{"resourceType": "Basic", "contained": [{}]}]),
    )


def _set(part: str, name: str, value: object) -> Damage:
    return lambda bundle: element(bundle, part).update({name: value})


def _without(part: str, *names: str) -> Damage:
    return lambda bundle: [element(bundle, part).pop(name) for name in names]


def _other_type(value: object) -> object:
    """A value of another type: a text for a list or an object, a list for all else."""
    return "text" if isinstance(value, list | dict) else [value, 7]
