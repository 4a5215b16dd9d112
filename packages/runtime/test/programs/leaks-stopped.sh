# What is left behind ignores TERM and does not even run.
mkfifo "$TMPDIR/armed"
setsid sh -c 'trap "" TERM HUP INT; echo armed > "$TMPDIR/armed"; kill -STOP $$; sleep "$0"' "$1" </dev/null >/dev/null 2>&1 &
read -r line < "$TMPDIR/armed"
