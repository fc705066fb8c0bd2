"""`python -m nakochat` is `nako`; torchrun needs a module."""

from nakochat.cli import main

if __name__ == "__main__":
    main()
