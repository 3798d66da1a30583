"""Reading and writing files.

A protocol, a clinic and a course are TOML or JSON files: `load` reads them, `codec` converts nouns
to plain data and back, `disk` looks at what is there before it opens or creates a file, and
`atomic_write` replaces files safely. `request_parsing` and `change_parsing` are the tables of what
a request, and each verb of a change, may have; `option_values` reads the values of other options.
The packages `roster` and `busy` read rosters and calendars of busy times.

Doors: atomic_write, busy_calendars, change_parsing, clinic_warnings, codec, column_mapping,
column_set, countries, cross_references, csv_cells, disk, feed_names, load, option_values, outbox,
public_folder, request_parsing, request_values, roster_source, toml_json, typed_dates, typed_text,
zone_data.
"""
