"""Imports what its source folder brought: a wheel of requirements.txt, a dependency, a file beside it."""

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
