"""One training by several processes that share each batch: the loop is the same, a `Team` is what differs."""
