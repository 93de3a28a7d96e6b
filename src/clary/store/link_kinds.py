"""The kinds of links between resources.

kind         source                 target
trial        experiment's name      name of a trial of it
component    trial's name           name of a trial component in it
origin       ARN of a job           name of the trial component of the job
association  ARN of a cause         ARN of what followed from it; the label is AssociationType
tracked      job's name             name of its component; the label is the last status written to it
location     record's kind and URI  name of the record about that URI
content      digest of a model      URI of an artifact with this model, which a job wrote
"""

from __future__ import annotations

from enum import StrEnum


class LinkKind(StrEnum):
    TRIAL = "trial"
    COMPONENT = "component"
    ORIGIN = "origin"
    ASSOCIATION = "association"
    TRACKED = "tracked"
    LOCATION = "location"
    CONTENT = "content"
