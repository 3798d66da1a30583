"""Text that tries to be more than text, and clinics that say it wherever a clinic can."""

from typing import Any

from hypothesis import strategies as st

from ketasched.model import Instructions, Wording

HOSTILE = {
    "plain": "12 Main Street",
    "calendar syntax": "x\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR\nMETHOD:CANCEL\n",
    "a folded property": "x\n ATTENDEE:mailto:a@b.example\n\tRRULE:FREQ=DAILY",
    "punctuation": r"""a,b;c:d"e'f\g^n%2C\\h\;i\,j\n=k|l""",
    "line breaks only": "\n\n\n",
    "bidi marks": "\u202eteertS niaM\u202c \u2066isolated\u2069 \u200f\u200e",
    "emoji": "👩🏽\u200d⚕️🏥🇺🇸" * 30,
    "separators of lines": "one\u2028two\u2029three\tfour",
    "combining": "Zu\u0308rich, Dvořák, 東京都, שלום",
    "ten thousand characters": "Straße 1, " * 1000,
}


def clinic_saying(text: str) -> dict[str, Any]:
    """The fields of a clinic that says this wherever a clinic can say something."""
    words = Wording(before=text, bring=f"{text}.", side_effects=text, call=text)
    return {
        "name": text,
        "address": text,
        "phone": text,
        "instructions": Instructions(text, text, text, text, discreet=words),
    }


PIECES = st.sampled_from(
    [
        "\nEND:VCALENDAR\n",
        "\nEND:VEVENT\nBEGIN:VEVENT\n",
        "BEGIN:VALARM",
        "\nMETHOD:REQUEST",
        "\n ATTACH:file:///etc/passwd",
        "\u202e",
        "\u2066\u2069",
        "\u2028",
        "👩🏽\u200d⚕️",
        "\\",
        "\\n",
        "\\,",
        ",;:\"'",
        "%2C",
        "^n^'",
        "x" * 73,
        " " * 80,
    ]
)
LETTERS = st.text(
    # Controls are refused by the reader of files, surrogates cannot be written; a byte-order
    # mark at the start of a text is left out by `icalendar`, which is fine.
    st.characters(
        exclude_categories=["Cc", "Cs"], include_characters="\n", exclude_characters="\ufeff"
    ),
    max_size=30,
)
TEXTS = st.one_of(
    st.lists(st.one_of(PIECES, LETTERS), max_size=8).map("".join),
    st.builds(
        lambda text, times: (text * times)[:10_000], LETTERS, st.sampled_from([100, 10_000])
    ),
).map(
    # The library writes backslash and N as a line break.
    lambda text: text.replace("\\N", "\\n")
)
