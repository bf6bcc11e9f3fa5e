"""Kubeflow pipelines, and how they run: on this machine without a cluster, or compiled for one."""
