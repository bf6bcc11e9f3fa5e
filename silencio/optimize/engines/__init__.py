"""What runs a model: one engine a module, each opened from a file and for so many threads."""
