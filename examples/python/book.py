"""Book two patients in the clinic's register, beside each other, and move one of them."""

import ketasched

clinic = ketasched.load_clinic("examples/practice.toml")
protocol = ketasched.load_protocol("iv-depression")
with ketasched.Register.open("book.db") as register:
    for patient, time in (("P-014", "9am"), ("P-015", "9am"), ("P-016", "9am")):
        request = ketasched.request(patient=patient, start="2027-01-04", time=time)
        course = register.book(protocol, clinic, request, made_at="2026-12-28T08:00")
        print(course.patient, f"{course.visits[0].start:%a %d %b %H:%M}")
    course = register.revise(
        "p-014", "defer", 1, to="2027-01-05", reason="no driver", at="2027-01-03T17:00"
    )
    print(course.history[-1].what)
    print(*(f"{one.patient} revision {one.revision}" for one in register.courses()), sep="\n")
