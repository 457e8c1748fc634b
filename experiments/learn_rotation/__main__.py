"""The range of a rotation, learnt by gradient descent from tilted pictures.

    python -m experiments.learn_rotation

Drawn cars are turned by angles ~ U[-range, range]. Given those pictures and the upright ones, but
neither angles nor range, Adam descends the energy distance

    2 E|a - b| - E|a - a'| - E|b - b'|,    a and a' augmented, b and b' tilted pictures,

which is least where both are distributed alike, with respect to one number: the `strength` of
`aj.RandomRotation(0.5)`. Its range is configuration and stays; what is learnt is strength times
half a turn. The gradient flows through the resample to the angles, which are drawn anew at every
step, and from them to the strength. (The last term does not depend on it, and is left out.)

Prints a table of the true ranges and of those learnt, in about 15 seconds on two CPU cores.
Expected: each within 10 % of the truth, of which 512 tilted pictures tell no more.

| true range | at first | learnt |
|---|---|---|
| ±10° | ±45° | ±9.9° |
| ±30° | ±45° | ±29.6° |
| ±60° | ±45° | ±58.8° |
| ±120° | ±45° | ±118.3° |

References: Székely and Rizzo, "Energy statistics" (2013); Benton et al., "Learning Invariances in
Neural Networks from Training Data" (2020), who learn such ranges along with a network.
"""

import sys

from augjax.commands.parse import parse
from augjax.errors import errors_in_one_line
from experiments.learn_rotation.config import Config


def main() -> None:
    """Parses the command line, and imports the rest."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        config = parse(Config, prog="python -m experiments.learn_rotation")
        from experiments.learn_rotation.descent import learnt

        print("| true range | at first | learnt |\n|---|---|---|")
        for truth in config.degrees:
            print(f"| ±{truth:g}° | ±{config.start:g}° | ±{learnt(config, truth):.1f}° |")


if __name__ == "__main__":
    main()
