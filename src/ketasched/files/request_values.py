"""A request of texts, as the command line and rosters take them, or of ready values."""

from collections.abc import Sequence
from datetime import date, time
from typing import Required, TypedDict, Unpack

from ketasched.errors import BadRequest
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request
from ketasched.model import (
    Authorisation,
    Clock,
    DateOrder,
    DateRange,
    Record,
    RegularDriver,
    Request,
    TimeRange,
    quote,
)
from ketasched.model.did_you_mean import did_you_mean


class RequestValues(TypedDict, total=False):
    """The fields of a request; several values are a sequence, or one text with ";" between."""

    start: Required[str | date]
    patient: str
    latest_start: str | date | None
    per_week: str | int | None
    every_days: str | int | None
    time: str | Clock | time | None
    between: str | TimeRange | None
    days: str | Sequence[str]
    unavailable: str | date | Sequence[str | date | DateRange]
    prior: str | date | Sequence[str | date]
    boosters: str | int
    booster_every: str | int | None
    born: str | date | None
    cleared_by: str
    cleared_on: str | date | None
    recorded: str | Sequence[str | Record]
    authorised: str | Sequence[str | Authorisation]
    driver_name: str
    driver_phone: str
    driver_email: str
    driver: str | Sequence[str | RegularDriver]
    patient_phone: str
    patient_email: str
    reminders: str | bool
    language: str
    driver_language: str


def request(*, date_order: str | None = None, **values: Unpack[RequestValues]) -> Request:
    """The request for one patient, of texts or of ready values.

    The fields and their texts are the options of `ketasched plan` and the columns of a roster:
    `request(patient="P-014", start="7 Dec 2026", time="2pm", days="mon,wed,fri")`. What is None
    or empty is not said, as an empty cell. `date_order` is how 03/04/2027 is read: "mdy" or "dmy".
    Raises `BadRequest` with all that is wrong.
    """
    given = {name: value for name, value in values.items() if value not in (None, "", ())}
    for name in given:
        if name not in REQUEST_FIELDS:
            said = f"a request has no field {quote(name)}{did_you_mean(name, REQUEST_FIELDS)}"
            raise BadRequest(name, said, next_step=f"one of: {', '.join(REQUEST_FIELDS)}")
    if "start" not in given:
        raise BadRequest("start", "expected the first day that would do")
    return read_request(given, _order(date_order))


def _order(typed: str | None) -> DateOrder:
    match typed:
        case "mdy" | "dmy" as order:
            return order
        case None | "":
            return None
    raise BadRequest("date_order", f"expected mdy or dmy, not {quote(typed)}")
