"""The calendar events of a course for one audience.

Events, rides, reminders, SEQUENCE numbers and the changes between two revisions, before a renderer
writes them as iCalendar, text or HTML.

Doors: diff, event, events, own_uids, rides, view, visit_times, wording.
"""
