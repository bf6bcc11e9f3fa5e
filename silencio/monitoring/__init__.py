"""Whether the champion is still true, and what says that it is not."""
