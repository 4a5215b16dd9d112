setsid sleep "$1" </dev/null >/dev/null 2>&1 &
