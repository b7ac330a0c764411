#!/bin/sh
# What `martlet worker --exec` runs in the torture: the payload is "UID PLAN".
# Writes down that it ran, then does what the plan says. $TORTURE_REFUSE is the exit code that fails for good.
read -r uid plan
printf '{"type":"ran","uid":"%s","job":"%s","attempt":%s}\n' "$uid" "$MARTLET_JOB_ID" "$MARTLET_ATTEMPT" >>"$TORTURE_RUNS"
case "$plan" in
fail-once) [ "$MARTLET_ATTEMPT" -ge 2 ] || exit 1 ;;
refuse) exit "$TORTURE_REFUSE" ;;
slow) sleep 0.3 ;;
esac
printf '%s:%s' "$uid" "$MARTLET_ATTEMPT"
