# Progress is a JSON line on the descriptor that we are told; anything else there is ignored.
echo 'not json' >&"$COFFERDAM_PROGRESS_FD"
echo '{"done":3,"total":4,"note":"pages"}' >&"$COFFERDAM_PROGRESS_FD"
