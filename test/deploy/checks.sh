# What test/deploy/*.sh share: checks that are counted, and steps that are timed. Read by them, not run:  . test/deploy/checks.sh

pass=0
fail=0
step_started=$EPOCHREALTIME
# What `took` said; all of them can stand in a table at the end.
steps=()

# took WHAT: seconds since the last call, or since step_started was set.
took() {
  local now=$EPOCHREALTIME line
  line=$(printf '%6.1f s  %s' "$(bc -l <<< "$now - $step_started")" "$1")
  echo "$line"
  steps+=("$line")
  step_started=$now
}

# check WHAT COMMAND...
check() {
  local what=$1
  shift
  if "$@"; then
    pass=$((pass + 1))
    printf 'ok    %s\n' "$what"
  else
    fail=$((fail + 1))
    printf 'WRONG %s\n' "$what"
  fi
}

# refuses COMMAND...: what it says of its failure is not asked for.
refuses() { ! "$@" > /dev/null 2>&1; }

# within SECONDS COMMAND...: until it succeeds.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" 2> /dev/null; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

# counted: as the test runner prints it; succeeds when no check failed.
counted() {
  printf '# pass %s\n# fail %s\n' "$pass" "$fail"
  [ "$fail" -eq 0 ]
}
