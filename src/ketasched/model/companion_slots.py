"""The slots of a course's companions, and the kind of visit that each of them is for planning."""

from functools import lru_cache

from ketasched.model.companion_kind import CompanionKind
from ketasched.model.course import Course
from ketasched.model.effective_kind import effective_kind
from ketasched.model.protocol import Minutes, Phase, Protocol, VisitKind
from ketasched.model.values import Place
from ketasched.model.visit import TAKES_PLACE, Companion, Slot, Visit

REVIEW = VisitKind("Review", Minutes(check_in=0, treatment=15, observation=0), place="phone")
"""The kind of visit that a review is, for its length. No review takes a chair."""


# The same object for equal kinds, because memos compare kinds of visit by identity.
@lru_cache(maxsize=256)
def visit_kind(kind: CompanionKind) -> VisitKind:
    """The kind of visit that a companion of this kind is for planning."""
    return VisitKind(
        kind.title,
        Minutes(check_in=0, treatment=kind.minutes, observation=0),
        place=kind.place,
        driver=kind.driver,
        chair=kind.chair,
        needs=kind.needs,
    )


def companion_kind(protocol: Protocol, companion: Companion) -> CompanionKind | None:
    """The kind of a companion by the protocol; None for a review."""
    return next((one for one in protocol.companions if one.name == companion.name), None)


def home_phase(protocol: Protocol, companion: Companion) -> Phase | None:
    """The phase whose home day a companion is; None if it is no home day."""
    return next((one for one in protocol.home_phases if one.name == companion.name), None)


def kind_of(course: Course, item: Visit | Companion) -> VisitKind:
    """The kind of a visit by the protocol, or that which a companion is for planning.

    A home day's is as the clinic has it.
    """
    if isinstance(item, Visit):
        return course.protocol.visits[item.kind]
    if phase := home_phase(course.protocol, item):
        return effective_kind(course.protocol, course.clinic, phase.visit)
    kind = companion_kind(course.protocol, item)
    return visit_kind(kind) if kind else REVIEW


def place_of(course: Course, item: Visit | Companion) -> Place:
    """Where a visit or a companion is."""
    return item.place if isinstance(item, Companion) else course.protocol.visits[item.kind].place


def is_treatment(course: Course, item: Visit | Companion) -> bool:
    """Whether the patient must not drive after it: a visit that is no call, or a home day."""
    if isinstance(item, Companion):
        return home_phase(course.protocol, item) is not None
    return place_of(course, item) != "phone"


def companion_slot(course: Course, companion: Companion) -> Slot:
    """The slot of a companion."""
    return Slot(kind_of(course, companion), companion.start, companion.end)


def companion_slots(course: Course) -> list[tuple[str, Slot]]:
    """The uid and the slot of each companion, reviews aside, that takes place."""
    return [
        (one.uid, companion_slot(course, one))
        for one in course.companions
        if one.status in TAKES_PLACE and not one.is_review
    ]
