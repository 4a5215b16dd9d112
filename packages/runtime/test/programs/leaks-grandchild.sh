sh -c 'sleep "$0" & exit 0' "$1"
