echo ready
exec sleep "$1"
