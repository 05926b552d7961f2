"""`trailguard doctor`: every link of the chain is checked by asking it, from outside, with a person's rights.

A link is a file, or a few links of one kind; what can be asked from inside as well stands in shared/health/.
All of it, in the order of the data's way, is checks.py; deployment.py speaks with the account.
"""
