"""The part of AWS's sagemaker-inference that serving scripts import, over Clary's own serving program."""
