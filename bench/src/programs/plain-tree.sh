#!/bin/sh
# A plain tree that has 20 processes when it breaks its budget: this shell, 16 sleepers (some in sessions of their own) and three that fill memory and hold it.
sleep 300 &
for index in 1 2 3 4 5; do
  sleep 300 &
  sleep 300 &
  setsid sleep 300 &
done
# The file is the harness's signal: it has counted the tree.
while [ ! -e "$GO_FILE" ]; do sleep 0.02; done
(head -c 200000000 /dev/zero; sleep 300) | tail -c 190000000 >/dev/null
