"""The loop, step by step. The command and the pipeline's components call these, so a step does the same wherever
it runs; a step itself only brings rooms together."""
