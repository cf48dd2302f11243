"""`python -m vidmotion` is the program `vidmotion`."""

from vidmotion.cli.main import main

if __name__ == "__main__":
    main()
