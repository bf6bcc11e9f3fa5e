"""Folders full of recordings: all of them identified, in their order, each once, however often it is interrupted."""
