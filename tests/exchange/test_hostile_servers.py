"""Servers that lie, that are broken or slow, or that others have taken over; and passwords."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from ketasched.exchange import calendar_server
from tests.conftest import ROOT
from tests.exchange.calendars import PASSWORD, USER, radicale
from tests.exchange.test_calendar_servers import DURING, planned
from tests.register.terminal import run

WHAT = ("courses/P-1", "--for", "clinic")
CALENDAR = (
    b'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/c/</href>'
    b"<propstat><prop><resourcetype><collection/><C:calendar/></resourcetype></prop>"
    b"<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
)
EMPTY = b'<multistatus xmlns="DAV:"></multistatus>'
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        f'<!ENTITY {one} "{f"&{other};" * 10}">'.encode()
        for other, one in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + b']><multistatus xmlns="DAV:"><response><href>&i;</href></response></multistatus>'
)
FILE = (
    b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<multistatus xmlns="DAV:"><response><href>&a;</href></response></multistatus>'
)

Answer = tuple[int, dict[str, str], bytes]
XML = {"Content-Type": "text/xml"}


class Asked(BaseHTTPRequestHandler):
    """Answers as a test says, and keeps what was asked."""

    answers: dict[str, Answer | Callable[["Asked"], None]]
    seen: list[tuple[str, str, str]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        found = self.answers.get(self.command, (404, {}, b""))
        if callable(found):
            found(self)
            return
        status, headers, content = found
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PROPFIND = do_REPORT = do_PUT = do_DELETE = answer  # noqa: N815 - as the library wants

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hostile(**answers: Answer | Callable[[Asked], None]) -> Iterator[tuple[str, type[Asked]]]:
    """The address of a calendar whose server answers like this."""
    usual: dict[str, Answer | Callable[[Asked], None]] = {
        "PROPFIND": (207, XML, CALENDAR),
        "REPORT": (207, XML, EMPTY),
        "PUT": (201, {}, b""),
    }
    handler = type("Handler", (Asked,), {"answers": usual | answers, "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/c/", handler
        server.shutdown()


@pytest.fixture(autouse=True)
def _course() -> None:
    planned("P-1", "2026-12-07")


def told(address: str, *more: str, code: int = 6) -> str:
    """What `publish` says, which ends with this code."""
    return run("publish", *WHAT, "--to", address, *DURING, *more, code=code).stderr


def password_file(password: str = PASSWORD, mode: int = 0o600) -> tuple[str, ...]:
    path = Path("secret.txt")
    path.write_text(f"{password}\n")
    path.chmod(mode)
    return "--user", USER, "--password-file", str(path)


def drip(handler: Asked) -> None:
    """One byte after the other, without an end."""
    handler.send_response(207)
    handler.send_header("Content-Type", "text/xml")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.02)


def flood(handler: Asked) -> None:
    """More and more."""
    handler.send_response(207)
    handler.send_header("Content-Type", "text/xml")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b" " * 100_000)


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((207, {"Content-Type": "text/html"}, b"<html><p>Log in!</html>"), "is no XML"),
        ((207, XML, b"<multistatus"), "cannot be read"),
        ((207, XML, b""), "is no XML"),
        ((207, XML, BOMB), "cannot be read"),
        ((207, XML, FILE), "entities"),
        ((207, XML, EMPTY.replace(b"DAV:", b"urn:x")), "is no XML of a calendar server"),
        ((200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"), "it answers with 200"),
        ((500, {}, b"oh"), "it answers with 500"),
        ((503, {"Retry-After": "9"}, b""), "too busy"),
        ((302, {"Location": "https://evil.example/"}, b""), "not followed: https://evil.example/"),
    ],
    ids=[
        *("a page", "half an answer", "nothing", "a bomb", "a file", "another language"),
        *("a page for 200", "an error", "too busy", "a redirect"),
    ],
)
def test_what_is_no_answer_is_one_error_and_nothing_is_written(method, answer, said):
    with hostile(**{method: answer}) as (address, handler):
        assert said in told(address)
        assert {one[0] for one in handler.seen} <= {"PROPFIND", "REPORT"}


@pytest.mark.parametrize(
    ("limits", "answer", "said"),
    [
        ({"MOST_BYTES": 1_000_000}, flood, "longer than 1 MB"),
        ({"MOST_SECONDS": 0.2}, drip, "did not answer"),
        ({"SECONDS": 0.2}, lambda _: time.sleep(1), "did not answer"),
    ],
    ids=["a flood", "a drip", "silence"],
)
def test_an_answer_without_an_end_is_not_read_to_its_end(monkeypatch, limits, answer, said):
    for name, value in limits.items():
        monkeypatch.setattr(calendar_server, name, value)
    with hostile(REPORT=answer) as (address, _):
        assert said in told(address)


@pytest.mark.parametrize("href", [b"", b"<href/>"], ids=["no href", "an empty href"])
def test_an_entry_without_an_address_is_refused(href):
    found = CALENDAR.replace(b"<href>/c/</href>", href).replace(
        b"<resourcetype><collection/><C:calendar/></resourcetype>",
        b'<getetag>"1"</getetag><C:calendar-data>BEGIN:VCALENDAR</C:calendar-data>',
    )
    with hostile(REPORT=(207, XML, found)) as (address, _):
        assert "an entry without an address" in told(address)


def test_an_error_in_the_middle_ends_it_and_the_same_again_goes_on():
    with hostile() as (address, handler):
        handler.answers["PUT"] = lambda one: one.send_error(500 if len(one.seen) > 5 else 201)
        said = told(address)
    assert "it answers PUT with 500" in said
    assert "try: the same again" in said
    assert [one[0] for one in handler.seen].count("PUT") == 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_password_and_no_entry_goes_to_where_a_redirect_leads(status):
    with hostile() as (other, stranger):
        sent_on = (status, {"Location": other}, b"")
        with hostile(PUT=sent_on) as (address, _):
            assert "sends on to another address" in told(address, *password_file())
    assert stranger.seen == []


def test_no_password_goes_to_a_server_that_asks_for_none(monkeypatch):
    Path(".netrc").write_text("machine localhost login me password netrc-secret\n")
    Path(".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", ".netrc")
    with hostile() as (address, handler):
        told(address, *password_file(), code=0)
        told(address, code=0)
    assert {one[2] for one in handler.seen} == {""}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_is_sent_without_tls_goes_through_no_proxy(monkeypatch, name):
    for exception in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(exception, raising=False)
    with hostile() as (address, handler), hostile() as (proxy, stranger):
        monkeypatch.setenv(name, proxy)
        told(address, *password_file(), code=0)
    assert (len(handler.seen), len(stranger.seen)) == (10, 0)


def test_addresses_of_other_places_in_an_answer_are_not_asked():
    entry = (ROOT / "tests/exchange/test_calendar_servers.py").read_text().partition('"""BEGIN')[2]
    text = ("BEGIN" + entry.partition('"""')[0]).replace("\\r", "\r")
    answer = (
        '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response>'
        "<href>https://evil.example/other/x.ics</href><propstat><prop><getetag>1</getetag>"
        f"<C:calendar-data>{text}</C:calendar-data></prop><status>HTTP/1.1 200 OK</status>"
        "</propstat></response></multistatus>"
    )
    with hostile(REPORT=(207, XML, answer.encode())) as (address, handler):
        told(address, code=0)
    assert {path.startswith("/c/") for _, path, _ in handler.seen} == {True}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://clinic:hunter2@localhost/c/", "a user or a password in a URL"),
        ("http://clinic:hunter2@localhost:1/c/", "a user or a password in a URL"),
        ("http://cal.example.org/c/", "the whole network"),
        ("ftp://cal.example.org/hunter2", "neither a folder nor the URL of a calendar"),
        ("https://", "neither a folder nor the URL of a calendar"),
        ("https://[::1/hunter2", "neither a folder nor the URL of a calendar"),
        ("https://localhost:99999/hunter2", "neither a folder nor the URL of a calendar"),
        ("https://localhost/c/?token=hunter2", "neither a folder nor the URL of a calendar"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_shown(address, said):
    shown = told(address, code=2)
    assert said in shown
    assert "hunter2" not in shown


def test_nobody_there_is_said_with_the_reason():
    assert "it cannot be reached: Connection refused" in told("http://localhost:1/c/")


def test_a_password_that_others_may_read_is_refused():
    shown = told("http://localhost:1/c/", *password_file(mode=0o644), code=3)
    assert "try: chmod 600 secret.txt" in shown


def test_an_empty_password_file_is_told():
    Path("secret.txt").touch(mode=0o600)
    more = ("--user", USER, "--password-file", "secret.txt")
    assert "there is no password in it" in told("http://localhost:1/c/", *more, code=3)


class InMemory(KeyringBackend):
    """A keyring that holds one password."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        return PASSWORD if (service, username) == ("localhost", USER) else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NoKeyringError


@pytest.fixture
def _in_memory() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("_in_memory")
def test_the_password_is_that_of_the_keyring_for_the_host_and_the_user():
    with radicale() as server:
        told(server.address, "--user", USER, code=0)
        assert len(server.texts()) == 8
        assert PASSWORD not in server.log.read_text()
    shown = told(server.address, "--user", "nobody", code=2)
    assert "it has none of this user for this host" in shown
    assert "try: keyring set localhost nobody" in shown


def test_a_machine_without_a_keyring_is_told_of_the_file(monkeypatch):
    def none(*_: str) -> None:
        raise NoKeyringError

    monkeypatch.setattr(keyring, "get_password", none)
    shown = told("http://localhost:1/c/", "--user", USER, code=2)
    assert "this machine has none that is open" in shown
    assert "try: --password-file FILE" in shown


def test_a_wrong_password_and_no_user_are_told_and_no_password_is_shown():
    with radicale() as server:
        shown = told(server.address, *password_file("hunter2"))
        assert "it does not take this user and password" in shown
        assert "hunter2" not in shown
        assert f"try: keyring set localhost {USER}" in shown
        assert "it wants to know who asks" in told(server.address)


def test_an_address_without_a_calendar_lists_those_that_are_there():
    with radicale() as server:
        for wrong in ("dates/none/", "date/", ""):
            shown = told(server.address.replace("dates/", wrong), *password_file())
            assert f"a calendar there: {server.address}" in shown
            assert f"try: --to {server.address}" in shown
            assert "try: or make the calendar first" in shown


def test_a_calendar_that_may_only_be_read_is_told():
    with hostile(PUT=(403, {}, b"")) as (address, _):
        assert "this user may not do that" in told(address)


@pytest.mark.parametrize("account", [(), password_file], ids=["nobody", "a user"])
def test_what_is_in_the_way_and_not_listed_is_named_to_be_deleted(account):
    with hostile(PUT=(412, {}, b"")) as (address, _):
        shown = told(address, *(account() if account else ()))
    assert "in the place of new entries that it does not list" in shown
    user = f"--user {USER} " if account else ""
    assert shown.count(f"try: delete it: curl {user}--request DELETE {address}") == 8
    assert "P-1" not in shown


def test_an_entry_that_no_list_has_is_in_the_way_until_it_is_deleted():
    with radicale() as server:
        told(server.address, *password_file(), code=0)
        name, text = next(iter(server.texts().items()))
        lines = [one for one in text.splitlines() if not one.startswith("DTEND")]
        number = next(at for at, one in enumerate(lines) if one.startswith("DTSTART;TZID"))
        lines[number] = "DTSTART;TZID=America/New_York:99991231T225959"
        server.put(name, "\r\n".join(lines))
        assert len(server.texts()) == 7
        shown = told(server.address, *password_file())
        assert f"--request DELETE {server.address}{name}\n" in shown
        with server.client() as client:
            client.delete(f"{server.address}{name}")
        told(server.address, *password_file(), code=0)
        assert len(server.texts()) == 8


def test_a_certificate_that_nobody_vouches_for_is_refused_and_nothing_is_sent(monkeypatch):
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    subprocess.run([*made, *files], check=True, capture_output=True)
    settings = ("--server-ssl", "--server-certificate", "cert.pem", "--server-key", "key.pem")
    with radicale(*settings, scheme="https") as server:
        shown = told(server.address, *password_file())
        assert "its certificate is not to be trusted" in shown
        assert "PROPFIND" not in server.log.read_text()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Path("cert.pem").resolve()))
        assert "there is nothing at this address" in told(server.address, *password_file())


@pytest.mark.parametrize("missing", ["caldav", "keyring"])
def test_without_the_extra_it_says_what_to_install(missing):
    program = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        "from ketasched.cli import main\nmain(sys.argv[1:])\n"
    )
    asked = ("publish", *WHAT, "--to", "http://localhost:1/c/", "--user", "x")
    command = [sys.executable, "-c", program, *asked]
    if missing == "caldav":
        command += password_file()[2:]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "try: pip install 'ketasched[caldav]'" in done.stderr
