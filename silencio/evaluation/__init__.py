"""Whether a model can be trusted: figures by slice with intervals, gates with verdicts, and the report.

Needs neither torch nor scikit-learn, so that the rooms that only read verdicts stay light.
"""
