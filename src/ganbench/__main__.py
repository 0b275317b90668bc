"""``python -m ganbench`` is the command line; ``torchrun -m ganbench`` starts it in several processes."""

from ganbench.cli.main import main

main()
