# Hops from session to session every millisecond or so: too fast for anybody who only looks now and then. Gives up after 5000 hops.
HOP='[ "$1" -gt 5000 ] && exit; setsid sh -c "$HOP" "$0" $(($1 + 1)) & exit 0'
export HOP
setsid sh -c "$HOP" "$1" 0 </dev/null >/dev/null 2>&1 &
