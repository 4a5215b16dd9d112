echo "about to stop"
kill -STOP $$
