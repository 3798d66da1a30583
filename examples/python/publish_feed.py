"""Feeds: calendars to subscribe to, in a folder for a web server, under secret names."""

import secrets

import ketasched

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07", driver_name="Sam Rivera")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")
ketasched.write_folder(course, "courses")

for _ in range(2):  # the links stay: only what has changed is written
    found = ketasched.publish(
        "courses/P-014", "feeds", at="2026-12-08", make_secret=secrets.token_urlsafe
    )
    print(dict(found.counts))
print(*[(feed.patient, feed.audience, feed.driver) for feed in found.rows], sep="\n")
