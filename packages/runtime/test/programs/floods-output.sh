line="the same line again and again and again and again and again and again"
while :; do echo "$line"; done
