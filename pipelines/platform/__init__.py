"""Kubeflow's API (v2beta1): what is sent there, how it is followed, what comes back.

Plain HTTP rather than Kubeflow's own client: that one has no time-outs, repeats nothing, prints as it likes, and its
generated models refuse an answer with a state that is newer than they are. What the API is asked and answers is held
against those models in the tests.
"""
