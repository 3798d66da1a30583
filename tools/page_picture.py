"""docs/page.png: the page that the README's first example plans, as a picture. `make picture`.

The PNG holds the SHA-256 of the page in a text chunk, so that a test can tell whether the picture
is of the page as it is now, without a browser.
"""

import base64
import contextlib
import hashlib
import shlex
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Page, sync_playwright
from tests.conftest import ROOT
from tests.support.chromium import QUIET, chromium_path

from ketasched.cli import main as ketasched

PICTURE = ROOT / "docs" / "page.png"
PROMPT = "$ ketasched "

WIDTH = 800
"""Pixels of CSS: about what GitHub gives a picture."""
SHARPNESS = 1.5
"""Pixels of the picture for each of these, for screens that have so many."""
FRAME = "padding: 26px 30px; border: 1px solid"
"""So that the picture looks like a sheet of paper, also on a dark page."""

GREYS = """async data => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + data;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  const drawing = canvas.getContext('2d');
  drawing.drawImage(image, 0, 0);
  const pixels = drawing.getImageData(0, 0, image.width, image.height).data;
  let greys = '';
  for (let at = 0; at < pixels.length; at += 4) greys += (pixels[at] >> 4).toString(16);
  return [image.width, greys];
}"""
"""A picture's width and its pixels, a hexadecimal digit each, from black to white."""


def example_page() -> str:
    """The patient's page of the course that the README's first command plans."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    command = next(line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT))
    arguments = shlex.split(command)
    at = arguments.index("-o")
    arguments[at : at + 2] = ["--format", "html"]
    with contextlib.chdir(ROOT):
        result = CliRunner(env={"KETASCHED_REGISTER": None}).invoke(ketasched, arguments)
    if result.exit_code:
        raise SystemExit(result.output)
    return result.stdout


def digest_of(page: str) -> str:
    """The SHA-256 of a page, as it stands in the picture's text chunk."""
    return hashlib.sha256(page.encode()).hexdigest()


def photographed(tab: Page, page: str) -> tuple[int, str]:
    """The width in pixels of the patient's sheet as it is printed, and its greys."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        tab.goto(path.as_uri())
        sheet = tab.locator(".sheet").first
        sheet.evaluate("(sheet, style) => { sheet.style.cssText = style }", FRAME)
        picture = base64.b64encode(sheet.screenshot()).decode()
    tab.goto("about:blank")
    width, greys = tab.evaluate(GREYS, picture)
    return width, greys


def png(width: int, greys: str, text: bytes) -> bytes:
    """A PNG with 16 greys, and a text chunk: a tenth of the size of the browser's own."""
    rows = [greys[at : at + width] for at in range(0, len(greys), width)]
    data = b"".join(b"\0" + bytes.fromhex(row + "0" * (width % 2)) for row in rows)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 4, 0, 0, 0, 0)),
        (b"tEXt", text),
        (b"IDAT", zlib.compress(data, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def main() -> int:
    """Write the picture; 1 where there is no Chromium."""
    chromium = chromium_path()
    if chromium is None:
        print("no Chromium: apt-get install chromium")  # noqa: T201 - a report
        return 1
    page = example_page()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        tab = browser.new_page(
            viewport={"width": WIDTH, "height": 1200}, device_scale_factor=SHARPNESS
        )
        tab.emulate_media(media="print")
        width, greys = photographed(tab, page)
        browser.close()
    PICTURE.write_bytes(png(width, greys, b"Page\0" + digest_of(page).encode()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
