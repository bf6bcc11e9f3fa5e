"""Test windows made harder, one thing at a time, and sounds in which nothing calls.

`make.make_trials` computes them from the recordings once for each front end; `Trials` holds them; `evaluation.curves`
and `evaluation.behaviour` say what came of them.
"""
