echo "no such customer" >&2
exit 3
