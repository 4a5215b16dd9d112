echo "page 1"
echo "page 2"
exec sleep "$1"
