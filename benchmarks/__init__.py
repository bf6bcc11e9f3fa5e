"""One file a claim: `python -m benchmarks.NAME [--quick]` measures, prints, and draws.

Figures are ratios taken side by side in one run, the contestants in turn, medians over repeats: a machine that
others use as well slows all of them alike.
"""
