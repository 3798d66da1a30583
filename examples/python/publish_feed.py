"""A feed: a calendar to subscribe to, in a folder for a web server, under a secret name."""

import secrets
from datetime import date
from pathlib import Path

import ketasched
from ketasched.exchange.feeds import feeds_of

clinic = ketasched.load_clinic("examples/clinic.toml")
protocol = ketasched.load_protocol("iv-depression")
request = ketasched.request(patient="P-014", start="2026-12-07", driver_name="Sam Rivera")
course = ketasched.plan(protocol, clinic, request, made_at="2026-11-23T10:00")

folder = Path("feeds")
folder.mkdir(mode=0o711)
for feed in feeds_of([course], today=date(2026, 12, 8)):
    name = f"{secrets.token_urlsafe(24)}.ics"  # keep it: the link stays when dates change
    (folder / name).write_text(feed.text(), encoding="utf-8", newline="")
    print(feed.view.audience, feed.view.rides_of, len(feed.events), "entries")
