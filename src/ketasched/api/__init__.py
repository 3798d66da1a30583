"""What the commands do, as functions: a course planned, changed, booked and handed out.

`ketasched` exports these functions; the commands do their work with them, too. Nothing here reads
the clock or the environment.

Doors: asked_changes, busy_times, calendar_entries, calendars, changes, clinic_book, day_records,
exports, feeds, free_slots, invitations, new_courses, publication, registers, renaming,
rescheduling.
"""
