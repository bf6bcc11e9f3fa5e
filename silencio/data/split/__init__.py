"""Who is trained on and who judges, and whether the one has heard the other."""
