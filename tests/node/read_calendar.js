// The events of the calendar on standard input, as ical.js (Thunderbird's engine) reads them: JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}
const utc = (time) => time.convertToZone(ICAL.Timezone.utcTimezone).toString();
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component, { strictExceptions: true });
  return {
    uid: event.uid,
    title: event.summary,
    start: utc(event.startDate),
    end: utc(event.endDate),
    alarms: component.getAllSubcomponents("valarm").length,
  };
});
console.log(JSON.stringify(events));
