"""Ray: how a cluster is met, and how commands are sent to one.

Its machines are of one kind, have silencio installed, and see the recordings and the workspace at the same paths.
"""
