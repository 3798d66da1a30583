#!/bin/sh
# A clinic's night: plan what is new or has changed in the roster, and say what could not be planned.
#
# For cron:  15 2 * * *  /srv/clinic/nightly.sh /srv/clinic
#
# The folder given has roster.csv and clinic.toml; courses/ lasts from night to night. Who was planned
# before keeps the dates; a night that was cut off goes on where it was.
set -eu
cd "${1:?give the folder with roster.csv and clinic.toml}"

code=0
ketasched batch roster.csv --clinic clinic.toml -o courses --resume --quiet || code=$?

case $code in
  0 | 5 | 70)
    if [ -s courses/changes.csv ]; then
      echo "what is not as it was last night: $PWD/courses/changes.csv"
    fi ;;
esac
case $code in
  0) ;;
  5) echo "some rows were not planned: courses/rejects.csv says why"
     echo "mend them where the roster comes from, and the next night plans them; or now, in a copy:"
     echo "  cd $PWD && cp courses/rejects.csv mended.csv"
     echo "  ketasched batch mended.csv --clinic clinic.toml -o courses --resume" ;;
  6) echo "courses: could not be written, see above; what is done is kept, the next run goes on" ;;
  70) echo "some rows met a bug of ketasched: see courses/rejects.csv; the others are planned" ;;
  *) echo "ketasched ended with $code: see above; nothing more was planned" ;;
esac
exit $code
