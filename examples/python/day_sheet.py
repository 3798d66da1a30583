"""A day's sheet: what the staff prints, and how many rides are missing."""

import ketasched

clinic = ketasched.load_clinic("examples/practice.toml")
protocol = ketasched.load_protocol("iv-depression")
with ketasched.Register.open("day.db") as register:
    for patient, driver in (("P-014", "Ana Lima"), ("P-015", "")):
        request = ketasched.request(patient=patient, start="2027-01-04", driver_name=driver)
        register.book(protocol, clinic, request, made_at="2026-12-28T08:00")
    print(register.day_page("2027-01-04"), end="")
    sheet = register.day("2027-01-04")
    print(sheet.missing_drivers, "to call:", *(v.patient for v in sheet.visits if v.needs_driver))
