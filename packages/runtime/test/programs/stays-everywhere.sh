# Everything that could outlive somebody, all holding the write end of the fifo "$2": it reads to its end when the last one is gone.
PATH=/usr/bin:/bin
exec 8>"$2"
sleep "$1" &
setsid sleep "$1" </dev/null >/dev/null 2>&1 &
(setsid sh -c 'sleep "$0" & exit 0' "$1" </dev/null >/dev/null 2>&1 &)
(env -i setsid sh -c 'trap "" TERM HUP INT; sleep "$0"' "$1" </dev/null >/dev/null 2>&1 &)
setsid sh -c 'kill -STOP $$; sleep "$0"' "$1" </dev/null >/dev/null 2>&1 &
echo ready
wait
