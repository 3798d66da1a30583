"""What the commands do, as functions: a course planned, changed, booked and handed out.

`ketasched` exports these functions; the commands `plan`, `revise` and `switch` make their courses
with them, too. Nothing here reads the clock or the environment.

Doors: asked_changes, calendars, changes, new_courses, registers, suggestions, switches.
"""
