# Ends by itself, with a code of its own, when it is asked to.
trap 'kill $!; wait $!; echo bye; exit 5' TERM
sleep "$1" &
echo ready
wait $!
