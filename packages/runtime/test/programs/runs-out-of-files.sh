ulimit -n 64
exec "$NODE" "$(dirname "$0")/runs-out-of-files.ts"
