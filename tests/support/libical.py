"""libical (Evolution's and many phones' reader), through ctypes: its own check of iTIP messages.

It comes with Debian's package libical3.
"""

import ctypes
import ctypes.util

from tests.support.needed import needed

NO_COMPONENT, X_LIC_ERROR = 0, 60


def restriction_problems(text: str) -> list[str]:
    """What of a calendar is against the restrictions of its METHOD (RFC 5546), by libical."""
    name = ctypes.util.find_library("ical")
    needed(name is not None, "libical, for the restrictions of iTIP (apt-get install libical3)")
    library = ctypes.CDLL(name)
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    for function in (library.icalrestriction_check, library.icalcomponent_count_errors):
        function.restype, function.argtypes = ctypes.c_int, [ctypes.c_void_p]
    library.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    library.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
    component = library.icalparser_parse_string(text.encode())
    if not component:
        return ["this is no calendar"]
    is_valid = bool(library.icalrestriction_check(component))
    written = library.icalcomponent_as_ical_string(component).decode()
    lines = written.replace("\r\n ", "").splitlines()
    found = [line for line in lines if line.startswith("X-LIC-ERROR")]
    count = library.icalcomponent_count_errors(component)
    return found or ["refused"] * (not is_valid or count > 0)
