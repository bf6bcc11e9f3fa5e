"""Recordings: where they come from, what is known of them, and the windows that models see."""
