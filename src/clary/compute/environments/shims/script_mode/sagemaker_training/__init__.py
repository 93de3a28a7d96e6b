"""The part of AWS's sagemaker-training that scripts import, answered from the variables of the job.

The launcher that starts a script is Clary's own; the original needs a compiler, and seconds to start.
"""
