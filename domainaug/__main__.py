"""`python -m domainaug` is the `domainaug` command."""

from domainaug.cli import main

if __name__ == "__main__":
    main()
