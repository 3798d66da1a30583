"""The history of a course in words."""

from ketasched.model import Change, Course
from ketasched.times import clock_text, day_text


def what_was_done(before: Course, change: Change, course: Course) -> str:
    """What a change did, in words, for the history: "visit 3 deferred to Thu 10 Dec 2026"."""
    moved = {visit.uid: visit for visit in course.visits}
    known = {visit.uid for visit in before.visits}
    number = f"visit {change.visit}"
    if change.verb == "defer" and change.visit:
        to = moved[before.visits[change.visit - 1].uid].start
        return f"{number} deferred to {day_text(to)}, {clock_text(to)}"
    if change.verb == "booster":
        new = next(visit for visit in course.visits if visit.uid not in known)
        return f"booster on {day_text(new.start)}, {clock_text(new.start)}"
    if change.verb == "driver":
        who = change.driver.name if change.driver else "nobody yet"
        return f"{number}: driver {who}"
    if change.verb == "review":
        return f"review after {number}: {change.outcome}"
    if change.verb == "miss":
        return f"{number} missed, {'made up for' if change.make_up else 'not made up for'}"
    if change.verb == "resume" and change.on:
        return f"resumed on {day_text(change.on)}"
    if change.verb == "cease":
        return f"ceased after {number}" if change.visit else "ceased"
    done = {"complete": "completed", "omit": "omitted", "confirm": "confirmed", "hold": "held"}
    return f"{number} {done[change.verb]}" if change.visit else done[change.verb]
