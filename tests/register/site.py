"""A register in a file and the folder beside it, in which one command after the other runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.register.day_clinic import EDITS, PROTOCOLS, ClinicFile, edited
from tests.register.two_books import EMPTY, Answer, Book, Tables

FIRST = datetime(2027, 3, 5, 15, tzinfo=UTC)
"""A Friday; the clocks go forward nine days later."""


class Site:
    """A clinic's folder with its register, at a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.clinic = folder, FIRST, ClinicFile()
        self.book = Book("book.db", folder)
        self.tables: Tables = EMPTY
        for name, text in PROTOCOLS.items():
            self.put(name, text)
        self.edit({})

    @property
    def moment(self) -> str:
        return self.now.isoformat(timespec="minutes")

    def later(self) -> str:
        """A moment a minute later than what was planned before, as a clock has it."""
        self.now += timedelta(minutes=1)
        return self.moment

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, edit: dict[str, object]) -> None:
        """Edit the clinic's file."""
        self.clinic = edited(self.clinic, edit)
        self.put("clinic.toml", self.clinic.text(self.now.date()))

    def names(self, pattern: str) -> list[str]:
        """The files that match, by their names in the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern))

    def files(self, *folders: str) -> dict[str, bytes]:
        """What is in all files of these folders, but for hidden ones and the empty page."""
        found = (path for name in folders for path in (self.folder / name).rglob("[!.]*"))
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in found
            if path.is_file() and path.name != "index.html"
        }

    def run(self, *words: str) -> Answer:
        return self.book.run(*words)


__all__ = ["EDITS", "FIRST", "Site"]
