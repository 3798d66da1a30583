"""Many requests into many courses: rows stream through, in order, and none stops another."""
