"""Web servers on this machine that serve a folder of feeds: Python's own, and nginx."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from tests.support.needed import needed

NGINX = """
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log;
{user}
events {{}}
http {{
  client_body_temp_path {place}/body;
  proxy_temp_path {place}/proxy;
  fastcgi_temp_path {place}/fastcgi;
  uwsgi_temp_path {place}/uwsgi;
  scgi_temp_path {place}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /k/ {{
      alias {folder}/;
      types {{ text/calendar ics; text/html html; }}
      access_log off;
    }}
  }}
}}
"""
"""As in docs/publishing.md, on a port that anybody may use."""


@contextmanager
def by_python(folder: Path) -> Iterator[str]:
    """The address of the folder, served by Python's own server."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running([*command, "--directory", str(folder)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def by_nginx(folder: Path) -> Iterator[str]:
    """The address of the folder, served by nginx: as another user, if this one is root."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    needed(program is not None, "nginx: apt-get install nginx-light")
    assert program is not None
    port, place = free_port(), Path(tempfile.mkdtemp())
    configuration = place / "nginx.conf"
    names = {"port": port, "place": place, "folder": folder.resolve()}
    user = "user www-data;" if os.geteuid() == 0 else ""
    configuration.write_text(NGINX.format(user=user, **names))
    with running([program, "-c", str(configuration), "-e", str(place / "error.log")], port):
        yield f"http://127.0.0.1:{port}/k"
    shutil.rmtree(place)


SERVERS: Mapping[str, Callable[[Path], AbstractContextManager[str]]] = {
    "python": by_python,
    "nginx": by_nginx,
}


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path = Path(os.devnull)) -> Iterator[None]:
    """The server runs for the block, and answers from its beginning on."""
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            with closing(socket.socket()) as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)
