"""Kubeflow components, one a file: read what was handed over, call silencio, write what is handed over.

What travels between steps is the receipt of a hand-over (`silencio.handover.Receipt`); the hand-over itself lies
in the workspace, which all steps share.
"""
