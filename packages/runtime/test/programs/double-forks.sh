# Own session, no parent, no open files of ours.
(setsid sh -c 'sleep "$0" & exit 0' "$1" </dev/null >/dev/null 2>&1 &)
