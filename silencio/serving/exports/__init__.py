"""An answer as other programs read it, a format a module: each makes text of `Findings`."""
