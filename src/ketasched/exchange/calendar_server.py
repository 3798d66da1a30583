"""A calendar on a CalDAV server (RFC 4791), of which resources are read, written and deleted.

Only the calendar that was named is asked, and the server that it is on: no redirect is followed. A
change names the ETag of what was read, so that nothing is written over unseen. An answer that is
huge, slow or not what it should be is an error.
"""

import logging
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, NoReturn
from urllib.parse import quote, urljoin, urlsplit

from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError, DAVError, RateLimitError
from caldav.lib.http_sync import requests
from caldav.response import DAVResponse

from ketasched.errors import Refused

SECONDS, MOST_SECONDS = 30, 300
"""How long the server may be silent, and how long a whole answer may take."""

MOST_BYTES = 100_000_000
"""The size of the largest answer: a calendar of about 50,000 entries."""

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"

ALL_EVENTS = (
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter>'
    "</C:filter></C:calendar-query>"
)

DONE, GONE = range(200, 300), (404, 410)
CHANGED_MEANWHILE = (*GONE, 409, 412)
"""The statuses of an answer to PUT or DELETE if the resource is not as it was read.

409 says that its UID is in another resource by now.
"""

UID_CONFLICT = f"{CALDAV}no-uid-conflict"

AT_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """An entry of a calendar: the last part of its address, its ETag, and its text.

    RFC 4791, 4.1, calls it a calendar object resource.
    """

    name: str
    etag: str
    text: str


class CalendarServer:
    """The calendar at an address, which ends in a slash, open for a block.

    Raises `Refused` wherever the server refuses, or answers with what cannot be right.
    """

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address, self._user = address, user
        # What the library says of oddities shows answers, which may name people.
        logging.getLogger("caldav").setLevel(logging.CRITICAL)
        self._client = DAVClient(
            address,
            username=user or None,
            password=password if user else None,
            timeout=SECONDS,
            enable_rfc6764=False,
            rate_limit_handle=False,
        )
        self._client.session = _Session()
        # A proxy would read what is sent without TLS, which is for this machine alone.
        self._client.session.trust_env = urlsplit(address).scheme == "https"

    def __enter__(self) -> "CalendarServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def resources(self) -> list[CalendarObject]:
        """All events of the calendar."""
        with self._told():
            self._refuse_all_but_a_calendar()
            answer = self._client.request(
                self.address, "REPORT", ALL_EVENTS, {"Depth": "1", "Content-Type": "text/xml"}
            )
            self._multistatus(answer)
            found = answer.parse_calendar_query()
        entries = []
        for one in found:
            if one.etag and one.calendar_data:
                if not one.href:
                    raise self._refused("its answer has an entry without an address")
                name = one.href.rstrip("/").rpartition("/")[2]
                entries.append(CalendarObject(name, one.etag, one.calendar_data))
        return entries

    def put(self, name: str, etag: str, text: str) -> bool:
        """Write a resource that had this ETag when it was read, "" for a new one; "" deletes it.

        False if the resource is another one by now, or its UID is in another one.
        """
        headers = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        if text:
            headers["Content-Type"] = "text/calendar; charset=utf-8"
        method, address = "PUT" if text else "DELETE", f"{self.address}{quote(name)}"
        with self._told():
            try:
                status = self._client.request(address, method, text, headers).status
            except AuthorizationError as error:
                if UID_CONFLICT not in error.preconditions:
                    raise
                return False
        if status not in (*DONE, *CHANGED_MEANWHILE):
            raise self._refused(f"it answers {method} with {status}")
        return status in DONE

    def _refuse_all_but_a_calendar(self) -> None:
        wanted = ["{DAV:}resourcetype"]
        answer = self._client.propfind(self.address, wanted, 0)
        if answer.status in GONE:
            self._refuse_address("there is nothing at this address")
        if self._multistatus(answer).find(f".//{DAV}resourcetype/{CALDAV}calendar") is None:
            self._refuse_address("this is no calendar")

    def _multistatus(self, answer: DAVResponse) -> Any:  # noqa: ANN401 - of lxml, without types
        """The root of the answer's XML. Raises `Refused` unless it is one of a calendar server."""
        if answer.status != 207:
            raise self._refused(f"it answers with {answer.status}, as no calendar server does")
        root = answer.tree
        if root is None or root.tag != f"{DAV}multistatus":
            raise self._refused("its answer is no XML of a calendar server")
        if root.getroottree().docinfo.internalDTD is not None:
            raise self._refused("its answer has XML entities, which are not read")
        return root

    def _refuse_address(self, why: str) -> NoReturn:
        """Raise `Refused` with the calendars of the user on this server."""
        found = self._calendars()
        shown = [f"a calendar there: {one}" for one in found[:AT_MOST_SHOWN]]
        step = "make the calendar first, in the program of the server"
        if found:
            step = f"--to {found[0]}\nor {step}"
        raise Refused(f"{self.address}: {why}", details=shown, next_step=step)

    def _calendars(self) -> list[str]:
        """The addresses of the user's calendars, looked for from here upwards."""
        path = urlsplit(self.address).path
        parents = [path[: found.end()] for found in re.finditer("/", path)]
        for parent in reversed(parents):
            self._client.url = self._client.url.join(parent)
            try:
                found = [
                    urljoin(self.address, str(one.url)) for one in self._client.get_calendars()
                ]
            except (DAVError, AttributeError, LookupError, ValueError):
                continue  # what is no part of a calendar server answers with anything
            if found:
                return found
        return []

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise `Refused` for every error of the block."""
        try:
            yield
        except AuthorizationError as error:
            raise self._no_access(error.status) from None
        except requests.exceptions.RequestException as error:
            raise self._refused(_reason(error)) from None
        except RateLimitError:
            raise self._refused("it is too busy, and asks to come back later") from None
        except (DAVError, SyntaxError, ValueError, NotImplementedError) as error:
            # `SyntaxError` is that of XML.
            raise self._refused(f"its answer cannot be read ({type(error).__name__})") from None

    def _no_access(self, status: int | None) -> Refused:
        host = urlsplit(self.address).hostname
        if status == 403:
            said, step = "this user may not do that", "ask whoever runs the server for the right"
        elif self._user:
            said, step = (
                "it does not take this user and password",
                f"{shlex.join(('keyring', 'set', str(host), self._user))}\n--password-file FILE",
            )
        else:
            said, step = "it wants to know who asks", "--user NAME"
        return Refused(f"{self.address}: {said}", next_step=step)

    def _refused(self, why: str) -> Refused:
        step = "the same again once that is mended; nothing is done twice"
        return Refused(f"{self.address}: {why}", next_step=step)


class _Session(requests.Session):
    """A session that follows no redirect, and reads no answer that is too long or too slow.

    It logs in as it is told, or not at all: without `auth` it would look into ~/.netrc.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request

    def request(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as in niquests
        """Ask, and read the whole answer. Raises `RequestException`."""
        options |= {"stream": True, "allow_redirects": False}
        end, found = monotonic() + MOST_SECONDS, bytearray()
        with super().request(*arguments, **options) as answer:
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["Location"])
                raise requests.exceptions.TooManyRedirects(place)
            for piece in answer.iter_content(-1):
                found += piece
                if len(found) > MOST_BYTES:
                    raise requests.exceptions.ContentDecodingError
                if monotonic() > end:
                    raise requests.exceptions.Timeout
            answer._content = bytes(found)  # noqa: SLF001 - what would read it has no limit
        return answer


def _reason(error: Exception) -> str:
    """Why the server could not be asked, in words."""
    errors = requests.exceptions
    if isinstance(error, errors.TooManyRedirects):
        return f"it sends on to another address, which is not followed: {error}"
    if isinstance(error, errors.ContentDecodingError):
        return f"its answer is longer than {MOST_BYTES // 1_000_000} MB"
    if isinstance(error, errors.SSLError):
        return "its certificate is not to be trusted, so nothing was sent"
    if isinstance(error, errors.Timeout):
        return "it did not answer in time"
    why = (one.strerror or one for one in _causes(error) if isinstance(one, OSError))
    return f"it cannot be reached: {next(why, 'no answer')}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error's causes, the first one of all first."""
    if before := error.__cause__ or error.__context__:
        yield from _causes(before)
        yield before
