"""Runs the code blocks of a page one after the other, as someone would who pastes them.

    python run_blocks.py PAGE < blocks.json

A block is a list of its language, "python" or "bash", the line of PAGE above it, and the code.
Those of Python share one namespace. After each block a line SEPARATOR is printed; the first block
that fails ends the process.
"""

import json
import subprocess
import sys

SEPARATOR = "---8<---"


def main() -> None:
    page = sys.argv[1]
    namespace = {"__name__": "__main__"}
    for language, line, code in json.load(sys.stdin):
        if language == "python":
            exec(compile("\n" * line + code, page, "exec"), namespace)
        else:
            command = ["bash", "-euo", "pipefail", "-c", code]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        print(SEPARATOR, flush=True)


if __name__ == "__main__":
    main()
