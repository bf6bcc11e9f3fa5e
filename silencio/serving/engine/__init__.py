"""From a recording's bytes to probabilities: prepared side by side, asked of the model in batches."""
