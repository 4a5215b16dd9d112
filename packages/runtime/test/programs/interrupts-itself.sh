kill -INT $$
