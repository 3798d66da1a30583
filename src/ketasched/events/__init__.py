"""What a calendar is told of a course, for one audience.

Events, rides, reminders, SEQUENCE numbers and the difference between two revisions, before any of
them is written as iCalendar, text or HTML.

Doors: diff, events, rides, sequence, view, visit_times, wording.
"""
