"""What leaves the clinic when a command is named for it: feeds, calendar servers, invitations.

Nothing here plans or decides: `published` says which events of a course others get to see, and
the other modules bring these to calendar programs, servers and mail. `feeds` makes calendars to
subscribe to, `ended_feed` what remains of one whose course is no longer known. `queues` makes the
rows of queues for the clinic's own services.

Doors: calendar_entries, calendar_server, ended_feed, feeds, invitation_mail, invitation_record,
invitations, queues.
"""
