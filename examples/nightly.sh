#!/bin/sh
# A clinic's night: plan what the practice system has put into the roster, and say what could not be.
#
# For cron:  15 2 * * *  /srv/clinic/nightly.sh /srv/clinic
#
# The folder given has roster.csv and clinic.toml; each night gets a folder of its own below courses/.
# A night that was cut off goes on where it was when this is run again on the same day.
set -eu
cd "${1:?give the folder with roster.csv and clinic.toml}"
night=courses/$(date +%F)

# Try --resume first: it refuses nothing if there is nothing to go on with.
code=0
ketasched batch roster.csv --clinic clinic.toml -o "$night" --resume --quiet || code=$?

case $code in
  0) ;;
  5) echo "some rows were not planned: mend them in $night/rejects.csv, then:"
     echo "  cd $PWD && ketasched batch $night/rejects.csv --clinic clinic.toml -o $night-mended" ;;
  6) echo "$night: could not be written; what is done is kept, the next run goes on" ;;
  *) echo "ketasched ended with $code: see above; nothing more was planned" ;;
esac
exit $code
