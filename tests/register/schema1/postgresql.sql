CREATE TABLE ketasched (
	schema_number INTEGER NOT NULL
);

CREATE TABLE clinics (
	id SERIAL NOT NULL, 
	key VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (key)
);

CREATE TABLE log (
	number SERIAL NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	course_id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	by_whom TEXT NOT NULL, 
	PRIMARY KEY (number)
);

CREATE INDEX ix_log_course_id ON log (course_id);

CREATE FUNCTION log_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log stays as it is'; END $$;
CREATE TRIGGER log_stays BEFORE UPDATE OR DELETE ON log EXECUTE FUNCTION log_stays();

CREATE TABLE courses (
	course_id TEXT NOT NULL, 
	clinic INTEGER NOT NULL, 
	patient TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	first_day VARCHAR(10) NOT NULL, 
	last_day VARCHAR(10) NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (course_id), 
	FOREIGN KEY(clinic) REFERENCES clinics (id)
);

CREATE INDEX courses_by_patient ON courses (clinic, patient);

CREATE TABLE bookings (
	uid TEXT NOT NULL, 
	course_id TEXT NOT NULL, 
	clinic INTEGER NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	begins BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	chair INTEGER, 
	place INTEGER, 
	PRIMARY KEY (uid), 
	CONSTRAINT one_in_a_place UNIQUE (clinic, begins, place), 
	FOREIGN KEY(course_id) REFERENCES courses (course_id), 
	FOREIGN KEY(clinic) REFERENCES clinics (id)
);

CREATE INDEX bookings_by_day ON bookings (clinic, day);

CREATE INDEX ix_bookings_course_id ON bookings (course_id);

ALTER TABLE bookings ADD CONSTRAINT one_on_a_chair EXCLUDE USING gist (int8range(
  (clinic::bigint * 1024 + chair) * 17179869184 + begins,
  (clinic::bigint * 1024 + chair) * 17179869184 + ends
) WITH &&) WHERE (chair IS NOT NULL);
