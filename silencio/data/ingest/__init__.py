"""From a delivery to a catalog: every file is looked into once, and what cannot be used is put aside."""
