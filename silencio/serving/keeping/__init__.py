"""What stays of a request once it is answered: written by a process of its own, so that no answer waits for it.

`keeper` takes what is kept and holds on to it until it is written; `scribe` is the other process as the service sees
it, `writer` what it runs. Nothing is imported here: the writer needs little of the service, and its memory stays small.
"""
