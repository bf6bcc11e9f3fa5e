"""Training: from windows to a checkpoint, resumable after any kill, the same digest every time."""
