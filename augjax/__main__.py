"""`python -m augjax` is the console script `augjax`."""

from augjax.commands.main import main

if __name__ == "__main__":
    main()
