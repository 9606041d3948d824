"""`python -m msgframe` is the command line."""

from msgframe.cli import main

if __name__ == "__main__":
    main()
