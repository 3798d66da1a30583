"""Documents that are made from the code: each a function that gives a file's text.

`make docs` writes them; `test_documents` compares.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tools.documents import commands, files, protocols, rules, schemas

DOCUMENTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/cli.md": commands.page,
        "docs/files.md": files.page,
        "docs/protocols.md": protocols.page,
        "docs/rules.md": rules.page,
        "src/ketasched/schemas/clinic.json": lambda: schemas.text("clinic"),
        "src/ketasched/schemas/course.json": lambda: schemas.text("course"),
        "src/ketasched/schemas/mapping.json": lambda: schemas.text("mapping"),
        "src/ketasched/schemas/column-set.json": lambda: schemas.text("column-set"),
        "src/ketasched/schemas/proposal.json": lambda: schemas.text("proposal"),
        "src/ketasched/schemas/protocol.json": lambda: schemas.text("protocol"),
    }
)
"""Every document by its path."""
