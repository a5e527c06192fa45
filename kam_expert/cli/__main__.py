"""``python -m kam_expert.cli``."""

from kam_expert.cli import main

main()
