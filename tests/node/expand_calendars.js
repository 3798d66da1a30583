// When somebody is busy by each of many calendars, as ical.js (Thunderbird's engine) unfolds them.
//
// Standard input is a JSON list of {text, first, last}: the text of a calendar, and the days
// that are asked about, as seconds of UTC. The answer is a list as long, each a list of [start, end]
// in seconds of UTC, or the words with which ical.js refuses the calendar. Days, and times without
// a zone, are those of UTC.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const MOST = 100000;

function busy({ text, first, last }) {
  const found = [];
  ICAL.TimezoneService.reset();
  const parsed = ICAL.parse(text);
  for (const data of Array.isArray(parsed[0]) ? parsed : [parsed]) {
    let calendar = new ICAL.Component(data);
    if (calendar.name !== "vcalendar") {
      const event = calendar;
      calendar = new ICAL.Component("vcalendar");
      calendar.addSubcomponent(event);
    }
    for (const zone of calendar.getAllSubcomponents("vtimezone")) {
      ICAL.TimezoneService.register(zone);
    }
    const events = calendar.getAllSubcomponents("vevent").map((one) => new ICAL.Event(one));
    const masters = events.filter((one) => !one.isRecurrenceException());
    for (const event of masters) {
      for (const other of events) {
        if (other.isRecurrenceException() && other.uid === event.uid) event.relateException(other);
      }
    }
    const add = (item, start, end) => {
      const component = item.component;
      const value = (name) => String(component.getFirstPropertyValue(name) || "").toUpperCase();
      if (value("status") === "CANCELLED" || value("transp") === "TRANSPARENT") return;
      const [from, until] = [start.toUnixTime(), end.toUnixTime()];
      if (from < last && until > first) found.push([from, until]);
    };
    for (const event of masters) {
      if (!event.isRecurring()) {
        add(event, event.startDate, event.endDate);
        continue;
      }
      const iterator = event.iterator();
      for (let next, count = 0; (next = iterator.next()) && count < MOST; count += 1) {
        if (next.toUnixTime() > last + 400 * 86400) break;
        const { item, startDate, endDate } = event.getOccurrenceDetails(next);
        add(item, startDate, endDate);
      }
    }
  }
  return found;
}

const answers = JSON.parse(readFileSync(0, "utf8")).map((asked) => {
  try {
    return busy(asked);
  } catch (error) {
    return String(error);
  }
});
console.log(JSON.stringify(answers));
