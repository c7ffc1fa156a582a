"""`python -m pplc` is the command."""

import sys

from pplc.cli import main

if __name__ == "__main__":
    sys.exit(main())
