"""Says the value of its parameters: the smallest trial of a tuning job."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
print(f"loss={parser.parse_args().rate:.6f}")
