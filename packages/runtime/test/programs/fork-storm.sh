# More and more of it, until something says stop; it never asks for more than 200.
storm() {
  storm=0
  while [ $storm -lt 200 ]; do
    sleep "$1" &
    storm=$((storm + 1))
  done
}
storm "$1" &
wait $!
exec sleep "$1"
