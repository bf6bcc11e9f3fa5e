"""Experiment files that ship with silencio, one YAML an experiment."""
