"""`python -m silencio`, where the command itself is not on the path."""

from silencio.cli import main

main()
