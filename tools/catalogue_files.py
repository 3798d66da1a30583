"""Catalogues as files: `.po`, in which people translate, and `.mo`, which gettext reads.

`python -m tools.catalogue_files` compiles all of them; so does the build of the package.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path("src/ketasched/language/catalogues")
DOMAIN = "ketasched"
REVIEWER = "X-Reviewed-By"
WIDTH = 99


class OurCatalog(Catalog):
    """A catalogue of one language, with who translated it and who, qualified for it, read it.

    The header has no date, and has the field `REVIEWER`, which Babel would drop.
    """

    def __init__(self, language: str, translator: str = "", reviewer: str = "") -> None:
        about = f"# What patients and drivers read, in {language}; how: docs/languages.md"
        super().__init__(language, DOMAIN, header_comment=about, fuzzy=False)
        self.translator, self.reviewer = translator, reviewer

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", DOMAIN),
            ("Language", str(self.locale_identifier)),
            ("Last-Translator", self.translator),
            (REVIEWER, self.reviewer),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]

    mime_headers = property(_get_mime_headers, Catalog._set_mime_headers)


def paths(root: Path | str) -> list[Path]:
    """The `.po` files in a copy of the source."""
    return sorted((Path(root) / FOLDER).glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> OurCatalog:
    """The catalogue in a `.po` file."""
    data = path.read_bytes()
    header = dict(re.findall(r'^"([\w-]+): *(.*)\\n"$', data.decode(), re.MULTILINE))
    own = OurCatalog(header["Language"], header["Last-Translator"], header[REVIEWER])
    for one in read_po(BytesIO(data), domain=DOMAIN):
        if one.id:
            own[one.id] = one
    return own


def po_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as a `.po` file: without line numbers, which change with every edit."""
    out = BytesIO()
    write_po(out, catalogue, width=WIDTH, include_lineno=False, sort_output=True)
    return out.getvalue()


def mo_bytes(path: Path) -> bytes:
    """The catalogue in a `.po` file as a `.mo` file."""
    out = BytesIO()
    write_mo(out, read(path))
    return out.getvalue()


def compile_all(root: Path | str) -> Iterator[Path]:
    """Write a `.mo` file beside each `.po` file."""
    for path in paths(root):
        compiled = path.with_suffix(".mo")
        compiled.write_bytes(mo_bytes(path))
        yield compiled


if __name__ == "__main__":
    list(compile_all(Path(__file__).parent.parent))
