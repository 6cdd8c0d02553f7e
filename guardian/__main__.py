"""`python -m guardian` is `guardian`, also where the script is not in PATH."""

from guardian.cli import main

main(prog_name="guardian")
