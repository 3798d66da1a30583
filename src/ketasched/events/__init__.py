"""What a calendar is told of a course, for one audience."""
