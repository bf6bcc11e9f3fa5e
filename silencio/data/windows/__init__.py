"""What models see of the recordings: computed once, kept in shards, read as one array.

Nothing is imported here: a worker that hears recordings starts from `hearing` alone.
"""
