"""`docs/rules.md`: every rule, from its class."""

from ketasched.rules import RULES
from ketasched.rules.base import (
    CompanionRule,
    CourseRule,
    EndsRule,
    MoveRule,
    PairRule,
    Precondition,
    VisitRule,
)
from tools.documents.tables import MADE, table, whole

HEAD = f"""# Rules

{MADE}

What every plan keeps. A finding names its rule: `broken` is refused, `given-up` and `warning`
are said. `ketasched check` asks the same rules of a course as it stands; `ketasched revise …
--override RULE --reason WHY` does without one for a change that a clinician has decided, unless
it says that it cannot be overridden.
"""

BESIDES = {
    "booster": "Visits to be penciled in have no day in their window: they are left out.",
    "kept": "The first visit is later than was asked: it keeps the date that it was given.",
    "record": "The protocol, the request and the history do not explain a visit: broken.",
    "spacing": "A visit is off the pace, because no plan keeps it.",
    "time": "Visits are not at the time of day that was asked for.",
    "switch": "The course follows another one, and no gap is checked between the two.",
    "unplanned": "A visit took place on another day or at another time, or was not planned.",
    "times": "A visit's end, treatment or no-driving time does not follow from its start: broken.",
}
"""Names of findings that are no rules."""

SHAPES: dict[type, str] = {
    VisitRule: "Asked of each visit.",
    PairRule: "Asked of each visit and the next one.",
    EndsRule: "Asked of the first and the last visit of a phase.",
    CompanionRule: "Asked of each companion to come and its visit.",
    MoveRule: "Asked of a visit that a change moves without naming it.",
    Precondition: "Asked once of a course.",
    CourseRule: "Asked once of all visits of a course, which stay where they are.",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, rule in RULES.items():
        shape = next(said for kind, said in SHAPES.items() if isinstance(rule, kind))
        parts.append(f"## {name}\n\n{whole(type(rule).__doc__)}\n\n{shape}\n")
        if not rule.overridable:
            parts[-1] = f"{parts[-1].rstrip()} It cannot be overridden.\n"
    rows = [(f"`{name}`", said) for name, said in BESIDES.items()]
    return "\n".join([*parts, f"## Findings of no rule\n\n{table(('name', 'meaning'), rows)}"])
