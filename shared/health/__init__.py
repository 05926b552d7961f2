"""Is Trailguard really watching? Checks of its own links: asked from inside by functions/self_check.py, and
from outside by `trailguard doctor`, which adds those that need more rights (deploy/doctor/).

A check is a question and a judgement of the answer (check.py). What functions state of themselves is in
beats.py.
"""
