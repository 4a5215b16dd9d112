# The one that stays has our standard output open: nobody may wait for it to close.
sleep "$1" &
echo "gone"
