"""`docs/protocols.md`: the shipped protocols, as `ketasched protocols show` has them."""

from tests.support.transcript import run

from ketasched.files.load import shipped_protocols
from tools.documents.tables import MADE, block

HEAD = f"""# Protocols

{MADE}

What comes with the program. Every number is from a source that stands with it; `*` marks one
that has none there, or a safety time of single clinics: put in your own. None of this is
advice: which course a patient gets is for their clinician to say.

To change one: `ketasched protocols show ID --format toml >mine.toml`, edit it ([its
keys](files.md#protocol)), and plan with `--protocol mine.toml`.
"""


def page() -> str:
    """The whole page."""
    pages = (
        f"## {name}\n\n{block(run(f'protocols show {name}'))}" for name in shipped_protocols()
    )
    return "\n".join([HEAD, *pages])
