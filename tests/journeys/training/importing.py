"""Imports from its source folder: a wheel of requirements.txt, a dependency, a neighbour file."""

import json

import journeyhelper
import journeylibrary
import journeywheel

print(
    "RESULT "
    + json.dumps(
        {"wheel": journeywheel.WORDS, "library": journeylibrary.WORDS, "helper": journeyhelper.WORDS}
    )
)
