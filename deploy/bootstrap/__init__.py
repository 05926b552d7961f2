"""`trailguard bootstrap`: what `s deploy` can't make, planned first and then applied, step by step.

A kind of thing is a file: trail.py, project.py, logstores.py, tablestore.py, roles.py, collection.py,
dashboards.py, oss_logging.py. What is wanted stands in wanted.py; how to get there is plan.py's, a pure
function of what is wanted and what was found; apply.py carries it out; cloud.py speaks with the account.
"""
