"""Triton Inference Server: a bundle as a repository that it serves, and the service's model asked there."""
