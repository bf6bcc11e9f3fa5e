"""The search for better settings, judged on the validation part alone."""
